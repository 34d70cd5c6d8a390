"""Rows of opening stock: what lies there on the first day, posted through the ledger.

A row is known by its place and all dimensions of its goods. Imported once it is never posted again: with the same quantity it
is repeated, with another it is refused, because opening stock is corrected by counting and not by a second beginning.
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.rules import BASE_LEVEL, Level, to_base
from wms.catalog.schemas import BaseQuantity, Sku
from wms.catalog.tables import packaging, trade_item
from wms.imports.owner_codes import Owners
from wms.imports.row_kind import CellProblem, ImportScope, Outcome, parse_with
from wms.kit.db import Tx
from wms.kit.names import Code
from wms.kit.refusal import Refusal
from wms.parties.schemas import PartyCode
from wms.sites.tables import site
from wms.stock.ensure_lots import LotSeen, ensure_lots, ensure_serials
from wms.stock.location_schemas import CustomsStatus
from wms.stock.names import REGIME_STATUS
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import CONDITIONS, account_line, location, stock_entry
from wms.stock.virtual import virtual_location

CAUSE = "opening"
_LOCK = 0x6B6F75616E02  # any constant: two files of opening stock are not applied at once
_Number = Annotated[Code, Field(max_length=60)]


class OpeningLine(BaseModel):
    location: _Number
    sku: Sku
    quantity: BaseQuantity
    site: Annotated[Code, Field(max_length=8)] | None = None
    owner: PartyCode | None = None
    level: Annotated[Code, Field(max_length=12)] = BASE_LEVEL
    lot_no: _Number | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    serial_no: _Number | None = None
    customs_status: CustomsStatus | None = None
    condition: Annotated[str, Field(pattern=f"^({'|'.join(CONDITIONS)})$")] = "good"
    weight_g: Annotated[int, Field(ge=0, le=10**12)] | None = None
    account_no: Annotated[Code, Field(max_length=20)] | None = None
    line_no: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


@dataclass(slots=True)
class _Placed:
    """A row whose names were found."""

    line: OpeningLine
    place_id: UUID
    owner_id: UUID
    item: Any
    quantity: Decimal
    status: str
    account_line_id: UUID | None


class OpeningRows:
    name = "opening_stock"
    right = "stock.correct"
    columns = tuple(OpeningLine.model_fields)
    required = frozenset({"location", "sku", "quantity"})

    def parse(self, cells: Mapping[str, str]) -> OpeningLine | list[CellProblem]:
        return parse_with(OpeningLine, cells)

    def key(self, row: OpeningLine) -> Hashable:
        dates = {"produced_on", "best_before_on", "expires_on"}
        return tuple(row.model_dump(exclude={"quantity", "level", "weight_g", *dates}).values())

    async def apply(self, tx: Tx, rows: Sequence[OpeningLine], scope: ImportScope) -> list[Outcome]:
        """Refuses `unknown_site` when the upload names none, and whatever the ledger refuses."""
        if scope.site is None:
            raise Refusal("unknown_site", field="site", site="")
        tx.actor.need(self.right, scope.site)
        await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        names = await _Names.find(tx, rows, scope)
        found = [names.place(row) for row in rows]
        placed = [one for one in found if isinstance(one, _Placed)]
        posted = iter(await _post(tx, scope.site, placed))
        return [one if isinstance(one, CellProblem) else next(posted) for one in found]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the names in a chunk mean."""

    site: str
    status: str
    owners: Owners
    places: dict[str, UUID]
    items: dict[tuple[UUID | None, str], Any]
    levels: dict[tuple[UUID, str], Decimal]
    accounts: dict[tuple[str, int], Any]

    @classmethod
    async def find(cls, tx: Tx, rows: Sequence[OpeningLine], scope: ImportScope) -> "_Names":
        assert scope.site is not None
        kind = await tx.conn.scalar(sa.select(site.c.kind).where(site.c.code == scope.site))
        owners = await Owners.find(tx, {row.owner for row in rows if row.owner}, scope)
        places = await tx.conn.execute(
            sa.select(location.c.name, location.c.id).where(
                location.c.site == scope.site,
                sa.not_(location.c.virtual),
                location.c.name.in_(sorted({row.location for row in rows})),
            )
        )
        item = trade_item.c
        wanted = item.sku.in_(sorted({row.sku for row in rows}))
        mine = {*owners.ids.values(), *([owners.default] if owners.default else [])}
        query = sa.select(trade_item).where(wanted, sa.or_(item.owner_id.in_(mine), item.owner_id.is_(None)))
        items = {(row.owner_id, row.sku): row for row in await tx.conn.execute(query)}
        levels = await tx.conn.execute(
            sa.select(packaging).where(packaging.c.item_id.in_([row.id for row in items.values()]))
        )
        numbers = sorted({row.account_no for row in rows if row.account_no})
        accounts = await tx.conn.execute(sa.select(account_line).where(account_line.c.account_no.in_(numbers)))
        return cls(
            scope.site,
            REGIME_STATUS.get(kind or "", "free"),
            owners,
            {row.name: row.id for row in places},
            items,
            {(row.item_id, row.level): row.base_quantity for row in levels},
            {(row.account_no, row.line_no): row for row in accounts},
        )

    def place(self, row: OpeningLine) -> _Placed | CellProblem:
        if row.site is not None and row.site != self.site:
            return CellProblem("site", "not_one_of", {"expected": self.site})
        place_id = self.places.get(row.location)
        if place_id is None:
            return CellProblem("location", "unknown_location", {"location": row.location})
        owner = self.owners.of(row.owner)
        if owner is None or isinstance(owner, CellProblem):
            return owner or CellProblem("owner", "missing_value")
        item = self.items.get((owner, row.sku)) or self.items.get((None, row.sku))
        if item is None:
            return CellProblem("sku", "unknown_item", {"sku": row.sku})
        per = Decimal(1) if row.level == BASE_LEVEL else self.levels.get((item.id, row.level))
        if per is None:
            return CellProblem("level", "unknown_level", {"level": row.level})
        account = self.accounts.get((row.account_no or "", row.line_no or 0))
        if row.account_no and (account is None or account.item_id != item.id):
            return CellProblem(
                "line_no", "unknown_account_line", {"account_no": row.account_no, "line_no": row.line_no}
            )
        return _complete(row, item, per) or _Placed(
            row,
            place_id,
            owner,
            item,
            to_base(row.quantity, Level(row.level, per)),
            row.customs_status or self.status,
            account.id if account is not None else None,
        )


def _complete(row: OpeningLine, item: Any, per: Decimal) -> CellProblem | None:
    """What the article asks for and the row does not say."""
    if item.tracking == "lot" and not row.lot_no:
        return CellProblem("lot_no", "missing_value")
    if item.tracking == "serial" and not row.serial_no:
        return CellProblem("serial_no", "missing_value")
    if row.serial_no and row.quantity * per != 1:
        return CellProblem("quantity", "not_one_of", {"expected": "1"})
    if item.catch_weight and row.weight_g is None:
        return CellProblem("weight_g", "missing_value")
    try:
        to_base(row.quantity, Level(row.level, per))
    except (ValueError, ArithmeticError):
        return CellProblem("quantity", "bad_amount")
    return None


async def _post(tx: Tx, site_code: str, placed: Sequence[_Placed]) -> list[Outcome]:
    lots = await ensure_lots(tx, [_lot_of(one) for one in placed if one.line.lot_no])
    keys = [_key(one, lots, {}) for one in placed]
    documents = [_document(key, one.line.serial_no) for key, one in zip(keys, placed, strict=True)]
    before = await _posted_before(tx, documents)
    fresh = [one for one, document in zip(placed, documents, strict=True) if document not in before]
    serials = await ensure_serials(tx, [(one.item.id, one.line.serial_no) for one in fresh if one.line.serial_no])
    outside = await virtual_location(tx, site_code, "outside")
    entries: list[Entry] = []
    outcomes: list[Outcome] = []
    for one, document in zip(placed, documents, strict=True):
        known = before.get(document)
        if known is None:
            key = _key(one, lots, serials)
            weight_g = one.line.weight_g or 0 if one.item.catch_weight else 0
            entries.append(Entry(outside, key, one.quantity, document_id=document, weight_g=weight_g))
            outcomes.append("accepted")
        elif known == one.quantity:
            outcomes.append("repeated")
        else:
            outcomes.append(
                CellProblem(
                    "quantity", "opening_differs", {"known": str(known.normalize()), "given": str(one.quantity)}
                )
            )
    await post(tx, entries, cause=CAUSE, site=site_code)
    return outcomes


def _lot_of(one: _Placed) -> LotSeen:
    line = one.line
    assert line.lot_no is not None
    return LotSeen(one.item.id, line.lot_no, line.produced_on, line.best_before_on, line.expires_on)


def _key(one: _Placed, lots: dict[tuple[UUID, str], UUID], serials: dict[tuple[UUID, str], UUID]) -> StockKey:
    line = one.line
    return StockKey(
        one.place_id,
        one.item.id,
        one.owner_id,
        one.status,
        line.condition,
        lots[one.item.id, line.lot_no] if line.lot_no else None,
        serials.get((one.item.id, line.serial_no)) if line.serial_no else None,
        one.account_line_id,
    )


def _document(key: StockKey, serial_no: str | None) -> UUID:
    """The id under which a row of opening stock is posted, the same whenever it is imported."""
    return UUID(bytes=hashlib.sha256(f"{CAUSE}|{key.id}|{serial_no or ''}".encode()).digest()[:16])


async def _posted_before(tx: Tx, documents: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Quantities of rows that are in the ledger and were not taken back."""
    back = stock_entry.alias("back")
    query = (
        sa.select(stock_entry.c.document_id, sa.func.sum(stock_entry.c.quantity).label("quantity"))
        .where(
            stock_entry.c.document_id.in_(documents),
            stock_entry.c.cause == CAUSE,
            sa.not_(sa.exists().where(back.c.reverses_id == stock_entry.c.id)),
        )
        .group_by(stock_entry.c.document_id)
    )
    return {row.document_id: row.quantity for row in await tx.conn.execute(query)}
