"""Units that travel as they stand, with everything in them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import unit

# A unit is whole when all that lies in it, however deep, is promised to the transfer. Totes and carts stay in the house.
_WHOLE = sa.text(
    """
    WITH RECURSIVE promised AS (
        SELECT s.place_id, sum(g.quantity) AS quantity FROM transfer_goods g JOIN stock s ON s.id = g.stock_id
        WHERE g.transfer_id = :transfer_id AND g.quantity > 0 GROUP BY 1
    ), up AS (
        SELECT u.id AS start, u.id, u.place_id, u.kind, 0 AS depth FROM unit u JOIN promised p ON p.place_id = u.id
        UNION ALL SELECT up.start, u.id, u.place_id, u.kind, up.depth + 1 FROM up JOIN unit u ON u.id = up.place_id
        WHERE up.depth < 20
    ), down AS (
        SELECT DISTINCT id AS top, id FROM up UNION SELECT down.top, u.id FROM down JOIN unit u ON u.place_id = down.id
    ), lying AS (
        SELECT down.top, sum(s.quantity) AS quantity FROM down JOIN stock s ON s.place_id = down.id GROUP BY 1
    ), ours AS (
        SELECT down.top, sum(p.quantity) AS quantity FROM down JOIN promised p ON p.place_id = down.id GROUP BY 1
    )
    SELECT DISTINCT ON (up.start) up.start, up.id AS top
    FROM up JOIN lying ON lying.top = up.id JOIN ours ON ours.top = up.id
    WHERE lying.quantity = ours.quantity AND up.kind NOT IN ('tote', 'cart')
    ORDER BY up.start, up.depth DESC
    """
)

_INSIDE = sa.text(
    """
    WITH RECURSIVE down AS (
        SELECT id AS top, id FROM unit WHERE id = ANY (:tops)
        UNION SELECT down.top, u.id FROM down JOIN unit u ON u.place_id = down.id
    ) SELECT top, id FROM down
    """
).bindparams(sa.bindparam("tops", type_=ARRAY(sa.Uuid)))


async def find_whole_units(tx: Tx, transfer_id: UUID) -> dict[UUID, UUID]:
    """By the unit that goods lie in: the outermost unit around them that is whole."""
    found = await tx.conn.execute(_WHOLE, {"transfer_id": transfer_id})
    return {row.start: row.top for row in found}


async def find_units_inside(tx: Tx, tops: Sequence[UUID]) -> dict[UUID, UUID]:
    """Every unit inside these, themselves included, with the one of these that it is in."""
    if not tops:
        return {}
    return {row.id: row.top for row in await tx.conn.execute(_INSIDE, {"tops": sorted(tops)})}


async def find_units_in_transit(tx: Tx, transit_id: UUID, codes: Sequence[str]) -> dict[UUID, str]:
    """Units on the way with their codes, by SSCC or label. Refuses `unknown_unit`, and `ambiguous_code` for a label on two."""
    if not codes:
        return {}
    wanted = {read_sscc(code): place for place, code in enumerate(codes)}
    names = sa.any_(sa.cast(sorted(wanted), ARRAY(sa.String)))
    rows = await tx.conn.execute(
        sa.select(unit.c.id, unit.c.sscc, unit.c.label).where(
            unit.c.location_id == transit_id, sa.or_(unit.c.sscc == names, unit.c.label == names)
        )
    )
    found: dict[str, UUID] = {}
    for row in rows:
        code = row.sscc if row.sscc in wanted else row.label
        if found.setdefault(code, row.id) != row.id:
            raise Refusal("ambiguous_code", field=f"units.{wanted[code]}", code=code)
    for code, place in wanted.items():
        if code not in found:
            raise Refusal("unknown_unit", field=f"units.{place}", unit=code)
    return {id: code for code, id in found.items()}


def read_sscc(code: str) -> str:
    """An SSCC without its application identifier 00, as scanners send it; any other code as it is."""
    return code[2:] if len(code) == 20 and code.isdigit() and code.startswith("00") else code
