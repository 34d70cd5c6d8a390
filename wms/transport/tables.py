"""Versions of the network, jobs that plan, what they proposed, and what was booked.

A version of the network and the content of a proposal never change, so that a plan can be rebuilt and refereed at any time.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(one) for one in values)})"


class _NetworkColumns(TypedColumns):
    version = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    note = sa.Column(sa.String(200), nullable=False)
    tables = sa.Column(Json, nullable=False)  # CSV text by table name
    saved_by = sa.Column(sa.String(60), nullable=False)
    saved_at = sa.Column(Instant, nullable=False)


transport_network = sa.Table("transport_network", metadata, _NetworkColumns)


class _GoodsColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    filename = sa.Column(sa.String(200), nullable=False)
    data = sa.Column(sa.LargeBinary, nullable=False)
    uploaded_at = sa.Column(Instant, nullable=False)


plan_goods = sa.Table("plan_goods", metadata, _GoodsColumns)


class _JobColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    root_id = sa.Column(sa.Uuid, nullable=False)  # the first job of a chain of edits and replans
    kind = sa.Column(sa.String(8), nullable=False)
    name = sa.Column(sa.String(80), nullable=False)
    goods_id = sa.Column(sa.Uuid, sa.ForeignKey("plan_goods.id"), nullable=False)
    network_version = sa.Column(sa.Integer, sa.ForeignKey("transport_network.version"), nullable=False)
    base_id = sa.Column(sa.Uuid, nullable=True)  # the proposal that is changed
    given = sa.Column(Json, nullable=False)  # wms.transport.rebuild.Given
    moves = sa.Column(Json, nullable=False)  # route by shipment, null for left to others
    seconds = sa.Column(sa.Float, nullable=False)
    seed = sa.Column(sa.Integer, nullable=False)
    state = sa.Column(sa.String(10), nullable=False)
    asked = sa.Column(sa.String(6), nullable=True)  # stop: keep the best so far; cancel: keep nothing
    holder = sa.Column(sa.Uuid, nullable=True)
    leased_until = sa.Column(Instant, nullable=True)
    tries = sa.Column(sa.Integer, nullable=False, server_default="0")
    progress = sa.Column(Json, nullable=False)  # [seconds, cost, bound, phase], the newest last
    error = sa.Column(Json, nullable=True)
    created_by = sa.Column(sa.String(60), nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    started_at = sa.Column(Instant, nullable=True)
    finished_at = sa.Column(Instant, nullable=True)


plan_job = sa.Table(
    "plan_job",
    metadata,
    _JobColumns,
    sa.Index("ix_plan_job_open", "created_at", postgresql_where=sa.text("state IN ('queued','running')")),
    sa.CheckConstraint(_one_of("state", JOB_STATES), name="state"),
    sa.CheckConstraint("kind IN ('plan','edit','replan')", name="kind"),
    sa.CheckConstraint("asked IN ('stop','cancel')", name="asked"),
)


class _ProposalColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    job_id = sa.Column(sa.Uuid, sa.ForeignKey("plan_job.id"), nullable=False, unique=True)
    state = sa.Column(sa.String(10), nullable=False)
    cost = sa.Column(sa.BigInteger, nullable=False)
    bound = sa.Column(sa.BigInteger, nullable=False)
    moved = sa.Column(sa.Integer, nullable=False)  # shipments that travel otherwise than in the plan it changes
    routes = sa.Column(Json, nullable=False)  # departure names by shipment, null for left to others
    certificate = sa.Column(sa.LargeBinary, nullable=False)  # zlib of JSON
    made_at = sa.Column(Instant, nullable=False)
    decided_by = sa.Column(sa.String(60), nullable=True)
    decided_at = sa.Column(Instant, nullable=True)


plan_proposal = sa.Table(
    "plan_proposal",
    metadata,
    _ProposalColumns,
    sa.CheckConstraint("state IN ('open','accepted','rejected','replaced')", name="state"),
    sa.CheckConstraint("bound <= cost", name="bound"),
)


class _DepartureColumns(TypedColumns):
    """A departure that something was booked on, or that the field told of."""

    name = sa.Column(sa.String(80), primary_key=True)
    service = sa.Column(sa.String(40), nullable=False)
    mode = sa.Column(sa.String(8), nullable=False)
    origin = sa.Column(sa.String(10), nullable=False)
    destination = sa.Column(sa.String(10), nullable=False)
    cut_off_at = sa.Column(Instant, nullable=False)
    depart_at = sa.Column(Instant, nullable=False)
    arrive_at = sa.Column(Instant, nullable=False)
    slots = sa.Column(sa.Integer, nullable=False)
    delay_min = sa.Column(sa.Integer, nullable=False, server_default="0")
    state = sa.Column(sa.String(10), nullable=False)
    reported_at = sa.Column(Instant, nullable=True)


transport_departure = sa.Table(
    "transport_departure",
    metadata,
    _DepartureColumns,
    sa.Index("ix_transport_departure_depart_at", "depart_at"),
    sa.CheckConstraint("state IN ('planned','departed','cancelled')", name="state"),
    sa.CheckConstraint("delay_min >= 0", name="delay"),
)


class _SpaceColumns(TypedColumns):
    """Units that a chain of plans has taken on a departure."""

    departure = sa.Column(sa.String(80), sa.ForeignKey("transport_departure.name"), primary_key=True)
    root_id = sa.Column(sa.Uuid, primary_key=True)
    units = sa.Column(sa.Integer, nullable=False)


booked_space = sa.Table("booked_space", metadata, _SpaceColumns, sa.CheckConstraint("units > 0", name="units"))


class _BookingColumns(TypedColumns):
    root_id = sa.Column(sa.Uuid, primary_key=True)
    shipment = sa.Column(sa.String(60), primary_key=True)
    leg_no = sa.Column(sa.Integer, primary_key=True)
    departure = sa.Column(sa.String(80), sa.ForeignKey("transport_departure.name"), nullable=False)
    proposal_id = sa.Column(sa.Uuid, sa.ForeignKey("plan_proposal.id"), nullable=False)
    weight_g = sa.Column(sa.BigInteger, nullable=False)
    volume_dm3 = sa.Column(sa.BigInteger, nullable=False)
    booked_at = sa.Column(Instant, nullable=False)


booking = sa.Table("booking", metadata, _BookingColumns, sa.Index("ix_booking_departure", "departure"))
