"""Supervision: what dies comes back, what ends ends in order, and a killed parent leaves nothing."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from wms.launch.broker import Broker, BrokerUser, generate_secret, warehouse_rules
from wms.launch.failure import LaunchError
from wms.launch.leftovers import find
from wms.launch.postgres import PostgresServer
from wms.launch.supervise import Backoff, ChildSpec, ChildStatus, Supervisor

pytestmark = pytest.mark.servers

REPOSITORY = Path(__file__).parents[3]
SITE_PACKAGES = Path(asyncpg.__file__).parents[1]
QUICK = Backoff(first_s=0.02, longest_s=0.1)
SLEEP = "import time; time.sleep(600)"
# A child with a child in its own group, one in a session of its own, and one whose parent is gone; all deaf to SIGTERM.
FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", deaf])
subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
    os._exit(0)
print("family of", os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kouan-sup-") as directory:
        yield Path(directory)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def until(question: Callable[[], object], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.02)


def status_of(kept: Supervisor, name: str) -> ChildStatus:
    return next(status for status in kept.status() if status.name == name)


def run_id(kept: Supervisor) -> str:
    return kept._run_id  # the mark that all descendants carry


def test_a_dead_child_is_started_again(place: Path) -> None:
    """kill -9 of a child is an incident of milliseconds, and it is counted."""

    async def scene() -> None:
        async with Supervisor(place, backoff=QUICK) as kept:
            await kept.child(ChildSpec("worker", python(SLEEP)))
            first = status_of(kept, "worker").pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: status_of(kept, "worker").pid not in (None, first))
            status = status_of(kept, "worker")
            assert (status.restarts, status.last_exit, status.state) == (1, -signal.SIGKILL, "running")

    asyncio.run(scene())


def test_a_child_that_cannot_live_is_tried_at_growing_distances(place: Path) -> None:
    """A configuration error must not burn a core: pauses double, and each has jitter."""
    backoff, chance = Backoff(first_s=1, longest_s=8, healthy_after_s=10), random.Random(1)
    for failures, plain in [(1, 1), (2, 2), (3, 4), (4, 8), (9, 8), (10_000, 8)]:
        delays = {backoff.delay_s(failures, chance) for _ in range(50)}
        assert all(plain / 2 <= delay <= plain * 1.5 for delay in delays)
        assert len(delays) == 50
    assert backoff.next_count(7, ran_for_s=1) == 8
    assert backoff.next_count(7, ran_for_s=10) == 1

    async def scene() -> None:
        async with Supervisor(place, backoff=Backoff(first_s=0.05, longest_s=0.2)) as kept:
            await kept.child(ChildSpec("broken", python("raise SystemExit(3)")))
            await asyncio.sleep(1.2)
            status = status_of(kept, "broken")
            assert status.last_exit == 3
            assert 2 <= status.restarts <= 15

    asyncio.run(scene())


@pytest.mark.parametrize(("policy", "code", "runs"), [("never", 1, 1), ("on_failure", 0, 1), ("on_failure", 1, 2)])
def test_a_child_that_is_meant_to_end_is_done(place: Path, policy: str, code: int, runs: int) -> None:
    """Migrations and finite simulations end; their failure may be worth another attempt."""
    counter = place / "runs"
    program = f"""
import pathlib, sys
counter = pathlib.Path({str(counter)!r})
with counter.open("a") as out: out.write("x")
sys.exit({code} if counter.stat().st_size < {runs} or {policy == "never"} else 0)
"""

    async def scene() -> None:
        async with Supervisor(place / "run", backoff=QUICK) as kept:
            await kept.child(ChildSpec("migrate", python(program), restart=policy))  # type: ignore[arg-type] # a literal
            assert await kept.until_done("migrate") == (code if policy == "never" else 0)
            assert status_of(kept, "migrate").state == "done"
        assert len(counter.read_text()) == runs

    asyncio.run(scene())


def test_children_end_in_the_opposite_order_and_get_their_grace(place: Path) -> None:
    """The API goes before the database; a child that tidies up may finish, a deaf one is killed."""
    tidy = """
import pathlib, signal, sys, time
def leave(*_):
    time.sleep(0.2)
    with open({log!r}, "a") as out: out.write("{name} ")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
open({ready!r}, "w").close()
time.sleep(600)
"""
    log = place / "order"

    async def scene() -> None:
        async with Supervisor(place, backoff=QUICK) as kept:
            for name in ("first", "second"):
                flag = place / f"{name}.ready"

                async def ready(is_there: Callable[[], bool] = flag.exists) -> bool:
                    return is_there()

                code = tidy.format(log=str(log), name=name, ready=str(flag))
                await kept.child(ChildSpec(name, python(code), ready=ready))
            deaf = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
            await kept.child(ChildSpec("deaf", python(deaf + "time.sleep(600)"), grace_s=0.3))
            await until(lambda: "deaf" in (place / "logs" / "deaf.log").read_text())
            identity = run_id(kept)
        assert log.read_text().split() == ["second", "first"]
        assert find(identity) == []

    asyncio.run(scene())


def test_descendants_end_with_their_child(place: Path) -> None:
    """Before a killed child starts anew, what it left behind is gone: it may hold the port or the serial line."""

    async def scene() -> None:
        async with Supervisor(place, backoff=QUICK) as kept:
            await kept.child(ChildSpec("family", python(FAMILY), grace_s=0.2))
            await until(lambda: len(find(run_id(kept))) == 4)
            before = set(find(run_id(kept)))
            os.kill(status_of(kept, "family").pid or 0, signal.SIGKILL)
            await until(lambda: len(find(run_id(kept))) == 4 and not before & set(find(run_id(kept))))
            identity = run_id(kept)
        assert find(identity) == []

    asyncio.run(scene())


def parent_script(place: Path, body: str) -> str:
    return textwrap.dedent("""
        import asyncio, pathlib, sys
        from wms.launch.supervise import *
        place = pathlib.Path({place!r})
        async def scene():
            async with Supervisor(place / "run", grace_s=0.5) as kept:
        {body}
                print(kept._run_id, kept.warden.pid, flush=True)
                await kept.until_signal()
        asyncio.run(scene())
    """).format(place=str(place), body=textwrap.indent(textwrap.dedent(body), "        "))


def start_parent(place: Path, body: str) -> tuple[subprocess.Popen[str], str, int]:
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{SITE_PACKAGES}"}
    script = parent_script(place, body)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        identity, warden = parent.stdout.readline().split()
    return parent, identity, int(warden)


def command_of(pid: int | None) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_a_killed_parent_leaves_no_process_behind(place: Path) -> None:
    """kill -9 of `kouan up`: children, deaf ones, grandchildren in sessions of their own and the servers all go."""
    parent, identity, warden = start_parent(
        place,
        f"""
        from wms.launch.postgres import PostgresServer
        from wms.launch.broker import Broker, BrokerUser, warehouse_rules
        postgres = PostgresServer(place / "data", place / "socket")
        broker = Broker(place / "broker", 0, [BrokerUser("wms", "secret", warehouse_rules())])
        await kept.server(postgres)
        await kept.server(broker)
        (place / "pids").write_text(f"{{postgres.pid}} {{broker.pid}}")
        await kept.child(ChildSpec("family", [sys.executable, "-c", {FAMILY!r}]))
        await kept.child(ChildSpec("plain", [sys.executable, "-c", {SLEEP!r}]))
        """,
    )
    asyncio.run(until(lambda: len(find(identity)) == 5))
    servers = [int(pid) for pid in (place / "pids").read_text().split()]
    parent.kill()
    parent.wait()
    asyncio.run(until(lambda: all(map(gone, [*servers, warden])) and not find(identity)))


def test_a_killed_warden_is_replaced(place: Path) -> None:
    """The one that clears up is not a single point of failure."""
    parent, identity, warden = start_parent(
        place, f'await kept.child(ChildSpec("family", [sys.executable, "-c", {FAMILY!r}]))'
    )
    asyncio.run(until(lambda: len(find(identity)) == 4))
    os.kill(warden, signal.SIGKILL)
    time.sleep(0.6)
    parent.kill()
    parent.wait()
    asyncio.run(until(lambda: not find(identity)))


def test_an_asked_end_is_orderly_and_leaves_nothing(place: Path) -> None:
    """SIGTERM of the parent: exit code 0, no process left, the warden neither."""
    parent, identity, warden = start_parent(
        place, f'await kept.child(ChildSpec("family", [sys.executable, "-c", {FAMILY!r}], grace_s=0.3))'
    )
    asyncio.run(until(lambda: len(find(identity)) == 4))
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(10) == 0
    assert find(identity) == []
    assert gone(warden)


def test_a_second_signal_ends_the_waiting(place: Path) -> None:
    """An impatient second Ctrl-C takes the rest of the grace away."""
    parent, identity, _ = start_parent(
        place, f'await kept.child(ChildSpec("family", [sys.executable, "-c", {FAMILY!r}], grace_s=60))'
    )
    asyncio.run(until(lambda: len(find(identity)) == 4))
    for _ in range(2):
        parent.send_signal(signal.SIGINT)
        time.sleep(0.3)
    assert parent.wait(10) == 0
    assert find(identity) == []


def test_killed_servers_come_back_by_themselves(place: Path) -> None:
    """PostgreSQL and the broker die by SIGKILL; both serve again, on the same address, with the committed row."""

    async def scene() -> None:
        users = [BrokerUser("wms", generate_secret(), warehouse_rules())]
        postgres = PostgresServer(place / "data", place / "socket")
        broker = Broker(place / "broker", 0, users)
        async with Supervisor(place / "run", backoff=QUICK) as kept:
            url = await kept.server(postgres)
            broker_url = await kept.server(broker)
            await execute(url, "CREATE TABLE kept (n int)")
            await execute(url, "INSERT INTO kept VALUES (7)")
            for name in ("postgres", "broker"):
                pid = status_of(kept, name).pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            await until(lambda: all(s.restarts == 1 and s.state == "running" for s in kept.status()))
            assert await execute(url, "SELECT n FROM kept") == 7
            assert broker.answers()
            assert broker.url == broker_url
        assert not postgres.alive()
        assert not broker.alive()

    asyncio.run(scene())


async def execute(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_logs_are_kept_and_cannot_fill_the_disk(place: Path) -> None:
    """Both streams in one file, readable by its owner alone, cut at the limit with one copy kept."""
    noisy = "import sys, time\nprint('to err', file=sys.stderr)\nwhile True: print('x' * 99); time.sleep(0.0005)"

    async def scene() -> None:
        async with Supervisor(place, log_limit_bytes=50_000) as kept:
            await kept.child(ChildSpec("noisy", python(noisy), env={"PYTHONUNBUFFERED": "1"}))
            log = status_of(kept, "noisy").log_path
            await until(log.with_name("noisy.log.1").exists)
            assert log.stat().st_size < 500_000
            assert log.stat().st_mode & 0o077 == 0
            first = log.stat().st_size
            await until(lambda: log.stat().st_size != first)

    asyncio.run(scene())


def test_a_child_that_never_gets_ready_is_an_error_that_names_its_log(place: Path) -> None:
    """`kouan up` says which log to read instead of hanging."""

    async def never() -> bool:
        return False

    async def scene() -> None:
        async with Supervisor(place) as kept:
            with pytest.raises(LaunchError, match=r"api\.log"):
                await kept.child(ChildSpec("api", python(SLEEP), ready=never, ready_within_s=0.3))
            with pytest.raises(ValueError, match="already"):
                await kept.child(ChildSpec("api", python(SLEEP)))

    asyncio.run(scene())


def test_a_child_without_setpriv_is_tethered_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where util-linux is missing, a shim of our own asks the kernel for the signal."""
    monkeypatch.setattr("wms.launch.tether.setpriv_path", lambda: None)

    async def scene() -> None:
        async with Supervisor(place) as kept:
            await kept.child(ChildSpec("child", python("print('here', flush=True); " + SLEEP)))
            await until(lambda: "here" in status_of(kept, "child").log_path.read_text())
            pid = status_of(kept, "child").pid
            assert "tether_exec" not in command_of(pid)

    asyncio.run(scene())
