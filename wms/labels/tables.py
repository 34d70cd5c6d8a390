"""Label templates and print jobs. A job keeps what it prints: a template changed later does not change it."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

PURPOSES = ("location", "unit", "parcel", "item")
JOB_STATES = ("queued", "retry", "sent", "failed")


class _TemplateColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    purpose = sa.Column(sa.String(10), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    version = sa.Column(sa.Integer, nullable=False)
    width_mm = sa.Column(sa.Integer, nullable=False)
    height_mm = sa.Column(sa.Integer, nullable=False)
    elements = sa.Column(Json, nullable=False)
    changed_at = sa.Column(Instant, nullable=False)
    changed_by = sa.Column(sa.String(60), nullable=False)


label_template = sa.Table(
    "label_template",
    metadata,
    _TemplateColumns,
    sa.UniqueConstraint("purpose", "name"),
    sa.CheckConstraint(f"purpose IN ({','.join(repr(one) for one in PURPOSES)})", name="purpose"),
)


class _PrintJobColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    purpose = sa.Column(sa.String(10), nullable=False)
    subject_id = sa.Column(sa.Uuid, nullable=False)  # the location, unit, parcel or article
    subject = sa.Column(sa.String(120), nullable=False)  # what a person calls it
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    template_id = sa.Column(sa.Uuid, sa.ForeignKey("label_template.id"), nullable=False)
    template_version = sa.Column(sa.Integer, nullable=False)
    printer = sa.Column(sa.String(140), nullable=False)  # the address of the device
    copies = sa.Column(sa.Integer, nullable=False)
    zpl = sa.Column(sa.Text, nullable=False)
    reprint_reason = sa.Column(sa.String(200), nullable=True)
    state = sa.Column(sa.String(8), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False)
    next_at = sa.Column(Instant, nullable=True)  # not before this; NULL when the job is over
    failure = sa.Column(sa.String(200), nullable=True)  # what the printer said last
    requested_at = sa.Column(Instant, nullable=False)
    requested_by = sa.Column(sa.String(60), nullable=False)
    ended_at = sa.Column(Instant, nullable=True)


print_job = sa.Table(
    "print_job",
    metadata,
    _PrintJobColumns,
    sa.Index("ix_print_job_open", "printer", "id", postgresql_where=sa.text("state IN ('queued','retry')")),
    sa.Index("ix_print_job_subject", "purpose", "subject_id"),
    sa.CheckConstraint(f"state IN ({','.join(repr(one) for one in JOB_STATES)})", name="state"),
)
