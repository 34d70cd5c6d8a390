"""Tasks. One row is one piece of work for one person; who holds it, holds it for minutes, never for ever.

A lease that ran out makes the task free again: `take_task` opens it. `leased_by` stays as the last holder, so that a person
who was only slow may still finish what nobody else took.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

TASK_KINDS = (
    *("putaway", "pick", "replenish", "count", "move", "load", "unload", "quality", "cross_dock"),
    *("pack", "stage", "kit", "return", "transfer", "temperature", "check"),
)
TASK_STATES = ("open", "leased", "done", "cancelled")


class _TaskColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    state = sa.Column(sa.String(9), nullable=False)
    priority = sa.Column(sa.Integer, nullable=False)  # the larger, the sooner
    due_at = sa.Column(Instant, nullable=True)  # the cut-off that it serves
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=True)  # where the work begins
    zone = sa.Column(sa.String(20), nullable=True)
    path_order = sa.Column(sa.Integer, nullable=True)  # of the location, when the task was made
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    document_id = sa.Column(sa.Uuid, nullable=True)  # the order, notice, count … that it is part of
    subject_id = sa.Column(sa.Uuid, nullable=True)  # the line, unit or location that it is about
    dedupe_key = sa.Column(sa.String(120), nullable=True)
    by_hand = sa.Column(sa.Boolean, nullable=False)  # a person's word completes it; otherwise only its slice's verb
    payload = sa.Column(Json, nullable=False)
    assigned_to = sa.Column(sa.Uuid, sa.ForeignKey("person.id"), nullable=True)  # offered to nobody else
    leased_by = sa.Column(sa.Uuid, nullable=True)
    device = sa.Column(sa.String(60), nullable=True)
    lease_until = sa.Column(Instant, nullable=True)
    leases = sa.Column(sa.Integer, nullable=False)  # how often it was taken
    result = sa.Column(Json, nullable=True)
    created_at = sa.Column(Instant, nullable=False)
    closed_at = sa.Column(Instant, nullable=True)
    closed_by = sa.Column(sa.Uuid, nullable=True)


_OPEN = sa.text("state = 'open'")
_LIVE = sa.text("dedupe_key IS NOT NULL AND state IN ('open','leased')")

task = sa.Table(
    "task",
    metadata,
    _TaskColumns,
    sa.Index("ix_task_queue", "site", sa.text("priority DESC"), "due_at", "path_order", "id", postgresql_where=_OPEN),
    sa.Index("ix_task_lease", "site", "lease_until", postgresql_where=sa.text("state = 'leased'")),
    sa.Index("ix_task_document_id", "document_id", postgresql_where=sa.text("document_id IS NOT NULL")),
    sa.Index("ix_task_subject_id", "subject_id", postgresql_where=sa.text("subject_id IS NOT NULL")),
    sa.Index("uq_task_dedupe", "site", "dedupe_key", unique=True, postgresql_where=_LIVE),
    sa.CheckConstraint(f"kind IN ({','.join(map(repr, TASK_KINDS))})", name="kind"),
    sa.CheckConstraint(f"state IN ({','.join(map(repr, TASK_STATES))})", name="state"),
    sa.CheckConstraint(
        "state <> 'leased' OR (leased_by IS NOT NULL AND lease_until IS NOT NULL)", name="leased_by_somebody"
    ),
)
