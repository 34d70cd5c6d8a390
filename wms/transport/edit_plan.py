"""Editing a proposal: pins, routes chosen by hand, departures taken away. The answer is another proposal."""

from uuid import UUID

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.transport.rebuild import Names
from wms.transport.start_job import JobQueued, QueueChange, queue_change
from wms.transport.view_plan import source_of
from wms.transport.wire import EditPlan


class ChangePlan(EditPlan):
    id: UUID


async def edit_plan(tx: Tx, command: ChangePlan) -> JobQueued:
    """Refuses `not_found`, `plan_decided`, and `invalid_request` for an edit without content."""
    source, row = await source_of(tx.conn, command.id)
    if row.state not in ("open", "accepted"):
        raise Refusal("plan_decided", state=row.state)
    if not command.moves and not command.forbid:
        raise Refusal("invalid_request", field="moves")
    given = source.given
    given.cancelled = sorted({*given.cancelled, *command.forbid})
    given.pinned = sorted({*given.pinned, *command.moves})
    moves: dict[str, Names | None] = {**command.moves}
    return await queue_change(
        tx,
        QueueChange(
            kind="edit",
            name=row.name,
            root_id=row.root_id,
            goods_id=row.goods_id,
            network_version=row.network_version,
            base_id=command.id,
            given=given,
            moves=moves,
            seed=row.seed,
        ),
    )
