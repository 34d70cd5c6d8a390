"""Foundations: identifiers, refusals, sealed texts, masks, holes, body limits and waking."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from tests.support.clocks import at
from wms.kit.actor import SYSTEM, Actor
from wms.kit.asgi import LimitBody, SecureHeaders
from wms.kit.db import is_bad_value, is_outage
from wms.kit.ids import uuid7
from wms.kit.listen import Listener, connect_arguments
from wms.kit.log import mask_secrets
from wms.kit.refusal import REFUSALS, Refusal
from wms.kit.schema import Instant
from wms.kit.seal import Seal, mask_name, mask_phone
from wms.workers.ingest import holes


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9000, 1, 1)))  # noqa: DTZ001 - made aware below
def test_an_identifier_carries_its_time_version_and_variant(naive: datetime):
    """RFC 9562, 5.7: sortable by its first 48 bits, of version 7 and variant 10."""
    now = naive.replace(tzinfo=at(0).tzinfo)
    id = uuid7(now)
    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert id.int >> 80 == int(now.timestamp() * 1000)


def test_identifiers_of_later_times_sort_later_and_never_repeat():
    """Keys grow with time, and ten thousand of one millisecond differ."""
    assert uuid7(at(0)) < uuid7(at(0.002)) < uuid7(at(5))
    assert len({uuid7(at(0)) for _ in range(10_000)}) == 10_000


@given(st.text(min_size=1))
def test_a_sealed_text_opens_to_itself_and_is_never_sealed_twice_alike(text: str):
    """A random nonce: equal names must not be seen to be equal."""
    seal = Seal(b"k" * 32)
    closed = seal.close(text)
    assert closed is not None
    assert seal.open(closed) == text
    assert seal.close(text) != closed
    assert Seal(b"x" * 32).open(closed) is None


@given(st.binary(max_size=80))
def test_a_damaged_seal_opens_to_nothing(sealed: bytes):
    """A torn row shows no name; it does not take the lookup down."""
    assert Seal(b"k" * 32).open(sealed) is None


def test_nothing_is_sealed_of_nothing():
    """An empty cell of a manifest is no personal data."""
    seal = Seal(b"k" * 32)
    assert (seal.close(None), seal.close(""), seal.open(None), seal.open(b"")) == (None, None, None, None)


@given(st.text(min_size=3, max_size=40))
def test_masks_tell_too_little_to_take_home(text: str):
    """Of a name the first character, of a number the last four; the length of a long name is not told either."""
    assert mask_name(text) == text[0] + "*" * min(len(text) - 1, 3)
    masked = mask_phone(text)
    assert masked is not None
    assert masked[-4:] == text[-4:]
    assert set(masked[:-4]) <= {"*"}


def test_a_refusal_is_a_registered_code_with_a_status_and_a_body():
    """Screens translate the code; a code that is not registered has no status."""
    assert Refusal("not_found").status == 404
    assert Refusal("user_exists", field="name", name="x").body() == {
        "code": "user_exists",
        "params": {"name": "x"},
        "field": "name",
    }
    assert all(400 <= status < 600 for status in REFUSALS.values())
    with pytest.raises(KeyError):
        _ = Refusal("no_such_code").status


def test_rights_end_at_the_site():
    """A right without the site is told as absence, a missing right by its name."""
    who = Actor(UUID(int=1), "x", "receiver", frozenset({"parcel.read"}), frozenset({"SFH-S"}))
    who.need("parcel.read", "SFH-S")
    with pytest.raises(Refusal, match="not_found"):
        who.need("parcel.read", "MLX-S")
    with pytest.raises(Refusal, match="not_allowed"):
        who.need("parcel.hold", "MLX-S")
    assert not SYSTEM.may("parcel.read")


@given(st.integers(0, 1000), st.sets(st.integers(1, 3000)))
def test_holes_are_the_first_missing_numbers(through: int, stored: set[int]):
    """Exactly what is missing below the highest stored, in order, at most 500 of them."""
    above = sorted(stored)
    high = max((seq for seq in stored if seq > through), default=through)
    missing = [seq for seq in range(through + 1, high) if seq not in stored]
    assert holes(through, above) == missing[:500]


def test_an_enormous_hole_costs_nothing():
    """A mad sequence number must not make a list of its size."""
    assert holes(0, [2**63 - 1]) == list(range(1, 501))


class _DriverError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "outage", "bad_value"),
    [
        *((state, True, False) for state in ("08006", "53100", "57P01", "58030", "25006", "40P01")),
        *((state, False, True) for state in ("22021", "22003")),
        *((state, False, False) for state in ("23505", "42703", None)),
    ],
)
def test_what_to_wait_for_and_what_to_refuse(sqlstate: str | None, outage: bool, bad_value: bool):
    """Waiting for a wrong value blocks for ever; putting an event aside in an outage loses it."""
    error = DBAPIError("SELECT", {}, _DriverError(sqlstate))
    assert (is_outage(error), is_bad_value(error)) == (outage, bad_value)


def test_waiting_is_right_when_the_pool_is_empty_or_all_are_busy():
    """Neither says anything about the event that was being taken."""
    assert is_outage(PoolTimeout())
    assert is_outage(Refusal("busy"))
    assert is_outage(ConnectionRefusedError())
    assert not is_outage(Refusal("conflict"))
    assert not is_outage(ValueError())
    assert is_bad_value(StatementError("naive", "SELECT", {}, ValueError()))


def test_a_time_without_a_zone_is_a_mistake():
    """It would be stored as whatever zone the server has."""
    column = Instant()
    with pytest.raises(ValueError, match="naive"):
        column.process_bind_param(at(0).replace(tzinfo=None), None)  # type: ignore[arg-type] # the dialect is not asked
    east = at(0).astimezone(at(0).tzinfo) + timedelta(0)
    assert column.process_result_value(east, None) == at(0)  # type: ignore[arg-type] # the dialect is not asked


def test_secrets_are_masked_by_their_key():
    """No caller has to remember."""
    event = {"event": "x", "mqtt_password": "a", "Authorization": "b", "phone": "c", "name": "d"}
    assert mask_secrets(None, "info", event) == {
        "event": "x",
        "mqtt_password": "***",
        "Authorization": "***",
        "phone": "***",
        "name": "d",
    }


def test_the_arguments_of_a_connection_know_sockets_and_ports():
    """The embedded server is reached by a folder, an external one by host and port."""
    socket = connect_arguments("postgresql+asyncpg://kouan@/kouan?host=/run/pg&port=5433")
    assert (socket["host"], socket["port"], socket["user"], socket["database"]) == ("/run/pg", 5433, "kouan", "kouan")
    assert connect_arguments("postgresql+asyncpg://u:p%40@db/x")["password"] == "p@"


@pytest.mark.anyio
async def test_every_waiter_wakes_and_is_forgotten():
    """A notification wakes all of a channel and nobody else; waiting leaves nothing behind."""
    listener = Listener("postgresql+asyncpg://x/y", ("a", "b"))
    waiting = [asyncio.create_task(listener.wait("a", 5)) for _ in range(3)]
    other = asyncio.create_task(listener.wait("b", 0.01))
    await asyncio.sleep(0)
    listener._wake(None, 0, "a", "")
    async with asyncio.timeout(1):
        await asyncio.gather(*waiting, other)
    assert not any(listener._events.values())


Reply = list[MutableMapping[str, Any]]


async def _call(app: Any, scope: dict[str, Any], chunks: list[bytes]) -> Reply:
    queue = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    sent: Reply = []

    async def receive() -> MutableMapping[str, Any]:
        return queue.pop(0) if queue else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "headers": [], **scope}, receive, send)
    return sent


async def _read_all(
    _scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "token", "chunks", "passes"),
    [
        ("/other", True, [b"x" * 4_000_000] * 2, True),
        ("/other", True, [b"x" * 4_000_000] * 2 + [b"x"], False),
        ("/other", False, [b"x" * 500_000] * 2 + [b"x"], False),
        ("/files", True, [b"x" * 1_000_000] * 2, True),
        ("/files", True, [b"x" * 1_000_000] * 2 + [b"x"], False),
        ("/files", False, [b"x" * 1_000_001], False),
    ],
)
async def test_a_body_is_counted_as_it_comes(path: str, token: bool, chunks: list[bytes], passes: bool):
    """The length in the header may lie; what comes is counted, and a stranger's file is cut off before it fills the disk."""
    app = LimitBody(_read_all, upload_limit_bytes=2_000_000, upload_paths=frozenset({"/files"}))
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"1")]
    headers += [(b"authorization", b"Bearer x")] if token else []
    call = _call(app, {"path": path, "headers": headers}, chunks)
    if passes:
        assert (await call)[0]["status"] == 200
    else:
        with pytest.raises(HTTPException) as raised:
            await call
        assert raised.value.status_code == 413


@pytest.mark.anyio
async def test_every_answer_gets_the_headers_and_keeps_its_own():
    """A page that sets its own policy keeps it."""

    async def own(_scope: Any, _receive: Any, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"SAMEORIGIN")]})

    (start,) = await _call(SecureHeaders(own), {}, [])
    headers = dict(start["headers"])
    assert headers[b"x-frame-options"] == b"SAMEORIGIN"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
