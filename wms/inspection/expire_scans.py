"""The clock: what nobody decided before the belt's deadline is opened by hand. Never released."""

import sqlalchemy as sa

from wms.inspection.rules import Step
from wms.inspection.settle_scan import settle_scan
from wms.inspection.tables import scan
from wms.kit.db import Tx

_AT_ONCE = 100


async def expire_scans(tx: Tx, _: None) -> int:
    """Send scans past their deadline to opening; how many. Whether a reviewer was slow or none was free is all one."""
    late = (
        sa.select(scan)
        .where(scan.c.state.in_(("open", "review")), scan.c.deadline_at <= tx.now)
        .order_by(scan.c.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = (await tx.conn.execute(late)).all()
    for row in rows:
        reason = "no_image" if row.state == "open" else "nobody_decided"
        await settle_scan(tx, row, Step("UNPACK", reason), "timeout", timed_out_at=tx.now)
    return len(rows)
