"""The whole API under requests that nobody sane would send, by every role, and by a tenant who is curious about another.

Requests are made from the OpenAPI document (Schemathesis). KOUAN_HOSTILE_EXAMPLES asks for more of each than the few of a
normal run.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.goods import SITE, Goods
from tests.support.served import serve_api
from wms.access.add_person import AddPerson, add_person
from wms.access.rights import ROLES
from wms.access.sign_in import SignIn, sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.facts import tell

pytestmark = [pytest.mark.servers, pytest.mark.scenario]
EXAMPLES = int(os.environ.get("KOUAN_HOSTILE_EXAMPLES", "3"))
PASSWORD = "a long enough password"
MARK = "XYZZY"  # in every name of the other tenant's
DOCUMENT = json.loads((Path(__file__).parents[3] / "wms/web/openapi.json").read_text(encoding="utf-8"))
RIGHTS: dict[str, str | None] = json.loads(
    (Path(__file__).parent / "operation_rights.json").read_text(encoding="utf-8")
)
ENDLESS = {"/api/v1/lines/{site_name}/{area}/{name}/live"}  # an event stream
LEAVES = {("DELETE", "/api/v1/sessions/current")}  # would end the session of the test itself
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass
class House:
    base: str
    tokens: dict[str, str]
    roles: dict[str, str]
    ids: list[str]  # of the other tenant's things


@pytest.fixture(scope="module")
def house(postgres: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A served warehouse with two tenants, the other one's goods marked, and a person of every role."""
    url = postgres.create_database("hostile", template)
    tokens, ids = asyncio.run(_plant(url))
    with serve_api(url, tmp_path_factory.mktemp("hostile")) as base:
        roles = {name: name if name in ROLES else name.replace("tenant-", "") for name in tokens}
        yield House(base, tokens, roles | {"tenant-viewer": "owner_viewer"}, ids)
    postgres.drop_database("hostile")


async def _plant(url: str) -> tuple[dict[str, str], list[str]]:
    db = Database(url)
    goods = Goods(db)
    mine, theirs = await goods.party("MINE-T"), await goods.party(f"{MARK}-T")
    item = await goods.item(f"{MARK}-SKU", owner_id=theirs, tracking="lot")
    place = await goods.place("H-01")
    lot = await goods.lot(item, f"{MARK}-LOT")
    pallet = await goods.unit(place, label=f"{MARK}-PALLET")
    key = await goods.key(pallet, item, owner_id=theirs, lot_id=lot)
    posting = await goods.bring(key, 10)
    own = await goods.item("MINE-SKU", owner_id=mine)
    await goods.bring(await goods.key(place, own, owner_id=mine), 10)

    async def fact(tx: Any, _: None) -> None:
        await tell(tx, "order.created", f"{MARK}-order", site=SITE, owner_id=theirs, reference=f"{MARK}-REF")

    await db.run(fact, None, actor=SYSTEM)
    people = [(role, role, None) for role in ROLES]
    people += [("tenant-viewer", "owner_viewer", [mine]), ("tenant-integration", "integration", [mine])]
    people += [("tenant-administrator", "administrator", [mine])]
    tokens = {}
    for name, role, owners in people:
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role, owners=owners), actor=SYSTEM)
        tokens[name] = (await sign_in(db, SignIn(name=name, password=PASSWORD), 12)).token
    ids = [theirs, item, lot, pallet, key.id, posting]
    await db.close()
    return tokens, [str(id) for id in ids]


def _operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    found = [result.ok() for result in schema.get_all_operations()]
    return [one for one in found if one.path not in ENDLESS and (one.method.upper(), one.path) not in LEAVES]


OPERATIONS = _operations()


@pytest.mark.parametrize("operation", OPERATIONS, ids=[f"{one.method} {one.path}" for one in OPERATIONS])
def test_no_role_breaks_an_operation(house: House, operation: Any):
    """Rows 63 and 66: whatever is sent by whomever, the answer is declared, of its declared shape and by right; never a 5xx."""
    session = requests.Session()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        for name, token in house.tokens.items():
            answer = case.call(
                base_url=house.base, session=session, headers={"Authorization": f"Bearer {token}"}, timeout=30
            )
            case.validate_response(answer, checks=CHECKS)
            _check_right(operation, house.roles[name], answer, whole_house=not name.startswith("tenant-"))
            if name.startswith("tenant-"):
                assert MARK.encode() not in answer.content or MARK in json.dumps(_sent(case)), (
                    name,
                    answer.content[:500],
                )

    send()


def _check_right(operation: Any, role: str, answer: Any, *, whole_house: bool) -> None:
    """Who lacks the declared right gets nothing; who has it, for the whole house, is not refused for it."""
    right = RIGHTS[f"{operation.method.upper()} {operation.path}"]
    if right is None:
        return
    if right not in ROLES[role]:
        again = answer.status_code == 409 and answer.json()["code"] == "key_reused"
        assert again or answer.status_code in (403, 404, 422), (role, right, answer.status_code, answer.text[:300])
    elif answer.status_code == 403 and whole_house:
        assert answer.json()["params"].get("right") != right, (role, right)


def test_every_operation_declares_its_right():
    """Row 63: a new route without a declared right is a hole until somebody looks at it."""
    assert set(RIGHTS) == {f"{one.method.upper()} {one.path}" for one in OPERATIONS}
    assert {right for right in RIGHTS.values() if right} <= frozenset().union(*ROLES.values())


def _sent(case: Any) -> list[Any]:
    return [str(part) for part in (case.path_parameters, case.query, case.body)]


TENANT_OPERATIONS = [one for one in OPERATIONS if "{id}" in one.path or one.method.upper() == "GET"]


@pytest.mark.parametrize("operation", TENANT_OPERATIONS, ids=[f"{one.method} {one.path}" for one in TENANT_OPERATIONS])
def test_a_tenant_finds_nothing_of_anothers(house: House, operation: Any):
    """Row 10: with the other's real ids and names in every place of a request, a tenant is told nothing of the other's."""
    session = requests.Session()
    names = [f"{MARK}-SKU", f"{MARK}-T", f"{MARK}-LOT", f"{MARK}-PALLET"]

    @settings(
        max_examples=EXAMPLES * 2,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def send(case: Any, data: st.DataObject) -> None:
        id, name = data.draw(st.sampled_from(house.ids)), data.draw(st.sampled_from(names))
        _aim(case, id, name)
        for who in ("tenant-viewer", "tenant-integration", "tenant-administrator"):
            headers = {"Authorization": f"Bearer {house.tokens[who]}"}
            answer = case.call(base_url=house.base, session=session, headers=headers, timeout=30)
            assert answer.status_code < 500, answer.text
            told = answer.content.decode("utf-8", "replace")
            for echoed in (name, id):
                told = told.replace(echoed, "")
            assert MARK not in told, (who, operation.path, answer.text[:500])
            if operation.method.upper() == "GET" and "{id}" in operation.path:
                assert answer.status_code in (403, 404, 422), (who, operation.path, answer.text[:300])

    send()


def _aim(case: Any, id: str, name: str) -> None:
    """Put the other tenant's id and name wherever an id or a name goes."""
    for part in (case.path_parameters, case.query):
        for key in part or {}:
            if key == "id" or key.endswith("_id"):
                part[key] = id
            elif key in ("code", "sku", "lot", "owner", "name", "reference", "party"):
                part[key] = name
    if isinstance(case.body, dict):
        for key, value in case.body.items():
            if isinstance(value, str) and (key == "id" or key.endswith("_id")):
                case.body[key] = id


def test_the_other_tenants_things_are_there(house: House):
    """The sweep above proves something only if there is something to find: the house's own administrator finds it."""
    headers = {"Authorization": f"Bearer {house.tokens['administrator']}"}
    answer = requests.get(f"{house.base}/api/v1/stock", params={"sku": f"{MARK}-SKU"}, headers=headers, timeout=30)
    assert answer.json()["items"][0]["owner"] == f"{MARK}-T"
