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
    """One weighing. `weight_g` is None unless `outcome` is `stable` or `dynamic`."""

    tid: Tid | None
    outcome: Literal["stable", "dynamic", "overload", "underload", "not_executable", "error"]
    weight_g: int | None = Field(ge=-10_000_000, le=100_000_000)


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
    "decision": Decision,
    "sort_conf": SortConfirmation,
    "chute_state": ChuteState,
    "item_lost": ItemLost,
    "alarm": Alarm,
}
"""Event type (last topic segment) → body. A type absent here is parked by the warehouse, never dropped."""
