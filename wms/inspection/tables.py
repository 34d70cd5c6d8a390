"""Scans, what was found on them, who looked, and what was decided.

A scan blocks its parcel from the moment the machine takes it in until a verdict RELEASE. Verdicts are only added, never
changed: the last one counts. Images lie outside the database, named by their SHA-256 (wms.inspection.image_store).
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

SCAN_STATES = ("open", "review", "released", "unpack", "rescan", "detained")
BLOCKING_STATES = ("open", "review", "unpack", "detained")
VERDICTS = ("RELEASE", "REVIEW", "UNPACK", "RESCAN")
VERDICT_LEVELS = ("machine", "reviewer", "second", "timeout", "opening", "customs", "again")
REVIEW_STATES = ("open", "leased", "done", "expired", "cancelled")


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(map(repr, values))})"


class _ScannerColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(40), nullable=False)
    review_s = sa.Column(sa.Integer, nullable=False)  # from the completed scan to the point of no return of the belt
    second_share = sa.Column(sa.Float, nullable=False)  # of cleared images that a second person sees, 0-1
    tip_share = sa.Column(sa.Float, nullable=False)  # of images without alarm that carry a projected threat, 0-1
    auto_release = sa.Column(sa.Boolean, nullable=False)  # the machine alone may release what has no alarm
    calibration = sa.Column(Json, nullable=False)  # wedges, gains, thresholds: wms.inspection.calibration
    calibration_digest = sa.Column(sa.String(64), nullable=False)
    changed_at = sa.Column(Instant, nullable=False)


scanner = sa.Table(
    "scanner",
    metadata,
    _ScannerColumns,
    sa.UniqueConstraint("site", "name"),
    sa.CheckConstraint("second_share BETWEEN 0 AND 1 AND tip_share BETWEEN 0 AND 1", name="shares"),
    sa.CheckConstraint("review_s > 0", name="review_s"),
)


class _ScanColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    scanner_id = sa.Column(sa.Uuid, sa.ForeignKey("scanner.id"), nullable=False)
    tid = sa.Column(sa.String(60), nullable=False)  # tracking id of the line
    scan_uid = sa.Column(sa.String(64), nullable=False)  # StudyInstanceUID of its files
    parcel_id = sa.Column(sa.Uuid, sa.ForeignKey("parcel.id"), nullable=True)
    state = sa.Column(sa.String(8), nullable=False)
    opened_at = sa.Column(Instant, nullable=False)
    completed_at = sa.Column(Instant, nullable=True)  # all files are there and analysed
    deadline_at = sa.Column(Instant, nullable=False)  # after this nobody but an opening or customs releases
    timed_out_at = sa.Column(Instant, nullable=True)
    machine = sa.Column(sa.String(7), nullable=True)  # AlarmDecision of the machine's own report
    alarmed = sa.Column(sa.Boolean, nullable=False)  # the machine or an analysis raised an alarm
    no_model = sa.Column(sa.Boolean, nullable=False)  # no learned detector was loaded
    calibration_digest = sa.Column(sa.String(64), nullable=False)
    # Drawn when the scan is opened, so that nobody's doing decides whose image is seen twice.
    draw_order = sa.Column(sa.Float, nullable=False)
    draw_second = sa.Column(sa.Float, nullable=False)
    draw_tip = sa.Column(sa.Float, nullable=False)
    hold_id = sa.Column(sa.Uuid, sa.ForeignKey("stock_hold.id"), nullable=True)
    thumbnail = sa.Column(sa.LargeBinary, nullable=True)  # 60 rows x 80 columns, attenuation x 37 as bytes


scan = sa.Table(
    "inspection_scan",
    metadata,
    _ScanColumns,
    sa.UniqueConstraint("scanner_id", "scan_uid"),
    sa.Index("ix_inspection_scan_site_opened_at", "site", "opened_at"),
    sa.Index("ix_inspection_scan_parcel_id", "parcel_id"),
    sa.Index("ix_inspection_scan_waiting", "deadline_at", postgresql_where=sa.text("state IN ('open','review')")),
    sa.CheckConstraint(_in("state", SCAN_STATES), name="state"),
    sa.CheckConstraint("machine IN ('ALARM','CLEAR','UNKNOWN')", name="machine"),
)


class _ImageColumns(TypedColumns):
    scan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_scan.id"), primary_key=True)
    role = sa.Column(sa.String(8), primary_key=True)
    sha256 = sa.Column(sa.String(64), nullable=False)
    size_bytes = sa.Column(sa.BigInteger, nullable=False)
    instance_uid = sa.Column(sa.String(64), nullable=False)
    received_at = sa.Column(Instant, nullable=False)


image = sa.Table(
    "inspection_image",
    metadata,
    _ImageColumns,
    sa.CheckConstraint("role IN ('low','high','density','zeff','report')", name="role"),
)


class _FindingColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    scan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_scan.id"), nullable=False)
    source = sa.Column(sa.String(8), nullable=False)  # machine: from its report; analysis: ours
    kind = sa.Column(sa.String(24), nullable=False)
    is_alarm = sa.Column(sa.Boolean, nullable=False)
    score = sa.Column(sa.Float, nullable=False)
    region = sa.Column(Json, nullable=True)  # row, column … row, column; or z, row, column … of the volume
    mass_g = sa.Column(sa.Integer, nullable=True)
    density = sa.Column(sa.Float, nullable=True)  # g/cm3
    z_eff = sa.Column(sa.Float, nullable=True)
    evidence = sa.Column(Json, nullable=False)
    rule = sa.Column(sa.String(64), nullable=False)
    version = sa.Column(sa.Integer, nullable=False)
    calibration = sa.Column(Json, nullable=True)  # pfa, n, dataset of the threshold


finding = sa.Table(
    "inspection_finding",
    metadata,
    _FindingColumns,
    sa.Index("ix_inspection_finding_scan_id", "scan_id"),
    sa.CheckConstraint("source IN ('machine','analysis')", name="source"),
)


class _ReviewColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    scan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_scan.id"), nullable=False)
    level = sa.Column(sa.SmallInteger, nullable=False)
    for_lead = sa.Column(sa.Boolean, nullable=False)  # escalated: only a shift lead takes it
    state = sa.Column(sa.String(9), nullable=False)
    made_at = sa.Column(Instant, nullable=False)
    leased_by = sa.Column(sa.Uuid, nullable=True)
    leased_name = sa.Column(sa.String(60), nullable=True)
    leased_at = sa.Column(Instant, nullable=True)
    lease_until = sa.Column(Instant, nullable=True)
    painted_at = sa.Column(Instant, nullable=True)  # the picture stood on the screen: decision time counts from here
    closed_at = sa.Column(Instant, nullable=True)
    decision = sa.Column(sa.String(10), nullable=True)
    category = sa.Column(sa.String(20), nullable=True)
    boxes = sa.Column(Json, nullable=False)
    tools = sa.Column(Json, nullable=False)
    tip = sa.Column(Json, nullable=True)  # the projected threat; such a review never leads to a verdict
    tip_hit = sa.Column(sa.Boolean, nullable=True)


review = sa.Table(
    "inspection_review",
    metadata,
    _ReviewColumns,
    sa.Index("ix_inspection_review_scan_id", "scan_id"),
    sa.Index("ix_inspection_review_waiting", "id", postgresql_where=sa.text("state IN ('open','leased')")),
    sa.Index(
        "uq_inspection_review_live",
        "scan_id",
        unique=True,
        postgresql_where=sa.text("state IN ('open','leased')"),
    ),
    # One picture at a time: who holds one review takes no second.
    sa.Index("uq_inspection_review_holder", "leased_by", unique=True, postgresql_where=sa.text("state = 'leased'")),
    sa.CheckConstraint("level IN (1, 2)", name="level"),
    sa.CheckConstraint(_in("state", REVIEW_STATES), name="state"),
    sa.CheckConstraint("decision IN ('clear','suspect','unreadable','escalate')", name="decision"),
    sa.CheckConstraint("(state = 'done') = (decision IS NOT NULL)", name="done_has_decision"),
    sa.CheckConstraint("state <> 'leased' OR (leased_by IS NOT NULL AND lease_until IS NOT NULL)", name="leased"),
)


class _OpeningColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    scan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_scan.id"), nullable=False)
    state = sa.Column(sa.String(9), nullable=False)
    marks = sa.Column(Json, nullable=False)  # boxes that reviewers drew: where to look
    made_at = sa.Column(Instant, nullable=False)
    closed_at = sa.Column(Instant, nullable=True)
    opened_by = sa.Column(sa.Uuid, nullable=True)
    opened_name = sa.Column(sa.String(60), nullable=True)
    outcome = sa.Column(sa.String(12), nullable=True)
    category = sa.Column(sa.String(20), nullable=True)
    note = sa.Column(sa.String(500), nullable=True)
    seal_no = sa.Column(sa.String(30), nullable=True)
    photos = sa.Column(Json, nullable=False)  # SHA-256 of each


opening = sa.Table(
    "inspection_opening",
    metadata,
    _OpeningColumns,
    sa.Index("ix_inspection_opening_scan_id", "scan_id"),
    sa.Index("uq_inspection_opening_live", "scan_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    sa.CheckConstraint("state IN ('open','done','cancelled')", name="state"),
    sa.CheckConstraint("outcome IN ('nothing','found','misdeclared')", name="outcome"),
    sa.CheckConstraint("(state = 'done') = (outcome IS NOT NULL)", name="done_has_outcome"),
)


class _VerdictColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    scan_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_scan.id"), nullable=False)
    verdict = sa.Column(sa.String(7), nullable=False)
    level = sa.Column(sa.String(8), nullable=False)
    reason = sa.Column(sa.String(40), nullable=False)
    review_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_review.id"), nullable=True)
    opening_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection_opening.id"), nullable=True)
    reference = sa.Column(sa.String(60), nullable=True)  # of a customs instruction
    at = sa.Column(Instant, nullable=False)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    actor_name = sa.Column(sa.String(60), nullable=False)


verdict = sa.Table(
    "inspection_verdict",
    metadata,
    _VerdictColumns,
    sa.Index("ix_inspection_verdict_scan_id", "scan_id", "id"),
    sa.CheckConstraint(_in("verdict", VERDICTS), name="verdict"),
    sa.CheckConstraint(_in("level", VERDICT_LEVELS), name="level"),
)


class _ReviewShiftColumns(TypedColumns):
    """How long somebody has looked at images without a pause."""

    person_id = sa.Column(sa.Uuid, primary_key=True)
    began_at = sa.Column(Instant, nullable=False)
    last_at = sa.Column(Instant, nullable=False)


review_shift = sa.Table("review_shift", metadata, _ReviewShiftColumns)
