"""A stocktake of a site or a zone: a count of every place, with work going on, or each place frozen until it is closed."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.audit import audit
from wms.counting.ask_counts import open_counts
from wms.counting.sql import UUIDS, need_house
from wms.counting.submit_count import freeze_note
from wms.counting.tables import LIVE_STATES, count, stocktake
from wms.counting.wire import SiteCode
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.hold_locations import free_locations, hold_locations
from wms.stock.tables import location

_KINDS = ("storage", "pick", "dock", "quality", "staging", "packing")
_MOST, _MOST_FROZEN = 20_000, 2_000


class BeginStocktake(BaseModel):
    site: SiteCode
    zone: str | None = Field(default=None, max_length=20)
    freeze: bool = False


class StocktakeBegun(BaseModel):
    id: UUID
    counts: int


class CloseStocktake(BaseModel):
    id: UUID


class StocktakeClosed(BaseModel):
    id: UUID
    counts: int


async def begin_stocktake(tx: Tx, command: BeginStocktake) -> StocktakeBegun:
    """Counts that are open already join it. Refuses `unknown_location` for an empty zone and `too_many_places`."""
    need_house(tx)
    tx.actor.need("count.plan", command.site)
    query = sa.select(location.c.id).where(
        location.c.site == command.site, location.c.kind.in_(_KINDS), ~location.c.virtual
    )
    if command.zone is not None:
        query = query.where(location.c.zone == command.zone)
    ids = list(await tx.conn.scalars(query.order_by(location.c.id).limit(_MOST + 1)))
    most = _MOST_FROZEN if command.freeze else _MOST
    if not ids:
        raise Refusal("unknown_location", location=command.zone or command.site, field="zone")
    if len(ids) > most:
        raise Refusal("too_many_places", count=len(ids), limit=most, field="zone")
    id = tx.new_id()
    await tx.conn.execute(
        stocktake.insert().values(
            id=id,
            site=command.site,
            zone=command.zone,
            frozen=command.freeze,
            state="open",
            begun_at=tx.now,
            begun_by=tx.actor.id,
        )
    )
    await open_counts(tx, command.site, ids, "stocktake", id)
    waiting = sa.and_(count.c.location_id == sa.any_(sa.cast(ids, UUIDS)), count.c.state == "open")
    await tx.conn.execute(count.update().where(waiting, count.c.stocktake_id.is_(None)).values(stocktake_id=id))
    mine = list(await tx.conn.scalars(sa.select(count.c.location_id).where(count.c.stocktake_id == id)))
    if command.freeze:
        tx.actor.need("hold.write", command.site)
        await hold_locations(tx, mine, note=freeze_note(id))
    await tell(tx, "stocktake.begun", id, site=command.site, zone=command.zone, counts=len(mine))
    await audit(tx, "stocktake.begin", str(id), site=command.site, zone=command.zone, freeze=command.freeze)
    return StocktakeBegun(id=id, counts=len(mine))


async def close_stocktake(tx: Tx, command: CloseStocktake) -> StocktakeClosed:
    """Refuses `counts_open` while a place is not closed, and `count_closed` the second time."""
    tx.actor.need("count.approve")
    need_house(tx)
    query = sa.select(stocktake).where(stocktake.c.id == command.id)
    row = (await tx.conn.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("count.approve", row.site)
    if row.state == "closed":
        raise Refusal("count_closed", state=row.state)
    counts = (
        await tx.conn.execute(sa.select(count.c.location_id, count.c.state).where(count.c.stocktake_id == row.id))
    ).all()
    live = [one for one in counts if one.state in LIVE_STATES]
    if live:
        raise Refusal("counts_open", count=len(live))
    await free_locations(tx, [one.location_id for one in counts], note=freeze_note(row.id))
    values = {"state": "closed", "closed_at": tx.now}
    await tx.conn.execute(stocktake.update().where(stocktake.c.id == row.id).values(values))
    await tell(tx, "stocktake.closed", row.id, site=row.site, counts=len(counts))
    await audit(tx, "stocktake.close", str(row.id), counts=len(counts))
    return StocktakeClosed(id=row.id, counts=len(counts))
