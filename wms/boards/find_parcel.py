"""Looking up anything by its code: a parcel, a bag, an item on the belt; where it is and what to do with it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.equipment.tables import line
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal, mask_name, mask_phone
from wms.parcels.tables import bag, parcel
from wms.sorting.tables import item
from wms.stock.tables import journal, location, unit

# What a worker does next, by state and reason; screens translate `todo.<name>`.
_TODO_BY_REASON = {
    "NO_READ": "code_by_hand",
    "MULTI_READ": "code_by_hand",
    "NO_DATA": "wait_for_manifest",
    "NO_DEST": "ask_planner",
    "RECIRC_MAX": "induct_again",
    "CHUTE_FULL": "induct_again",
    "CHUTE_JAM": "induct_again",
    "CHUTE_DISABLED": "induct_again",
    "LATE_DECISION": "induct_again",
    "NOT_DIVERTED": "induct_again",
    "INVALID_DEST": "induct_again",
    "LOST_TRACKING": "find_and_induct_again",
    "OVERWEIGHT": "weigh_by_hand",
}


class Step(BaseModel):
    """One row of the journal in words a screen can show; `from_name`/`to_name` are location names or a bag's SSCC."""

    at: datetime
    cause: str
    from_name: str
    to_name: str


class ParcelView(BaseModel):
    """`todo` is the key of the next action. Personal data comes masked unless the reader may see it."""

    kind: Literal["parcel"] = "parcel"
    id: UUID
    site: str
    waybill_no: str | None
    carrier: str | None
    destination: str | None
    service: str | None
    goods: str
    hs_code: str | None
    pieces: int
    declared_weight_g: int | None
    measured_weight_g: int | None
    consignee_name: str | None
    consignee_phone: str | None
    state: str
    reason: str | None
    state_at: datetime
    hold: bool
    hold_note: str | None
    announced: bool
    place: str | None
    todo: str
    steps: list[Step]


class BagFound(BaseModel):
    kind: Literal["bag"] = "bag"
    id: UUID
    site: str
    sscc: str | None
    line: str
    chute: str
    destination: str | None
    parcels: int
    weight_g: int
    opened_at: datetime
    closed_at: datetime | None
    place: str | None
    todo: str


def todo_for(state: str, reason: str | None, hold: bool) -> str:
    """The next action for a parcel. A hold outranks everything."""
    if hold:
        return "bring_to_inspection"
    if state == "exception" and reason == "CUSTOMS_HOLD":
        return "induct_again"  # released
    if state == "exception":
        return _TODO_BY_REASON.get(reason or "", "ask_shift_leader")
    return {"announced": "induct", "on_line": "wait", "sorted": "nothing", "bagged": "nothing"}[state]


async def find_by_code(conn: AsyncConnection, code: str, who: Actor, seal: Seal) -> ParcelView | BagFound:
    """A waybill number, a bag's SSCC (with or without AI 00) or a tracking id. Refuses `unknown_parcel`, `ambiguous_code`."""
    sscc = code[2:] if len(code) == 20 and code.startswith("00") and code.isdigit() else code
    found = (await conn.execute(sa.select(bag).where(bag.c.sscc == sscc))).one_or_none()
    if found is not None and who.may("bag.read", found.site):
        return await _bag_view(conn, found)
    rows = (await conn.execute(sa.select(parcel).where(parcel.c.waybill_no == code).limit(5))).all()
    if not rows:
        lines = sa.select(
            line.c.path
        )  # with them the primary key serves; an index on the tid alone would cost every event
        by_tid = sa.select(item.c.parcel_id).where(item.c.line.in_(lines), item.c.tid == code)
        rows = (await conn.execute(sa.select(parcel).where(parcel.c.id.in_(by_tid)).limit(5))).all()
    mine = [row for row in rows if who.may("parcel.read", row.site)]
    if not mine:
        raise Refusal("unknown_parcel", code=code)
    if len(mine) > 1:
        raise Refusal("ambiguous_code", code=code, candidates=sorted(row.site for row in mine))
    return await parcel_view(conn, mine[0], who, seal)


async def parcel_view(conn: AsyncConnection, row: Any, who: Actor, seal: Seal) -> ParcelView:
    steps = await _steps(conn, row.id)
    name, phone = seal.open(row.consignee_name), seal.open(row.consignee_phone)
    open_person = who.may("parcel.person", row.site)
    same = {
        column: getattr(row, column)
        for column in ParcelView.model_fields
        if column in parcel.c and column not in ("consignee_name", "consignee_phone")
    }
    return ParcelView(
        **same,
        consignee_name=name if open_person else mask_name(name),
        consignee_phone=phone if open_person else mask_phone(phone),
        announced=row.announced_at is not None,
        place=steps[-1].to_name if steps else None,
        todo=todo_for(row.state, row.reason, row.hold or row.blocked_by is not None),
        steps=steps,
    )


class _PlaceName:
    """A location's name, or the SSCC of a bag, or the chute of a bag still open."""

    def __init__(self, prefix: str) -> None:
        self.location = location.alias(f"{prefix}_location")
        self.bag = bag.alias(f"{prefix}_bag")
        self.name = sa.func.coalesce(self.location.c.name, self.bag.c.sscc, sa.literal("bag@") + self.bag.c.chute)


async def _steps(conn: AsyncConnection, unit_id: UUID) -> list[Step]:
    start, end = _PlaceName("s"), _PlaceName("e")
    query = (
        sa.select(journal.c.happened_at, journal.c.cause, start.name, end.name)
        .select_from(
            journal.outerjoin(start.location, start.location.c.id == journal.c.from_place_id)
            .outerjoin(start.bag, start.bag.c.id == journal.c.from_place_id)
            .outerjoin(end.location, end.location.c.id == journal.c.to_place_id)
            .outerjoin(end.bag, end.bag.c.id == journal.c.to_place_id)
        )
        .where(journal.c.unit_id == unit_id)
        .order_by(journal.c.id)
        .limit(200)
    )
    return [
        Step(at=at, cause=cause, from_name=a or "?", to_name=b or "?") for at, cause, a, b in await conn.execute(query)
    ]


async def _bag_view(conn: AsyncConnection, row: Any) -> BagFound:
    place = await conn.scalar(
        sa.select(location.c.name).join(unit, unit.c.place_id == location.c.id).where(unit.c.id == row.id)
    )
    return BagFound(
        id=row.id,
        site=row.site,
        sscc=row.sscc,
        line=row.line,
        chute=row.chute,
        destination=row.destination,
        parcels=row.parcels,
        weight_g=row.weight_g,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        place=place,
        todo="bring_to_staging" if row.closed_at else "let_it_fill",
    )
