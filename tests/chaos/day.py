"""A day without the warehouse at 20,000 parcels an hour, in minutes: `python -m tests.chaos.day [--hours 24]`.

The outbox on disk, the publisher and its streams are the real ones; time runs faster and the broker is a function. Every
parcel leaves four events of three devices. Then the network is back: everything has to arrive, in the order of each device,
and the memory must not have grown with the backlog.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.contract.events import Body, Code, Decision, Induct, Scan, SortConfirmation
from devices.contract.reasons import SortReason
from gateway.outbox import Draft, Outbox
from gateway.uplink.publisher import Publisher
from gateway.uplink.streams import Streams

PARCELS_PER_H = 20_000
LINE = "sfh-s/hall/s1"
_FASTER = 60.0
_BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


class FastClock:
    """A minute a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def mono(self) -> float:
        return (time.monotonic() - self._started) * _FASTER

    def wall(self) -> datetime:
        return _BEGIN + timedelta(seconds=self.mono())


def events_of(number: int) -> list[tuple[str, str, Body]]:
    tid, code = f"S1-{number:010}", Code(symbology="C0", text=f"SF{number:013}")
    decision = Decision(
        tid=tid, pass_no=0, codes=[code], code=code.text, weight_g=2350, chute="c01", reason=SortReason.OK, plan_version=1,
        decided_us=900,
    )  # fmt: skip
    confirmation = SortConfirmation(tid=tid, requested="c01", actual="c01", reason=SortReason.OK)
    return [
        (f"{LINE}/sorter", "induct", Induct(tid=tid, place="in-1")),
        (f"{LINE}/scanner1", "scan", Scan(tid=tid, outcome="good", codes=[code])),
        (f"{LINE}/sorter", "decision", decision),
        (f"{LINE}/sorter", "sort_conf", confirmation),
    ]


@dataclass(slots=True)
class Day:
    """What came out of it."""

    hours: float
    parcels: int = 0
    events: int = 0
    lost: int = 0
    out_of_order: int = 0
    append_per_s: float = 0.0
    drain_per_s: float = 0.0
    file_mb: float = 0.0
    start_mb: float = 0.0
    full_mb: float = 0.0
    drained_mb: float = 0.0
    rows_left: int = 0


@dataclass(slots=True)
class Warehouse:
    """Takes what is published, at once; acknowledges when asked."""

    through: dict[tuple[str, str], int] = field(default_factory=dict)
    out_of_order: int = 0
    mids: int = 0
    taken: list[int] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes) -> int:
        event = json.loads(payload)
        stream = (event["dev"], event["boot"])
        self.out_of_order += event["seq"] != self.through.get(stream, 0) + 1
        self.through[stream] = event["seq"]
        self.mids += 1
        self.taken.append(self.mids)
        return self.mids


def resident_mb() -> float:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def stored_mb(folder: Path) -> float:
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 1)


async def live(hours: float, folder: Path, say: Callable[[str], None]) -> Day:
    """The day, then the evening on which the network is back."""
    day, clock = Day(hours), FastClock()
    outbox = Outbox.open(folder, clock, "gw1")
    warehouse = Warehouse()
    publisher = Publisher(outbox, Streams(outbox.boot), clock, warehouse.publish, lambda *what: None, window=500)
    publisher.disconnected()
    day.start_mb = resident_mb()
    began = time.perf_counter()
    day.parcels = int(hours * PARCELS_PER_H)
    for number in range(day.parcels):
        drafts = [Draft(dev, type, body, read_at=clock.mono()) for dev, type, body in events_of(number)]
        outbox.append(drafts)
        day.events += len(drafts)
        if number % 50 == 0:
            await outbox.room()
            await asyncio.sleep(0)
        if number % PARCELS_PER_H == PARCELS_PER_H - 1:
            await outbox.checkpoint()
            say(f"hour {number // PARCELS_PER_H + 1}: {day.events:,} events waiting, {resident_mb():.0f} MB")
    await outbox.barrier()
    await outbox.checkpoint()
    day.append_per_s = round(day.events / (time.perf_counter() - began))
    day.full_mb, day.file_mb = round(resident_mb(), 1), stored_mb(folder)
    await _drain(day, outbox, publisher, warehouse, say)
    await outbox.close()
    return day


async def _drain(
    day: Day, outbox: Outbox, publisher: Publisher, warehouse: Warehouse, say: Callable[[str], None]
) -> None:
    began, told = time.perf_counter(), 0.0
    publisher.connected(1)
    while sum(warehouse.through.values()) < day.events and time.perf_counter() - began < 3600:
        taken, warehouse.taken = warehouse.taken, []
        for mid in taken:
            publisher.puback(mid)
        for (dev, boot), through in list(warehouse.through.items()):
            publisher.acknowledge(json.dumps({"v": 1, "dev": dev, "boot": boot, "through_seq": through}).encode())
        publisher.flush_deletions()
        await asyncio.sleep(0.001)
        if time.perf_counter() - told > 10:
            told = time.perf_counter()
            say(f"drained {sum(warehouse.through.values()):,} of {day.events:,}, {resident_mb():.0f} MB")
    day.drain_per_s = round(day.events / (time.perf_counter() - began))
    for _ in range(6000):
        publisher.flush_deletions()
        await asyncio.sleep(0.01)
        day.rows_left, _oldest = await outbox.measure()
        if not day.rows_left:
            break
    day.drained_mb = round(resident_mb(), 1)
    day.lost = day.events - sum(warehouse.through.values())
    day.out_of_order = warehouse.out_of_order


def main() -> int:
    parser = argparse.ArgumentParser(prog="day")
    parser.add_argument("--hours", type=float, default=24.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kouan-day-") as folder:
        day = asyncio.run(live(options.hours, Path(folder), lambda text: print(text, flush=True)))
    print(json.dumps({name: getattr(day, name) for name in day.__dataclass_fields__}))
    return 0 if not (day.lost or day.out_of_order or day.rows_left) else 1


if __name__ == "__main__":
    sys.exit(main())
