"""Manifests of parcels, notices of goods, what was received, what was wrong, and what is checked."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _ManifestColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    filename = sa.Column(sa.String(200), nullable=False)
    format = sa.Column(sa.String(8), nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    announced_at = sa.Column(Instant, nullable=False)
    announced_by = sa.Column(sa.String(60), nullable=False)
    rows = sa.Column(sa.Integer, nullable=False)
    accepted = sa.Column(sa.Integer, nullable=False)
    repeated = sa.Column(sa.Integer, nullable=False)
    refused = sa.Column(sa.Integer, nullable=False)


manifest = sa.Table("manifest", metadata, _ManifestColumns, sa.Index("ix_manifest_site_at", "site", "announced_at"))


class _ManifestErrorColumns(TypedColumns):
    manifest_id = sa.Column(sa.Uuid, sa.ForeignKey("manifest.id"), primary_key=True)
    position = sa.Column(sa.Integer, primary_key=True)
    row_no = sa.Column(sa.Integer, nullable=False)
    column_name = sa.Column(sa.String(60), nullable=False)
    code = sa.Column(sa.String(40), nullable=False)
    params = sa.Column(Json, nullable=False)


manifest_error = sa.Table("manifest_error", metadata, _ManifestErrorColumns)


# Notices: what an owner says will come, and what came.

NOTICE_STATES = ("announced", "arriving", "receiving", "closed", "cancelled")
DISCREPANCY_KINDS = ("short", "over", "damaged", "blind_receipt", "unit_missing")
CHECK_STATES = ("open", "passed", "failed")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(map(repr, values))})"


class _NoticeColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    supplier_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    notice_no = sa.Column(sa.String(60), nullable=False)  # the owner's number
    state = sa.Column(sa.String(10), nullable=False)
    customs_status = sa.Column(sa.String(16), nullable=False)
    tolerance_percent = sa.Column(sa.Numeric(5, 2), nullable=False)
    expected_at = sa.Column(Instant, nullable=True)
    lines = sa.Column(sa.Integer, nullable=False)
    units = sa.Column(sa.Integer, nullable=False)
    announced_at = sa.Column(Instant, nullable=False)
    announced_by = sa.Column(sa.String(60), nullable=False)
    closed_at = sa.Column(Instant, nullable=True)
    closed_by = sa.Column(sa.String(60), nullable=True)


notice = sa.Table(
    "notice",
    metadata,
    _NoticeColumns,
    sa.UniqueConstraint("owner_id", "notice_no"),
    sa.Index("ix_notice_site_state", "site", "state"),
    sa.CheckConstraint(_one_of("state", NOTICE_STATES), name="state"),
    sa.CheckConstraint("tolerance_percent >= 0", name="tolerance"),
)


class _NoticeUnitColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)  # becomes the unit's id when it comes
    notice_id = sa.Column(sa.Uuid, sa.ForeignKey("notice.id"), nullable=False)
    sscc = sa.Column(sa.String(18), nullable=False)
    kind = sa.Column(sa.String(12), nullable=False)
    parent_id = sa.Column(sa.Uuid, sa.ForeignKey("notice_unit.id"), nullable=True)
    weight_g = sa.Column(sa.BigInteger, nullable=True)
    height_mm = sa.Column(sa.Integer, nullable=True)
    received_at = sa.Column(Instant, nullable=True)


notice_unit = sa.Table(
    "notice_unit",
    metadata,
    _NoticeUnitColumns,
    sa.UniqueConstraint("notice_id", "sscc"),
    sa.Index("ix_notice_unit_sscc", "sscc"),
    sa.CheckConstraint("id <> parent_id", name="not_in_itself"),
)


class _NoticeLineColumns(TypedColumns):
    """`expected` 0: nobody announced it; it came all the same."""

    id = sa.Column(sa.Uuid, primary_key=True)
    notice_id = sa.Column(sa.Uuid, sa.ForeignKey("notice.id"), nullable=False)
    line_no = sa.Column(sa.Integer, nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("notice_unit.id"), nullable=True)  # the announced unit it is in
    lot_no = sa.Column(sa.String(60), nullable=True)
    produced_on = sa.Column(sa.Date, nullable=True)
    best_before_on = sa.Column(sa.Date, nullable=True)
    expires_on = sa.Column(sa.Date, nullable=True)
    serials = sa.Column(Json, nullable=True)
    account_line_id = sa.Column(sa.Uuid, sa.ForeignKey("account_line.id"), nullable=True)
    weight_g = sa.Column(sa.BigInteger, nullable=False)  # of catch-weight items: the grams announced
    expected = sa.Column(sa.Numeric(18, 6), nullable=False)
    received = sa.Column(sa.Numeric(18, 6), nullable=False)  # of any condition
    damaged = sa.Column(sa.Numeric(18, 6), nullable=False)  # the part of it that came damaged


notice_line = sa.Table(
    "notice_line",
    metadata,
    _NoticeLineColumns,
    sa.UniqueConstraint("notice_id", "line_no"),
    sa.Index("ix_notice_line_unit_id", "unit_id", postgresql_where=sa.text("unit_id IS NOT NULL")),
    sa.CheckConstraint("expected >= 0 AND damaged >= 0 AND received >= damaged", name="quantities"),
)


class _ReceiptColumns(TypedColumns):
    """One posting at the dock; its entries are in the journal under the same id."""

    id = sa.Column(sa.Uuid, primary_key=True)
    notice_id = sa.Column(sa.Uuid, sa.ForeignKey("notice.id"), nullable=False)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    lines = sa.Column(sa.Integer, nullable=False)
    unit_ids = sa.Column(Json, nullable=False)  # units that came with it, the outermost
    received_at = sa.Column(Instant, nullable=False)
    received_by = sa.Column(sa.Uuid, nullable=False)
    undone_at = sa.Column(Instant, nullable=True)
    undone_by = sa.Column(sa.Uuid, nullable=True)


receipt = sa.Table("receipt", metadata, _ReceiptColumns, sa.Index("ix_receipt_notice_id", "notice_id", "id"))


class _DiscrepancyColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    notice_id = sa.Column(sa.Uuid, sa.ForeignKey("notice.id"), nullable=False)
    notice_line_id = sa.Column(sa.Uuid, sa.ForeignKey("notice_line.id"), nullable=True)
    sscc = sa.Column(sa.String(18), nullable=True)  # of an announced unit that did not come
    kind = sa.Column(sa.String(16), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    found_at = sa.Column(Instant, nullable=False)
    settled_at = sa.Column(Instant, nullable=True)
    settled_by = sa.Column(sa.String(60), nullable=True)
    reason = sa.Column(sa.String(24), nullable=True)
    note = sa.Column(sa.String(200), nullable=True)


discrepancy = sa.Table(
    "discrepancy",
    metadata,
    _DiscrepancyColumns,
    sa.Index(
        "uq_discrepancy_open",
        "notice_line_id",
        "kind",
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL AND notice_line_id IS NOT NULL"),
    ),
    sa.Index("ix_discrepancy_notice_id", "notice_id"),
    sa.Index("ix_discrepancy_site", "site", "id"),
    sa.CheckConstraint(_one_of("kind", DISCREPANCY_KINDS), name="kind"),
)


class _InspectionPlanColumns(TypedColumns):
    """Which receipts are sampled. NULL item or supplier: any."""

    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=True)
    supplier_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    sample_percent = sa.Column(sa.Numeric(5, 2), nullable=False)
    sample_minimum = sa.Column(sa.Integer, nullable=False)
    accept_number = sa.Column(sa.Integer, nullable=False)  # so many defects pass
    active = sa.Column(sa.Boolean, nullable=False)


inspection_plan = sa.Table(
    "inspection_plan",
    metadata,
    _InspectionPlanColumns,
    sa.UniqueConstraint("site", "item_id", "supplier_id", postgresql_nulls_not_distinct=True),
    sa.CheckConstraint(
        "sample_percent BETWEEN 0 AND 100 AND sample_minimum >= 1 AND accept_number >= 0", name="sample"
    ),
)


class _QualityCheckColumns(TypedColumns):
    """One lot of one owner at one site, waiting for its sample; further receipts of the lot join it."""

    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    notice_id = sa.Column(sa.Uuid, sa.ForeignKey("notice.id"), nullable=False)
    plan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_plan.id"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    state = sa.Column(sa.String(6), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    sample = sa.Column(sa.Integer, nullable=False)
    accept_number = sa.Column(sa.Integer, nullable=False)
    checked = sa.Column(sa.Integer, nullable=False)
    defects = sa.Column(sa.Integer, nullable=False)
    opened_at = sa.Column(Instant, nullable=False)
    decided_at = sa.Column(Instant, nullable=True)
    decided_by = sa.Column(sa.String(60), nullable=True)


quality_check = sa.Table(
    "quality_check",
    metadata,
    _QualityCheckColumns,
    sa.Index(
        "uq_quality_check_open",
        *("site", "owner_id", "item_id", "lot_id"),
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index("ix_quality_check_lot_id", "lot_id", postgresql_where=sa.text("lot_id IS NOT NULL")),
    sa.Index("ix_quality_check_notice_id", "notice_id"),
    sa.CheckConstraint(_one_of("state", CHECK_STATES), name="state"),
    sa.CheckConstraint("checked >= 0 AND defects BETWEEN 0 AND checked", name="counts"),
)
