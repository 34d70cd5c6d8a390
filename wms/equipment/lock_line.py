"""The queue of a line: whoever changes its records takes its row first, so that no two meet on parcels and bags."""

from typing import Any

import sqlalchemy as sa

from wms.equipment.tables import line
from wms.kit.db import Tx


async def lock_line(tx: Tx, path: str) -> Any:
    """The line's row, locked until the commit, or None when there is none.

    FOR NO KEY UPDATE: rows that refer to the line may be inserted meanwhile.
    """
    query = sa.select(line).where(line.c.path == path).with_for_update(key_share=True)
    return (await tx.conn.execute(query)).one_or_none()
