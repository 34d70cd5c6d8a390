"""MQTT topics: an ISA-95 path to the device, then a verb.

    kouan/v1/{site}/{area}/{line}/{device}/{verb}[/{name}]        a device
    kouan/v1/{site}/_gw/{gateway}/{verb}                          a gateway

Segments use `[a-z0-9_-]` only and at most 8 levels, so that a topic can never smuggle a wildcard past an ACL.
"""

import re
from dataclasses import dataclass

ROOT = "kouan/v1"
_SEGMENT = re.compile(r"[a-z0-9_-]{1,32}")
_GATEWAY_MARK = "_gw"


def is_segment(text: str) -> bool:
    """Whether `text` may stand between two slashes of a topic."""
    return _SEGMENT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Where a device stands: site, area, line and its own name, all lower case."""

    site: str
    area: str
    line: str
    device: str

    def __post_init__(self) -> None:
        for segment in (self.site, self.area, self.line, self.device):
            if not is_segment(segment):
                raise ValueError(f"not a topic segment: {segment!r}")

    @classmethod
    def parse(cls, path: str) -> "DeviceAddress":
        """Read `site/area/line/device`; ValueError when it is anything else."""
        parts = path.split("/")
        if len(parts) != 4:
            raise ValueError(f"a device address has four parts: {path!r}")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.site}/{self.area}/{self.line}/{self.device}"

    @property
    def line_path(self) -> str:
        return f"{self.site}/{self.area}/{self.line}"

    def topic(self, verb: str, name: str | None = None) -> str:
        return f"{ROOT}/{self}/{verb}" + (f"/{name}" if name else "")


@dataclass(frozen=True, slots=True)
class EventTopic:
    """A parsed `…/evt/{type}` topic."""

    address: DeviceAddress
    type: str


EVENT_FILTER = f"{ROOT}/+/+/+/+/evt/+"
CONNECTION_FILTER = f"{ROOT}/+/+/+/+/connection"
STATE_FILTER = f"{ROOT}/+/+/+/+/state"
GATEWAY_CONNECTION_FILTER = f"{ROOT}/+/{_GATEWAY_MARK}/+/connection"
GATEWAY_STATE_FILTER = f"{ROOT}/+/{_GATEWAY_MARK}/+/state"
RESPONSE_FILTER = f"{ROOT}/+/+/+/+/rsp/+"


def gateway_topic(site: str, gateway: str, verb: str) -> str:
    """`verb`: connection, state, metrics, ack."""
    for segment in (site, gateway, verb):
        if not is_segment(segment):
            raise ValueError(f"not a topic segment: {segment!r}")
    return f"{ROOT}/{site}/{_GATEWAY_MARK}/{gateway}/{verb}"


def parse_event_topic(topic: str) -> EventTopic | None:
    """The device and event type of a topic, or None when it is not an event topic of this version."""
    parts = topic.split("/")
    if len(parts) != 8 or "/".join(parts[:2]) != ROOT or parts[6] != "evt" or not all(map(is_segment, parts[2:])):
        return None
    return EventTopic(DeviceAddress(*parts[2:6]), parts[7])


def parse_device_topic(topic: str) -> tuple[DeviceAddress, str] | None:
    """The device and the verb with its name (`state`, `rsp/divert`) of any device topic, or None."""
    parts = topic.split("/")
    if len(parts) not in (7, 8) or "/".join(parts[:2]) != ROOT or not all(map(is_segment, parts[2:])):
        return None
    if parts[3] == _GATEWAY_MARK:
        return None
    return DeviceAddress(*parts[2:6]), "/".join(parts[6:])


def parse_gateway_topic(topic: str) -> tuple[str, str, str] | None:
    """(site, gateway, verb) of a gateway topic, or None."""
    parts = topic.split("/")
    if len(parts) != 6 or "/".join(parts[:2]) != ROOT or parts[3] != _GATEWAY_MARK:
        return None
    if not all(map(is_segment, (parts[2], parts[4], parts[5]))):
        return None
    return parts[2], parts[4], parts[5]


def sort_plan_topic(line_path: str) -> str:
    """Retained: the sort plan in force on a line (`line_path` is site/area/line)."""
    return f"{ROOT}/{line_path}/_sort/plan"


def directory_topic(line_path: str, bucket: int) -> str:
    """Retained: one bucket of the parcel directory of a line."""
    return f"{ROOT}/{line_path}/_sort/directory/{bucket:03d}"


def directory_filter(line_path: str) -> str:
    return f"{ROOT}/{line_path}/_sort/directory/+"
