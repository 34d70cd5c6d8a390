"""Announcing goods: lines of articles and, if the owner packed them so, units (SSCC) with their content.

A notice of ten thousand lines is one transaction of a few statements: it is there as a whole or not at all.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field, field_validator

from wms.inbound.item_facts import ItemFacts, items_by_sku
from wms.inbound.tables import notice, notice_line, notice_unit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.names import Code
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site
from wms.standards.gs1 import check_key
from wms.stock.move_stock import CustomsStatus
from wms.stock.names import REGIME_STATUS
from wms.stock.tables import UNIT_KINDS, account_line
from wms.stock.wire import PositiveQuantity

Text60 = Annotated[Code, Field(max_length=60)]
Sscc = Annotated[str, Field(pattern=r"^\d{18}$")]
MAX_LINES = 10_000


class NoticeUnit(BaseModel):
    """`parent`: the SSCC of the announced unit that it is in."""

    sscc: Sscc
    kind: str = "pallet"
    parent: Sscc | None = None
    weight_g: int | None = Field(default=None, ge=0, le=10**9)
    height_mm: int | None = Field(default=None, ge=1, le=100_000)

    @field_validator("sscc")
    @classmethod
    def _is_sscc(cls, value: str) -> str:
        if (fault := check_key(value, "sscc")) is not None:
            raise ValueError(fault.code)
        return value

    @field_validator("kind")
    @classmethod
    def _is_kind(cls, value: str) -> str:
        if value not in UNIT_KINDS:
            raise ValueError("unknown kind of unit")
        return value


class NoticeLine(BaseModel):
    """`quantity` in base units; `sscc`: the announced unit that it is in. Without a number a line gets its place."""

    line_no: int | None = Field(default=None, ge=1, le=999_999)
    sku: Text60
    quantity: PositiveQuantity
    lot: Text60 | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    serials: list[Text60] | None = Field(default=None, max_length=10_000)
    weight_g: int = Field(default=0, ge=0, le=10**12, description="of catch-weight articles")
    sscc: Sscc | None = None
    account_no: Annotated[str, Field(max_length=20)] | None = None
    account_line: int | None = Field(default=None, ge=1, le=99_999)


class AnnounceNotice(BaseModel):
    """`owner` and `supplier` are codes of parties; `tolerance_percent` is how much more than announced a line may become."""

    site: str = Field(max_length=8)
    owner: Text60
    notice_no: Text60
    supplier: Text60 | None = None
    expected_at: AwareDatetime | None = None
    customs_status: CustomsStatus | None = Field(default=None, description="left out: by the regime of the site")
    tolerance_percent: Decimal = Field(default=Decimal(0), ge=0, le=100, max_digits=5, decimal_places=2)
    units: list[NoticeUnit] = Field(default=[], max_length=MAX_LINES)
    lines: list[NoticeLine] = Field(default=[], max_length=MAX_LINES)


class NoticeAnnounced(BaseModel):
    id: UUID
    lines: int
    units: int


async def announce_notice(tx: Tx, command: AnnounceNotice) -> NoticeAnnounced:
    """Refuses `unknown_site`, `unknown_party`, `unknown_item`, `unknown_account_line`, `notice_exists`, and what does not fit
    together: `repeated_line`, `repeated_unit`, `unknown_unit`."""
    kind = await tx.conn.scalar(sa.select(site.c.kind).where(site.c.code == command.site))
    if kind is None:
        raise Refusal("unknown_site", site=command.site)
    owner_id, supplier_id = await _parties(tx, command)
    known = sa.select(notice.c.id).where(notice.c.owner_id == owner_id, notice.c.notice_no == command.notice_no)
    if await tx.conn.scalar(known) is not None:
        raise Refusal("notice_exists", notice=command.notice_no)
    items = await items_by_sku(tx, owner_id, (line.sku for line in command.lines))
    accounts = await _accounts(tx, command)
    id = tx.new_id()
    units = _units(tx, id, command)
    lines = _lines(tx, id, command, items, accounts, {row["sscc"]: row["id"] for row in units})
    await tx.conn.execute(
        notice.insert().values(
            id=id,
            site=command.site,
            owner_id=owner_id,
            supplier_id=supplier_id,
            notice_no=command.notice_no,
            state="announced",
            customs_status=command.customs_status or REGIME_STATUS.get(kind, "free"),
            tolerance_percent=command.tolerance_percent,
            expected_at=command.expected_at,
            lines=len(lines),
            units=len(units),
            announced_at=tx.now,
            announced_by=tx.actor.name,
        )
    )
    if units:
        await tx.conn.execute(notice_unit.insert(), units)
    if lines:
        await tx.conn.execute(notice_line.insert(), lines)
    counts = {"lines": len(lines), "units": len(units)}
    await tell(tx, "notice.announced", id, site=command.site, owner_id=owner_id, notice_no=command.notice_no, **counts)
    return NoticeAnnounced(id=id, **counts)


async def _parties(tx: Tx, command: AnnounceNotice) -> tuple[UUID, UUID | None]:
    codes = {command.owner, command.supplier} - {None}
    rows = await tx.conn.execute(sa.select(party.c.code, party.c.id).where(party.c.code.in_(codes)))
    found = {row.code: row.id for row in rows}
    for code in sorted(code for code in codes if code is not None):
        if code not in found:
            raise Refusal("unknown_party", party=code)
    owner_id = found[command.owner]
    tx.actor.need_owner(owner_id, absent=Refusal("unknown_party", party=command.owner))
    return owner_id, found[command.supplier] if command.supplier is not None else None


async def _accounts(tx: Tx, command: AnnounceNotice) -> dict[tuple[str, int], tuple[UUID, UUID]]:
    """Account line and its article, by account and line."""
    wanted = {line.account_no for line in command.lines if line.account_no is not None}
    if not wanted:
        return {}
    rows = await tx.conn.execute(sa.select(account_line).where(account_line.c.account_no.in_(wanted)))
    return {(row.account_no, row.line_no): (row.id, row.item_id) for row in rows}


def _units(tx: Tx, id: UUID, command: AnnounceNotice) -> list[dict[str, Any]]:
    """Rows of units, outer before inner. Refuses `unknown_unit` for a parent that is not announced, and circles."""
    ids = {one.sscc: tx.new_id() for one in command.units}
    if len(ids) != len(command.units):
        raise Refusal("repeated_unit", field="units")
    parents = {one.sscc: one.parent for one in command.units}
    rows = []
    for one in sorted(command.units, key=lambda one: _depth(one.sscc, parents)):
        rows.append(
            {
                "id": ids[one.sscc],
                "notice_id": id,
                "sscc": one.sscc,
                "kind": one.kind,
                "parent_id": ids[one.parent] if one.parent is not None else None,
                "weight_g": one.weight_g,
                "height_mm": one.height_mm,
            }
        )
    return rows


def _depth(sscc: str, parents: dict[str, str | None]) -> int:
    at: str | None = sscc
    for depth in range(20):
        if at is None:
            return depth
        if at not in parents:
            raise Refusal("unknown_unit", unit=at, field="units")
        at = parents[at]
    raise Refusal("unit_in_itself", unit=sscc)


def _lines(
    tx: Tx,
    id: UUID,
    command: AnnounceNotice,
    items: dict[str, ItemFacts],
    accounts: dict[tuple[str, int], tuple[UUID, UUID]],
    units: dict[str, UUID],
) -> list[dict[str, Any]]:
    rows = []
    for place, one in enumerate(command.lines, start=1):
        item = items[one.sku]
        if one.sscc is not None and one.sscc not in units:
            raise Refusal("unknown_unit", unit=one.sscc, field=f"lines.{place - 1}.sscc")
        rows.append(
            {
                "id": tx.new_id(),
                "notice_id": id,
                "line_no": one.line_no or place,
                "item_id": item.id,
                "unit_id": units[one.sscc] if one.sscc is not None else None,
                "lot_no": one.lot,
                "produced_on": one.produced_on,
                "best_before_on": one.best_before_on,
                "expires_on": one.expires_on or (None if one.best_before_on else item.expires_on(one.produced_on)),
                "serials": one.serials,
                "account_line_id": _account(one, item, accounts),
                "weight_g": one.weight_g,
                "expected": one.quantity,
                "received": Decimal(0),
                "damaged": Decimal(0),
            }
        )
    if len({row["line_no"] for row in rows}) != len(rows):
        raise Refusal("repeated_line", field="lines")
    return rows


def _account(one: NoticeLine, item: ItemFacts, accounts: dict[tuple[str, int], tuple[UUID, UUID]]) -> UUID | None:
    if one.account_no is None:
        return None
    found = accounts.get((one.account_no, one.account_line or 0))
    if found is None or found[1] != item.id:
        raise Refusal("unknown_account_line", account_no=one.account_no, line_no=one.account_line or 0)
    return found[0]
