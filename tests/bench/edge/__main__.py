"""`make bench-edge`. The last line is the JSON object; everything before it says what is being measured.

Everything is outside of the gateway: bytes are written to terminals, and their events are waited for at the broker. So
`durable_ms` is an upper bound: from the write of a scan to the arrival of its event behind the broker, which the gateway
publishes after the commit only. Processor time and memory are the gateway process's own, read from /proc.
"""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from tests.bench.edge import warehouse
from tests.bench.edge.lines import Line, feed, open_line, scale_frames, scan_frame
from tests.bench.edge.parcels import Run, Sorter
from tests.integration.gateway.conftest import Mosquitto, free_port

SCALES, SCANNERS = 55, 8  # and the line's own scanner: sixty-four
LINE = "sfh-s/hall/s1"
ACK = "kouan/v1/sfh-s/_gw/gw1/ack"
PARCELS_PER_S = 200.0
_TICKS = os.sysconf("SC_CLK_TCK")


def settings(folder: Path, broker_port: int, sorter_port: int) -> dict[str, Any]:
    tty = folder / "tty"
    scales = [
        {"address": f"sfh-s/hall/w/scale{n:02}", "kind": "streaming_scale", "language": "toledo_continuous",
         "link": f"serial:{tty}/scale{n:02}"} for n in range(SCALES)
    ]  # fmt: skip
    scanners = [
        {"address": f"sfh-s/hall/w/scanner{n}", "kind": "tunnel_scanner",
         "link": f"serial:{tty}/scanner{n}?baud=115200"} for n in range(SCANNERS)
    ]  # fmt: skip
    line = [
        {"address": f"{LINE}/sorter", "kind": "osip_sorter", "link": f"tcp:127.0.0.1:{sorter_port}"},
        {"address": f"{LINE}/scanner", "kind": "tunnel_scanner", "link": f"serial:{tty}/scanner-line?baud=115200"},
    ]
    return {
        "site": "sfh-s", "gateway": "gw1", "data_dir": "data",
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker_port}"}, "http": {"port": 0},
        "uplink": {"window": 500},
        "stations": [{"line": LINE, "sorter": "sorter", "scanners": ["scanner"], "safe_chute": "c48"}],
        "devices": [*scales, *scanners, *line],
    }  # fmt: skip


class Bench:
    """The gateway process, its terminals and its warehouse."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        tty = folder / "tty"
        self.scales = [open_line(tty / f"scale{n:02}", scale_frames()) for n in range(SCALES)]
        self.scanners = [open_line(tty / f"scanner{n}", scan_frame) for n in range(SCANNERS)]
        own = open_line(tty / "scanner-line", scan_frame)
        self.broker = Mosquitto(folder)
        self.broker.start()
        stack.callback(self.broker.kill)
        sorter_port = free_port()
        self.sorter = Sorter(sorter_port, own)
        config = folder / "gateway.yaml"
        config.write_text(yaml.safe_dump(settings(folder, self.broker.port, sorter_port)))
        self.pipe = self._hear(stack)
        command = [sys.executable, "-m", "gateway", "run", "--config", str(config), "--log-level", "warning"]
        self.process = subprocess.Popen(command)
        stack.callback(self._stop)
        self.sorter.wait()
        time.sleep(1.0)

    @property
    def frames(self) -> list[Line]:
        return [*self.scales, *self.scanners]

    def ask(self) -> warehouse.Heard:
        self.pipe.send("?")
        answer: warehouse.Heard = self.pipe.recv()
        return answer

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def _hear(self, stack: ExitStack) -> Connection:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=warehouse.serve, args=(there, self.broker.port, ACK), daemon=True
        )
        process.start()
        stack.callback(process.terminate)
        return here

    def _stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


def many_frames(bench: Bench, seconds: float) -> dict[str, Any]:
    """Every line at its pace; the gateway's cost, and how long a scan takes to be safe."""
    feed(bench.frames, 2.0)
    time.sleep(0.3)
    bench.ask()
    cpu, at = bench.cpu_s(), time.monotonic()
    written = feed(bench.frames, seconds)
    cpu, took = bench.cpu_s() - cpu, time.monotonic() - at
    time.sleep(0.5)
    heard = bench.ask()
    print(
        f"frames: {written / took:,.0f}/s, {heard.events / took:,.0f} events/s; scan write to read p99"
        f" {percentile(heard.read_ms, 0.99)} ms, to the warehouse p99.9 {percentile(heard.waited_ms, 0.999)} ms",
        flush=True,
    )
    return {
        "frames_per_s": round(written / took),
        "durable_ms": {"p50": percentile(heard.waited_ms, 0.5), "p99": percentile(heard.waited_ms, 0.99)},
        "cpu_cores": round(cpu / took, 3),
        "cpu_us_per_frame": round(cpu / written * 1e6, 1),
        "rss_mb": round(bench.peak_mb(), 1),
    }


def decisions(bench: Bench, seconds: float) -> Run:
    run = bench.sorter.run(seconds, PARCELS_PER_S)
    print(
        f"decisions: {run.parcels} parcels, p50 {percentile(run.decision_ms, 0.5)} ms,"
        f" p99 {percentile(run.decision_ms, 0.99)} ms, late {run.late}",
        flush=True,
    )
    return run


def outage(bench: Bench, seconds: float) -> tuple[float, Run, Run]:
    """The broker is gone for a while, with parcels all the time: events a second after it, and the runs before and during."""
    before = decisions(bench, 5.0)
    bench.broker.kill()
    gone = bench.sorter.run(seconds, PARCELS_PER_S)
    bench.ask()
    bench.broker.start()
    stop, result = threading.Event(), []
    parcels = threading.Thread(target=lambda: result.append(bench.sorter.run(60.0, PARCELS_PER_S, stop)))
    parcels.start()
    events, began, took = 0, 0.0, 0.0
    for _ in range(600):
        time.sleep(0.1)
        heard = bench.ask()
        if heard.events and not began:
            began = time.monotonic() - 0.1
        events += heard.events
        if began and heard.newest_lag_s < 0.5 and heard.holes == 0 and heard.events:
            took = time.monotonic() - began
            break
    stop.set()
    parcels.join()
    during: Run = result[0]
    print(
        f"outage of {seconds:.0f} s: {gone.parcels} parcels without a broker, late {gone.late}; then {events} events in"
        f" {took:.1f} s, decisions p99 {percentile(during.decision_ms, 0.99)} ms",
        flush=True,
    )
    return events / max(took, 0.1), before, during


def yardstick(bench: Bench, folder: Path, seconds: float) -> dict[str, Any]:
    """Read the same terminals without the gateway."""
    bench._stop()
    command = [sys.executable, "-m", "tests.bench.edge.yardstick", str(folder / "tty"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        feed(bench.frames, seconds + 2.0)
        found: dict[str, Any] = json.loads(reader.stdout.readlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-edge")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--outage", type=float, default=30.0)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kouan-edge-")))
        bench = Bench(stack, folder)
        answer = many_frames(bench, options.seconds)
        run = decisions(bench, options.seconds)
        drain, before, during = outage(bench, options.outage)
        answer |= {
            "decision_ms": {"p50": percentile(run.decision_ms, 0.5), "p99": percentile(run.decision_ms, 0.99)},
            "parcels_per_s": round(run.parcels / options.seconds, 1),
            "late": run.late + before.late + during.late,
            "drain_per_s": round(drain),
            "drain_decision_p99_ratio": round(
                percentile(during.decision_ms, 0.99) / max(percentile(before.decision_ms, 0.99), 0.01), 2
            ),
        }
        answer["yardstick"] = yardstick(bench, folder, 8.0)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
