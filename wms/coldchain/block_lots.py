"""Which goods lay in a zone during an interval, by the journals of units and quantities, and the holds on their lots.

By when things happened, not by when they were told. A lot is held at the site, whoever owns it, wherever it was brought since;
goods without a lot are held by article and owner.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.coldchain.tables import excursion_lot
from wms.kit.db import Tx
from wms.stock.place_hold import PlaceHold
from wms.stock.place_holds import place_holds

# `seen`: every place goods may be in, with the instant from which it could be in the zone: the zone's locations from the
# beginning, units from when they came there, units inside these from when they were put in. The tree of that instant decides,
# and so it does for goods put on a pallet meanwhile: one that had left the zone exposes nothing more.
_EXPOSED = sa.text(
    """
    WITH RECURSIVE here AS (
        SELECT id FROM location WHERE site = :site AND zone = :zone AND NOT virtual
    ), seen (place_id, at) AS (
        SELECT id, CAST(:since AS timestamptz) FROM here
        UNION
        SELECT j.unit_id, greatest(seen.at, j.happened_at) FROM seen JOIN journal j ON j.to_place_id = seen.place_id
        WHERE j.happened_at <= :until
    ), present AS (
        SELECT place_id, at, place_id IN (SELECT id FROM here) AS always FROM seen
        WHERE place_id IN (SELECT id FROM here) OR location_at(place_id, at, true) IN (SELECT id FROM here)
    )
    SELECT DISTINCT s.item_id, s.lot_id, s.owner_id FROM present p JOIN stock s ON s.place_id = p.place_id
    WHERE s.quantity
          + coalesce((SELECT sum(quantity) FROM stock_entry e WHERE e.from_stock_id = s.id AND e.happened_at > p.at), 0)
          - coalesce((SELECT sum(quantity) FROM stock_entry e WHERE e.to_stock_id = s.id AND e.happened_at > p.at), 0) > 0
       OR EXISTS (SELECT FROM stock_entry e WHERE e.to_stock_id = s.id AND e.happened_at > p.at AND e.happened_at <= :until
                  AND (p.always OR location_at(s.place_id, e.happened_at, true) IN (SELECT id FROM here)))
    """
).bindparams(
    sa.bindparam("since", type_=sa.DateTime(timezone=True)), sa.bindparam("until", type_=sa.DateTime(timezone=True))
)


async def block_lots(tx: Tx, excursion_id: UUID, probe: sa.Row[Any], since: datetime, until: datetime) -> int:
    """Hold what lay in the probe's zone from `since` to `until` and is not held for this excursion yet; how many holds."""
    interval = {"site": probe.site, "zone": probe.zone, "since": since, "until": until}
    exposed = {tuple(row) for row in await tx.conn.execute(_EXPOSED, interval)}
    lots = excursion_lot.c
    known = sa.select(lots.item_id, lots.lot_id, lots.owner_id).where(lots.excursion_id == excursion_id)
    new = sorted(exposed - {tuple(row) for row in await tx.conn.execute(known)}, key=str)
    if not new:
        return 0
    note = f"{probe.zone}, {probe.code}: {since:%Y-%m-%d %H:%M} UTC"
    holds = [
        PlaceHold(item_id=item_id, lot_id=lot_id, owner_id=owner_id, site=probe.site, reason="excursion", note=note)
        for item_id, lot_id, owner_id in new
    ]
    ids = await place_holds(tx, holds, because=excursion_id)
    rows = [
        {"hold_id": hold_id, "excursion_id": excursion_id, "item_id": item_id, "lot_id": lot_id, "owner_id": owner_id}
        for hold_id, (item_id, lot_id, owner_id) in zip(ids, new, strict=True)
    ]
    await tx.conn.execute(excursion_lot.insert(), rows)
    return len(rows)
