"""Filling pick faces: when they run low, or when open orders want more than they hold. One task a face, however often asked."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.find_item import find_candidates
from wms.catalog.tables import trade_item
from wms.inside.goods import UUIDS, Goods, among, entries_to, read_goods
from wms.inside.rules import Source, face_lacks, first_source
from wms.inside.tables import pick_face
from wms.inside.wire import SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.sites.tables import site
from wms.stock.find import available, on_hold
from wms.stock.post import Entry, post
from wms.stock.tables import location, lot, stock, unit
from wms.stock.wire import PositiveQuantity, Quantity, quantity_text
from wms.tasks.add_tasks import NewTask, add_tasks
from wms.tasks.complete_task import complete_task, lock_task

Key = tuple[UUID, UUID]  # item, owner


class OpenDemand(Protocol):
    """What open orders want of a site's goods and were not promised. Outbound knows; who starts the process asks it."""

    async def __call__(self, conn: AsyncConnection, site: str) -> dict[Key, Decimal]: ...


class Trigger(BaseModel):
    site: SiteCode
    demand: dict[str, Decimal] = Field(
        default={}, exclude=True
    )  # by "item/owner"; no part of what a repetition must repeat


class Triggered(BaseModel):
    """`starved`: faces that lack goods and find none in the racks."""

    tasks: list[UUID]
    starved: list[str]


class ConfirmReplenishment(BaseModel):
    """What was scanned: the place it was taken from, the article, the face. `source` is a location or a unit."""

    task_id: UUID
    source: Text60
    item: Text60
    lot: Text60 | None = None
    quantity: PositiveQuantity
    face: Text60


class Replenished(BaseModel):
    """`next`: the task for what the face lacks still."""

    task_id: UUID
    quantity: Quantity
    next: list[UUID]


def demand_key(item_id: UUID, owner_id: UUID) -> str:
    return f"{item_id}/{owner_id}"


async def trigger(tx: Tx, command: Trigger) -> Triggered:
    """Tasks for the faces of a site that lack goods and have none waiting."""
    tx.actor.need("replenish.plan", command.site)
    if tx.actor.owners is not None:
        raise Refusal("not_found")
    demand = {tuple(UUID(part) for part in key.split("/")): quantity for key, quantity in command.demand.items()}
    return await _trigger(tx, command.site, demand)


async def _trigger(tx: Tx, site_code: str, demand: dict[Any, Decimal], face_id: UUID | None = None) -> Triggered:
    lacking = []
    for face in await _faces(tx, site_code, face_id):
        quantity = face_lacks(face.available, face.min_quantity, face.max_quantity, demand.get(_key(face), Decimal(0)))
        if quantity > 0:
            lacking.append((face, quantity))
    sources = await _sources(tx, site_code, {_key(face) for face, _ in lacking})
    today = await _today(tx, site_code)
    tasks, starved = [], []
    for face, quantity in lacking:
        rows = sources.get(_key(face), {})
        best = first_source([one for one, _ in rows.values()], today)
        if best is None:
            starved.append(face.location)
            continue
        tasks.append(_task(site_code, face, rows[best.stock_id][1], min(quantity, best.available)))
    return Triggered(tasks=await add_tasks(tx, tasks), starved=sorted(starved))


def _key(row: Any) -> Key:
    return row.item_id, row.owner_id


def _task(site_code: str, face: Any, source: Any, quantity: Decimal) -> NewTask:
    return NewTask(
        kind="replenish",
        site=site_code,
        priority=4 if face.available <= 0 else 2,
        location_id=source.location_id,
        owner_id=face.owner_id,
        subject_id=face.location_id,
        dedupe_key=f"replenish:{face.location_id}:{face.item_id}:{face.owner_id}",
        payload={
            "sku": face.sku,
            "item_id": str(face.item_id),
            "quantity": quantity_text(quantity),
            "from": source.place,
            "lot": source.lot_no,
            "face": face.location,
        },
    )


async def _faces(tx: Tx, site_code: str, face_id: UUID | None) -> list[sa.Row[Any]]:
    """Faces with what may be taken of them: what orders have reserved there is as good as gone."""
    there = (
        sa.select(sa.func.coalesce(sa.func.sum(stock.c.quantity - stock.c.reserved - stock.c.held), 0))
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .where(
            sa.func.coalesce(unit.c.location_id, stock.c.place_id) == pick_face.c.location_id,
            *(stock.c.item_id == pick_face.c.item_id, stock.c.owner_id == pick_face.c.owner_id),
            *(stock.c.condition == "good", stock.c.quantity > 0),
        )
        .scalar_subquery()
    )
    query = (
        sa.select(pick_face, location.c.name.label("location"), trade_item.c.sku, there.label("available"))
        .join(location, location.c.id == pick_face.c.location_id)
        .join(trade_item, trade_item.c.id == pick_face.c.item_id)
        .where(location.c.site == site_code, location.c.enabled)
        .order_by(pick_face.c.location_id, pick_face.c.item_id)
    )
    if face_id is not None:
        query = query.where(pick_face.c.location_id == face_id)
    return list(await tx.conn.execute(query))


async def _sources(tx: Tx, site_code: str, keys: set[Key]) -> dict[Key, dict[UUID, tuple[Source, Any]]]:
    """Good stock in the racks, outside every face of the same article."""
    if not keys:
        return {}
    is_face = sa.exists().where(pick_face.c.location_id == location.c.id, pick_face.c.item_id == stock.c.item_id)
    place = sa.func.coalesce(unit.c.sscc, unit.c.label, location.c.name)
    query = (
        sa.select(
            *(stock.c.id, stock.c.item_id, stock.c.owner_id, stock.c.first_at, available.label("available")),
            *(lot.c.lot_no, sa.func.coalesce(lot.c.expires_on, lot.c.best_before_on).label("good_until")),
            *(location.c.id.label("location_id"), place.label("place")),
        )
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(unit.c.location_id, stock.c.place_id))
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .where(
            *(location.c.site == site_code, location.c.kind == "storage", location.c.enabled, ~is_face),
            *(stock.c.condition == "good", stock.c.quantity > stock.c.reserved + stock.c.held, ~on_hold),
            *(among(stock.c.item_id, {key[0] for key in keys}), among(stock.c.owner_id, {key[1] for key in keys})),
        )
    )
    found: dict[Key, dict[UUID, tuple[Source, Any]]] = defaultdict(dict)
    for row in await tx.conn.execute(query):
        found[_key(row)][row.id] = Source(row.id, row.available, row.good_until, row.first_at), row
    return found


async def _today(tx: Tx, site_code: str) -> Any:
    zone = await tx.conn.scalar(sa.select(site.c.time_zone).where(site.c.code == site_code))
    return tx.now.astimezone(ZoneInfo(zone or "UTC")).date()


async def confirm(tx: Tx, command: ConfirmReplenishment) -> Replenished:
    """Post what was brought. Another rack than proposed serves as well, when the same goods lie there.

    Refuses `wrong_location` for the face, `wrong_item`, `over_replenish`, `unknown_goods`, `ambiguous_goods`, `on_hold`.
    """
    task = await lock_task(tx, command.task_id, kind="replenish")
    tx.actor.need("replenish.do", task.site)
    tx.actor.need_owner(task.owner_id)
    said = task.payload
    if command.face != said["face"]:
        raise Refusal("wrong_location", wanted=said["face"], scanned=command.face, field="face")
    item_id = UUID(said["item_id"])
    if item_id not in {one.item_id for one in await find_candidates(tx.conn, task.owner_id, command.item)}:
        raise Refusal("wrong_item", wanted=said["sku"], scanned=command.item, field="item")
    if command.quantity > Decimal(said["quantity"]):
        raise Refusal(
            "over_replenish", wanted=said["quantity"], given=quantity_text(command.quantity), field="quantity"
        )
    rows = [row for row in await _at(tx, task, command, item_id) if row.lot == command.lot]
    if not rows:
        raise Refusal("unknown_goods", goods=said["sku"], lot=command.lot or "", field="source")
    if len(rows) > 1:
        raise Refusal("ambiguous_goods", goods=said["sku"], count=len(rows), field="source")
    entries = [_guarded(one) for one in entries_to([(rows[0], command.quantity)], task.subject_id, task.id)]
    posting_id = await post(tx, entries, cause="replenish", site=task.site)
    await complete_task(tx, task.id, {"quantity": quantity_text(command.quantity), "from": command.source})
    told = {"face": command.face, "sku": said["sku"], "quantity": quantity_text(command.quantity)}
    await tell(tx, "face.replenished", posting_id, site=task.site, owner_id=task.owner_id, **told)
    more = await _trigger(tx, task.site, {}, task.subject_id)
    return Replenished(task_id=task.id, quantity=command.quantity, next=more.tasks)


def _guarded(entry: Entry) -> Entry:
    """Held goods come to no face, where the next picker would find them."""
    return Entry(
        entry.source, entry.target, entry.quantity, guard=True, document_id=entry.document_id, weight_g=entry.weight_g
    )


async def _at(tx: Tx, task: sa.Row[Any], command: ConfirmReplenishment, item_id: UUID) -> list[Goods]:
    """The task's goods at the place that was scanned."""
    places = sa.union_all(
        sa.select(location.c.id).where(location.c.site == task.site, location.c.name == command.source),
        sa.select(unit.c.id)
        .join(location, location.c.id == unit.c.location_id)
        .where(location.c.site == task.site, sa.or_(unit.c.sscc == command.source, unit.c.label == command.source)),
    )
    ids = [id for id in await tx.conn.scalars(places) if id != task.subject_id]
    of_task = (stock.c.item_id == item_id, stock.c.owner_id == task.owner_id, stock.c.condition == "good")
    return await read_goods(tx.conn, stock.c.place_id == sa.any_(sa.cast(ids, UUIDS)), *of_task)
