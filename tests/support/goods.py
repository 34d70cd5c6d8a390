"""A small warehouse with goods: parties, articles, locations and opening stock, for tests of the ledger and the work on it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from wms.catalog.tables import trade_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.parties.tables import party
from wms.stock.add_location import add_location
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import account_line, location, lot, serial
from wms.stock.virtual import virtual_location

SITE = "IKT-O"


@dataclass
class Goods:
    """Builds what a test needs, by name; asking again gives the same."""

    db: Database
    site: str = SITE
    status: str = "foreign"
    parties: dict[str, UUID] = field(default_factory=dict)
    items: dict[str, UUID] = field(default_factory=dict)
    places: dict[str, UUID] = field(default_factory=dict)
    lots: dict[str, UUID] = field(default_factory=dict)

    async def party(self, code: str = "FUNGI") -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            known = await tx.conn.scalar(sa.select(party.c.id).where(party.c.code == code))
            if known is not None:
                return known
            id = tx.new_id()
            await tx.conn.execute(
                party.insert().values(id=id, code=code, names={"en": code}, roles=["owner"], created_at=tx.now)
            )
            return id

        if code not in self.parties:
            self.parties[code] = await self.db.run(add, None, actor=SYSTEM)
        return self.parties[code]

    async def item(self, sku: str = "FUNGUS-250", **values: object) -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            id = tx.new_id()
            defaults = {"tracking": "none", "catch_weight": False, "temperature": "ambient", "base_unit": "C62"}
            await tx.conn.execute(
                trade_item.insert().values(
                    id=id, sku=sku, names={"en": sku}, active=True, created_at=tx.now, **(defaults | values)
                )
            )
            return id

        if sku not in self.items:
            self.items[sku] = await self.db.run(add, None, actor=SYSTEM)
        return self.items[sku]

    async def place(self, name: str = "T-01-01", kind: str = "storage", **limits: object) -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            id = await add_location(tx, self.site, name, kind)
            if limits:
                await tx.conn.execute(location.update().where(location.c.id == id).values(**limits))
            return id

        if name not in self.places:
            self.places[name] = await self.db.run(add, None, actor=SYSTEM)
        return self.places[name]

    async def lot(self, item_id: UUID, lot_no: str, expires_on: date | None = None) -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            id = tx.new_id()
            await tx.conn.execute(lot.insert().values(id=id, item_id=item_id, lot_no=lot_no, expires_on=expires_on))
            return id

        if lot_no not in self.lots:
            self.lots[lot_no] = await self.db.run(add, None, actor=SYSTEM)
        return self.lots[lot_no]

    async def serial(self, item_id: UUID, serial_no: str) -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            id = tx.new_id()
            await tx.conn.execute(serial.insert().values(id=id, item_id=item_id, serial_no=serial_no))
            return id

        return await self.db.run(add, None, actor=SYSTEM)

    async def account_line(self, item_id: UUID, account_no: str = "T2306W000001", line_no: int = 1) -> UUID:
        async def add(tx: Tx, _: None) -> UUID:
            id = tx.new_id()
            await tx.conn.execute(
                account_line.insert().values(
                    id=id, account_no=account_no, line_no=line_no, item_id=item_id, quantity=Decimal(0)
                )
            )
            return id

        return await self.db.run(add, None, actor=SYSTEM)

    async def unit(self, at: UUID, kind: str = "pallet", **values: object) -> UUID:
        """A unit that came from outside and stands at a place."""

        async def add(tx: Tx, _: None) -> UUID:
            outside = await virtual_location(tx, self.site, "outside")
            id = tx.new_id()
            await create_units(tx, [NewUnit(id, kind, outside, **values)])  # type: ignore[arg-type]
            await move_units(tx, [Move(id, at, tx.now, "arrive", tx.new_id())])
            return id

        return await self.db.run(add, None, actor=SYSTEM)

    async def key(self, place: UUID, item: UUID, **dimensions: object) -> StockKey:
        owner = dimensions.pop("owner_id", None) or await self.party()
        status = dimensions.pop("customs_status", self.status)
        return StockKey(place, item, owner, status, **dimensions)  # type: ignore[arg-type]

    async def bring(self, key: StockKey, quantity: object, **entry: object) -> UUID:
        """Opening stock from outside."""

        async def add(tx: Tx, _: None) -> UUID:
            outside = await virtual_location(tx, self.site, "outside")
            one = Entry(outside, key, Decimal(str(quantity)), **entry)  # type: ignore[arg-type]
            return await post(tx, [one], cause="opening", site=self.site)

        return await self.db.run(add, None, actor=SYSTEM)

    async def stock(self, sku: str = "FUNGUS-250", place: str = "T-01-01", quantity: object = 100) -> StockKey:
        """The short form: that many of an article at a place."""
        key = await self.key(await self.place(place), await self.item(sku))
        await self.bring(key, quantity)
        return key

    async def balance(self, key: StockKey) -> tuple[Decimal, Decimal, Decimal]:
        """Quantity, reserved, held."""
        async with self.db.read() as conn:
            row = (
                await conn.execute(
                    sa.text("SELECT quantity, reserved, held FROM stock WHERE id = :id").bindparams(id=key.id)
                )
            ).one_or_none()
        return tuple(row) if row else (Decimal(0),) * 3  # type: ignore[return-value]
