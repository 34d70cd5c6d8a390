"""The four pages: alive, ready, metrics, raw frames."""

from typing import TYPE_CHECKING

from gateway.health.http import Page, Route, json_page
from gateway.health.metrics import render

if TYPE_CHECKING:
    from gateway.app import Gateway


def routes(gateway: "Gateway") -> dict[str, Route]:
    return {
        "/healthz": Route(lambda query: _health(gateway), open=True),
        "/readyz": Route(lambda query: _ready(gateway), open=True),
        "/metrics": Route(lambda query: Page(200, render(gateway), "text/plain; version=0.0.4; charset=utf-8")),
        "/frames": Route(lambda query: _frames(gateway, query)),
    }


def _health(gateway: "Gateway") -> Page:
    """Alive: the writer lives and the disk takes what it is given."""
    stalled = gateway.outbox.stalled
    good = gateway.outbox.alive and stalled is None
    return json_page(200 if good else 503, {"ok": good, "boot": gateway.outbox.boot, "disk": stalled or "ok"})


def _ready(gateway: "Gateway") -> Page:
    """Ready: every sorter is connected and its line has a plan. The broker is not asked: a line sorts without it."""
    waiting = [path for path, line in gateway.lines.items() if gateway.tables.tables[path].plan() is None]
    sorters = [device.address for device in gateway.sorters if device.state != "READY"]
    good = not waiting and not sorters
    data = {
        "ready": good,
        "lines_without_plan": waiting,
        "sorters_not_ready": sorters,
        "broker": gateway.broker.connected,
    }
    return json_page(200 if good else 503, data)


def _frames(gateway: "Gateway", query: dict[str, str]) -> Page:
    device = gateway.devices.get(query.get("device", ""))
    if device is None:
        return json_page(404, {"error": "unknown_device", "devices": sorted(gateway.devices)})
    return json_page(200, {"device": device.address, "frames": device.frames.listing()})
