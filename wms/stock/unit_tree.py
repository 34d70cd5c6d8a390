"""The trees of units a move touches: locked, changed in memory, written back with the root location of every unit inside.

A parcel holds no units, so the thousands that pass a sorter cost no walk through a tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.kit.db import Contended, Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import location, stock, unit

_DEEPEST = 20


@dataclass(slots=True)
class Node:
    kind: str
    place_id: UUID
    location_id: UUID | None
    chain: str
    stood_at: UUID | None = None  # the root location before this batch


@dataclass(slots=True)
class Forest:
    """`moved` the units of the batch, `inside` those below them, `around` the units they go into and what those lie in."""

    moved: dict[UUID, Node]
    inside: dict[UUID, Node] = field(default_factory=dict)
    around: dict[UUID, Node] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)

    def put(self, unit_id: UUID, to_place_id: UUID, digest: str) -> None:
        node = self.moved[unit_id]
        node.place_id, node.chain = to_place_id, digest
        self.changed.add(unit_id)

    def find(self, id: UUID) -> Node | None:
        return self.moved.get(id) or self.inside.get(id) or self.around.get(id)

    def root_of(self, id: UUID) -> UUID:
        """The location at the root of a place as it will be. Refuses `unit_in_itself`."""
        start = id
        for _ in range(_DEEPEST):
            node = self.find(id)
            if node is None:
                return id
            id = node.place_id
        raise Refusal("unit_in_itself", unit=str(start))


async def lock_forest(tx: Tx, moved: set[UUID], targets: set[UUID]) -> Forest:
    """Lock the units by id, then look again: whoever changed the trees meanwhile makes the command begin again."""
    seen = await _closure(tx, moved, targets)
    rows = await tx.conn.execute(
        sa.select(unit.c.id, unit.c.kind, unit.c.place_id, unit.c.location_id, unit.c.chain)
        .where(unit.c.id.in_(sorted(seen)))
        .order_by(unit.c.id)
        .with_for_update()
    )
    nodes = {row.id: Node(row.kind, row.place_id, row.location_id, row.chain, row.location_id) for row in rows}
    if missing := moved - nodes.keys():
        raise Refusal("not_found", unit=str(min(missing)))
    forest = Forest({id: nodes.pop(id) for id in moved})
    if nodes or any(node.kind != "parcel" for node in forest.moved.values()):
        if await _closure(tx, moved, targets) != seen:
            raise Contended
        for id, node in nodes.items():
            (forest.around if id in targets else forest.inside)[id] = node
    return forest


_CLOSURE = sa.text(
    """
    WITH RECURSIVE down AS (
        SELECT id, kind FROM unit WHERE id = ANY (:moved)
        UNION SELECT u.id, u.kind FROM unit u JOIN down ON u.place_id = down.id WHERE down.kind <> 'parcel'
    ), up AS (
        SELECT id, place_id FROM unit WHERE id = ANY (:targets)
        UNION SELECT u.id, u.place_id FROM unit u JOIN up ON u.id = up.place_id
    )
    SELECT id FROM down UNION SELECT id FROM up
    """
).bindparams(sa.bindparam("moved", type_=ARRAY(sa.Uuid)), sa.bindparam("targets", type_=ARRAY(sa.Uuid)))


async def _closure(tx: Tx, moved: set[UUID], targets: set[UUID]) -> set[UUID]:
    found = await tx.conn.scalars(_CLOSURE, {"moved": sorted(moved), "targets": sorted(targets)})
    return set(found)


_SAVE = sa.text(
    """
    UPDATE unit SET place_id = n.place_id, location_id = n.location_id, chain = n.chain
    FROM unnest(:ids, :places, :roots, :chains) AS n(id, place_id, location_id, chain) WHERE unit.id = n.id
    """
).bindparams(
    sa.bindparam("ids", type_=ARRAY(sa.Uuid)),
    sa.bindparam("places", type_=ARRAY(sa.Uuid)),
    sa.bindparam("roots", type_=ARRAY(sa.Uuid)),
    sa.bindparam("chains", type_=ARRAY(sa.String)),
)


async def save_roots(tx: Tx, forest: Forest) -> None:
    """Write the moved units, and of those inside them each whose root is another now."""
    dirty: dict[UUID, Node] = {}
    for id, node in [*forest.moved.items(), *forest.inside.items()]:
        root = forest.root_of(node.place_id)
        if id in forest.changed or root != node.location_id:
            node.location_id = root
            dirty[id] = node
    await tx.conn.execute(
        _SAVE,
        {
            "ids": list(dirty),
            "places": [node.place_id for node in dirty.values()],
            "roots": [node.location_id for node in dirty.values()],
            "chains": [node.chain for node in dirty.values()],
        },
    )


async def check_arrivals(tx: Tx, forest: Forest) -> None:
    """Ask the places that units with goods arrived at, and let none with goods leave the ledger."""
    loaded = [node for id, node in forest.moved.items() if id in forest.changed and node.kind != "parcel"]
    roots = {node.location_id for node in loaded if node.location_id is not None}
    if not roots:
        return
    left = {node.stood_at for node in loaded if node.stood_at is not None}
    found = await tx.conn.execute(
        sa.select(location.c.id, location.c.site, location.c.virtual, location.c.limited).where(
            location.c.id.in_(roots | left)
        )
    )
    known = {row.id: row for row in found}
    await _refuse_pledged(tx, forest, {id: row.site for id, row in known.items()})
    kinds = {id: row for id, row in known.items() if id in roots}
    if any(row.virtual for row in kinds.values()):
        await _refuse_goods(tx, forest, {id for id, row in kinds.items() if row.virtual})
    asked = {id for id, row in kinds.items() if row.limited} | await _reached_by_dangerous(tx, forest)
    if asked:
        locked = sa.select(location.c.id).where(location.c.id.in_(asked)).order_by(location.c.id)
        await tx.conn.execute(locked.with_for_update(key_share=True))
        await tx.conn.execute(_CHECK, {"ids": sorted(asked)})


_CHECK = sa.text("SELECT check_location(p.id), check_segregation(p.id) FROM unnest(:ids) AS p(id)").bindparams(
    sa.bindparam("ids", type_=ARRAY(sa.Uuid))
)


async def _reached_by_dangerous(tx: Tx, forest: Forest) -> set[UUID]:
    """Locations at which dangerous goods arrived: two that may not meet there would not see each other without its lock."""
    arrived = [
        id
        for id, node in [*forest.moved.items(), *forest.inside.items()]
        if node.kind != "parcel" and node.location_id != node.stood_at
    ]
    found = await tx.conn.scalars(
        sa.select(unit.c.location_id)
        .join(stock, stock.c.place_id == unit.c.id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(location, location.c.id == unit.c.location_id)
        .where(unit.c.id == sa.any_(sa.literal(arrived, ARRAY(sa.Uuid))), ~location.c.virtual)
        .where(stock.c.quantity > 0, trade_item.c.dangerous_class.is_not(None))
        .distinct()
    )
    return set(found)


async def _refuse_goods(tx: Tx, forest: Forest, outside: Iterable[UUID]) -> None:
    leaving = [id for id, node in [*forest.moved.items(), *forest.inside.items()] if node.location_id in set(outside)]
    full = await tx.conn.scalar(
        sa.select(stock.c.place_id).where(stock.c.place_id.in_(leaving), stock.c.quantity > 0).limit(1)
    )
    if full is not None:
        raise Refusal("unit_not_empty", unit=str(full))


async def _refuse_pledged(tx: Tx, forest: Forest, site_of: dict[UUID, str]) -> None:
    """Units with held goods in them move inside their site only."""
    away = [
        id
        for id, node in [*forest.moved.items(), *forest.inside.items()]
        if node.stood_at in site_of
        and node.location_id in site_of
        and site_of[node.stood_at] != site_of[node.location_id]
    ]
    if not away:
        return
    held = await tx.conn.scalar(
        sa.select(stock.c.place_id).where(stock.c.place_id.in_(away), stock.c.held > 0).limit(1)
    )
    if held is not None:
        raise Refusal("pledged_leaves_site", unit=str(held))
