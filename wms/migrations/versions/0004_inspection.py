"""Scans of X-ray and CT machines, what was found, who looked and what was decided; parcels are shut until then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_shift",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_review_shift")),
    )
    op.create_table(
        "scanner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("review_s", sa.Integer(), nullable=False),
        sa.Column("second_share", sa.Float(), nullable=False),
        sa.Column("tip_share", sa.Float(), nullable=False),
        sa.Column("auto_release", sa.Boolean(), nullable=False),
        sa.Column("calibration", JSONB(), nullable=False),
        sa.Column("calibration_digest", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("review_s > 0", name=op.f("ck_scanner_review_s")),
        sa.CheckConstraint(
            "second_share BETWEEN 0 AND 1 AND tip_share BETWEEN 0 AND 1", name=op.f("ck_scanner_shares")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_scanner_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scanner")),
        sa.UniqueConstraint("site", "name", name=op.f("uq_scanner_site_name")),
    )
    op.create_table(
        "inspection_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("scanner_id", sa.Uuid(), nullable=False),
        sa.Column("tid", sa.String(length=60), nullable=False),
        sa.Column("scan_uid", sa.String(length=64), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("machine", sa.String(length=7), nullable=True),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.Column("no_model", sa.Boolean(), nullable=False),
        sa.Column("calibration_digest", sa.String(length=64), nullable=False),
        sa.Column("draw_order", sa.Float(), nullable=False),
        sa.Column("draw_second", sa.Float(), nullable=False),
        sa.Column("draw_tip", sa.Float(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("machine IN ('ALARM','CLEAR','UNKNOWN')", name=op.f("ck_inspection_scan_machine")),
        sa.CheckConstraint(
            "state IN ('open','review','released','unpack','rescan','detained')", name=op.f("ck_inspection_scan_state")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["stock_hold.id"], name=op.f("fk_inspection_scan_hold_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_inspection_scan_parcel_id")),
        sa.ForeignKeyConstraint(["scanner_id"], ["scanner.id"], name=op.f("fk_inspection_scan_scanner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_inspection_scan_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_scan")),
        sa.UniqueConstraint("scanner_id", "scan_uid", name=op.f("uq_inspection_scan_scanner_id_scan_uid")),
    )
    op.create_index("ix_inspection_scan_parcel_id", "inspection_scan", ["parcel_id"], unique=False)
    op.create_index("ix_inspection_scan_site_opened_at", "inspection_scan", ["site", "opened_at"], unique=False)
    op.create_index(
        "ix_inspection_scan_waiting",
        "inspection_scan",
        ["deadline_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','review')"),
    )
    op.create_table(
        "inspection_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("is_alarm", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("region", JSONB(), nullable=True),
        sa.Column("mass_g", sa.Integer(), nullable=True),
        sa.Column("density", sa.Float(), nullable=True),
        sa.Column("z_eff", sa.Float(), nullable=True),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("calibration", JSONB(), nullable=True),
        sa.CheckConstraint("source IN ('machine','analysis')", name=op.f("ck_inspection_finding_source")),
        sa.ForeignKeyConstraint(["scan_id"], ["inspection_scan.id"], name=op.f("fk_inspection_finding_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_finding")),
    )
    op.create_index("ix_inspection_finding_scan_id", "inspection_finding", ["scan_id"], unique=False)
    op.create_table(
        "inspection_image",
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("instance_uid", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('low','high','density','zeff','report')", name=op.f("ck_inspection_image_role")),
        sa.ForeignKeyConstraint(["scan_id"], ["inspection_scan.id"], name=op.f("fk_inspection_image_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", "role", name=op.f("pk_inspection_image")),
    )
    op.create_table(
        "inspection_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("marks", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_name", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("seal_no", sa.String(length=30), nullable=True),
        sa.Column("photos", JSONB(), nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (outcome IS NOT NULL)", name=op.f("ck_inspection_opening_done_has_outcome")
        ),
        sa.CheckConstraint("outcome IN ('nothing','found','misdeclared')", name=op.f("ck_inspection_opening_outcome")),
        sa.CheckConstraint("state IN ('open','done','cancelled')", name=op.f("ck_inspection_opening_state")),
        sa.ForeignKeyConstraint(["scan_id"], ["inspection_scan.id"], name=op.f("fk_inspection_opening_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_opening")),
    )
    op.create_index("ix_inspection_opening_scan_id", "inspection_opening", ["scan_id"], unique=False)
    op.create_index(
        "uq_inspection_opening_live",
        "inspection_opening",
        ["scan_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "inspection_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("for_lead", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_name", sa.String(length=60), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("painted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("boxes", JSONB(), nullable=False),
        sa.Column("tools", JSONB(), nullable=False),
        sa.Column("tip", JSONB(), nullable=True),
        sa.Column("tip_hit", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (decision IS NOT NULL)", name=op.f("ck_inspection_review_done_has_decision")
        ),
        sa.CheckConstraint(
            "decision IN ('clear','suspect','unreadable','escalate')", name=op.f("ck_inspection_review_decision")
        ),
        sa.CheckConstraint(
            "state <> 'leased' OR (leased_by IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_inspection_review_leased"),
        ),
        sa.CheckConstraint(
            "state IN ('open','leased','done','expired','cancelled')", name=op.f("ck_inspection_review_state")
        ),
        sa.CheckConstraint("level IN (1, 2)", name=op.f("ck_inspection_review_level")),
        sa.ForeignKeyConstraint(["scan_id"], ["inspection_scan.id"], name=op.f("fk_inspection_review_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_review")),
    )
    op.create_index("ix_inspection_review_scan_id", "inspection_review", ["scan_id"], unique=False)
    op.create_index(
        "ix_inspection_review_waiting",
        "inspection_review",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','leased')"),
    )
    op.create_index(
        "uq_inspection_review_holder",
        "inspection_review",
        ["leased_by"],
        unique=True,
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "uq_inspection_review_live",
        "inspection_review",
        ["scan_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open','leased')"),
    )
    op.create_table(
        "inspection_verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("opening_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "level IN ('machine','reviewer','second','timeout','opening','customs','again')",
            name=op.f("ck_inspection_verdict_level"),
        ),
        sa.CheckConstraint(
            "verdict IN ('RELEASE','REVIEW','UNPACK','RESCAN')", name=op.f("ck_inspection_verdict_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["opening_id"], ["inspection_opening.id"], name=op.f("fk_inspection_verdict_opening_id")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["inspection_review.id"], name=op.f("fk_inspection_verdict_review_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["inspection_scan.id"], name=op.f("fk_inspection_verdict_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_verdict")),
    )
    op.create_index("ix_inspection_verdict_scan_id", "inspection_verdict", ["scan_id", "id"], unique=False)
    op.add_column("parcel", sa.Column("blocked_by", sa.Uuid(), nullable=True))
    op.execute(
        "ALTER TABLE stock_hold DROP CONSTRAINT ck_stock_hold_reason, ADD CONSTRAINT ck_stock_hold_reason CHECK (reason IN ('recall','quality','customs','excursion','damage','owner','count','credit','expiry','inspection'))"
    )
    op.execute(
        "CREATE TRIGGER inspection_verdict_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inspection_verdict "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_column("parcel", "blocked_by")
    op.drop_index("ix_inspection_verdict_scan_id", table_name="inspection_verdict")
    op.drop_table("inspection_verdict")
    op.drop_index(
        "uq_inspection_review_live",
        table_name="inspection_review",
        postgresql_where=sa.text("state IN ('open','leased')"),
    )
    op.drop_index(
        "uq_inspection_review_holder", table_name="inspection_review", postgresql_where=sa.text("state = 'leased'")
    )
    op.drop_index(
        "ix_inspection_review_waiting",
        table_name="inspection_review",
        postgresql_where=sa.text("state IN ('open','leased')"),
    )
    op.drop_index("ix_inspection_review_scan_id", table_name="inspection_review")
    op.drop_table("inspection_review")
    op.drop_index(
        "uq_inspection_opening_live", table_name="inspection_opening", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("ix_inspection_opening_scan_id", table_name="inspection_opening")
    op.drop_table("inspection_opening")
    op.drop_table("inspection_image")
    op.drop_index("ix_inspection_finding_scan_id", table_name="inspection_finding")
    op.drop_table("inspection_finding")
    op.drop_index(
        "ix_inspection_scan_waiting",
        table_name="inspection_scan",
        postgresql_where=sa.text("state IN ('open','review')"),
    )
    op.drop_index("ix_inspection_scan_site_opened_at", table_name="inspection_scan")
    op.drop_index("ix_inspection_scan_parcel_id", table_name="inspection_scan")
    op.drop_table("inspection_scan")
    op.drop_table("scanner")
    op.drop_table("review_shift")
    op.execute("DELETE FROM stock_hold WHERE reason = 'inspection'")
    op.execute(
        "ALTER TABLE stock_hold DROP CONSTRAINT ck_stock_hold_reason, ADD CONSTRAINT ck_stock_hold_reason CHECK (reason IN ('recall','quality','customs','excursion','damage','owner','count','credit','expiry'))"
    )
