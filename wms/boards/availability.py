"""What may be promised, over all sites: on hand, less what is reserved, held, blocked by customs or unfit, less open demand.

    on_hand = reserved + held + customs_blocked + unfit + free        atp = max(free - soft_demand, 0)

Goods of one owner and customs status never serve another's demand, so both are counted apart and only then summed; no sum is
therefore negative. What is on the way between sites is on hand nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.find_items import seen_items
from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.stock.wire import Quantity


class Available(BaseModel):
    """`held`: pledged or on hold; `unfit`: not good, past its date, or at a place out of use; `soft_demand`: of order and
    transfer lines that nothing is reserved for yet; `in_transit`: left this site for another and did not come yet."""

    site: str
    item_id: UUID
    owner_id: UUID
    customs_status: str
    on_hand: Quantity
    reserved: Quantity
    held: Quantity
    customs_blocked: Quantity
    unfit: Quantity
    soft_demand: Quantity
    in_transit: Quantity
    atp: Quantity


class SiteAvailable(BaseModel):
    site: str
    on_hand: Quantity
    atp: Quantity


class Availability(BaseModel):
    on_hand: Quantity
    in_transit: Quantity
    atp: Quantity
    sites: list[SiteAvailable]
    rows: list[Available]


# holds_on is the law; the first EXISTS only spares it most rows. A good's last day is good, on its site's calendar.
_AVAILABLE = sa.text(
    """
    WITH lying AS (
        SELECT l.site, s.item_id, s.owner_id, s.customs_status, s.quantity, s.reserved, s.held,
               s.quantity - s.reserved - s.held AS free,
               l.id IN (SELECT transit_id FROM transfer WHERE transit_id IS NOT NULL) AS away,
               CASE WHEN s.customs_status IN ('under_inspection', 'detained') THEN 'blocked'
                    WHEN EXISTS (SELECT FROM stock_hold h WHERE h.released_at IS NULL
                             AND (h.item_id IS NULL OR h.item_id = s.item_id)
                             AND (h.owner_id IS NULL OR h.owner_id = s.owner_id)
                             AND (h.location_id IS NULL OR h.location_id = l.id) AND (h.lot_id IS NULL OR h.lot_id = s.lot_id)
                             AND (h.unit_id IS NULL OR u.id IS NOT NULL))
                         AND EXISTS (SELECT FROM holds_on(s.id)) THEN 'on_hold'
                    WHEN s.condition <> 'good' OR NOT l.enabled
                         OR coalesce(t.expires_on, t.best_before_on) < (:now AT TIME ZONE p.time_zone)::date THEN 'unfit'
                    ELSE 'free' END AS fate
        FROM stock s
        LEFT JOIN unit u ON u.id = s.place_id
        JOIN location l ON l.id = coalesce(u.location_id, s.place_id)
        JOIN site p ON p.code = l.site
        LEFT JOIN lot t ON t.id = s.lot_id
        WHERE s.item_id = ANY (:items) AND s.quantity > 0 AND NOT l.virtual
    ), wanted AS (
        SELECT o.site, n.item_id, o.owner_id, n.customs_status, n.quantity - n.cancelled - n.reserved - n.picked AS soft
        FROM outbound_line n JOIN outbound_order o ON o.id = n.order_id
        WHERE n.item_id = ANY (:items) AND n.quantity > n.cancelled + n.reserved + n.picked AND o.state <> 'cancelled'
        UNION ALL
        SELECT f.from_site, n.item_id, f.owner_id, n.customs_status, n.quantity - n.reserved
        FROM transfer_line n JOIN transfer f ON f.id = n.transfer_id
        WHERE n.item_id = ANY (:items) AND n.shipped = 0 AND n.quantity > n.reserved AND f.state IN ('new', 'reserved')
    ), both_sides AS (
        SELECT site, item_id, owner_id, customs_status,
               coalesce(sum(quantity) FILTER (WHERE NOT away), 0) AS on_hand,
               coalesce(sum(reserved) FILTER (WHERE NOT away), 0) AS reserved,
               coalesce(sum(held + CASE WHEN fate = 'on_hold' THEN free ELSE 0 END) FILTER (WHERE NOT away), 0) AS held,
               coalesce(sum(free) FILTER (WHERE NOT away AND fate = 'blocked'), 0) AS customs_blocked,
               coalesce(sum(free) FILTER (WHERE NOT away AND fate = 'unfit'), 0) AS unfit,
               coalesce(sum(free) FILTER (WHERE NOT away AND fate = 'free'), 0) AS free,
               coalesce(sum(quantity) FILTER (WHERE away), 0) AS in_transit, 0 AS soft_demand
        FROM lying GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT site, item_id, owner_id, customs_status, 0, 0, 0, 0, 0, 0, 0, sum(soft) FROM wanted GROUP BY 1, 2, 3, 4
    )
    SELECT site, item_id, owner_id, customs_status, sum(on_hand) AS on_hand, sum(reserved) AS reserved, sum(held) AS held,
           sum(customs_blocked) AS customs_blocked, sum(unfit) AS unfit, sum(soft_demand) AS soft_demand,
           sum(in_transit) AS in_transit, greatest(sum(free) - sum(soft_demand), 0) AS atp
    FROM both_sides
    WHERE (CAST(:sites AS varchar[]) IS NULL OR site = ANY (CAST(:sites AS varchar[])))
      AND (CAST(:owners AS uuid[]) IS NULL OR owner_id = ANY (CAST(:owners AS uuid[])))
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    """
).bindparams(
    sa.bindparam("items", type_=ARRAY(sa.Uuid)),
    sa.bindparam("sites", type_=ARRAY(sa.String)),
    sa.bindparam("owners", type_=ARRAY(sa.Uuid)),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
)


async def read_available(
    conn: AsyncConnection,
    items: Iterable[UUID],
    now: datetime,
    *,
    sites: Iterable[str] | None = None,
    owners: Iterable[UUID] | None = None,
) -> list[Available]:
    """By site, article, owner and customs status; None: every site, every owner."""
    params = {
        "items": sorted(set(items)),
        "now": now,
        "sites": sorted(sites) if sites is not None else None,
        "owners": sorted(owners) if owners is not None else None,
    }
    return [Available.model_validate(dict(row)) for row in (await conn.execute(_AVAILABLE, params)).mappings()]


async def find_availability(
    conn: AsyncConnection, who: Actor, now: datetime, item: str, site: str | None, owner_id: UUID | None
) -> Availability:
    """Of an article by id or number; a number may mean articles of several owners. Refuses `unknown_item`."""
    items = await _find_items(conn, who, item)
    if site is not None:
        who.need("stock.read", site)
    if owner_id is not None:
        who.need_owner(owner_id)
    rows = await read_available(
        conn,
        items,
        now,
        sites=[site] if site is not None else who.sites,
        owners=[owner_id] if owner_id is not None else who.owners,
    )
    return sum_up(rows)


async def _find_items(conn: AsyncConnection, who: Actor, item: str) -> list[UUID]:
    query = sa.select(trade_item.c.id).where(seen_items(who))
    try:
        query = query.where(trade_item.c.id == UUID(item))
    except ValueError:
        query = query.where(trade_item.c.sku == item)
    found = list(await conn.scalars(query.limit(500)))
    if not found:
        raise Refusal("unknown_item", field="item", sku=item)
    return found


def sum_up(rows: Sequence[Available]) -> Availability:
    """Sums by site, and over all."""
    by_site: dict[str, list[Available]] = defaultdict(list)
    for row in rows:
        by_site[row.site].append(row)
    sites = [
        SiteAvailable(site=site, on_hand=_sum(one.on_hand for one in many), atp=_sum(one.atp for one in many))
        for site, many in by_site.items()
    ]
    return Availability(
        on_hand=_sum(one.on_hand for one in rows),
        in_transit=_sum(one.in_transit for one in rows),
        atp=_sum(one.atp for one in rows),
        sites=sites,
        rows=list(rows),
    )


def _sum(quantities: Iterable[Decimal]) -> Decimal:
    return sum(quantities, Decimal(0))
