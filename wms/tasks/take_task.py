"""Taking work: the most urgent task that nobody has, leased to the one who asks.

Order: priority, then cut-off, then the way through the house. Among equally urgent tasks the nearest to where the person
stands is given, so that a put-away and a pick of one aisle follow each other. Simultaneous askers never wait for each other
and never get the same task (take_task.sql).
"""

from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from wms.kit.actor import Actor
from wms.kit.db import Database, Tx
from wms.tasks.wire import DEFAULT_LEASE_S, LeaseSeconds, TaskRecord

Word = Annotated[str, Field(max_length=20)]


class TakeTask(BaseModel):
    """`near` is the name of the location where the person stands; no kinds or zones means all of them."""

    site: str = Field(max_length=8)
    kinds: list[Word] = Field(default=[], max_length=20)
    zones: list[Word] = Field(default=[], max_length=50)
    near: str | None = Field(default=None, max_length=60)
    device: str | None = Field(default=None, max_length=60)
    lease_s: LeaseSeconds = DEFAULT_LEASE_S


class Taken(BaseModel):
    """`task` is null when there is no work of this kind."""

    task: TaskRecord | None


_TEXTS, _IDS = ARRAY(sa.String), ARRAY(sa.Uuid)
_TAKE = sa.text(
    "SELECT take_task(:site, :kinds, :zones, :owners, :near, :actor_id, :device, :lease_s, :now) AS taken"
).bindparams(
    sa.bindparam("kinds", type_=_TEXTS),
    sa.bindparam("zones", type_=_TEXTS),
    sa.bindparam("owners", type_=_IDS),
    sa.bindparam("actor_id", type_=sa.Uuid),
)
_TAKE_JSON = _TAKE.columns(taken=JSONB)


async def take_task(tx: Tx, command: TakeTask) -> Taken:
    """Refuses `unknown_location` for `near`."""
    owners = tx.actor.owners
    taken = await tx.conn.scalar(
        _TAKE_JSON,
        {
            "site": command.site,
            "kinds": command.kinds or None,
            "zones": command.zones or None,
            "owners": sorted(owners) if owners is not None else None,
            "near": command.near,
            "actor_id": tx.actor.id,
            "device": command.device,
            "lease_s": command.lease_s,
            "now": tx.now,
        },
    )
    return Taken(task=TaskRecord.model_validate(taken) if taken is not None else None)


async def take_quickly(db: Database, command: TakeTask, actor: Actor) -> Taken:
    """The same as a transaction of one round trip: fifty people who ask at one instant wait for nothing else."""
    taken = await db.call(
        "SELECT take_task($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        command.site,
        command.kinds or None,
        command.zones or None,
        sorted(actor.owners) if actor.owners is not None else None,
        command.near,
        actor.id,
        command.device,
        command.lease_s,
        db.clock(),
    )
    return Taken(task=TaskRecord.model_validate_json(taken) if taken is not None else None)
