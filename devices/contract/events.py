"""Event bodies (`data` of the envelope), one model a type. Weights are integer grams, times UTC, durations named by unit.

`tid` is the tracking id the sorter controller gives a physical item at induction; it, not the barcode, joins scan, weight
and divert, because a barcode may be unread, doubled or wrong.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from devices.contract.reasons import SortReason

Tid = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
CodeText = Annotated[str, Field(min_length=1, max_length=256)]
PlaceName = Annotated[str, Field(min_length=1, max_length=40)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Code(Body):
    """One decoded symbol. `symbology` is the AIM code letter and modifier (`C0`, `C1`, `Q3`), empty when not sent."""

    symbology: str = Field(default="", max_length=4)
    text: CodeText


class Induct(Body):
    """An item entered the line and got its tracking id."""

    tid: Tid
    place: PlaceName


class Scan(Body):
    """What a scanner reported for one item; `codes` is empty on a no-read."""

    tid: Tid | None
    outcome: Literal["good", "no_read", "multiple"]
    codes: list[Code] = Field(max_length=32)


class Weight(Body):
    """One weighing. `weight_g` is None unless `outcome` is `stable` or `dynamic`.

    `alibi` is the number of the scale's own legal record, empty when it made none: proof in a dispute about a price.
    """

    tid: Tid | None
    outcome: Literal["stable", "dynamic", "overload", "underload", "not_executable", "error"]
    weight_g: int | None = Field(ge=-10_000_000, le=100_000_000)
    alibi: str = Field(default="", max_length=64)


class Measured(Body):
    """What a dimensioner or a station that scans, weighs and measures at once said about one parcel.

    A number is None where the machine did not get it; `reason` is the machine's word for why. `legal` is None where the
    machine does not say whether the result may be used for trade. `extras` are the maker's further fields as text.
    """

    tid: Tid | None = None
    codes: list[Code] = Field(default_factory=list, max_length=32)
    weight_g: int | None = Field(default=None, ge=0, le=100_000_000)
    length_mm: int | None = Field(default=None, ge=0, le=100_000)
    width_mm: int | None = Field(default=None, ge=0, le=100_000)
    height_mm: int | None = Field(default=None, ge=0, le=100_000)
    legal: bool | None = None
    reason: str = Field(default="", max_length=64)
    alibi: str = Field(default="", max_length=64)
    extras: dict[str, str] = Field(default_factory=dict, max_length=16)


class Plate(Body):
    """A number plate that a gate camera read; `confidence` in hundredths as the camera claims, None where it does not."""

    plate: str = Field(max_length=16)
    outcome: Literal["good", "no_read"]
    country: str = Field(default="", max_length=3)
    lane: str = Field(default="", max_length=40)
    confidence: int | None = Field(default=None, ge=0, le=100)
    image: str = Field(default="", max_length=256)


class Temperature(Body):
    """A probe's reading worth keeping: the state changed, or the interval of the record is over. Thousandths of a degree."""

    probe: str = Field(min_length=1, max_length=40)
    state: Literal["ok", "high", "low", "fault"]
    milli_celsius: int | None = Field(ge=-273_150, le=1_000_000)


class Decision(Body):
    """What the gateway answered to a destination request, with everything it knew at that moment.

    `chute` None means another round. `code` is the matched barcode. `decided_us`: request and scan known → answer handed
    to the link, in microseconds on the gateway's monotonic clock.
    """

    tid: Tid
    pass_no: int = Field(ge=0, le=999)
    codes: list[Code] = Field(max_length=32)
    code: CodeText | None
    weight_g: int | None
    chute: PlaceName | None
    reason: SortReason
    plan_version: int = Field(ge=0)
    decided_us: int = Field(ge=0)


class SortConfirmation(Body):
    """Where the controller says the item really went."""

    tid: Tid
    requested: PlaceName | None
    actual: PlaceName
    reason: SortReason


class ChuteState(Body):
    chute: PlaceName
    state: Literal["open", "full", "jam", "disabled"]


class ItemLost(Body):
    """The controller lost track of an item; a person has to find it."""

    tid: Tid
    last_place: PlaceName


class Alarm(Body):
    """Something a person should see. `params` fill the translated text of `code`."""

    code: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")
    params: dict[str, str | int] = Field(default_factory=dict, max_length=16)


EVENT_TYPES: dict[str, type[Body]] = {
    "induct": Induct,
    "scan": Scan,
    "weight": Weight,
    "measured": Measured,
    "plate": Plate,
    "temperature": Temperature,
    "decision": Decision,
    "sort_conf": SortConfirmation,
    "chute_state": ChuteState,
    "item_lost": ItemLost,
    "alarm": Alarm,
}
"""Event type (last topic segment) → body. A type absent here is parked by the warehouse, never dropped."""
