"""Publishing every sort table again, for a broker that has lost its retained messages."""

import sqlalchemy as sa

from devices.contract.sort_table import SortPlan
from devices.contract.topics import sort_plan_topic
from wms.equipment.tables import line
from wms.kit.db import Tx
from wms.kit.outbox import emit
from wms.sorting.tables import directory_bucket, sort_plan


async def publish_again(tx: Tx, _: None) -> None:
    """Queue the plan in force of each line and mark every bucket as unpublished. Versions stay: gateways keep the newest."""
    rows = await tx.conn.execute(
        sa.select(line.c.path, sort_plan.c.document)
        .join(sort_plan, sa.and_(sort_plan.c.line == line.c.path, sort_plan.c.version == line.c.plan_version))
        .order_by(line.c.path)
    )
    for row in rows:
        plan = SortPlan.model_validate(row.document)
        await emit(tx, sort_plan_topic(row.path), plan.model_dump_json().encode(), retain=True)
    await tx.conn.execute(directory_bucket.update().values(published_version=0))
