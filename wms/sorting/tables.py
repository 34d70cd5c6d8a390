"""Sort plans, directory buckets and the items a line is tracking."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _SortPlanColumns(TypedColumns):
    line = sa.Column(sa.String(100), sa.ForeignKey("line.path"), primary_key=True)
    version = sa.Column(sa.Integer, primary_key=True)
    document = sa.Column(Json, nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    created_by = sa.Column(sa.String(60), nullable=False)


sort_plan = sa.Table("sort_plan", metadata, _SortPlanColumns)


class _BucketColumns(TypedColumns):
    line = sa.Column(sa.String(100), sa.ForeignKey("line.path"), primary_key=True)
    bucket = sa.Column(sa.SmallInteger, primary_key=True)
    version = sa.Column(sa.BigInteger, nullable=False)
    published_version = sa.Column(sa.BigInteger, nullable=False)


directory_bucket = sa.Table(
    "directory_bucket",
    metadata,
    _BucketColumns,
    sa.Index("ix_directory_bucket_dirty", "line", postgresql_where=sa.text("version > published_version")),
)


class _ItemColumns(TypedColumns):
    line = sa.Column(sa.String(100), sa.ForeignKey("line.path"), primary_key=True)
    tid = sa.Column(sa.String(60), primary_key=True)  # with the time of its end once the controller gave it to another
    first_seen_at = sa.Column(Instant, nullable=False)
    inducted_at = sa.Column(Instant, nullable=True)
    induct_place = sa.Column(sa.String(40), nullable=True)
    parcel_id = sa.Column(sa.Uuid, sa.ForeignKey("parcel.id"), nullable=True)
    codes = sa.Column(Json, nullable=False)  # every distinct code read, in order
    scans = sa.Column(sa.Integer, nullable=False)
    weight_g = sa.Column(sa.Integer, nullable=True)
    passes = sa.Column(sa.Integer, nullable=False)
    decided_at = sa.Column(Instant, nullable=True)
    decided_chute = sa.Column(sa.String(40), nullable=True)
    decision_reason = sa.Column(sa.String(24), nullable=True)
    decided_us = sa.Column(sa.BigInteger, nullable=True)
    plan_version = sa.Column(sa.Integer, nullable=True)
    finished_at = sa.Column(Instant, nullable=True)
    actual = sa.Column(sa.String(40), nullable=True)
    result = sa.Column(sa.String(12), nullable=False)
    reason = sa.Column(sa.String(24), nullable=True)
    repeats = sa.Column(sa.Integer, nullable=False)  # confirmations that came again and changed nothing


item = sa.Table(
    "tracked_item",
    metadata,
    _ItemColumns,
    sa.Index("ix_tracked_item_first_seen_at", "line", "first_seen_at"),
    sa.Index("ix_tracked_item_finished_at", "line", "finished_at"),
    sa.Index("ix_tracked_item_decided_at", "line", "decided_at", postgresql_where=sa.text("decided_at IS NOT NULL")),
    sa.Index("ix_tracked_item_live", "line", "first_seen_at", postgresql_where=sa.text("finished_at IS NULL")),
    sa.Index("ix_tracked_item_parcel_id", "parcel_id"),
    sa.CheckConstraint("result IN ('on_line','sorted','exception','lost')", name="result"),
)
