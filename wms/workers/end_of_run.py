"""Where the unbroken run of a lane ends; ingest and the watch over holes ask it."""

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.inbox import event

_PAGE = 2_000


async def end_of_run(tx: Tx, dev: str, boot: str, through: int) -> tuple[int, list[int]]:
    """The end of the stored run that goes on from `through`, and the first numbers stored behind the hole after it."""
    while True:
        query = (
            sa.select(event.c.seq)
            .where(event.c.dev == dev, event.c.boot == boot, event.c.seq > through)
            .order_by(event.c.seq)
            .limit(_PAGE)
        )
        page = list(await tx.conn.scalars(query))
        run = 0
        while run < len(page) and page[run] == through + 1:
            through += 1
            run += 1
        if run < len(page) or len(page) < _PAGE:
            return through, page[run:]
