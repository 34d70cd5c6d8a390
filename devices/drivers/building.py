"""From the settings of a device to its driver: one function a kind, called through `registry`."""

from collections.abc import Callable
from datetime import datetime

from devices.catalogue import LANGUAGES
from devices.drivers import settings as of
from devices.drivers.cola_scanner import ColaRules, ColaScanner
from devices.drivers.dimensioner import Cubiscan, datalogic, dws
from devices.drivers.dmcc_reader import DmccReader, DmccRules
from devices.drivers.label_printer import LabelPrinter, PrinterRules
from devices.drivers.mailbox_sorter import MailboxProfile, MailboxSorter
from devices.drivers.menu_scanner import MenuRules, MenuScanner
from devices.drivers.mt_sics_scale import MtSicsScale
from devices.drivers.numbered_chutes import NumberedChutes
from devices.drivers.osip_sorter import OsipSorter, SorterProfile
from devices.drivers.outputs import Driver
from devices.drivers.plate_reader import PlateReader, PlateRules
from devices.drivers.polled_scale import PolledScale, PollRules
from devices.drivers.probe_watch import Probe, ProbeWatch
from devices.drivers.probes import ModbusProbeRules, ModbusProbes, Register, json_probes
from devices.drivers.ssi_scanner import SsiScanner
from devices.drivers.streaming_scale import StreamingScale, StreamRules
from devices.drivers.telegram_sorter import TelegramProfile, TelegramSorter
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols import sick_cola, sma
from devices.protocols.datalogic_dm3610 import page_of
from devices.protocols.dws_template import DwsTemplate, RecordDecoder
from devices.protocols.osip_profile import PLACE_OF_KIND
from devices.protocols.plain_serial import ScannerFormat
from devices.protocols.scale_command import ScaleCommand

Wall = Callable[[], datetime]
_WORDS: dict[str, dict[str, str]] = {
    "sma": {"weigh": "W", "zero": "Z", "tare": "T"},
    "and_scale": {"weigh": "Q", "zero": "Z", "tare": "T"},
    "and_balance": {"weigh": "Q", "zero": "Z", "tare": "T"},
    "ohaus": {"weigh": "P"},
    "sartorius_sbi": {"weigh": "P", "zero": "V", "tare": "T"},
    "dini_argeo": {"weigh": "READ", "zero": "ZERO", "tare": "TARE", "record": "PID"},
}
"""What each job is called. The manual of Ohaus's page lists P alone; a site adds words of its model by configuration."""


def tunnel_scanner(device: of.ScannerDevice, wall: Wall) -> Driver:
    return TunnelScanner(
        ScannerFormat(
            header=device.header.encode(),
            separator=device.separator.encode(),
            terminator=device.terminator.encode(),
            code_separator=device.code_separator.encode(),
            no_read=device.no_read,
            multiple_read=device.multiple_read,
            no_index=device.no_index,
            aim=device.aim,
            index_digits=device.index_digits,
        )
    )


def ssi_scanner(device: of.SsiScannerDevice, wall: Wall) -> Driver:
    return SsiScanner(device.symbologies, wall)


def menu_scanner(device: of.MenuScannerDevice, wall: Wall) -> Driver:
    fmt = ScannerFormat(
        header=device.header.encode(),
        terminator=device.terminator.encode(),
        no_read=device.no_read,
        multiple_read=device.multiple_read,
        aim=device.aim,
        index_digits=0,
    )
    return MenuScanner(fmt, MenuRules(tuple(device.menu), device.trigger_letters, device.answer_within_s))


def dmcc_reader(device: of.DmccReaderDevice, wall: Wall) -> Driver:
    rules = DmccRules(
        tuple(device.setup), device.no_read, device.code_separator, device.ask_every_s, device.answer_within_s
    )
    return DmccReader(rules)


def cola_scanner(device: of.ColaScannerDevice, wall: Wall) -> Driver:
    names = (
        "result",
        "life",
        "trigger_on",
        "trigger_off",
        "no_read",
        "code_separator",
        "ask_every_s",
        "answer_within_s",
    )
    binary = device.language == "sick_cola_b"
    rules = ColaRules(**{name: getattr(device, name) for name in names}, binary=binary)
    if binary:
        return ColaScanner(sick_cola.ColaBDecoder, sick_cola.encode_b, rules)
    return ColaScanner(sick_cola.ColaADecoder, sick_cola.encode_a, rules)


def mt_sics_scale(device: of.ScaleDevice, wall: Wall) -> Driver:
    return MtSicsScale(device.answer_within_s)


def streaming_scale(device: of.StreamingScaleDevice, wall: Wall) -> Driver:
    rules = StreamRules(device.load_g, device.empty_g, device.settle, device.answer_within_s, device.sample_every_s)
    return StreamingScale(LANGUAGES[device.language].machine.decoder, rules)


def polled_scale(device: of.PolledScaleDevice, wall: Wall) -> Driver:
    language = LANGUAGES[device.language]
    assert language.host is not None, "a scale that is asked has a language of questions"
    words: dict[str, str] = _WORDS[device.language] | {str(job): word for job, word in device.words.items()}
    encode = language.host.encode
    wires = {
        job: encode(sma.Command(word) if device.language == "sma" else ScaleCommand(word))
        for job, word in words.items()
    }
    rules = PollRules(
        wires, device.answer_within_s, device.attempts, device.ask_every_s,
        StreamRules(device.load_g, device.empty_g, 1, device.stable_within_s),
    )  # fmt: skip
    return PolledScale(language.machine.decoder, rules)


def dimensioner(device: of.DimensionerDevice, wall: Wall) -> Driver:
    return Cubiscan(device.answer_within_s) if device.language == "cubiscan" else datalogic(page_of(device.page))


def dws_station(device: of.DwsDevice, wall: Wall) -> Driver:
    template = dws_template(device)
    return dws(lambda: RecordDecoder(template), device.acknowledge.encode())


def dws_template(device: of.DwsDevice) -> DwsTemplate:
    """The template of a station's record. ValueError for separators that do not tell fields from codes."""
    return DwsTemplate(
        fields=tuple(device.fields),
        keys=device.keys,
        header=device.header.encode(),
        separator=device.separator,
        terminator=device.terminator.encode(),
        code_separator=device.code_separator,
        no_read=device.no_read,
        weight_unit=device.weight_unit,
        length_unit=device.length_unit,
    )


def osip_sorter(device: of.SorterDevice, wall: Wall) -> Driver:
    profile = SorterProfile(
        own_name=device.own_name,
        sorter=device.sorter,
        length=device.telegram_length,
        acknowledge=device.acknowledge,
        places=None if device.places is None else {**PLACE_OF_KIND, **device.places},
        reasons=device.errors,
    )
    return OsipSorter(profile, wall)


def telegram_sorter(device: of.TelegramSorterDevice, wall: Wall) -> Driver:
    chutes = NumberedChutes(device.chute_pattern, device.chutes)
    return TelegramSorter(TelegramProfile(device.own_name, device.peer_name, chutes), wall)


def mailbox_sorter(device: of.MailboxSorterDevice, wall: Wall) -> Driver:
    chutes = NumberedChutes(device.chute_pattern, device.chutes)
    return MailboxSorter(MailboxProfile(chutes, device.unit, device.base, device.poll_every_s, device.answer_within_s))


def modbus_probe(device: of.ModbusProbeDevice, wall: Wall) -> Driver:
    registers = [Register(one.name, one.register_no, one.scale_milli, one.fault) for one in device.probes]
    rules = ModbusProbeRules(device.unit, device.registers == "holding", device.poll_every_s, device.answer_within_s)
    return ModbusProbes(registers, _watch(device), rules)


def json_probe(device: of.JsonProbeDevice, wall: Wall) -> Driver:
    return json_probes({one.name: device.keys.get(one.name, one.name) for one in device.probes}, _watch(device))


def plate_reader(device: of.PlateReaderDevice, wall: Wall) -> Driver:
    keys = {str(name): key for name, key in device.keys.items()}
    return PlateReader(PlateRules(keys, device.no_read, device.repeat_within_s, device.terminator.encode()))


def label_printer(device: of.PrinterDevice, wall: Wall) -> Driver:
    return LabelPrinter(PrinterRules(device.ask_every_s, device.answer_within_s, device.test_label.encode()))


def _watch(device: of.ModbusProbeDevice | of.JsonProbeDevice) -> ProbeWatch:
    probes = [Probe(one.name, _milli(one.low), _milli(one.high)) for one in device.probes]
    return ProbeWatch(probes, _milli(device.hysteresis) or 0, device.record_every_s, device.sample_every_s)


def _milli(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 1000)
