"""Retained on a device's `factsheet`: what it is, what it speaks, what it can do. Written from the configuration."""

from pydantic import BaseModel, ConfigDict

from gateway.settings import AnyDevice, StreamingScaleDevice

_PROTOCOLS = {"tunnel_scanner": "plain-serial", "mt_sics_scale": "mt-sics", "osip_sorter": "osip"}
_EVENTS = {
    "tunnel_scanner": ["scan"],
    "mt_sics_scale": ["weight"],
    "streaming_scale": ["weight"],
    "osip_sorter": ["induct", "decision", "sort_conf", "chute_state", "item_lost", "alarm"],
}
_COMMANDS = {
    "tunnel_scanner": ["ping"],
    "mt_sics_scale": ["zero", "tare", "ping"],
    "streaming_scale": [],
    "osip_sorter": ["chute_enable", "chute_disable", "ping"],
}


class Factsheet(BaseModel):
    """`transport` is the scheme only: a port's path is nobody's business outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: int = 1
    kind: str
    protocol: str
    transport: str
    gateway: str
    events: list[str]
    commands: list[str]


def factsheet(device: AnyDevice, gateway: str) -> Factsheet:
    return Factsheet(
        kind=device.kind,
        protocol=_protocol(device),
        transport=device.link.partition(":")[0],
        gateway=gateway,
        events=_EVENTS[device.kind],
        commands=_COMMANDS[device.kind],
    )


def _protocol(device: AnyDevice) -> str:
    return device.language.replace("_", "-") if isinstance(device, StreamingScaleDevice) else _PROTOCOLS[device.kind]
