"""Shapes of the inspection API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from wms.inspection.calibration import ScannerCalibration
from wms.inspection.rules import Decision, Verdict

Share = Annotated[float, Field(ge=0, le=1)]


def _four_or_six(box: list[float]) -> list[float]:
    if len(box) == 5:
        raise ValueError("a box has four numbers in a picture and six in a volume")
    return box


Place = Annotated[float, Field(ge=-100_000, le=100_000)]
Box = Annotated[list[Place], Field(min_length=4, max_length=6), AfterValidator(_four_or_six)]
ScanState = Literal["open", "review", "released", "unpack", "rescan", "detained"]
Category = Literal["explosive", "weapon", "drugs", "contraband", "dutiable", "misdeclared", "shield", "other"]
Outcome = Literal["nothing", "found", "misdeclared"]
Tool = Literal["zoom", "pan", "window", "invert", "colour", "organic", "metal", "slices", "projection"]


class SetScanner(BaseModel):
    """`review_s`: how long the belt lets people look. A share of images is seen twice, a share carries projected threats."""

    site: str = Field(max_length=8)
    name: str = Field(min_length=1, max_length=40)
    review_s: int = Field(default=45, ge=1, le=3600)
    second_share: Share = 0.03
    tip_share: Share = 0.02
    auto_release: bool = False
    calibration: ScannerCalibration = ScannerCalibration()


class ScannerRecord(BaseModel):
    id: UUID
    site: str
    name: str
    review_s: int
    second_share: float
    tip_share: float
    auto_release: bool
    calibration_digest: str
    analyses: list[str]
    changed_at: datetime


class OpenScan(BaseModel):
    """A parcel enters the machine. `code`: its waybill number where it was read; `deadline_s` where the belt knows better."""

    site: str = Field(max_length=8)
    scanner: str = Field(max_length=40)
    tid: str = Field(min_length=1, max_length=60)
    scan_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    code: str | None = Field(default=None, max_length=60)
    deadline_s: int | None = Field(default=None, ge=1, le=3600)


class FindingRecord(BaseModel):
    source: str
    kind: str
    is_alarm: bool
    score: float
    region: list[float] | None
    mass_g: int | None
    density: float | None
    z_eff: float | None
    evidence: dict[str, float]
    rule: str
    version: int
    calibration: dict[str, Any] | None


class VerdictRecord(BaseModel):
    verdict: Verdict
    level: str
    reason: str
    reference: str | None
    at: datetime
    by: str


class ScanRecord(BaseModel):
    """`verdict` is the one in force; REVIEW until somebody or a clock decides."""

    id: UUID
    site: str
    scanner: str
    tid: str
    scan_uid: str
    parcel_id: UUID | None
    state: ScanState
    machine: str | None
    alarmed: bool
    no_model: bool
    opened_at: datetime
    completed_at: datetime | None
    deadline_at: datetime
    timed_out_at: datetime | None
    verdict: Verdict
    images: dict[str, str]
    findings: list[FindingRecord] = []
    verdicts: list[VerdictRecord] = []


class FileKept(BaseModel):
    role: str
    sha256: str
    size_bytes: int


class Declaration(BaseModel):
    """What stands beside the picture. Names are masked; `group` is what the analyses take the HS code for."""

    waybill_no: str | None
    goods: str | None
    hs_code: str | None
    group: str | None
    consignee: str | None
    destination: str | None
    pieces: int | None
    declared_weight_g: int | None
    measured_weight_g: int | None
    earlier_scans: int
    earlier_found: int


class Layout(BaseModel):
    """How the slices lie on the volume's picture (wms.inspection.pictures)."""

    columns: int
    slices: int
    rows_px: int
    columns_px: int
    step: int
    z_step: int


class ReviewTask(BaseModel):
    """One picture for one reviewer. `left_s` counts from when this was sent; nothing tells whether a threat is projected."""

    id: UUID
    level: int
    site: str
    scanner: str
    for_lead: bool
    deadline_at: datetime
    left_s: float
    declaration: Declaration
    findings: list[FindingRecord]
    machine: str | None
    no_model: bool
    has_view: bool
    has_volume: bool
    pixel_mm: float | None
    voxel_mm: float | None
    layout: Layout | None


class TakenReview(BaseModel):
    """`review` is null when nobody waits."""

    review: ReviewTask | None
    waiting: int


class Decide(BaseModel):
    """A suspicion names a category and marks at least one box: row, column, row, column, or z, row, column twice."""

    decision: Decision
    category: Category | None = None
    boxes: list[Box] = Field(default=[], max_length=20)
    tools: list[Tool] = Field(default=[], max_length=20)


class Projection(BaseModel):
    """Told after the decision: a threat was projected, and whether it was seen."""

    hit: bool
    region: list[float]


class Decided(BaseModel):
    """`verdict` is null after a projection: the same picture without it comes next, and only that decides."""

    verdict: Verdict | None
    reason: str
    projection: Projection | None = None


class OpeningRecord(BaseModel):
    id: UUID
    scan_id: UUID
    site: str
    tid: str
    waybill_no: str | None
    state: str
    marks: list[list[float]]
    reason: str | None
    made_at: datetime
    closed_at: datetime | None
    opened_by: str | None
    outcome: Outcome | None
    category: str | None
    note: str | None
    seal_no: str | None
    photos: list[str]


class RecordOpening(BaseModel):
    """`seal_no`: of the seal put on afterwards. What was found stays detained until customs decide."""

    outcome: Outcome
    category: Category | None = None
    note: str = Field(default="", max_length=500)
    seal_no: str | None = Field(default=None, max_length=30)


class Instruct(BaseModel):
    """An instruction of customs outranks every other verdict. `reference`: its number."""

    verdict: Literal["RELEASE", "UNPACK", "RESCAN"]
    reference: str = Field(min_length=1, max_length=60)


class LaneTaken(BaseModel):
    lane: Literal["R", "U", "S"]


class Rate(BaseModel):
    """hits / n with its 95 % interval by Wilson."""

    hits: int
    n: int
    rate: float | None
    low: float
    high: float


class Seconds(BaseModel):
    """Decision time from the first paint."""

    n: int
    p50: float | None
    p95: float | None


class Measures(BaseModel):
    """`detection` is on projected threats alone, `false_alarm` on parcels that an opening found innocent."""

    images: int
    detection: Rate
    false_alarm: Rate
    sensitivity: float | None
    bias: float | None
    timeouts: Rate
    opening_hits: Rate
    second_agrees: Rate
    kappa: float | None
    found_when_alarmed: Rate
    found_when_silent: Rate
    seconds_clear: Seconds
    seconds_suspect: Seconds
    seconds_projected: Seconds
    enough_projections: bool
