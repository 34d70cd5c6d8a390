"""Forgetting the bytes of files long imported; jobs and problems stay."""

from datetime import timedelta

import sqlalchemy as sa

from wms.imports.tables import import_chunk, import_file, import_job
from wms.kit.db import Tx

KEPT = timedelta(days=30)
_FILES = 20


async def forget_files(tx: Tx, _: None) -> int:
    """Forget up to a bounded number of files that no open job needs; how many went."""
    waiting = sa.exists().where(import_job.c.file_id == import_file.c.id, import_job.c.state.in_(("queued", "running")))
    query = (
        sa.select(import_file.c.id)
        .where(import_file.c.uploaded_at < tx.now - KEPT, sa.not_(import_file.c.forgotten), sa.not_(waiting))
        .order_by(import_file.c.uploaded_at)
        .limit(_FILES)
        .with_for_update(skip_locked=True)
    )
    ids = list(await tx.conn.scalars(query))
    if ids:
        await tx.conn.execute(import_chunk.delete().where(import_chunk.c.file_id.in_(ids)))
        await tx.conn.execute(import_file.update().where(import_file.c.id.in_(ids)).values(forgotten=True))
    return len(ids)
