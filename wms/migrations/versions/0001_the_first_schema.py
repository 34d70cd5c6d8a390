"""The first schema, and the trigger that makes the journal immutable."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=140), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index(
        "ix_alarm_open", "alarm", ["device", "code"], unique=False, postgresql_where=sa.text("acknowledged_at IS NULL")
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "gateway",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("state", JSONB(), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connection", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("site", "name", name=op.f("pk_gateway")),
    )
    op.create_table(
        "inbox_event",
        sa.Column("dev", sa.String(length=140), nullable=False),
        sa.Column("boot", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("refused", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("dev", "boot", "seq", name=op.f("pk_inbox_event")),
    )
    op.create_index("ix_inbox_event_received", "inbox_event", ["received_at"], unique=False)
    op.create_table(
        "inbox_lane",
        sa.Column("dev", sa.String(length=140), nullable=False),
        sa.Column("boot", sa.String(length=40), nullable=False),
        sa.Column("gw", sa.String(length=32), nullable=True),
        sa.Column("through_seq", sa.BigInteger(), nullable=False),
        sa.Column("highest_seq", sa.BigInteger(), nullable=False),
        sa.Column("handled_seq", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dev", "boot", name=op.f("pk_inbox_lane")),
    )
    op.create_index(
        "ix_inbox_lane_pending",
        "inbox_lane",
        ["dev", "boot"],
        unique=False,
        postgresql_where=sa.text("handled_seq < through_seq"),
    )
    op.create_table(
        "kept_answer",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_kept_answer")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("retain", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_unsent", "outbox", ["id"], unique=False, postgresql_where=sa.text("sent_at IS NULL"))
    op.create_table(
        "parked_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_message")),
        sa.UniqueConstraint("digest", name=op.f("uq_parked_message_digest")),
    )
    op.create_index("ix_parked_message_at", "parked_message", ["at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("sites", JSONB(), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.CheckConstraint("kind IN ('location','unit')", name=op.f("ck_place_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    op.create_table(
        "site",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("regime", sa.String(length=32), nullable=False),
        sa.Column("time_zone", sa.String(length=32), nullable=False),
        sa.Column("names", JSONB(), nullable=False),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('bonded','border','overseas','sorting_centre')", name=op.f("ck_site_kind")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_site")),
    )
    op.create_table(
        "sscc_counter",
        sa.Column("company_prefix", sa.String(length=12), nullable=False),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_prefix", name=op.f("pk_sscc_counter")),
    )
    op.create_table(
        "access_token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_token_person_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_token")),
    )
    op.create_table(
        "balance",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_balance_not_negative")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_balance_place_id")),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_balance")),
    )
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("virtual", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('outside','lost','line','chute','storage','staging')", name=op.f("ck_location_kind")
        ),
        sa.ForeignKeyConstraint(["id"], ["place.id"], name=op.f("fk_location_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_location_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("site", "name", name=op.f("uq_location_site_name")),
    )
    op.create_table(
        "manifest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(length=60), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_manifest_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
    )
    op.create_index("ix_manifest_site_at", "manifest", ["site", "announced_at"], unique=False)
    op.create_table(
        "parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("waybill_no", sa.String(length=60), nullable=True),
        sa.Column("manifest_id", sa.Uuid(), nullable=True),
        sa.Column("carrier", sa.String(length=40), nullable=True),
        sa.Column("destination", sa.String(length=16), nullable=True),
        sa.Column("service", sa.String(length=16), nullable=True),
        sa.Column("declared_weight_g", sa.Integer(), nullable=True),
        sa.Column("measured_weight_g", sa.Integer(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("goods", sa.String(length=250), nullable=False),
        sa.Column("hs_code", sa.String(length=10), nullable=True),
        sa.Column("consignee_name", sa.LargeBinary(), nullable=True),
        sa.Column("consignee_phone", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("hold_note", sa.String(length=200), nullable=True),
        sa.Column("bucket", sa.SmallInteger(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('announced','on_line','sorted','exception','bagged')", name=op.f("ck_parcel_state")
        ),
        sa.CheckConstraint("declared_weight_g > 0", name=op.f("ck_parcel_declared_weight")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_parcel_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("site", "waybill_no", name=op.f("uq_parcel_site_waybill_no")),
    )
    op.create_index("ix_parcel_manifest_id", "parcel", ["manifest_id"], unique=False)
    op.create_index(
        "ix_parcel_site_bucket",
        "parcel",
        ["site", "bucket"],
        unique=False,
        postgresql_where=sa.text("state <> 'bagged'"),
    )
    op.create_index("ix_parcel_site_state_at", "parcel", ["site", "state_at", "id"], unique=False)
    op.create_index("ix_parcel_site_state_state_at", "parcel", ["site", "state", "state_at", "id"], unique=False)
    op.create_index("ix_parcel_waybill_no", "parcel", ["waybill_no"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("sscc", sa.String(length=18), nullable=True),
        sa.CheckConstraint("kind IN ('parcel','bag')", name=op.f("ck_unit_kind")),
        sa.CheckConstraint("id <> place_id", name=op.f("ck_unit_not_in_itself")),
        sa.ForeignKeyConstraint(["id"], ["place.id"], name=op.f("fk_unit_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_unit_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("sscc", name=op.f("uq_unit_sscc")),
    )
    op.create_index(op.f("ix_unit_place_id"), "unit", ["place_id"], unique=False)
    op.create_table(
        "bag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("line", sa.String(length=100), nullable=False),
        sa.Column("chute", sa.String(length=40), nullable=False),
        sa.Column("destination", sa.String(length=16), nullable=True),
        sa.Column("sscc", sa.String(length=18), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=12), nullable=True),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("close_reason IN ('count','weight','full','person')", name=op.f("ck_bag_close_reason")),
        sa.CheckConstraint("(closed_at IS NULL) = (sscc IS NULL)", name=op.f("ck_bag_closed_has_sscc")),
        sa.ForeignKeyConstraint(["id"], ["unit.id"], name=op.f("fk_bag_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_bag_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bag")),
        sa.UniqueConstraint("sscc", name=op.f("uq_bag_sscc")),
    )
    op.create_index("ix_bag_site_opened_at", "bag", ["site", "opened_at"], unique=False)
    op.create_index(
        "uq_bag_open_chute", "bag", ["line", "chute"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("from_place_id", sa.Uuid(), nullable=False),
        sa.Column("to_place_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.id"], name=op.f("fk_journal_from_place_id")),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.id"], name=op.f("fk_journal_to_place_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_journal_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("unit_id", "cause_id", name=op.f("uq_journal_unit_id_cause_id")),
    )
    op.create_index("ix_journal_to_place_id_happened_at", "journal", ["to_place_id", "happened_at"], unique=False)
    op.create_table(
        "line",
        sa.Column("path", sa.String(length=100), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("geometry", JSONB(), nullable=False),
        sa.Column("outside_id", sa.Uuid(), nullable=False),
        sa.Column("belt_id", sa.Uuid(), nullable=False),
        sa.Column("lost_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("target_parcels_per_hour", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["belt_id"], ["location.id"], name=op.f("fk_line_belt_id")),
        sa.ForeignKeyConstraint(["lost_id"], ["location.id"], name=op.f("fk_line_lost_id")),
        sa.ForeignKeyConstraint(["outside_id"], ["location.id"], name=op.f("fk_line_outside_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_line_site")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_line")),
    )
    op.create_table(
        "manifest_error",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_error_manifest_id")),
        sa.PrimaryKeyConstraint("manifest_id", "position", name=op.f("pk_manifest_error")),
    )
    op.create_table(
        "chute",
        sa.Column("line", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bag_max_parcels", sa.Integer(), nullable=False),
        sa.Column("bag_max_weight_g", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open','full','jam','disabled')", name=op.f("ck_chute_state")),
        sa.ForeignKeyConstraint(["line"], ["line.path"], name=op.f("fk_chute_line")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_chute_location_id")),
        sa.PrimaryKeyConstraint("line", "name", name=op.f("pk_chute")),
    )
    op.create_table(
        "device",
        sa.Column("address", sa.String(length=140), nullable=False),
        sa.Column("line", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=True),
        sa.Column("state", JSONB(), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connection", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["line"], ["line.path"], name=op.f("fk_device_line")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_device")),
    )
    op.create_table(
        "directory_bucket",
        sa.Column("line", sa.String(length=100), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("published_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line"], ["line.path"], name=op.f("fk_directory_bucket_line")),
        sa.PrimaryKeyConstraint("line", "bucket", name=op.f("pk_directory_bucket")),
    )
    op.create_index(
        "ix_directory_bucket_dirty",
        "directory_bucket",
        ["line"],
        unique=False,
        postgresql_where=sa.text("version > published_version"),
    )
    op.create_table(
        "sort_plan",
        sa.Column("line", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["line"], ["line.path"], name=op.f("fk_sort_plan_line")),
        sa.PrimaryKeyConstraint("line", "version", name=op.f("pk_sort_plan")),
    )
    op.create_table(
        "tracked_item",
        sa.Column("line", sa.String(length=100), nullable=False),
        sa.Column("tid", sa.String(length=60), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inducted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("induct_place", sa.String(length=40), nullable=True),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("codes", JSONB(), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_chute", sa.String(length=40), nullable=True),
        sa.Column("decision_reason", sa.String(length=24), nullable=True),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.Column("plan_version", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual", sa.String(length=40), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.CheckConstraint("result IN ('on_line','sorted','exception','lost')", name=op.f("ck_tracked_item_result")),
        sa.ForeignKeyConstraint(["line"], ["line.path"], name=op.f("fk_tracked_item_line")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_tracked_item_parcel_id")),
        sa.PrimaryKeyConstraint("line", "tid", name=op.f("pk_tracked_item")),
    )
    op.create_index(
        "ix_tracked_item_decided_at",
        "tracked_item",
        ["line", "decided_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )
    op.create_index("ix_tracked_item_finished_at", "tracked_item", ["line", "finished_at"], unique=False)
    op.create_index("ix_tracked_item_first_seen_at", "tracked_item", ["line", "first_seen_at"], unique=False)
    op.create_index(
        "ix_tracked_item_live",
        "tracked_item",
        ["line", "first_seen_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("ix_tracked_item_parcel_id", "tracked_item", ["parcel_id"], unique=False)
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in ("journal", "audit_entry"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("journal", "audit_entry"):
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    op.drop_index("ix_tracked_item_parcel_id", table_name="tracked_item")
    op.drop_index("ix_tracked_item_live", table_name="tracked_item", postgresql_where=sa.text("finished_at IS NULL"))
    op.drop_index("ix_tracked_item_first_seen_at", table_name="tracked_item")
    op.drop_index("ix_tracked_item_finished_at", table_name="tracked_item")
    op.drop_index(
        "ix_tracked_item_decided_at", table_name="tracked_item", postgresql_where=sa.text("decided_at IS NOT NULL")
    )
    op.drop_table("tracked_item")
    op.drop_table("sort_plan")
    op.drop_index(
        "ix_directory_bucket_dirty",
        table_name="directory_bucket",
        postgresql_where=sa.text("version > published_version"),
    )
    op.drop_table("directory_bucket")
    op.drop_table("device")
    op.drop_table("chute")
    op.drop_table("manifest_error")
    op.drop_table("line")
    op.drop_index("ix_journal_to_place_id_happened_at", table_name="journal")
    op.drop_table("journal")
    op.drop_index("uq_bag_open_chute", table_name="bag", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_bag_site_opened_at", table_name="bag")
    op.drop_table("bag")
    op.drop_index(op.f("ix_unit_place_id"), table_name="unit")
    op.drop_table("unit")
    op.drop_index("ix_parcel_waybill_no", table_name="parcel")
    op.drop_index("ix_parcel_site_state_state_at", table_name="parcel")
    op.drop_index("ix_parcel_site_state_at", table_name="parcel")
    op.drop_index("ix_parcel_site_bucket", table_name="parcel", postgresql_where=sa.text("state <> 'bagged'"))
    op.drop_index("ix_parcel_manifest_id", table_name="parcel")
    op.drop_table("parcel")
    op.drop_index("ix_manifest_site_at", table_name="manifest")
    op.drop_table("manifest")
    op.drop_table("location")
    op.drop_table("balance")
    op.drop_table("access_token")
    op.drop_table("sscc_counter")
    op.drop_table("site")
    op.drop_table("place")
    op.drop_table("person")
    op.drop_index("ix_parked_message_at", table_name="parked_message")
    op.drop_table("parked_message")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("kept_answer")
    op.drop_index(
        "ix_inbox_lane_pending", table_name="inbox_lane", postgresql_where=sa.text("handled_seq < through_seq")
    )
    op.drop_table("inbox_lane")
    op.drop_index("ix_inbox_event_received", table_name="inbox_event")
    op.drop_table("inbox_event")
    op.drop_table("gateway")
    op.drop_table("audit_entry")
    op.drop_index("ix_alarm_open", table_name="alarm", postgresql_where=sa.text("acknowledged_at IS NULL"))
    op.drop_table("alarm")
