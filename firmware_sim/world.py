"""One sorting line put together: lanes with scales, a tunnel, a sorter and its controller, and what goes wrong with them.

The world does no I/O. It is given time, the wires of its serial devices and, while one is connected, a way to its host; it
gives back the truth. The same world runs under virtual time in a test and under real time behind ptys and a socket.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from devices.contract.reasons import SortReason
from devices.protocols.frames import Garbage
from devices.protocols.osip import Ack, OsipDecoder, Res, Sync, Synq, Telegram
from devices.protocols.osip_profile import INDUCTION, SCALE
from firmware_sim.faults import Dice
from firmware_sim.models.correspondence import Correspondence, Send
from firmware_sim.models.infeed import Infeed, Milestones
from firmware_sim.models.item import Announced, Item
from firmware_sim.models.load_cell import LoadCell
from firmware_sim.models.scale import Nameplate, Scale
from firmware_sim.models.scanner import read_label
from firmware_sim.models.sorter import Sorter, Surroundings
from firmware_sim.models.uart import Uart
from firmware_sim.scenario import Scenario
from firmware_sim.schedule import Timers
from firmware_sim.truth import Tally, item_record

SCANNER = "scanner1"


class Wire(Protocol):
    """The far end of a serial device: bytes out, the plug, and bytes in through `on_data`."""

    on_data: Callable[[bytes], None] | None

    def write(self, data: bytes) -> bool:
        """Put bytes on the wire; False when the plug is out and they are lost."""
        ...

    def unplug(self) -> None:
        """Pull the plug; bytes are lost until it is back."""
        ...

    def plug(self) -> None:
        """Put the plug back."""
        ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`timers` is the line's time; `real_s` a monotonic clock for latencies, `real_second` the number
    of simulated seconds in a real one.
    """

    timers: Timers
    utc: Callable[[], datetime]
    real_s: Callable[[], float]
    real_second: float = 1.0


def device_names(scenario: Scenario) -> list[str]:
    """The serial devices of a line, as their ptys are named."""
    return [SCANNER, *(f"scale{lane}" for lane in range(1, scenario.line.lanes + 1))]


class World:
    """`tell` receives a truth record for every finished item. `limit`: items to induct at most."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        clocks: Clocks,
        wires: Mapping[str, Wire],
        tell: Callable[[dict[str, Any]], None],
        limit: int | None = None,
    ) -> None:
        self._scenario = scenario
        self._clocks = clocks
        self._wires = wires
        self._tell = tell
        self._dice = Dice(seed, scenario.faults)
        self._boot_s = int(clocks.utc().timestamp())
        self._decoder = OsipDecoder()
        self._partial_since_real_s: float | None = None
        self.tally = Tally()
        self.garbage = 0
        timers = clocks.timers
        self._post = Correspondence(scenario.controller, self._dice, timers, clocks.utc, clocks.real_second)
        self._scanner = Uart(scenario.scanner.baud, timers, wires[SCANNER].write)
        scales = [self._make_scale(lane) for lane in range(1, scenario.line.lanes + 1)]
        around = Surroundings(self._trigger, self._next_carrier, self._finish)
        self._sorter = Sorter(scenario, self._dice, timers, clocks.utc, self._post, around)
        milestones = Milestones(self._induct, self._on_scale, self._sorter.at_tunnel)
        self._infeed = Infeed(scenario, timers, scales, milestones, lambda: not self._post.is_full, limit)
        self._starting = False

    @property
    def unacknowledged(self) -> int:
        """Reports the host has not confirmed."""
        return self._post.unacknowledged

    @property
    def waiting(self) -> int:
        """Announced items not inducted yet."""
        return self._infeed.waiting

    @property
    def resent(self) -> int:
        """Reports sent more than once."""
        return self._post.resent

    def offer(self, rows: Iterable[Announced]) -> None:
        """Put announced parcels before the lanes."""
        self._infeed.offer(rows)

    def host_connected(self, send: Send) -> None:
        """A host opened the connection; the first one ever starts the belts a little later."""
        self._decoder = OsipDecoder()
        self._partial_since_real_s = None
        self._post.connect(send, self._sorter.snapshot(), self._sorter.open_requests())
        if not self._starting:
            self._starting = True
            self._clocks.timers.after(self._scenario.line.start_delay_s * self._clocks.real_second, self._start)

    def host_disconnected(self) -> None:
        """The host is gone; the line runs on."""
        self._post.disconnect()

    def host_received(self, data: bytes) -> None:
        """Bytes of the host, in any split; anything that is no telegram for this controller is counted and ignored."""
        now = self._clocks.real_s()
        first_byte = now if self._partial_since_real_s is None else self._partial_since_real_s
        for found in self._decoder.feed(data):
            self._take(found, first_byte)
            first_byte = now
        self._partial_since_real_s = first_byte if self._decoder.pending else None

    def _take(self, found: Telegram | Garbage, first_byte_real_s: float) -> None:
        if isinstance(found, Garbage):
            self.garbage += len(found.data)
            if found.why == "unknown_type":
                self._post.complain(self._scenario.line.sorter)
        elif found.header.receiver == self._scenario.controller.name:
            match found.body:
                case Res() as res:
                    self._sorter.answer(res, first_byte_real_s)
                case Ack(type):
                    self._post.acknowledged(found.header.seq, type)
                case Synq():
                    self._post.answer(found, Sync(self._clocks.utc()))

    def _start(self) -> None:
        self._infeed.start()
        timers, faults = self._clocks.timers, self._scenario.faults
        for unplug in faults.unplug:
            wire = self._wires[unplug.device]
            timers.after(unplug.at_s, wire.unplug)
            timers.after(unplug.at_s + unplug.for_s, wire.plug)
        for jam in faults.jam:
            timers.after(jam.at_s, partial(self._sorter.chutes.jam, jam.chute))
            timers.after(jam.at_s + jam.for_s, partial(self._sorter.chutes.clear, jam.chute))

    def _make_scale(self, lane: int) -> Scale:
        config, timers = self._scenario.scale, self._clocks.timers
        wire = self._wires[f"scale{lane}"]
        cell = LoadCell(config.settle_s, config.noise_g, config.division_g, self._dice.about("scale", lane))
        plate = Nameplate("KOUAN SIM", f"{1000000 + lane}", config.capacity_g, config.timeout_s)
        scale = Scale(plate, cell, timers, lambda data: uart.send(data))
        uart = Uart(config.baud, timers, wire.write, scale.receive)
        wire.on_data = uart.received
        return scale

    def _induct(self, row: Announced, lane: int) -> Item:
        self.tally.inducted += 1
        serial = self.tally.inducted
        tid = f"{self._boot_s:010d}{serial:010d}"
        item = Item(serial, row.waybill, self._dice.weight_g(serial, row.weight_g), tid, _iso(self._clocks.utc()))
        self._sorter.report_place(item, INDUCTION, lane)
        return item

    def _on_scale(self, item: Item, lane: int) -> None:
        self._sorter.report_place(item, SCALE, lane)

    def _next_carrier(self, earliest: float) -> float:
        return self._infeed.reserve(earliest)

    def _trigger(self, item: Item) -> None:
        """The light barrier of the tunnel: read the label and send the frame after the decoding time."""
        fault = self._dice.scan_fault(item.serial, item.passes)
        draw = self._dice.about("garble", item.serial, item.passes)
        frames = read_label(self._scenario.scanner.format, item.tid, item.waybill, fault, draw)
        item.read = fault
        pass_no = item.passes

        def sent(complete: bool) -> None:
            if item.passes != pass_no:
                return
            if not complete:
                item.read = "unplugged"
            elif fault != "garbled" and item.order is None:
                item.scan_sent_real_s = self._clocks.real_s()

        def send() -> None:
            self._scanner.send(frames[0], sent)
            for frame in frames[1:]:
                self._scanner.send(frame)

        self._clocks.timers.after(self._scenario.scanner.decode_s, send)

    def _finish(self, item: Item, actual: str, reason: SortReason) -> None:
        self.tally.add(item, reason)
        self._tell(item_record(item, actual, reason, _iso(self._clocks.utc())))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
