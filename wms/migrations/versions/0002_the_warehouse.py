"""The whole warehouse on a ledger of quantities: catalogue, stock, tasks, inbound, outbound and what surrounds them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by_name", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open','approved','refused')", name=op.f("ck_approval_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_table(
        "dangerous_segregation",
        sa.Column("one_class", sa.String(length=3), nullable=False),
        sa.Column("other_class", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("one_class", "other_class", name=op.f("pk_dangerous_segregation")),
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column(
            "txid", sa.BigInteger(), server_default=sa.text("(pg_current_xact_id()::text)::bigint"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_index(
        "ix_fact_txid",
        "fact",
        ["txid"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )
    op.create_table(
        "fact_feed",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact_feed")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_fact_feed_fact_id")),
    )
    op.create_table(
        "fact_horizon",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("txid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fact_horizon")),
    )
    op.create_table(
        "handheld",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_by", sa.String(length=60), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handheld")),
        sa.UniqueConstraint("digest", name=op.f("uq_handheld_digest")),
    )
    op.create_table(
        "import_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    op.create_index(
        "ix_import_file_kept", "import_file", ["uploaded_at"], unique=False, postgresql_where=sa.text("NOT forgotten")
    )
    op.create_table(
        "label_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("elements", JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("purpose IN ('location','unit','parcel','item')", name=op.f("ck_label_template_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_template")),
        sa.UniqueConstraint("purpose", "name", name=op.f("uq_label_template_purpose_name")),
    )
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("names", JSONB(), nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("gln", sa.String(length=13), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("code", name=op.f("uq_party_code")),
        sa.UniqueConstraint("gln", name=op.f("uq_party_gln")),
    )
    op.create_table(
        "return_window",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("clock", sa.String(length=8), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.CheckConstraint("clock IN ('apply','arrive','tax_free')", name=op.f("ck_return_window_clock")),
        sa.CheckConstraint("kind IN ('customer','refused','bonded','export')", name=op.f("ck_return_window_kind")),
        sa.CheckConstraint("days >= 0 AND months >= 0 AND days + months > 0", name=op.f("ck_return_window_duration")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_return_window_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_window")),
        sa.UniqueConstraint("kind", "clock", "valid_from", name=op.f("uq_return_window_kind_clock_valid_from")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", "source", name=op.f("pk_sign_in_try")),
    )
    op.create_table(
        "stock_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("from_stock_id", sa.Uuid(), nullable=True),
        sa.Column("to_stock_id", sa.Uuid(), nullable=True),
        sa.Column("from_place_id", sa.Uuid(), nullable=False),
        sa.Column("to_place_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND num_nonnulls(from_stock_id, to_stock_id) > 0", name=op.f("ck_stock_entry_moves_something")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_entry")),
    )
    op.create_index(
        "ix_stock_entry_clocks", "stock_entry", ["happened_at", "recorded_at"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "ix_stock_entry_document_id",
        "stock_entry",
        ["document_id"],
        unique=False,
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stock_entry_from",
        "stock_entry",
        ["from_stock_id"],
        unique=False,
        postgresql_where=sa.text("from_stock_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stock_entry_to",
        "stock_entry",
        ["to_stock_id"],
        unique=False,
        postgresql_where=sa.text("to_stock_id IS NOT NULL"),
    )
    op.create_index(
        "uq_stock_entry_reverses_id",
        "stock_entry",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", JSONB(), nullable=False),
        sa.Column("sites", JSONB(), nullable=True),
        sa.Column("owners", JSONB(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("through_seq", sa.BigInteger(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "carton_type",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("max_weight_g", sa.Integer(), nullable=False),
        sa.Column("tare_g", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND max_weight_g > 0",
            name=op.f("ck_carton_type_measures"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_carton_type_site")),
        sa.PrimaryKeyConstraint("site", "code", name=op.f("pk_carton_type")),
    )
    op.create_table(
        "cold_zone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=20), nullable=False),
        sa.Column("temperature", sa.String(length=8), nullable=False),
        sa.Column("min_c", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("max_c", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("allowed_minutes", sa.Integer(), nullable=False),
        sa.Column("silent_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("temperature IN ('ambient','chilled','frozen')", name=op.f("ck_cold_zone_temperature")),
        sa.CheckConstraint("allowed_minutes >= 0 AND silent_minutes > 0", name=op.f("ck_cold_zone_minutes")),
        sa.CheckConstraint(
            "num_nonnulls(min_c, max_c) > 0 AND (min_c IS NULL OR max_c IS NULL OR min_c < max_c)",
            name=op.f("ck_cold_zone_c"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_cold_zone_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cold_zone")),
        sa.UniqueConstraint("site", "zone", name=op.f("uq_cold_zone_site_zone")),
    )
    op.create_table(
        "consignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('consignment','vmi')", name=op.f("ck_consignment_kind")),
        sa.CheckConstraint("supplier_id <> buyer_id", name=op.f("ck_consignment_two_parties")),
        sa.ForeignKeyConstraint(["buyer_id"], ["party.id"], name=op.f("fk_consignment_buyer_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_consignment_site")),
        sa.ForeignKeyConstraint(["supplier_id"], ["party.id"], name=op.f("fk_consignment_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consignment")),
        sa.UniqueConstraint("supplier_id", "reference", name=op.f("uq_consignment_supplier_id_reference")),
    )
    op.create_table(
        "count_policy",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("a_days", sa.Integer(), nullable=False),
        sa.Column("b_days", sa.Integer(), nullable=False),
        sa.Column("c_days", sa.Integer(), nullable=False),
        sa.Column("recount_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("recount_percent", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.CheckConstraint("a_days > 0 AND b_days > 0 AND c_days > 0", name=op.f("ck_count_policy_days")),
        sa.CheckConstraint("recount_quantity >= 0 AND recount_percent >= 0", name=op.f("ck_count_policy_recount")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_count_policy_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_count_policy")),
    )
    op.create_table(
        "goods_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("clock_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrive_by_on", sa.Date(), nullable=True),
        sa.Column("tax_free_by_on", sa.Date(), nullable=True),
        sa.Column("tax_free", sa.Boolean(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('customer','refused','bonded','export')", name=op.f("ck_goods_return_kind")),
        sa.CheckConstraint(
            "state IN ('announced','receiving','inspected','closed','cancelled')", name=op.f("ck_goods_return_state")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_goods_return_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_goods_return_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_return")),
        sa.UniqueConstraint("owner_id", "reference", name=op.f("uq_goods_return_owner_id_reference")),
    )
    op.create_index("ix_goods_return_site_state", "goods_return", ["site", "state"], unique=False)
    op.create_table(
        "import_chunk",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["import_file.id"], name=op.f("fk_import_chunk_file_id")),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_import_chunk")),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued','running','done','failed','cancelled')", name=op.f("ck_import_job_state")
        ),
        sa.CheckConstraint("done = accepted + repeated + refused", name=op.f("ck_import_job_adds_up")),
        sa.ForeignKeyConstraint(["file_id"], ["import_file.id"], name=op.f("fk_import_job_file_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_import_job_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_import_job_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index("ix_import_job_created_at", "import_job", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_import_job_open",
        "import_job",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("notice_no", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("tolerance_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(length=60), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "state IN ('announced','arriving','receiving','closed','cancelled')", name=op.f("ck_notice_state")
        ),
        sa.CheckConstraint("tolerance_percent >= 0", name=op.f("ck_notice_tolerance")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_notice_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_notice_site")),
        sa.ForeignKeyConstraint(["supplier_id"], ["party.id"], name=op.f("fk_notice_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("owner_id", "notice_no", name=op.f("uq_notice_owner_id_notice_no")),
    )
    op.create_index("ix_notice_site_state", "notice", ["site", "state"], unique=False)
    op.create_table(
        "print_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("printer", sa.String(length=140), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("zpl", sa.Text(), nullable=False),
        sa.Column("reprint_reason", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued','retry','sent','failed')", name=op.f("ck_print_job_state")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_print_job_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_print_job_site")),
        sa.ForeignKeyConstraint(["template_id"], ["label_template.id"], name=op.f("fk_print_job_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    op.create_index(
        "ix_print_job_open",
        "print_job",
        ["printer", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued','retry')"),
    )
    op.create_index("ix_print_job_subject", "print_job", ["purpose", "subject_id"], unique=False)
    op.create_table(
        "putaway_chain",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("steps", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_putaway_chain_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_putaway_chain")),
    )
    op.create_table(
        "returned_entry",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("returned", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("returned >= 0 AND returned <= shipped", name=op.f("ck_returned_entry_not_more_than_left")),
        sa.ForeignKeyConstraint(["entry_id"], ["stock_entry.id"], name=op.f("fk_returned_entry_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_returned_entry")),
    )
    op.create_table(
        "scrap_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("from_stock_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("bonded", sa.Boolean(), nullable=False),
        sa.Column("authority_ref", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "NOT bonded OR state <> 'scrapped' OR authority_ref IS NOT NULL", name=op.f("ck_scrap_order_authority")
        ),
        sa.CheckConstraint("state IN ('requested','scrapped','rejected')", name=op.f("ck_scrap_order_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_scrap_order_quantity")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_scrap_order_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_scrap_order_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrap_order")),
    )
    op.create_index("ix_scrap_order_site_state", "scrap_order", ["site", "state"], unique=False)
    op.create_table(
        "stocktake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=20), nullable=True),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open','closed')", name=op.f("ck_stocktake_state")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_stocktake_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake")),
    )
    op.create_index("ix_stocktake_site", "stocktake", ["site"], unique=False)
    op.create_table(
        "trade_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("names", JSONB(), nullable=False),
        sa.Column("base_unit", sa.String(length=3), nullable=False),
        sa.Column("tracking", sa.String(length=8), nullable=False),
        sa.Column("catch_weight", sa.Boolean(), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("min_remaining_days", sa.Integer(), nullable=True),
        sa.Column("temperature", sa.String(length=8), nullable=False),
        sa.Column("dangerous_class", sa.String(length=3), nullable=True),
        sa.Column("un_number", sa.String(length=4), nullable=True),
        sa.Column("hs_code", sa.String(length=10), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("abc", sa.String(length=1), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("abc IN ('A','B','C')", name=op.f("ck_trade_item_abc")),
        sa.CheckConstraint("temperature IN ('ambient','chilled','frozen')", name=op.f("ck_trade_item_temperature")),
        sa.CheckConstraint("tracking IN ('none','lot','serial')", name=op.f("ck_trade_item_tracking")),
        sa.CheckConstraint(
            "weight_g >= 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0", name=op.f("ck_trade_item_measures")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_trade_item_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_item")),
        sa.UniqueConstraint(
            "owner_id", "sku", name=op.f("uq_trade_item_owner_id_sku"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("ix_trade_item_gtin", "trade_item", ["gtin"], unique=False)
    op.create_table(
        "warehouse_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(length=60), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=True),
        sa.Column("bank_reference", sa.String(length=60), nullable=True),
        sa.Column("loan", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("warning_ratio", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("call_ratio", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("value", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("alert", sa.String(length=8), nullable=True),
        sa.Column("pledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("alert IN ('none','warning','call')", name=op.f("ck_warehouse_receipt_alert")),
        sa.CheckConstraint(
            "state <> 'pledged' OR num_nulls(bank_id, loan, currency, warning_ratio, call_ratio, value, alert) = 0",
            name=op.f("ck_warehouse_receipt_pledge"),
        ),
        sa.CheckConstraint("state IN ('open','pledged','split','closed')", name=op.f("ck_warehouse_receipt_state")),
        sa.ForeignKeyConstraint(["bank_id"], ["party.id"], name=op.f("fk_warehouse_receipt_bank_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_warehouse_receipt_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["warehouse_receipt.id"], name=op.f("fk_warehouse_receipt_parent_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_warehouse_receipt_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_warehouse_receipt_number")),
    )
    op.create_index("ix_warehouse_receipt_owner_id", "warehouse_receipt", ["owner_id"], unique=False)
    op.create_table(
        "warehouse_receipt_counter",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_warehouse_receipt_counter_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_warehouse_receipt_counter")),
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=True),
        sa.Column("route", sa.String(length=40), nullable=True),
        sa.Column("zone", sa.String(length=20), nullable=True),
        sa.Column("cut_off_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_wave_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave")),
    )
    op.create_index("ix_wave_site_created_at", "wave", ["site", "created_at"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=40), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "subject", "id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "id"], unique=False)
    op.create_table(
        "account_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_account_line_not_negative")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_account_line_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_line")),
        sa.UniqueConstraint("account_no", "line_no", name=op.f("uq_account_line_account_no_line_no")),
    )
    op.create_table(
        "bill_line",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("component_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity > 0 AND item_id <> component_id", name=op.f("ck_bill_line_component")),
        sa.ForeignKeyConstraint(["component_id"], ["trade_item.id"], name=op.f("fk_bill_line_component_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_bill_line_item_id")),
        sa.PrimaryKeyConstraint("item_id", "component_id", name=op.f("pk_bill_line")),
    )
    op.create_table(
        "call_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consignment_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_by", sa.String(length=60), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["consignment_id"], ["consignment.id"], name=op.f("fk_call_off_consignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off")),
    )
    op.create_index(op.f("ix_call_off_consignment_id"), "call_off", ["consignment_id"], unique=False)
    op.create_table(
        "collateral_price",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("priced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("priced_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_collateral_price_price")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_collateral_price_item_id")),
        sa.PrimaryKeyConstraint("item_id", "currency", "priced_at", name=op.f("pk_collateral_price")),
    )
    op.create_table(
        "consignment_line",
        sa.Column("consignment_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("min_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("max_quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.CheckConstraint(
            "min_quantity >= 0 AND min_quantity <= max_quantity AND price >= 0", name=op.f("ck_consignment_line_limits")
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id"], ["consignment.id"], name=op.f("fk_consignment_line_consignment_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_consignment_line_item_id")),
        sa.PrimaryKeyConstraint("consignment_id", "line_no", name=op.f("pk_consignment_line")),
        sa.UniqueConstraint("consignment_id", "item_id", name=op.f("uq_consignment_line_consignment_id_item_id")),
    )
    op.create_table(
        "consignment_pull",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consignment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pulled_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["consignment_id"], ["consignment.id"], name=op.f("fk_consignment_pull_consignment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consignment_pull")),
        sa.UniqueConstraint("consignment_id", "reference", name=op.f("uq_consignment_pull_consignment_id_reference")),
    )
    op.create_table(
        "cross_dock_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("promised", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "wanted > 0 AND promised >= 0 AND promised <= wanted", name=op.f("ck_cross_dock_demand_quantities")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_cross_dock_demand_item_id")),
        sa.ForeignKeyConstraint(["lane_id"], ["location.id"], name=op.f("fk_cross_dock_demand_lane_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_cross_dock_demand_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_cross_dock_demand_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_dock_demand")),
        sa.UniqueConstraint("demand_id", name=op.f("uq_cross_dock_demand_demand_id")),
    )
    op.create_index(
        "ix_cross_dock_demand_open",
        "cross_dock_demand",
        ["site", "item_id"],
        unique=False,
        postgresql_where=sa.text("promised < wanted"),
    )
    op.create_table(
        "fixed_place",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_fixed_place_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_fixed_place_location_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_fixed_place_site")),
        sa.PrimaryKeyConstraint("site", "item_id", "location_id", name=op.f("pk_fixed_place")),
    )
    op.create_table(
        "import_problem",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.id"], name=op.f("fk_import_problem_job_id")),
        sa.PrimaryKeyConstraint("job_id", "row_no", "column_name", name=op.f("pk_import_problem")),
    )
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("sample_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("sample_minimum", sa.Integer(), nullable=False),
        sa.Column("accept_number", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "sample_percent BETWEEN 0 AND 100 AND sample_minimum >= 1 AND accept_number >= 0",
            name=op.f("ck_inspection_plan_sample"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_inspection_plan_item_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_inspection_plan_site")),
        sa.ForeignKeyConstraint(["supplier_id"], ["party.id"], name=op.f("fk_inspection_plan_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_plan")),
        sa.UniqueConstraint(
            "site",
            "item_id",
            "supplier_id",
            name=op.f("uq_inspection_plan_site_item_id_supplier_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "item_alias",
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_item_alias_item_id")),
        sa.PrimaryKeyConstraint("code", "item_id", name=op.f("pk_item_alias")),
    )
    op.create_index("ix_item_alias_item_id", "item_alias", ["item_id"], unique=False)
    op.create_table(
        "kit_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('make','break')", name=op.f("ck_kit_order_kind")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_kit_order_item_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_kit_order_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_kit_order_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_order")),
    )
    op.create_index("ix_kit_order_item_id", "kit_order", ["item_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_no", sa.String(length=60), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("best_before_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_lot_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("item_id", "lot_no", name=op.f("uq_lot_item_id_lot_no")),
    )
    op.create_table(
        "notice_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("sscc", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("weight_g", sa.BigInteger(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id <> parent_id", name=op.f("ck_notice_unit_not_in_itself")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_unit_notice_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["notice_unit.id"], name=op.f("fk_notice_unit_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_unit")),
        sa.UniqueConstraint("notice_id", "sscc", name=op.f("uq_notice_unit_notice_id_sscc")),
    )
    op.create_index("ix_notice_unit_sscc", "notice_unit", ["sscc"], unique=False)
    op.create_table(
        "packaging",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("base_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.CheckConstraint("base_quantity > 0", name=op.f("ck_packaging_base_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_packaging_item_id")),
        sa.PrimaryKeyConstraint("item_id", "level", name=op.f("pk_packaging")),
    )
    op.create_index("ix_packaging_gtin", "packaging", ["gtin"], unique=False)
    op.create_table(
        "pick_face",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("min_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("max_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "min_quantity >= 0 AND max_quantity > 0 AND max_quantity >= min_quantity",
            name=op.f("ck_pick_face_quantities"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_pick_face_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_pick_face_location_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_pick_face_owner_id")),
        sa.PrimaryKeyConstraint("location_id", "item_id", "owner_id", name=op.f("pk_pick_face")),
    )
    op.create_table(
        "pick_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=20), nullable=True),
        sa.Column("wave_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("stop_count", sa.Integer(), nullable=False),
        sa.Column("path_mm", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open','done','cancelled')", name=op.f("ck_pick_list_state")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_pick_list_site")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_pick_list_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_list")),
    )
    op.create_index("ix_pick_list_site_created_at", "pick_list", ["site", "created_at"], unique=False)
    op.create_table(
        "pledge_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("bank_reference", sa.String(length=60), nullable=False),
        sa.Column("loan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.CheckConstraint("state IN ('requested','approved','refused')", name=op.f("ck_pledge_release_state")),
        sa.ForeignKeyConstraint(["receipt_id"], ["warehouse_receipt.id"], name=op.f("fk_pledge_release_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_release")),
    )
    op.create_index(op.f("ix_pledge_release_receipt_id"), "pledge_release", ["receipt_id"], unique=False)
    op.create_table(
        "probe",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_c", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_probe_site")),
        sa.ForeignKeyConstraint(["zone_id"], ["cold_zone.id"], name=op.f("fk_probe_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_probe_site_code")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("unit_ids", JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_receipt_location_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_receipt_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_notice_id", "receipt", ["notice_id", "id"], unique=False)
    op.create_table(
        "return_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("good", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("damaged", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("quarantine", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "good >= 0 AND damaged >= 0 AND quarantine >= 0 AND good + damaged + quarantine <= received",
            name=op.f("ck_return_line_graded"),
        ),
        sa.CheckConstraint(
            "quantity >= 0 AND received >= 0 AND received <= quantity", name=op.f("ck_return_line_received")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["stock_entry.id"], name=op.f("fk_return_line_entry_id")),
        sa.ForeignKeyConstraint(["return_id"], ["goods_return.id"], name=op.f("fk_return_line_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint("return_id", "line_no", name=op.f("uq_return_line_return_id_line_no")),
    )
    op.create_index("ix_return_line_entry_id", "return_line", ["entry_id"], unique=False)
    op.create_index("ix_return_line_order_line_id", "return_line", ["order_line_id"], unique=False)
    op.create_table(
        "safety_stock",
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_safety_stock_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_safety_stock_item_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_safety_stock_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_safety_stock_site")),
        sa.PrimaryKeyConstraint("site", "item_id", "owner_id", name=op.f("pk_safety_stock")),
    )
    op.create_table(
        "serial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("serial_no", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_serial_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serial")),
        sa.UniqueConstraint("item_id", "serial_no", name=op.f("uq_serial_item_id_serial_no")),
    )
    op.create_table(
        "stock_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("stocktake_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("counters", JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snapshot_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('cycle','zero_bin','short_pick','stocktake','request')", name=op.f("ck_stock_count_reason")
        ),
        sa.CheckConstraint(
            "state IN ('open','counting','recount','to_approve','closed','cancelled')",
            name=op.f("ck_stock_count_state"),
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_stock_count_location_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_stock_count_site")),
        sa.ForeignKeyConstraint(["stocktake_id"], ["stocktake.id"], name=op.f("fk_stock_count_stocktake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
    )
    op.create_index("ix_stock_count_location_id", "stock_count", ["location_id", "closed_at"], unique=False)
    op.create_index("ix_stock_count_site_state", "stock_count", ["site", "state"], unique=False)
    op.create_index(
        "ix_stock_count_stocktake_id",
        "stock_count",
        ["stocktake_id"],
        unique=False,
        postgresql_where=sa.text("stocktake_id IS NOT NULL"),
    )
    op.create_index(
        "uq_stock_count_live",
        "stock_count",
        ["location_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open','counting','recount','to_approve')"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("zone", sa.String(length=20), nullable=True),
        sa.Column("path_order", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", sa.String(length=120), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("device", sa.String(length=60), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leases", sa.Integer(), nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('putaway','pick','replenish','count','move','load','unload','quality','cross_dock','pack','stage','kit','return','transfer','temperature','check')",
            name=op.f("ck_task_kind"),
        ),
        sa.CheckConstraint(
            "state <> 'leased' OR (leased_by IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_task_leased_by_somebody"),
        ),
        sa.CheckConstraint("state IN ('open','leased','done','cancelled')", name=op.f("ck_task_state")),
        sa.ForeignKeyConstraint(["assigned_to"], ["person.id"], name=op.f("fk_task_assigned_to")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_task_location_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_task_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_task_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_document_id",
        "task",
        ["document_id"],
        unique=False,
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )
    op.create_index(
        "ix_task_lease", "task", ["site", "lease_until"], unique=False, postgresql_where=sa.text("state = 'leased'")
    )
    op.create_index(
        "ix_task_queue",
        "task",
        ["site", sa.literal_column("priority DESC"), "due_at", "path_order", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_task_subject_id", "task", ["subject_id"], unique=False, postgresql_where=sa.text("subject_id IS NOT NULL")
    )
    op.create_index(
        "uq_task_dedupe",
        "task",
        ["site", "dedupe_key"],
        unique=True,
        postgresql_where=sa.text("dedupe_key IS NOT NULL AND state IN ('open','leased')"),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_site", sa.String(length=8), nullable=False),
        sa.Column("to_site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transit_id", sa.Uuid(), nullable=True),
        sa.Column("customs_ref", sa.String(length=60), nullable=True),
        sa.Column("arrival_status", sa.String(length=16), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "arrival_status IN ('duty_unpaid','free','export_released','under_inspection','detained','foreign')",
            name=op.f("ck_transfer_arrival_status"),
        ),
        sa.CheckConstraint(
            "state IN ('new','reserved','in_transit','claimed','closed','cancelled')", name=op.f("ck_transfer_state")
        ),
        sa.CheckConstraint("from_site <> to_site", name=op.f("ck_transfer_between_sites")),
        sa.ForeignKeyConstraint(["from_site"], ["site.code"], name=op.f("fk_transfer_from_site")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_transfer_owner_id")),
        sa.ForeignKeyConstraint(["to_site"], ["site.code"], name=op.f("fk_transfer_to_site")),
        sa.ForeignKeyConstraint(["transit_id"], ["location.id"], name=op.f("fk_transfer_transit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("owner_id", "reference", name=op.f("uq_transfer_owner_id_reference")),
    )
    op.create_index("ix_transfer_from_site_state", "transfer", ["from_site", "state"], unique=False)
    op.create_index("ix_transfer_to_site_state", "transfer", ["to_site", "state"], unique=False)
    op.create_index(
        "ix_transfer_transit_id",
        "transfer",
        ["transit_id"],
        unique=False,
        postgresql_where=sa.text("transit_id IS NOT NULL"),
    )
    op.create_table(
        "call_off_line",
        sa.Column("call_off_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_call_off_line_quantity")),
        sa.ForeignKeyConstraint(["call_off_id"], ["call_off.id"], name=op.f("fk_call_off_line_call_off_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_call_off_line_item_id")),
        sa.PrimaryKeyConstraint("call_off_id", "item_id", name=op.f("pk_call_off_line")),
    )
    op.create_table(
        "count_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_line_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state <> 'posted' OR reference IS NOT NULL", name=op.f("ck_count_proposal_reference")),
        sa.CheckConstraint("state IN ('proposed','posted','rejected')", name=op.f("ck_count_proposal_state")),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_count_proposal_quantity")),
        sa.ForeignKeyConstraint(
            ["account_line_id"], ["account_line.id"], name=op.f("fk_count_proposal_account_line_id")
        ),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_count_proposal_count_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_count_proposal_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_count_proposal_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_proposal")),
    )
    op.create_index(op.f("ix_count_proposal_count_id"), "count_proposal", ["count_id"], unique=False)
    op.create_index("ix_count_proposal_site_state", "count_proposal", ["site", "state"], unique=False)
    op.create_table(
        "excursion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("probe_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worst_c", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("mkt_c", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("min_c", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("max_c", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("allowed_minutes", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["probe_id"], ["probe.id"], name=op.f("fk_excursion_probe_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_excursion_site")),
        sa.ForeignKeyConstraint(["zone_id"], ["cold_zone.id"], name=op.f("fk_excursion_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excursion")),
    )
    op.create_index("ix_excursion_probe_id", "excursion", ["probe_id", "began_at"], unique=False)
    op.create_index("ix_excursion_site", "excursion", ["site"], unique=False)
    op.create_table(
        "load",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("route", sa.String(length=40), nullable=True),
        sa.Column("dock_id", sa.Uuid(), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("seal_no", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('vehicle','container')", name=op.f("ck_load_kind")),
        sa.CheckConstraint("state IN ('open','departed')", name=op.f("ck_load_state")),
        sa.ForeignKeyConstraint(["dock_id"], ["location.id"], name=op.f("fk_load_dock_id")),
        sa.ForeignKeyConstraint(["id"], ["unit.id"], name=op.f("fk_load_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_load_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load")),
    )
    op.create_index("ix_load_site_created_at", "load", ["site", "created_at"], unique=False)
    op.create_table(
        "notice_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("lot_no", sa.String(length=60), nullable=True),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("best_before_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("serials", JSONB(), nullable=True),
        sa.Column("account_line_id", sa.Uuid(), nullable=True),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("damaged", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "expected >= 0 AND damaged >= 0 AND received >= damaged", name=op.f("ck_notice_line_quantities")
        ),
        sa.ForeignKeyConstraint(["account_line_id"], ["account_line.id"], name=op.f("fk_notice_line_account_line_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_notice_line_item_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_line_notice_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["notice_unit.id"], name=op.f("fk_notice_line_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_line")),
        sa.UniqueConstraint("notice_id", "line_no", name=op.f("uq_notice_line_notice_id_line_no")),
    )
    op.create_index(
        "ix_notice_line_unit_id",
        "notice_line",
        ["unit_id"],
        unique=False,
        postgresql_where=sa.text("unit_id IS NOT NULL"),
    )
    op.create_table(
        "pledge_release_line",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pledge_release_line_quantity")),
        sa.ForeignKeyConstraint(["release_id"], ["pledge_release.id"], name=op.f("fk_pledge_release_line_release_id")),
        sa.PrimaryKeyConstraint("release_id", "line_no", name=op.f("pk_pledge_release_line")),
    )
    op.create_table(
        "probe_gap",
        sa.Column("probe_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["probe_id"], ["probe.id"], name=op.f("fk_probe_gap_probe_id")),
        sa.PrimaryKeyConstraint("probe_id", "began_at", name=op.f("pk_probe_gap")),
    )
    op.create_table(
        "probe_reading",
        sa.Column("probe_id", sa.Uuid(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("celsius", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["probe_id"], ["probe.id"], name=op.f("fk_probe_reading_probe_id")),
        sa.PrimaryKeyConstraint("probe_id", "measured_at", name=op.f("pk_probe_reading")),
    )
    op.create_table(
        "quality_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("accept_number", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("defects", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.CheckConstraint("state IN ('open','passed','failed')", name=op.f("ck_quality_check_state")),
        sa.CheckConstraint("checked >= 0 AND defects BETWEEN 0 AND checked", name=op.f("ck_quality_check_counts")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_quality_check_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_quality_check_lot_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_quality_check_notice_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_quality_check_owner_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection_plan.id"], name=op.f("fk_quality_check_plan_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_quality_check_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_check")),
    )
    op.create_index(
        "ix_quality_check_lot_id",
        "quality_check",
        ["lot_id"],
        unique=False,
        postgresql_where=sa.text("lot_id IS NOT NULL"),
    )
    op.create_index("ix_quality_check_notice_id", "quality_check", ["notice_id"], unique=False)
    op.create_index(
        "uq_quality_check_open",
        "quality_check",
        ["site", "owner_id", "item_id", "lot_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "settlement_line",
        sa.Column("pull_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_settlement_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_settlement_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_settlement_line_lot_id")),
        sa.ForeignKeyConstraint(["pull_id"], ["consignment_pull.id"], name=op.f("fk_settlement_line_pull_id")),
        sa.PrimaryKeyConstraint("pull_id", "line_no", name=op.f("pk_settlement_line")),
    )
    op.create_table(
        "stock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("serial_id", sa.Uuid(), nullable=True),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("account_line_id", sa.Uuid(), nullable=True),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("held", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("present_serial_id", sa.Uuid(), nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 AND weight_g >= 0 AND reserved >= 0 AND held >= 0 AND reserved + held <= quantity AND (serial_id IS NULL OR quantity <= 1)",
            name=op.f("ck_stock_balance"),
        ),
        sa.ForeignKeyConstraint(["account_line_id"], ["account_line.id"], name=op.f("fk_stock_account_line_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_stock_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_stock_owner_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stock_place_id")),
        sa.ForeignKeyConstraint(["serial_id"], ["serial.id"], name=op.f("fk_stock_serial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock")),
        sa.UniqueConstraint(
            "present_serial_id", deferrable=True, initially="DEFERRED", name="uq_stock_present_serial_id"
        ),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_stock_account_line_id",
        "stock",
        ["account_line_id"],
        unique=False,
        postgresql_where=sa.text("account_line_id IS NOT NULL"),
    )
    op.create_index("ix_stock_item_id", "stock", ["item_id"], unique=False)
    op.create_index(
        "ix_stock_lot_id", "stock", ["lot_id"], unique=False, postgresql_where=sa.text("lot_id IS NOT NULL")
    )
    op.create_index("ix_stock_place_id", "stock", ["place_id"], unique=False)
    op.create_table(
        "stock_count_line",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("serial_id", sa.Uuid(), nullable=True),
        sa.Column("account_line_id", sa.Uuid(), nullable=True),
        sa.Column("snapshot", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("expected", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("counted", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_stock_count_line_counted")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("fk_stock_count_line_count_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_stock_count_line_item_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_stock_count_line_owner_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stock_count_line_place_id")),
        sa.PrimaryKeyConstraint("count_id", "round", "stock_id", name=op.f("pk_stock_count_line")),
    )
    op.create_table(
        "stock_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("site", sa.String(length=8), nullable=True),
        sa.Column("hs_prefix", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=60), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=60), nullable=True),
        sa.Column("release_note", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "reason IN ('recall','quality','customs','excursion','damage','owner','count','credit','expiry')",
            name=op.f("ck_stock_hold_reason"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(item_id, lot_id, unit_id, owner_id, location_id, site, hs_prefix) > 0",
            name=op.f("ck_stock_hold_selects_something"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_stock_hold_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_stock_hold_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_hold_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_stock_hold_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_stock_hold_site")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_stock_hold_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_hold")),
    )
    op.create_index(
        "ix_stock_hold_active",
        "stock_hold",
        ["placed_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "transfer_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("shipped", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("damaged", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("lost", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "customs_status IN ('duty_unpaid','free','export_released','under_inspection','detained','foreign')",
            name=op.f("ck_transfer_line_customs_status"),
        ),
        sa.CheckConstraint("damaged >= 0 AND damaged <= received", name=op.f("ck_transfer_line_damaged")),
        sa.CheckConstraint(
            "quantity > 0 AND reserved >= 0 AND reserved + shipped <= quantity", name=op.f("ck_transfer_line_sent")
        ),
        sa.CheckConstraint(
            "received >= 0 AND lost >= 0 AND received + lost <= shipped", name=op.f("ck_transfer_line_arrived")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_transfer_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_transfer_line_lot_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_line_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_line")),
        sa.UniqueConstraint("transfer_id", "line_no", name=op.f("uq_transfer_line_transfer_id_line_no")),
    )
    op.create_index(
        "ix_transfer_line_open_item",
        "transfer_line",
        ["item_id"],
        unique=False,
        postgresql_where=sa.text("shipped = 0 AND quantity > reserved"),
    )
    op.create_table(
        "unit_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_code_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_code")),
    )
    op.create_index(op.f("ix_unit_code_code"), "unit_code", ["code"], unique=False)
    op.create_index(op.f("ix_unit_code_unit_id"), "unit_code", ["unit_id"], unique=False)
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("notice_line_id", sa.Uuid(), nullable=True),
        sa.Column("sscc", sa.String(length=18), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "kind IN ('short','over','damaged','blind_receipt','unit_missing')", name=op.f("ck_discrepancy_kind")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_discrepancy_item_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_discrepancy_notice_id")),
        sa.ForeignKeyConstraint(["notice_line_id"], ["notice_line.id"], name=op.f("fk_discrepancy_notice_line_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_discrepancy_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_discrepancy_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancy")),
    )
    op.create_index("ix_discrepancy_notice_id", "discrepancy", ["notice_id"], unique=False)
    op.create_index("ix_discrepancy_site", "discrepancy", ["site", "id"], unique=False)
    op.create_index(
        "uq_discrepancy_open",
        "discrepancy",
        ["notice_line_id", "kind"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND notice_line_id IS NOT NULL"),
    )
    op.create_table(
        "excursion_lot",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("excursion_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["excursion_id"], ["excursion.id"], name=op.f("fk_excursion_lot_excursion_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["stock_hold.id"], name=op.f("fk_excursion_lot_hold_id")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_excursion_lot_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_excursion_lot_lot_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_excursion_lot_owner_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_excursion_lot")),
        sa.UniqueConstraint(
            "excursion_id",
            "item_id",
            "lot_id",
            "owner_id",
            name=op.f("uq_excursion_lot_excursion_id_item_id_lot_id_owner_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_excursion_lot_owner_id", "excursion_lot", ["owner_id"], unique=False)
    op.create_table(
        "outbound_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.String(length=60), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=True),
        sa.Column("route", sa.String(length=40), nullable=True),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=True),
        sa.Column("load_id", sa.Uuid(), nullable=True),
        sa.Column("release_ref", sa.String(length=60), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('new','released','allocated','partly_allocated','picking','packed','loaded','shipped','cancelled')",
            name=op.f("ck_outbound_order_state"),
        ),
        sa.CheckConstraint("strategy IN ('fefo','fifo','lifo','closest')", name=op.f("ck_outbound_order_strategy")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_outbound_order_load_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["party.id"], name=op.f("fk_outbound_order_owner_id")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_outbound_order_site")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_outbound_order_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_order")),
        sa.UniqueConstraint("owner_id", "reference", name=op.f("uq_outbound_order_owner_id_reference")),
    )
    op.create_index(
        "ix_outbound_order_load_id",
        "outbound_order",
        ["load_id"],
        unique=False,
        postgresql_where=sa.text("load_id IS NOT NULL"),
    )
    op.create_index("ix_outbound_order_site_state", "outbound_order", ["site", "state", "cut_off_at"], unique=False)
    op.create_index(
        "ix_outbound_order_wave_id",
        "outbound_order",
        ["wave_id"],
        unique=False,
        postgresql_where=sa.text("wave_id IS NOT NULL"),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_reservation_not_negative")),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_reservation_stock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    op.create_index("ix_reservation_demand_id", "reservation", ["demand_id"], unique=False)
    op.create_index(
        "ix_reservation_open_stock", "reservation", ["stock_id"], unique=False, postgresql_where=sa.text("quantity > 0")
    )
    op.create_table(
        "returned_goods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_returned_goods_not_negative")),
        sa.ForeignKeyConstraint(["line_id"], ["return_line.id"], name=op.f("fk_returned_goods_line_id")),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_returned_goods_stock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_goods")),
    )
    op.create_index("ix_returned_goods_line_id", "returned_goods", ["line_id"], unique=False)
    op.create_table(
        "transfer_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("settled", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('short','over','damaged')", name=op.f("ck_transfer_claim_kind")),
        sa.CheckConstraint(
            "quantity > 0 AND settled >= 0 AND settled <= quantity", name=op.f("ck_transfer_claim_settled")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["transfer_line.id"], name=op.f("fk_transfer_claim_line_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_claim_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_claim")),
    )
    op.create_index("ix_transfer_claim_line_id", "transfer_claim", ["line_id"], unique=False)
    op.create_index("ix_transfer_claim_transfer_id", "transfer_claim", ["transfer_id"], unique=False)
    op.create_table(
        "warehouse_receipt_line",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("issued", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0 AND quantity <= issued", name=op.f("ck_warehouse_receipt_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_warehouse_receipt_line_item_id")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["warehouse_receipt.id"], name=op.f("fk_warehouse_receipt_line_receipt_id")
        ),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_warehouse_receipt_line_stock_id")),
        sa.PrimaryKeyConstraint("receipt_id", "line_no", name=op.f("pk_warehouse_receipt_line")),
    )
    op.create_index(
        "ix_warehouse_receipt_line_item_id",
        "warehouse_receipt_line",
        ["item_id"],
        unique=False,
        postgresql_where=sa.text("quantity > 0"),
    )
    op.create_index(
        "ix_warehouse_receipt_line_open",
        "warehouse_receipt_line",
        ["stock_id"],
        unique=False,
        postgresql_where=sa.text("quantity > 0"),
    )
    op.create_table(
        "delivery",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=False),
        sa.Column("receiver", sa.LargeBinary(), nullable=True),
        sa.Column("signature_digest", sa.String(length=64), nullable=True),
        sa.Column("refusal_reason", sa.String(length=200), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome = 'delivered' OR refusal_reason IS NOT NULL", name=op.f("ck_delivery_refusal_reason")
        ),
        sa.CheckConstraint("outcome IN ('delivered','refused')", name=op.f("ck_delivery_outcome")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_delivery_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_delivery")),
    )
    op.create_table(
        "outbound_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("customs_status", sa.String(length=16), nullable=False),
        sa.Column("min_remaining_days", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("cancelled", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("picked", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("packed", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("shipped", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "customs_status IN ('duty_unpaid','free','export_released','under_inspection','detained','foreign')",
            name=op.f("ck_outbound_line_customs_status"),
        ),
        sa.CheckConstraint(
            "cancelled >= 0 AND reserved >= 0 AND shipped >= 0", name=op.f("ck_outbound_line_not_negative")
        ),
        sa.CheckConstraint(
            "quantity > 0 AND cancelled + reserved + picked <= quantity", name=op.f("ck_outbound_line_sums")
        ),
        sa.CheckConstraint("shipped <= packed AND packed <= picked", name=op.f("ck_outbound_line_steps")),
        sa.ForeignKeyConstraint(["item_id"], ["trade_item.id"], name=op.f("fk_outbound_line_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_outbound_line_lot_id")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_outbound_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_line")),
        sa.UniqueConstraint("order_id", "line_no", name=op.f("uq_outbound_line_order_id_line_no")),
    )
    op.create_index(
        "ix_outbound_line_open_item",
        "outbound_line",
        ["item_id"],
        unique=False,
        postgresql_where=sa.text("quantity > cancelled + reserved + picked"),
    )
    op.create_table(
        "package",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("carton", sa.String(length=20), nullable=True),
        sa.Column("tare_g", sa.Integer(), nullable=False),
        sa.Column("expected_weight_g", sa.BigInteger(), nullable=True),
        sa.Column("weight_g", sa.BigInteger(), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("packed_by", sa.Uuid(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weight_accepted_as", sa.String(length=9), nullable=True),
        sa.Column("weight_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("load_id", sa.Uuid(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open','labelled','loaded','shipped')", name=op.f("ck_package_state")),
        sa.CheckConstraint("weight_accepted_as IN ('recount','override')", name=op.f("ck_package_weight_accepted_as")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_package_load_id")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_package_order_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_package_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_package")),
    )
    op.create_index(
        "ix_package_load_id", "package", ["load_id"], unique=False, postgresql_where=sa.text("load_id IS NOT NULL")
    )
    op.create_index("ix_package_order_id", "package", ["order_id"], unique=False)
    op.create_table(
        "pick_slot",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("slot_no", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["pick_list.id"], name=op.f("fk_pick_slot_list_id")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_pick_slot_order_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_pick_slot_unit_id")),
        sa.PrimaryKeyConstraint("list_id", "slot_no", name=op.f("pk_pick_slot")),
        sa.UniqueConstraint("list_id", "order_id", name=op.f("uq_pick_slot_list_id_order_id")),
    )
    op.create_table(
        "transfer_goods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_transfer_goods_not_negative")),
        sa.ForeignKeyConstraint(["line_id"], ["transfer_line.id"], name=op.f("fk_transfer_goods_line_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_transfer_goods_reservation_id")),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_transfer_goods_stock_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_goods_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_goods")),
    )
    op.create_index("ix_transfer_goods_line_id", "transfer_goods", ["line_id"], unique=False)
    op.create_index("ix_transfer_goods_transfer_id", "transfer_goods", ["transfer_id"], unique=False)
    op.create_table(
        "transfer_settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("carrier_ref", sa.String(length=60), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('found','lost','carrier_pays','accepted','returned')",
            name=op.f("ck_transfer_settlement_outcome"),
        ),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_transfer_settlement_money")),
        sa.CheckConstraint("quantity > 0 AND amount >= 0", name=op.f("ck_transfer_settlement_positive")),
        sa.ForeignKeyConstraint(["claim_id"], ["transfer_claim.id"], name=op.f("fk_transfer_settlement_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_settlement")),
    )
    op.create_index("ix_transfer_settlement_claim_id", "transfer_settlement", ["claim_id"], unique=False)
    op.create_table(
        "pick",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("picked", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("stop_no", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('open','done','short','released')", name=op.f("ck_pick_state")),
        sa.CheckConstraint("picked >= 0 AND picked <= quantity AND quantity > 0", name=op.f("ck_pick_picked")),
        sa.ForeignKeyConstraint(["line_id"], ["outbound_line.id"], name=op.f("fk_pick_line_id")),
        sa.ForeignKeyConstraint(["list_id"], ["pick_list.id"], name=op.f("fk_pick_list_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_pick_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_pick_order_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_pick_reservation_id")),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_pick_stock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick")),
    )
    op.create_index(
        "ix_pick_list_id", "pick", ["list_id"], unique=False, postgresql_where=sa.text("list_id IS NOT NULL")
    )
    op.create_index("ix_pick_order_id", "pick", ["order_id"], unique=False)
    op.create_index(
        "ix_pick_short_stock_id", "pick", ["stock_id"], unique=False, postgresql_where=sa.text("state = 'short'")
    )
    op.create_table(
        "picked_goods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("pick_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("picked_by", sa.Uuid(), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('picked','packed','shipped','undone')", name=op.f("ck_picked_goods_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_picked_goods_quantity")),
        sa.ForeignKeyConstraint(["line_id"], ["outbound_line.id"], name=op.f("fk_picked_goods_line_id")),
        sa.ForeignKeyConstraint(["order_id"], ["outbound_order.id"], name=op.f("fk_picked_goods_order_id")),
        sa.ForeignKeyConstraint(["pick_id"], ["pick.id"], name=op.f("fk_picked_goods_pick_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_picked_goods_reservation_id")),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_picked_goods_stock_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_picked_goods_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picked_goods")),
    )
    op.create_index("ix_picked_goods_order_id", "picked_goods", ["order_id"], unique=False)
    op.create_index("ix_picked_goods_unit_id", "picked_goods", ["unit_id"], unique=False)
    op.add_column("access_token", sa.Column("handheld_id", sa.Uuid(), nullable=True))
    op.add_column("access_token", sa.Column("idle_s", sa.Integer(), nullable=True))
    op.add_column("access_token", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_access_token_handheld_id"), "access_token", "handheld", ["handheld_id"], ["id"])
    op.add_column("audit_entry", sa.Column("device", sa.String(length=60), nullable=True))
    op.add_column("audit_entry", sa.Column("why", sa.String(length=200), nullable=True))
    op.add_column("location", sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("location", sa.Column("zone", sa.String(length=20), nullable=True))
    op.add_column("location", sa.Column("aisle", sa.String(length=10), nullable=True))
    op.add_column("location", sa.Column("bay", sa.String(length=10), nullable=True))
    op.add_column("location", sa.Column("level", sa.String(length=10), nullable=True))
    op.add_column("location", sa.Column("position", sa.String(length=10), nullable=True))
    op.add_column("location", sa.Column("path_order", sa.Integer(), nullable=True))
    op.add_column("location", sa.Column("x_mm", sa.Integer(), nullable=True))
    op.add_column("location", sa.Column("y_mm", sa.Integer(), nullable=True))
    op.add_column("location", sa.Column("abc", sa.String(length=1), nullable=True))
    op.add_column("location", sa.Column("temperature", sa.String(length=8), nullable=True))
    op.add_column("location", sa.Column("customs_statuses", JSONB(), nullable=True))
    op.add_column("location", sa.Column("max_weight_g", sa.BigInteger(), nullable=True))
    op.add_column("location", sa.Column("max_volume_mm3", sa.BigInteger(), nullable=True))
    op.add_column("location", sa.Column("max_units", sa.Integer(), nullable=True))
    op.add_column("location", sa.Column("max_height_mm", sa.Integer(), nullable=True))
    op.add_column("location", sa.Column("mixing", sa.String(length=12), nullable=True))
    op.add_column("location", sa.Column("dangerous_classes", JSONB(), nullable=True))
    op.add_column(
        "location",
        sa.Column(
            "limited",
            sa.Boolean(),
            sa.Computed(
                "temperature IS NOT NULL OR customs_statuses IS NOT NULL OR max_weight_g IS NOT NULL OR max_volume_mm3 IS NOT NULL OR max_units IS NOT NULL OR max_height_mm IS NOT NULL OR mixing IS NOT NULL OR dangerous_classes IS NOT NULL",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.create_index("ix_location_site_kind_path", "location", ["site", "kind", "path_order"], unique=False)
    op.add_column("person", sa.Column("owners", JSONB(), nullable=True))
    op.add_column("person", sa.Column("badge_digest", sa.String(length=64), nullable=True))
    op.add_column("person", sa.Column("pin_hash", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_person_badge_digest"), "person", ["badge_digest"])
    op.add_column("unit", sa.Column("location_id", sa.Uuid(), nullable=True))
    op.add_column("unit", sa.Column("label", sa.String(length=60), nullable=True))
    op.add_column("unit", sa.Column("weight_g", sa.BigInteger(), nullable=True))
    op.add_column("unit", sa.Column("height_mm", sa.Integer(), nullable=True))
    op.add_column("unit", sa.Column("volume_mm3", sa.BigInteger(), nullable=True))
    op.alter_column(
        "unit", "kind", existing_type=sa.VARCHAR(length=8), type_=sa.String(length=12), existing_nullable=False
    )
    op.create_index("ix_unit_label", "unit", ["label"], unique=False)
    op.create_index(op.f("ix_unit_location_id"), "unit", ["location_id"], unique=False)
    op.create_foreign_key(op.f("fk_unit_location_id"), "unit", "location", ["location_id"], ["id"])
    op.execute(
        "ALTER TABLE location DROP CONSTRAINT ck_location_kind, ADD CONSTRAINT ck_location_kind CHECK (kind IN ('outside','lost','scrapped','workshop','line','chute','storage','pick','dock','quality','staging','packing','transit'))"
    )
    op.execute(
        "ALTER TABLE location ADD CONSTRAINT ck_location_mixing CHECK (mixing IN ('one_item','one_lot','one_owner'))"
    )
    op.execute(
        "ALTER TABLE location ADD CONSTRAINT ck_location_temperature CHECK (temperature IN ('ambient','chilled','frozen'))"
    )
    op.execute(
        "ALTER TABLE unit DROP CONSTRAINT ck_unit_kind, ADD CONSTRAINT ck_unit_kind CHECK (kind IN ('parcel','bag','case','tote','cart','pallet','container'))"
    )
    op.execute("UPDATE unit SET location_id = place_id WHERE place_id IN (SELECT id FROM location)")
    op.execute(
        "UPDATE unit u SET location_id = p.location_id FROM unit p WHERE p.id = u.place_id AND u.location_id IS NULL"
    )
    op.execute(
        "CREATE TRIGGER stock_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER stock_entry_is_append_only ON stock_entry")
    op.execute(
        "DROP FUNCTION IF EXISTS refuse, stock_id, chain_step, entry_body, root_location, holds_on, check_location,"
        " check_segregation, location_at, is_held, refuse_blocked, refuse_short, open_stock, post_once, post_stock, reserve_stock, release_reservations, hold_quantity CASCADE"
    )
    op.execute("ALTER TABLE location DROP CONSTRAINT ck_location_mixing, DROP CONSTRAINT ck_location_temperature")
    op.execute(
        "ALTER TABLE location DROP CONSTRAINT ck_location_kind, ADD CONSTRAINT ck_location_kind CHECK (kind IN ('outside','lost','line','chute','storage','staging'))"
    )
    op.execute(
        "ALTER TABLE unit DROP CONSTRAINT ck_unit_kind, ADD CONSTRAINT ck_unit_kind CHECK (kind IN ('parcel','bag'))"
    )
    op.drop_constraint(op.f("fk_unit_location_id"), "unit", type_="foreignkey")
    op.drop_index(op.f("ix_unit_location_id"), table_name="unit")
    op.drop_index("ix_unit_label", table_name="unit")
    op.alter_column(
        "unit", "kind", existing_type=sa.String(length=12), type_=sa.VARCHAR(length=8), existing_nullable=False
    )
    op.drop_column("unit", "volume_mm3")
    op.drop_column("unit", "height_mm")
    op.drop_column("unit", "weight_g")
    op.drop_column("unit", "label")
    op.drop_column("unit", "location_id")
    op.drop_constraint(op.f("uq_person_badge_digest"), "person", type_="unique")
    op.drop_column("person", "pin_hash")
    op.drop_column("person", "badge_digest")
    op.drop_column("person", "owners")
    op.drop_index("ix_location_site_kind_path", table_name="location")
    op.drop_column("location", "limited")
    op.drop_column("location", "dangerous_classes")
    op.drop_column("location", "mixing")
    op.drop_column("location", "max_height_mm")
    op.drop_column("location", "max_units")
    op.drop_column("location", "max_volume_mm3")
    op.drop_column("location", "max_weight_g")
    op.drop_column("location", "customs_statuses")
    op.drop_column("location", "temperature")
    op.drop_column("location", "abc")
    op.drop_column("location", "y_mm")
    op.drop_column("location", "x_mm")
    op.drop_column("location", "path_order")
    op.drop_column("location", "position")
    op.drop_column("location", "level")
    op.drop_column("location", "bay")
    op.drop_column("location", "aisle")
    op.drop_column("location", "zone")
    op.drop_column("location", "enabled")
    op.drop_column("audit_entry", "why")
    op.drop_column("audit_entry", "device")
    op.drop_constraint(op.f("fk_access_token_handheld_id"), "access_token", type_="foreignkey")
    op.drop_column("access_token", "used_at")
    op.drop_column("access_token", "idle_s")
    op.drop_column("access_token", "handheld_id")
    op.drop_index("ix_picked_goods_unit_id", table_name="picked_goods")
    op.drop_index("ix_picked_goods_order_id", table_name="picked_goods")
    op.drop_table("picked_goods")
    op.drop_index("ix_pick_short_stock_id", table_name="pick", postgresql_where=sa.text("state = 'short'"))
    op.drop_index("ix_pick_order_id", table_name="pick")
    op.drop_index("ix_pick_list_id", table_name="pick", postgresql_where=sa.text("list_id IS NOT NULL"))
    op.drop_table("pick")
    op.drop_index("ix_transfer_settlement_claim_id", table_name="transfer_settlement")
    op.drop_table("transfer_settlement")
    op.drop_index("ix_transfer_goods_transfer_id", table_name="transfer_goods")
    op.drop_index("ix_transfer_goods_line_id", table_name="transfer_goods")
    op.drop_table("transfer_goods")
    op.drop_table("pick_slot")
    op.drop_index("ix_package_order_id", table_name="package")
    op.drop_index("ix_package_load_id", table_name="package", postgresql_where=sa.text("load_id IS NOT NULL"))
    op.drop_table("package")
    op.drop_index(
        "ix_outbound_line_open_item",
        table_name="outbound_line",
        postgresql_where=sa.text("quantity > cancelled + reserved + picked"),
    )
    op.drop_table("outbound_line")
    op.drop_table("delivery")
    op.drop_index(
        "ix_warehouse_receipt_line_open", table_name="warehouse_receipt_line", postgresql_where=sa.text("quantity > 0")
    )
    op.drop_index(
        "ix_warehouse_receipt_line_item_id",
        table_name="warehouse_receipt_line",
        postgresql_where=sa.text("quantity > 0"),
    )
    op.drop_table("warehouse_receipt_line")
    op.drop_index("ix_transfer_claim_transfer_id", table_name="transfer_claim")
    op.drop_index("ix_transfer_claim_line_id", table_name="transfer_claim")
    op.drop_table("transfer_claim")
    op.drop_index("ix_returned_goods_line_id", table_name="returned_goods")
    op.drop_table("returned_goods")
    op.drop_index("ix_reservation_open_stock", table_name="reservation", postgresql_where=sa.text("quantity > 0"))
    op.drop_index("ix_reservation_demand_id", table_name="reservation")
    op.drop_table("reservation")
    op.drop_index(
        "ix_outbound_order_wave_id", table_name="outbound_order", postgresql_where=sa.text("wave_id IS NOT NULL")
    )
    op.drop_index("ix_outbound_order_site_state", table_name="outbound_order")
    op.drop_index(
        "ix_outbound_order_load_id", table_name="outbound_order", postgresql_where=sa.text("load_id IS NOT NULL")
    )
    op.drop_table("outbound_order")
    op.drop_index("ix_excursion_lot_owner_id", table_name="excursion_lot")
    op.drop_table("excursion_lot")
    op.drop_index(
        "uq_discrepancy_open",
        table_name="discrepancy",
        postgresql_where=sa.text("settled_at IS NULL AND notice_line_id IS NOT NULL"),
    )
    op.drop_index("ix_discrepancy_site", table_name="discrepancy")
    op.drop_index("ix_discrepancy_notice_id", table_name="discrepancy")
    op.drop_table("discrepancy")
    op.drop_index(op.f("ix_unit_code_unit_id"), table_name="unit_code")
    op.drop_index(op.f("ix_unit_code_code"), table_name="unit_code")
    op.drop_table("unit_code")
    op.drop_index(
        "ix_transfer_line_open_item",
        table_name="transfer_line",
        postgresql_where=sa.text("shipped = 0 AND quantity > reserved"),
    )
    op.drop_table("transfer_line")
    op.drop_index("ix_stock_hold_active", table_name="stock_hold", postgresql_where=sa.text("released_at IS NULL"))
    op.drop_table("stock_hold")
    op.drop_table("stock_count_line")
    op.drop_index("ix_stock_place_id", table_name="stock")
    op.drop_index("ix_stock_lot_id", table_name="stock", postgresql_where=sa.text("lot_id IS NOT NULL"))
    op.drop_index("ix_stock_item_id", table_name="stock")
    op.drop_index(
        "ix_stock_account_line_id", table_name="stock", postgresql_where=sa.text("account_line_id IS NOT NULL")
    )
    op.drop_table("stock")
    op.drop_table("settlement_line")
    op.drop_index(
        "uq_quality_check_open",
        table_name="quality_check",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_quality_check_notice_id", table_name="quality_check")
    op.drop_index("ix_quality_check_lot_id", table_name="quality_check", postgresql_where=sa.text("lot_id IS NOT NULL"))
    op.drop_table("quality_check")
    op.drop_table("probe_reading")
    op.drop_table("probe_gap")
    op.drop_table("pledge_release_line")
    op.drop_index("ix_notice_line_unit_id", table_name="notice_line", postgresql_where=sa.text("unit_id IS NOT NULL"))
    op.drop_table("notice_line")
    op.drop_index("ix_load_site_created_at", table_name="load")
    op.drop_table("load")
    op.drop_index("ix_excursion_site", table_name="excursion")
    op.drop_index("ix_excursion_probe_id", table_name="excursion")
    op.drop_table("excursion")
    op.drop_index("ix_count_proposal_site_state", table_name="count_proposal")
    op.drop_index(op.f("ix_count_proposal_count_id"), table_name="count_proposal")
    op.drop_table("count_proposal")
    op.drop_table("call_off_line")
    op.drop_index("ix_transfer_transit_id", table_name="transfer", postgresql_where=sa.text("transit_id IS NOT NULL"))
    op.drop_index("ix_transfer_to_site_state", table_name="transfer")
    op.drop_index("ix_transfer_from_site_state", table_name="transfer")
    op.drop_table("transfer")
    op.drop_index(
        "uq_task_dedupe",
        table_name="task",
        postgresql_where=sa.text("dedupe_key IS NOT NULL AND state IN ('open','leased')"),
    )
    op.drop_index("ix_task_subject_id", table_name="task", postgresql_where=sa.text("subject_id IS NOT NULL"))
    op.drop_index("ix_task_queue", table_name="task", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_task_lease", table_name="task", postgresql_where=sa.text("state = 'leased'"))
    op.drop_index("ix_task_document_id", table_name="task", postgresql_where=sa.text("document_id IS NOT NULL"))
    op.drop_table("task")
    op.drop_index(
        "uq_stock_count_live",
        table_name="stock_count",
        postgresql_where=sa.text("state IN ('open','counting','recount','to_approve')"),
    )
    op.drop_index(
        "ix_stock_count_stocktake_id", table_name="stock_count", postgresql_where=sa.text("stocktake_id IS NOT NULL")
    )
    op.drop_index("ix_stock_count_site_state", table_name="stock_count")
    op.drop_index("ix_stock_count_location_id", table_name="stock_count")
    op.drop_table("stock_count")
    op.drop_table("serial")
    op.drop_table("safety_stock")
    op.drop_index("ix_return_line_order_line_id", table_name="return_line")
    op.drop_index("ix_return_line_entry_id", table_name="return_line")
    op.drop_table("return_line")
    op.drop_index("ix_receipt_notice_id", table_name="receipt")
    op.drop_table("receipt")
    op.drop_table("probe")
    op.drop_index(op.f("ix_pledge_release_receipt_id"), table_name="pledge_release")
    op.drop_table("pledge_release")
    op.drop_index("ix_pick_list_site_created_at", table_name="pick_list")
    op.drop_table("pick_list")
    op.drop_table("pick_face")
    op.drop_index("ix_packaging_gtin", table_name="packaging")
    op.drop_table("packaging")
    op.drop_index("ix_notice_unit_sscc", table_name="notice_unit")
    op.drop_table("notice_unit")
    op.drop_table("lot")
    op.drop_index("ix_kit_order_item_id", table_name="kit_order")
    op.drop_table("kit_order")
    op.drop_index("ix_item_alias_item_id", table_name="item_alias")
    op.drop_table("item_alias")
    op.drop_table("inspection_plan")
    op.drop_table("import_problem")
    op.drop_table("fixed_place")
    op.drop_index(
        "ix_cross_dock_demand_open", table_name="cross_dock_demand", postgresql_where=sa.text("promised < wanted")
    )
    op.drop_table("cross_dock_demand")
    op.drop_table("consignment_pull")
    op.drop_table("consignment_line")
    op.drop_table("collateral_price")
    op.drop_index(op.f("ix_call_off_consignment_id"), table_name="call_off")
    op.drop_table("call_off")
    op.drop_table("bill_line")
    op.drop_table("account_line")
    op.drop_index("ix_webhook_delivery_webhook_id", table_name="webhook_delivery")
    op.drop_index(
        "ix_webhook_delivery_waiting",
        table_name="webhook_delivery",
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.drop_table("webhook_delivery")
    op.drop_index("ix_wave_site_created_at", table_name="wave")
    op.drop_table("wave")
    op.drop_table("warehouse_receipt_counter")
    op.drop_index("ix_warehouse_receipt_owner_id", table_name="warehouse_receipt")
    op.drop_table("warehouse_receipt")
    op.drop_index("ix_trade_item_gtin", table_name="trade_item")
    op.drop_table("trade_item")
    op.drop_index("ix_stocktake_site", table_name="stocktake")
    op.drop_table("stocktake")
    op.drop_index("ix_scrap_order_site_state", table_name="scrap_order")
    op.drop_table("scrap_order")
    op.drop_table("returned_entry")
    op.drop_table("putaway_chain")
    op.drop_index("ix_print_job_subject", table_name="print_job")
    op.drop_index("ix_print_job_open", table_name="print_job", postgresql_where=sa.text("state IN ('queued','retry')"))
    op.drop_table("print_job")
    op.drop_index("ix_notice_site_state", table_name="notice")
    op.drop_table("notice")
    op.drop_index(
        "ix_import_job_open", table_name="import_job", postgresql_where=sa.text("state IN ('queued','running')")
    )
    op.drop_index("ix_import_job_created_at", table_name="import_job")
    op.drop_table("import_job")
    op.drop_table("import_chunk")
    op.drop_index("ix_goods_return_site_state", table_name="goods_return")
    op.drop_table("goods_return")
    op.drop_table("count_policy")
    op.drop_table("consignment")
    op.drop_table("cold_zone")
    op.drop_table("carton_type")
    op.drop_table("webhook")
    op.drop_index(
        "uq_stock_entry_reverses_id", table_name="stock_entry", postgresql_where=sa.text("reverses_id IS NOT NULL")
    )
    op.drop_index("ix_stock_entry_to", table_name="stock_entry", postgresql_where=sa.text("to_stock_id IS NOT NULL"))
    op.drop_index(
        "ix_stock_entry_from", table_name="stock_entry", postgresql_where=sa.text("from_stock_id IS NOT NULL")
    )
    op.drop_index(
        "ix_stock_entry_document_id", table_name="stock_entry", postgresql_where=sa.text("document_id IS NOT NULL")
    )
    op.drop_index("ix_stock_entry_clocks", table_name="stock_entry", postgresql_using="brin")
    op.drop_table("stock_entry")
    op.drop_table("sign_in_try")
    op.drop_table("return_window")
    op.drop_table("party")
    op.drop_table("label_template")
    op.drop_index("ix_import_file_kept", table_name="import_file", postgresql_where=sa.text("NOT forgotten"))
    op.drop_table("import_file")
    op.drop_table("handheld")
    op.drop_table("fact_horizon")
    op.drop_table("fact_feed")
    op.drop_index(
        "ix_fact_txid",
        table_name="fact",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )
    op.drop_table("fact")
    op.drop_table("dangerous_segregation")
    op.drop_table("approval")
