"""Prometheus metrics, collected when somebody asks: counting costs nothing in between."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from gateway.app import Gateway


class GatewayCollector(Collector):
    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway

    def collect(self) -> Iterable[Metric]:
        yield from self._devices()
        yield from self._lines()
        yield from self._north()
        yield from self._latencies()

    def _devices(self) -> Iterable[Metric]:
        state = GaugeMetricFamily("kouan_gw_device_ready", "1 when READY", labels=["device"])
        frames = CounterMetricFamily("kouan_gw_device_chunks", "chunks read", labels=["device"])
        garbage = CounterMetricFamily("kouan_gw_device_garbage_bytes", "bytes of no message", labels=["device"])
        connects = CounterMetricFamily("kouan_gw_device_connects", "links opened", labels=["device"])
        for device in self._gateway.devices.values():
            state.add_metric([device.address], float(device.state == "READY"))
            frames.add_metric([device.address], device.counters.frames)
            garbage.add_metric([device.address], device.counters.garbage_bytes)
            connects.add_metric([device.address], device.counters.reconnects)
        yield from (state, frames, garbage, connects)

    def _lines(self) -> Iterable[Metric]:
        counts = CounterMetricFamily("kouan_gw_line", "what happened on a line", labels=["line", "what"])
        items = GaugeMetricFamily("kouan_gw_line_items", "items remembered", labels=["line"])
        entries = GaugeMetricFamily("kouan_gw_directory_entries", "parcels in the directory", labels=["line"])
        for path, line in self._gateway.lines.items():
            for source in (line.counters, line.station.counters):
                for name in source.__dataclass_fields__:
                    counts.add_metric([path, name], getattr(source, name))
            items.add_metric([path], len(line.station))
            entries.add_metric([path], self._gateway.tables.tables[path].entries)
        yield from (counts, items, entries)

    def _north(self) -> Iterable[Metric]:
        gateway = self._gateway
        counts = CounterMetricFamily("kouan_gw_north", "what happened towards the warehouse", labels=["what"])
        found = {**gateway.publisher.counters, **{f"command_{k}": v for k, v in gateway.commands.counters.items()}}
        found |= {f"table_refused_{k}": v for k, v in gateway.tables.refused.items()}
        found |= {"retransmits": gateway.recorder.retransmits, "callback_errors": gateway.broker.callback_errors}
        for name, value in found.items():
            counts.add_metric([name], value)
        online = GaugeMetricFamily("kouan_gw_broker_connected", "1 when connected", float(gateway.broker.connected))
        dead = GaugeMetricFamily("kouan_gw_dead_letters", "rejected events kept", gateway.outbox.dead_letters)
        pending = GaugeMetricFamily("kouan_gw_outbox_uncommitted", "jobs not on disk yet", gateway.outbox.pending)
        yield from (counts, online, dead, pending)
        if gateway.certificate_ends_at is not None:
            left_s = (gateway.certificate_ends_at - gateway.clock.wall()).total_seconds()
            yield GaugeMetricFamily("kouan_gw_certificate_left_seconds", "until our certificate ends", left_s)

    def _latencies(self) -> Iterable[Metric]:
        durable = HistogramMetricFamily("kouan_gw_durable_seconds", "bytes read to committed")
        durable.add_metric([], *self._gateway.outbox.durable.histogram_s())
        decided = HistogramMetricFamily("kouan_gw_decision_seconds", "facts complete to answer sent", labels=["line"])
        for path, line in self._gateway.lines.items():
            decided.add_metric([path], *line.decided.histogram_s())
        lag = GaugeMetricFamily("kouan_gw_loop_lag_ms", "event loop lag at the last check", self._gateway.loop_lag_ms)
        yield from (durable, decided, lag)


def render(gateway: "Gateway") -> bytes:
    """The metrics page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(GatewayCollector(gateway))
    return generate_latest(registry)
