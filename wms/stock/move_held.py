"""Moving held goods with their hold: to another place of the house, or to another owner where they lie."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.stock.post import Entry, as_row
from wms.stock.stock_key import StockKey

_POST = sa.text("SELECT post_held(:entries, :posting_id, :cause, :actor_id, :now)").bindparams(
    sa.bindparam("entries", type_=JSONB),
    sa.bindparam("posting_id", type_=sa.Uuid),
    sa.bindparam("actor_id", type_=sa.Uuid),
)


async def move_held(tx: Tx, entries: Sequence[Entry], *, cause: str, site: str) -> UUID:
    """Post entries whose goods are held before and after, and by nobody else's leave in between; gives the posting's id.

    Both ends of every entry are stock: held goods leave no site. Who promised to hold them (a receipt) points to the new rows
    in the same transaction. Refuses what `post` refuses.
    """
    posting_id = tx.new_id()
    ends = [end for entry in entries for end in (entry.source, entry.target)]
    owners = {end.owner_id for end in ends if isinstance(end, StockKey)}
    if not all(isinstance(end, StockKey) for end in ends):
        raise ValueError("held goods stay in the ledger")
    if not entries:
        return posting_id
    await tx.conn.execute(
        _POST,
        {
            "entries": [as_row(entry) for entry in entries],
            "posting_id": posting_id,
            "cause": cause,
            "actor_id": tx.actor.id,
            "now": tx.now,
        },
    )
    for owner_id in sorted(owners):
        await tell(tx, "stock.posted", posting_id, site=site, owner_id=owner_id, cause=cause, entries=len(entries))
    return posting_id
