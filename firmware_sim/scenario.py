"""What a line looks like and what goes wrong on it, read from TOML and checked before anything moves."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from devices.protocols.plain_serial import ScannerFormat

SCENARIOS = Path(__file__).parent / "scenarios"
Metres = Annotated[float, Field(gt=0, le=1000)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Rate = Annotated[float, Field(ge=0, le=1)]
FourLetters = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]
FiveLetters = Annotated[str, Field(pattern=r"^[A-Z0-9_]{5}$")]


class ScenarioError(ValueError):
    """A scenario that cannot be run; the message names file and key."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Section):
    """`rate_per_h` counts items over all lanes. `start_delay_s` passes between the host's connect and the first item."""

    sorter: FourLetters = "SRT1"
    lanes: int = Field(ge=1, le=9)
    rate_per_h: float = Field(gt=0, le=60_000)
    start_delay_s: Seconds = 2.0
    item_length_m: Metres = 0.3


class Lane(_Section):
    """An infeed lane, measured from its induction point: scale, then the tunnel."""

    speed_m_s: float = Field(gt=0, le=10)
    scale_at_m: Metres
    scale_length_m: Metres
    tunnel_at_m: Metres

    @property
    def to_tunnel_s(self) -> float:
        """Seconds from induction to the tunnel."""
        return self.tunnel_at_m / self.speed_m_s


class Belt(_Section):
    """The sorter belt, measured from the tunnel. Two chutes face each other at each divert point."""

    speed_m_s: float = Field(gt=0, le=10)
    min_gap_m: Metres
    first_chute_m: Metres
    chute_spacing_m: Metres
    loop_m: Metres

    def to_chute_s(self, chute: int) -> float:
        """Seconds from the tunnel to the divert point of a chute (1, 2, …)."""
        return (self.first_chute_m + (chute - 1) // 2 * self.chute_spacing_m) / self.speed_m_s

    @property
    def loop_s(self) -> float:
        """Seconds for one round, tunnel to tunnel."""
        return self.loop_m / self.speed_m_s


class Chutes(_Section):
    """`safe` takes what has no decision and is never full. A person empties a full one after a delay in the range."""

    count: int = Field(ge=1, le=999)
    safe: int = Field(ge=1, le=999)
    capacity: int = Field(ge=1)
    emptied_after_s: tuple[Seconds, Seconds]


class Scanner(_Section):
    """`decode_s` passes between trigger and the first byte."""

    baud: int = Field(ge=300, le=4_000_000)
    decode_s: Seconds
    no_read: str = Field(default="NOREAD", min_length=1, max_length=128)

    @property
    def format(self) -> ScannerFormat:
        """How the tunnel was set up."""
        return ScannerFormat(no_read=self.no_read)


class Scale(_Section):
    """`settle_s` is the time constant of the load cell, `timeout_s` how long `S` waits for stability."""

    baud: int = Field(ge=300, le=4_000_000)
    capacity_g: int = Field(gt=0, le=10_000_000)
    division_g: int = Field(gt=0, le=1000)
    settle_s: float = Field(gt=0, le=5)
    noise_g: float = Field(ge=0, le=1000)
    timeout_s: Seconds = 3.0


class Controller(_Section):
    """`acknowledge`: keep reports until ACK_ (our OSIP extension) and send them again after `ack_timeout_s`."""

    name: FiveLetters = "SPS01"
    host: FiveLetters = "MFC__"
    acknowledge: bool = True
    ack_timeout_s: float = Field(default=1.0, gt=0, le=60)


class Unplug(_Section):
    """A plug pulled `at_s` after the first item and put back `for_s` later."""

    device: Literal["scanner1"] = "scanner1"
    at_s: float = Field(ge=0)
    for_s: float = Field(gt=0, le=600)


class Jam(_Section):
    """A chute that jams `at_s` after the first item and is cleared `for_s` later."""

    chute: int = Field(ge=1)
    at_s: float = Field(ge=0)
    for_s: float = Field(gt=0, le=3600)


class Faults(_Section):
    """Shares of items (or telegrams, for `retransmit`) that something happens to, and mishaps at a time."""

    no_read: Rate = 0.0
    double_read: Rate = 0.0
    garbled: Rate = 0.0
    weight_deviation: Rate = 0.0
    lost_tracking: Rate = 0.0
    retransmit: Rate = 0.0
    unplug: tuple[Unplug, ...] = ()
    jam: tuple[Jam, ...] = ()

    @model_validator(mode="after")
    def _scan_faults_exclude_each_other(self) -> Self:
        if self.no_read + self.double_read + self.garbled > 1:
            raise ValueError("no_read, double_read and garbled together exceed 1")
        if any(one.at_s + one.for_s > two.at_s for one, two in pairwise(sorted(self.unplug, key=lambda u: u.at_s))):
            raise ValueError("unplug: two of them overlap")
        return self


class Parcels(_Section):
    """What the announced parcels are like: shares by destination and by service, any positive numbers."""

    destinations: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    services: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)


class Scenario(_Section):
    """One line and its day. Everything a run needs except the parcels themselves."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    seed: int = Field(default=1, ge=0)
    line: Line
    lane: Lane
    belt: Belt
    chutes: Chutes
    scanner: Scanner
    scale: Scale
    controller: Controller = Controller()
    faults: Faults = Faults()
    parcels: Parcels

    @property
    def pitch_s(self) -> float:
        """Time between two carriers at the tunnel."""
        return 3600 / self.line.rate_per_h

    @model_validator(mode="after")
    def _geometry_holds(self) -> Self:
        problem = _problem(self)
        if problem:
            raise ValueError(problem)
        return self

    def with_rate(self, rate_per_h: float) -> "Scenario":
        """The same line at another throughput; ScenarioError when the belts cannot carry it."""
        line = {**self.line.model_dump(), "rate_per_h": rate_per_h}
        return _validated({**self.model_dump(), "line": line}, f"{self.name} at {rate_per_h:g}/h")

    def without_faults(self) -> "Scenario":
        """The same line on a day without mishaps. Chutes still fill: that is work, not a fault."""
        return self.model_copy(update={"faults": Faults()})


def _problem(s: Scenario) -> str | None:
    """Why the pieces do not fit together, or None."""
    lane, belt, length = s.lane, s.belt, s.line.item_length_m
    last_s = max(belt.to_chute_s(chute) for chute in range(1, s.chutes.count + 1))
    if s.pitch_s * belt.speed_m_s < max(belt.min_gap_m, length):
        return f"line.rate_per_h: items would stand closer than belt.min_gap_m ({s.pitch_s * belt.speed_m_s:.2f} m)"
    if s.pitch_s * s.line.lanes < (lane.scale_length_m + length) / lane.speed_m_s:
        return "line.rate_per_h: two items would lie on one scale"
    if lane.scale_at_m + lane.scale_length_m >= lane.tunnel_at_m or length >= lane.scale_length_m:
        return "lane: an item must fit on the scale, and the scale must end before the tunnel"
    if s.chutes.safe > s.chutes.count or belt.to_chute_s(s.chutes.safe) < last_s:
        return "chutes.safe: the safe chute must be at the last divert point"
    if belt.loop_s - last_s <= lane.to_tunnel_s + s.pitch_s:
        return "belt.loop_m: the way back must take longer than a lane, or an item meets its own successor"
    if any(jam.chute > s.chutes.count for jam in s.faults.jam):
        return "faults.jam: no such chute"
    low, high = s.chutes.emptied_after_s
    return "chutes.emptied_after_s: from must not exceed to" if low > high else None


def load(name_or_path: str) -> Scenario:
    """Read a shipped scenario by name or any other by its path; ScenarioError names file and key."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SCENARIOS / f"{name_or_path}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
        raise ScenarioError(f"{path}: {error.strerror}; shipped scenarios: {shipped}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    return _validated(content, str(path))


def _validated(content: dict[str, Any], source: str) -> Scenario:
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        keys = [".".join(map(str, first["loc"]))] if first["loc"] else []
        raise ScenarioError(": ".join([source, *keys, first["msg"].removeprefix("Value error, ")])) from error
