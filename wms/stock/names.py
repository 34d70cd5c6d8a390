"""From the codes people use to the ids the ledger uses.

Names of locations, article numbers, lots and codes of parties never change, so what was found once is remembered in the
process; what was not found is asked again. Units move between sites and are looked up each time. A shared article is
remembered for seconds only: its owner may get one of their own with the same number.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.db import Database
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site
from wms.stock.tables import account_line, location, lot, serial, unit

Key = TypeVar("Key")
Value = TypeVar("Value")
_REMEMBERED = 200_000
_SHARED_FOR = timedelta(seconds=5)
REGIME_STATUS = {"overseas": "foreign", "bonded": "duty_unpaid"}


class Memory(Generic[Key, Value]):
    """The last `_REMEMBERED` answers."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Value] = OrderedDict()

    def __getitem__(self, key: Key) -> Value:
        return self._known[key]

    def missing(self, keys: Iterable[Key]) -> list[Key]:
        return [key for key in set(keys) if key not in self._known]

    def get(self, key: Key) -> Value | None:
        return self._known.get(key)

    def learn(self, found: Mapping[Key, Value]) -> None:
        self._known.update(found)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


class Names:
    """The memory of one process."""

    def __init__(self) -> None:
        self._locations: Memory[tuple[str, str], str] = Memory()
        self._parties: Memory[str, UUID] = Memory()
        self._items: Memory[tuple[str, str], UUID] = Memory()
        self._shared: Memory[tuple[str, str], UUID] = Memory()
        self._shared_until = datetime.min.replace(tzinfo=UTC)
        self._lots: Memory[tuple[UUID, str], UUID] = Memory()
        self._statuses: Memory[str, str] = Memory()

    async def owners(self, db: Database, codes: set[str]) -> dict[str, UUID]:
        """Parties by code. Refuses `unknown_party`."""
        if missing := self._parties.missing(codes):
            async with db.read() as conn:
                rows = await conn.execute(sa.select(party.c.code, party.c.id).where(party.c.code.in_(missing)))
                self._parties.learn({row.code: row.id for row in rows})
        for code in codes:
            if self._parties.get(code) is None:
                raise Refusal("unknown_party", party=code)
        return {code: self._parties[code] for code in codes}

    async def items(self, db: Database, names: set[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
        """Trade items by (owner's code, article number): the owner's own before a shared one. Refuses `unknown_item`."""
        if (now := db.clock()) >= self._shared_until:
            self._shared, self._shared_until = Memory(), now + _SHARED_FOR
        shared = self._shared  # ours, also when another request begins a new one meanwhile
        if missing := shared.missing(self._items.missing(names)):
            async with db.read() as conn:
                own, common = await _find_items(conn, missing)
            self._items.learn(own)
            shared.learn(common)
        found = {name: self._items.get(name) or shared.get(name) for name in names}
        for name, id in found.items():
            if id is None:
                raise Refusal("unknown_item", sku=name[1])
        return {name: id for name, id in found.items() if id is not None}

    async def lots(self, db: Database, names: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """Lots by (item, lot number). Refuses `unknown_lot`."""
        if missing := self._lots.missing(names):
            async with db.read() as conn:
                rows = await conn.execute(
                    sa.select(lot.c.item_id, lot.c.lot_no, lot.c.id).where(
                        sa.tuple_(lot.c.item_id, lot.c.lot_no).in_(missing)
                    )
                )
                self._lots.learn({(row.item_id, row.lot_no): row.id for row in rows})
        for name in names:
            if self._lots.get(name) is None:
                raise Refusal("unknown_lot", lot=name[1])
        return {name: self._lots[name] for name in names}

    async def places(self, db: Database, site_code: str, codes: set[str]) -> dict[str, str]:
        """Ids, as text, of real locations and units of a site, by name, SSCC or label. Refuses `unknown_place`."""
        missing = [code for site_, code in self._locations.missing((site_code, code) for code in codes)]
        found: dict[str, str] = {}
        if missing:
            async with db.read() as conn:
                rows = await conn.execute(
                    sa.select(location.c.name, location.c.id).where(
                        location.c.site == site_code, location.c.name.in_(missing), ~location.c.virtual
                    )
                )
                self._locations.learn({(site_code, row.name): str(row.id) for row in rows})
                found = {code: str(id) for code, id in (await find_units(conn, site_code, missing)).items()}
        for code in codes:
            id = self._locations.get((site_code, code)) or found.get(code)
            if id is None:
                raise Refusal("unknown_place", place=code, site=site_code)
            found[code] = id
        return found

    async def customs_status(self, db: Database, site_code: str) -> str:
        """The status of goods at a site where nothing else is said. Refuses `unknown_site`."""
        if self._statuses.get(site_code) is None:
            async with db.read() as conn:
                kind = await conn.scalar(sa.select(site.c.kind).where(site.c.code == site_code))
            if kind is None:
                raise Refusal("unknown_site", site=site_code)
            self._statuses.learn({site_code: REGIME_STATUS.get(kind, "free")})
        return self._statuses[site_code]


async def find_units(conn: AsyncConnection, site_code: str, codes: list[str]) -> dict[str, UUID]:
    """Units at a site by SSCC or label. A label on two units is refused as `ambiguous_code`."""
    rows = await conn.execute(
        sa.select(unit.c.id, unit.c.sscc, unit.c.label)
        .join(location, location.c.id == unit.c.location_id)
        .where(location.c.site == site_code, ~location.c.virtual, unit.c.sscc.in_(codes) | unit.c.label.in_(codes))
    )
    found: dict[str, UUID] = {}
    for row in rows:
        code = row.sscc if row.sscc in codes else row.label
        if found.setdefault(code, row.id) != row.id:
            raise Refusal("ambiguous_code", code=code)
    return found


async def find_serials(conn: AsyncConnection, names: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Serials by (item, serial number). Refuses `unknown_serial`."""
    if not names:
        return {}
    rows = await conn.execute(
        sa.select(serial.c.item_id, serial.c.serial_no, serial.c.id).where(
            sa.tuple_(serial.c.item_id, serial.c.serial_no).in_(list(names))
        )
    )
    found = {(row.item_id, row.serial_no): row.id for row in rows}
    if missing := names - found.keys():
        raise Refusal("unknown_serial", serial=min(missing)[1])
    return found


async def find_account_lines(conn: AsyncConnection, names: set[tuple[str, int]]) -> dict[tuple[str, int], UUID]:
    """Bonded account lines by (account, line). Refuses `unknown_account_line`."""
    if not names:
        return {}
    rows = await conn.execute(
        sa.select(account_line.c.account_no, account_line.c.line_no, account_line.c.id).where(
            sa.tuple_(account_line.c.account_no, account_line.c.line_no).in_(list(names))
        )
    )
    found = {(row.account_no, row.line_no): row.id for row in rows}
    if missing := names - found.keys():
        account_no, line_no = min(missing)
        raise Refusal("unknown_account_line", account_no=account_no, line_no=line_no)
    return found


_Found = dict[tuple[str, str], UUID]


async def _find_items(conn: AsyncConnection, names: list[tuple[str, str]]) -> tuple[_Found, _Found]:
    """The owners' own articles, and the shared ones."""
    wanted = sa.tuple_(party.c.code, trade_item.c.sku).in_(names)
    mine = sa.select(party.c.code, trade_item.c.sku, trade_item.c.id, trade_item.c.owner_id).join(
        party, sa.or_(trade_item.c.owner_id == party.c.id, trade_item.c.owner_id.is_(None))
    )
    rows = (await conn.execute(mine.where(wanted))).all()
    own = {(row.code, row.sku): row.id for row in rows if row.owner_id is not None}
    return own, {(row.code, row.sku): row.id for row in rows if row.owner_id is None}
