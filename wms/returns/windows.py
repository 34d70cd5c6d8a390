"""The windows of law, as data: what a house begins with, what was added since, and the deadlines that follow."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.returns.rules import Window
from wms.returns.tables import return_window
from wms.returns.wire import WindowBody, WindowRecord
from wms.sites.tables import site

# Durations as read in the announcements; the days they came into force were not checked, which matters for no goods of today.
_FIRST: tuple[dict[str, Any], ...] = (
    {"kind": "bonded", "clock": "apply", "days": 30, "source": "GACC Ann. 2020-45: apply within 30 days of release"},
    {"kind": "bonded", "clock": "arrive", "days": 45, "source": "GACC Ann. 2020-45: back within 45 days of release"},
    {"kind": "export", "clock": "arrive", "months": 12, "source": "GACC Ann. 2020-44: within 1 year of export release"},
    {
        "kind": "export",
        "clock": "tax_free",
        "months": 6,
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2027, 12, 31),
        "source": "MoF/GACC/STA Ann. 2026-16: within 6 months of export, exports of 2026 and 2027",
    },
)
_LAW_OF_2020 = date(2020, 1, 1)


async def plant_windows(tx: Tx, _: None) -> None:
    """The windows that are known; what was changed since stays as it is."""
    rows = [
        {"id": tx.new_id(), "days": 0, "months": 0, "valid_from": _LAW_OF_2020, "valid_to": None, "verified": True}
        | one
        for one in _FIRST
    ]
    await tx.conn.execute(insert(return_window).on_conflict_do_nothing(), rows)


async def put_window(tx: Tx, command: WindowBody) -> WindowRecord:
    """Add a window, or correct the one that begins on the same day."""
    tx.actor.need("customs.release")
    values = command.model_dump()
    statement = insert(return_window).values(id=tx.new_id(), **values)
    statement = statement.on_conflict_do_update(index_elements=["kind", "clock", "valid_from"], set_=values)
    row = (await tx.conn.execute(statement.returning(return_window))).one()
    told = command.model_dump(mode="json")
    await audit(tx, "return.window", f"{command.kind}/{command.clock}", **told)
    return WindowRecord.model_validate(dict(row._mapping))


async def load_windows(tx: Tx, kind: str) -> list[Window]:
    names = Window.__slots__
    found = await tx.conn.execute(
        sa.select(*(return_window.c[name] for name in names)).where(return_window.c.kind == kind)
    )
    return [Window(*row) for row in found]


async def zone_of(tx: Tx, code: str) -> ZoneInfo:
    """The clock on the wall of a site: deadlines end at midnight there."""
    return ZoneInfo(await tx.conn.scalar(sa.select(site.c.time_zone).where(site.c.code == code)) or "UTC")


def too_late(kind: str, clock: str, last: date) -> Refusal:
    return Refusal("return_too_late", kind=kind, clock=clock, last_day=last.isoformat())
