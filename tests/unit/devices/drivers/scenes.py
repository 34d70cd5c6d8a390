"""A scene a driver and language: the site's configuration, the simulated machine, what happens and what has to be reported."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from devices.protocols import datalogic_dm3610, dws_template, json_lines, osip, plain_serial
from devices.protocols.measuring import Size
from firmware_sim.models import code_readers, pushers
from firmware_sim.models.indicator import Indicator
from firmware_sim.models.instrument import Instrument, Send
from firmware_sim.models.load_cell import LoadCell
from firmware_sim.models.mailbox_plc import MailboxPlc
from firmware_sim.models.printer import Printer
from firmware_sim.models.register_server import RegisterServer
from firmware_sim.models.scale import Nameplate, Scale
from firmware_sim.models.telegram_controller import TelegramController
from firmware_sim.schedule import Timers

STREAMS = (
    "toledo_continuous", "toledo_continuous_checked", "cas", "and_scale", "and_balance", "sartorius_sbi", "ohaus",
    "sma", "dini_argeo",
)  # fmt: skip
ASKED = ("sma", "and_scale", "and_balance", "ohaus", "sartorius_sbi", "dini_argeo")


@dataclass
class Rig:
    """`happen(n)` makes the n-th fact true, `clear` ends it; `weigh` says that the fact needs a question of the line."""

    machine: Instrument
    happen: Callable[[int], None]
    clear: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Scene:
    """`fact` turns a report's body into what `expected(n)` says, or None for reports that are not about it.

    `reliable`: the machine repeats until it is acknowledged, so nothing may be lost on a bad line. `once`: a frame that comes
    twice is one fact; else it is told twice, as it was said. `rest_s`: until the end of a fact was seen, too.
    `rested` asks the driver for that.
    `speed`: simulated seconds in a real one.
    `noise` off: the language has no check of its own and relies on TCP, which delivers no damaged bytes.
    """

    kind: str
    language: str
    rig: Callable[[Timers, Send], Rig]
    fact: Callable[[Any], object]
    expected: Callable[[int], object]
    config: dict[str, Any] = field(default_factory=dict)
    tcp: bool = False
    reliable: bool = False
    once: bool = True
    weigh: bool = False
    rest_s: float = 0.06
    rested: Callable[[Any], bool] | None = None
    speed: float = 20.0
    noise: bool = True

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.language}"


def code(number: int) -> str:
    return f"LX{number:09d}CN"


def first_code(body: Any) -> object:
    return body.codes[0].text if body.codes else None


def _pushing(write: Callable[[int], bytes]) -> Callable[[Timers, Send], Rig]:
    def rig(timers: Timers, send: Send) -> Rig:
        machine = pushers.Pusher(lambda what: write(int(what)), send)
        return Rig(machine, lambda number: machine.happen(str(number)))

    return rig


def _reading(make: Callable[[Timers, Send], Any]) -> Callable[[Timers, Send], Rig]:
    def rig(timers: Timers, send: Send) -> Rig:
        machine = make(timers, send)
        return Rig(machine, lambda number: machine.scan(code(number)))

    return rig


def _scan_frame(digits: int, header: bytes, aim: bool) -> Callable[[int], bytes]:
    fmt = plain_serial.ScannerFormat(header=header, aim=aim, index_digits=digits)
    return lambda number: plain_serial.encode(
        fmt,
        plain_serial.ScanMessage(
            f"{number:0{digits}d}" if digits else None, (("C0" if aim else "", code(number)),), "good"
        ),
    )


def _cell() -> LoadCell:
    return LoadCell(settle_s=0.02, noise_g=2, division_g=1, draw=random.Random(3))


def _indicator(language: str, period_s: float) -> Callable[[Timers, Send], Rig]:
    def rig(timers: Timers, send: Send) -> Rig:
        machine = Indicator(language, 60_000, _cell(), timers, send, period_s)
        return Rig(machine, lambda number: machine.put(weight(number)), lambda: machine.put(0))

    return rig


def weight(number: int) -> int:
    return 1000 + 17 * number


def _mt_sics(timers: Timers, send: Send) -> Rig:
    scale = Scale(Nameplate("ICS469", "1234567", 60_000, 3.0), _cell(), timers, send)

    class Powered:
        on = True

        def power_on(self) -> None:
            self.on = True

        def power_off(self) -> None:
            self.on = False

        def receive(self, data: bytes) -> None:
            if self.on:
                scale.receive(data)

    return Rig(Powered(), lambda number: scale.settle(weight(number)), lambda: scale.settle(0))


def _cubiscan(timers: Timers, send: Send) -> Rig:
    machine = pushers.CubiscanMachine(send)
    return Rig(machine, lambda number: machine.put(Size(450, 320 + number, 200), 2350))


def _measured(number: int) -> tuple[int, int, int]:
    return 450, 320 + number, 200


def _size(body: Any) -> object:
    return body.length_mm, body.width_mm, body.height_mm


def _dws(template: dws_template.DwsTemplate) -> Callable[[int], bytes]:
    return lambda number: dws_template.encode(
        dws_template.DwsRecord((code(number),), 2350, Size(*_measured(number)), (("volume", "28800"),)), template
    )


_PAGE = {"sequence_digits": 3, "bcc": True}


def _dm3610(number: int) -> bytes:
    fmt = datalogic_dm3610.page_of(_PAGE)
    return datalogic_dm3610.encode(datalogic_dm3610.Dimensioned(Size(*_measured(number)), number % 1000), fmt)


def _osip(number: int) -> bytes:
    at = dt.datetime(2026, 11, 20, 8, 0, number % 60, tzinfo=dt.UTC)
    header = osip.Header("SRT01", "MFC__", number)
    body = osip.Upd(f"{number:020d}", "SRT1INDU000100000000", osip.OK, at)
    return osip.encode(osip.Telegram(header, body))


def _mailbox(timers: Timers, send: Send) -> Rig:
    machine = MailboxPlc(send)
    return Rig(machine, lambda number: machine.happen("induct", number, 1))


def _telegrams(timers: Timers, send: Send) -> Rig:
    machine = TelegramController(timers, send, lambda: "2026-11-20T08:00:00")
    return Rig(machine, lambda number: machine.happen("Arrival", HU=str(number), Src="in-1"))


def _probe(timers: Timers, send: Send) -> Rig:
    machine = RegisterServer(send)
    return Rig(machine, lambda number: machine.set_input(3, 40 if number % 2 else -40))


def _json(**values: str) -> bytes:
    numbers = frozenset(key for key in values if key in ("t", "confidence"))
    return json_lines.encode(json_lines.JsonObject(tuple(values.items()), numbers))


def _printer(timers: Timers, send: Send) -> Rig:
    machine = Printer(send)
    return Rig(machine, lambda number: machine.set(paper_out=True), lambda: machine.set(paper_out=False))


def scenes() -> Iterator[Scene]:
    """Every kind of the registry in every language it speaks."""
    scanner = {"fact": first_code, "expected": code}
    yield Scene("tunnel_scanner", "plain_serial", _pushing(_scan_frame(20, b"\x02", True)), **scanner, once=False)
    yield Scene(
        "ssi_scanner", "zebra_ssi", _reading(code_readers.SsiReader), **scanner, reliable=True, speed=5.0, once=False,
    )  # fmt: skip
    yield Scene(
        "menu_scanner", "honeywell_menu",
        _reading(lambda timers, send: code_readers.MenuReader(send, b"\x02")), **scanner,
        config={"header": "\x02", "aim": False, "menu": ["232BAD9"], "answer_within_s": 0.1}, once=False,
    )  # fmt: skip
    yield Scene(
        "dmcc_reader", "cognex_dmcc", _reading(lambda timers, send: code_readers.DmccDevice(send)), **scanner,
        config={"answer_within_s": 0.1, "ask_every_s": 0.2}, tcp=True, once=False,
    )  # fmt: skip
    for language in ("sick_cola_a", "sick_cola_b"):
        binary = language.endswith("b")
        yield Scene(
            "cola_scanner", language,
            _reading(lambda timers, send, binary=binary: code_readers.ColaDevice(send, binary=binary)), **scanner,
            config={"answer_within_s": 0.1, "ask_every_s": 0.2}, tcp=True, once=False,
        )  # fmt: skip
    scale = {"fact": lambda body: body.weight_g, "expected": weight}
    # An item whose question had to wait for a reset may be weighed when it has left: an empty platform, truly said.
    loaded = {**scale, "fact": lambda body: body.weight_g or None}
    yield Scene("mt_sics_scale", "mt_sics", _mt_sics, **loaded, config={"answer_within_s": 0.2}, weigh=True)
    for language in STREAMS:
        yield Scene(
            "streaming_scale", language, _indicator(language, 0.2), **scale, rested=lambda driver: not driver._loaded
        )  # fmt: skip
    for language in ASKED:
        asked = {"ask_every_s": 0.05, "answer_within_s": 0.1, "attempts": 2}
        yield Scene(
            "polled_scale", language, _indicator(language, 0.0), **scale, config=asked,
            rested=lambda driver: not driver._loads._loaded,
        )  # fmt: skip
    size = {"fact": _size, "expected": _measured}
    yield Scene("dimensioner", "cubiscan", _cubiscan, **size, once=False)
    yield Scene("dimensioner", "datalogic_dm3610", _pushing(_dm3610), **size, config={"page": _PAGE})
    yield Scene("dws_station", "dws_text", _pushing(_dws(dws_template.TEXT)), **size, tcp=True, once=False)
    keys = {name: name for name in ("barcode", "weight", "length", "width", "height", "volume")}
    yield Scene(
        "dws_station", "dws_json", _pushing(_dws(dws_template.DwsTemplate(keys=keys, terminator=b"\n"))), **size,
        config={"keys": keys, "terminator": "\n"}, tcp=True, once=False,
    )  # fmt: skip
    item = {"fact": lambda body: body.tid.lstrip("0"), "expected": str, "tcp": True}
    yield Scene("osip_sorter", "osip", _pushing(_osip), **item)
    yield Scene("telegram_sorter", "key_telegram", _telegrams, **item, reliable=True)
    yield Scene(
        "mailbox_sorter", "modbus_tcp", _mailbox, **item, reliable=True, noise=False,
        config={"poll_every_s": 0.01, "answer_within_s": 0.1},
    )  # fmt: skip
    probe = {"probes": [{"name": "door", "register_no": 3, "low": 0, "high": 2}], "hysteresis": 0}
    yield Scene(
        "modbus_probe", "modbus_tcp", _probe, lambda body: body.state if body.state != "ok" else None,
        lambda number: "high" if number % 2 else "low", tcp=True, noise=False,
        config={**probe, "poll_every_s": 0.05, "answer_within_s": 0.1},
    )  # fmt: skip
    yield Scene(
        "json_probe", "json_lines", _pushing(lambda number: _json(t="4.0" if number % 2 else "-4.0")),
        lambda body: body.state, lambda number: "high" if number % 2 else "low", tcp=True,
        config={**probe, "keys": {"door": "t"}},
    )  # fmt: skip
    yield Scene(
        "plate_reader", "json_lines",
        _pushing(lambda number: _json(plate=f"A{number:03d}BC 77", confidence="97", lane="in-1")),
        lambda body: body.plate, lambda number: f"A{number:03d}BC77", tcp=True,
    )  # fmt: skip
    yield Scene(
        "label_printer", "zpl_status", _printer, lambda body: body, lambda number: "paper out", tcp=True,
        config={"ask_every_s": 0.2, "answer_within_s": 0.2}, rest_s=0.45,
    )  # fmt: skip
