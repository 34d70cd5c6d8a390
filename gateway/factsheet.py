"""Retained on a device's `factsheet`: what it is, what it speaks, what it can do. Written from the configuration."""

from pydantic import BaseModel, ConfigDict

from devices.drivers.registry import KINDS
from gateway.settings import AnyDevice


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
    kind = KINDS[device.kind]
    return Factsheet(
        kind=device.kind,
        protocol=kind.language(device).replace("_", "-"),
        transport=device.link.partition(":")[0],
        gateway=gateway,
        events=list(kind.events),
        commands=list(kind.commands),
    )
