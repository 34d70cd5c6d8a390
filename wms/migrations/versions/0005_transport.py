"""Versions of the transport network, planning jobs, proposals, bookings, and departures as they ran."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_goods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_goods")),
    )
    op.create_table(
        "transport_departure",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("destination", sa.String(length=10), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("depart_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("delay_min", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('planned','departed','cancelled')", name=op.f("ck_transport_departure_state")),
        sa.CheckConstraint("delay_min >= 0", name=op.f("ck_transport_departure_delay")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_transport_departure")),
    )
    op.create_index("ix_transport_departure_depart_at", "transport_departure", ["depart_at"], unique=False)
    op.create_table(
        "transport_network",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("tables", JSONB(), nullable=False),
        sa.Column("saved_by", sa.String(length=60), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_transport_network")),
    )
    op.create_table(
        "booked_space",
        sa.Column("departure", sa.String(length=80), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_booked_space_units")),
        sa.ForeignKeyConstraint(["departure"], ["transport_departure.name"], name=op.f("fk_booked_space_departure")),
        sa.PrimaryKeyConstraint("departure", "root_id", name=op.f("pk_booked_space")),
    )
    op.create_table(
        "plan_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("goods_id", sa.Uuid(), nullable=False),
        sa.Column("network_version", sa.Integer(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("given", JSONB(), nullable=False),
        sa.Column("moves", JSONB(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.String(length=6), nullable=True),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("progress", JSONB(), nullable=False),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("asked IN ('stop','cancel')", name=op.f("ck_plan_job_asked")),
        sa.CheckConstraint("kind IN ('plan','edit','replan')", name=op.f("ck_plan_job_kind")),
        sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled')", name=op.f("ck_plan_job_state")),
        sa.ForeignKeyConstraint(["goods_id"], ["plan_goods.id"], name=op.f("fk_plan_job_goods_id")),
        sa.ForeignKeyConstraint(
            ["network_version"], ["transport_network.version"], name=op.f("fk_plan_job_network_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_job")),
    )
    op.create_index(
        "ix_plan_job_open",
        "plan_job",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.create_table(
        "plan_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("routes", JSONB(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open','accepted','rejected','replaced')", name=op.f("ck_plan_proposal_state")),
        sa.CheckConstraint("bound <= cost", name=op.f("ck_plan_proposal_bound")),
        sa.ForeignKeyConstraint(["job_id"], ["plan_job.id"], name=op.f("fk_plan_proposal_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_proposal")),
        sa.UniqueConstraint("job_id", name=op.f("uq_plan_proposal_job_id")),
    )
    op.create_table(
        "booking",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("shipment", sa.String(length=60), nullable=False),
        sa.Column("leg_no", sa.Integer(), nullable=False),
        sa.Column("departure", sa.String(length=80), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_dm3", sa.BigInteger(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["departure"], ["transport_departure.name"], name=op.f("fk_booking_departure")),
        sa.ForeignKeyConstraint(["proposal_id"], ["plan_proposal.id"], name=op.f("fk_booking_proposal_id")),
        sa.PrimaryKeyConstraint("root_id", "shipment", "leg_no", name=op.f("pk_booking")),
    )
    op.create_index("ix_booking_departure", "booking", ["departure"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_booking_departure", table_name="booking")
    op.drop_table("booking")
    op.drop_table("plan_proposal")
    op.drop_index("ix_plan_job_open", table_name="plan_job", postgresql_where=sa.text("state IN ('queued','running')"))
    op.drop_table("plan_job")
    op.drop_table("booked_space")
    op.drop_table("transport_network")
    op.drop_index("ix_transport_departure_depart_at", table_name="transport_departure")
    op.drop_table("transport_departure")
    op.drop_table("plan_goods")
