"""Every kind of device that can be configured: its settings, its driver, what it reports and obeys, how far it is proved.

bronze: golden bytes, round trip, reconnect against the simulator. silver: a lost device is told once; splits, noise,
repetitions and a reboot are survived; the latency is measured. gold takes recordings of a real machine, and there are none.
`tests/unit/devices/drivers/test_driver_quality.py` runs each level that is claimed here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from devices.drivers import building as make
from devices.drivers import settings as of
from devices.drivers.outputs import Driver

Wall = Callable[[], datetime]
Quality = Literal["bronze", "silver", "gold"]


@dataclass(frozen=True, slots=True)
class DriverKind:
    """`build` takes the settings model of this kind and the wall clock; `languages` are names of the catalogue."""

    name: str
    settings: type[of.DeviceModel]
    build: Callable[[Any, Wall], Driver]
    languages: tuple[str, ...]
    events: tuple[str, ...]
    commands: tuple[str, ...]
    quality: Quality = "silver"

    def language(self, device: of.DeviceModel) -> str:
        """The language that this device was configured to speak."""
        return str(getattr(device, "language", self.languages[0]))


_SORTER_EVENTS = ("induct", "decision", "sort_conf", "chute_state", "item_lost", "alarm")
_SORTER_COMMANDS = ("chute_enable", "chute_disable", "ping")
_SCALE_COMMANDS = ("zero", "tare", "ping")
_STREAMS = (
    "toledo_continuous", "toledo_continuous_checked", "cas", "and_scale", "and_balance", "sartorius_sbi", "ohaus",
    "sma", "dini_argeo",
)  # fmt: skip
_ASKED = ("sma", "and_scale", "and_balance", "ohaus", "sartorius_sbi", "dini_argeo")

_ALL = (
    DriverKind("tunnel_scanner", of.ScannerDevice, make.tunnel_scanner, ("plain_serial",), ("scan",), ("ping",)),
    DriverKind(
        "ssi_scanner", of.SsiScannerDevice, make.ssi_scanner, ("zebra_ssi",), ("scan",),
        ("trigger_on", "trigger_off", "beep", "ping"),
    ),
    DriverKind(
        "menu_scanner", of.MenuScannerDevice, make.menu_scanner, ("honeywell_menu", "plain_serial"), ("scan",),
        ("trigger_on", "trigger_off", "ping"),
    ),
    DriverKind(
        "dmcc_reader", of.DmccReaderDevice, make.dmcc_reader, ("cognex_dmcc",), ("scan",),
        ("trigger_on", "trigger_off", "beep", "ping"),
    ),
    DriverKind(
        "cola_scanner", of.ColaScannerDevice, make.cola_scanner, ("sick_cola_a", "sick_cola_b"), ("scan",),
        ("trigger_on", "trigger_off", "ping"),
    ),
    DriverKind("mt_sics_scale", of.ScaleDevice, make.mt_sics_scale, ("mt_sics",), ("weight",), _SCALE_COMMANDS),
    DriverKind("streaming_scale", of.StreamingScaleDevice, make.streaming_scale, _STREAMS, ("weight",), ()),
    DriverKind("polled_scale", of.PolledScaleDevice, make.polled_scale, _ASKED, ("weight",), _SCALE_COMMANDS),
    DriverKind(
        "dimensioner", of.DimensionerDevice, make.dimensioner, ("cubiscan", "datalogic_dm3610"), ("measured",),
        ("measure", "ping"),
    ),
    DriverKind("dws_station", of.DwsDevice, make.dws_station, ("dws_text", "dws_json"), ("measured",), ("ping",)),
    DriverKind("osip_sorter", of.SorterDevice, make.osip_sorter, ("osip",), _SORTER_EVENTS, _SORTER_COMMANDS),
    DriverKind(
        "telegram_sorter", of.TelegramSorterDevice, make.telegram_sorter, ("key_telegram",), _SORTER_EVENTS,
        _SORTER_COMMANDS,
    ),
    DriverKind(
        "mailbox_sorter", of.MailboxSorterDevice, make.mailbox_sorter, ("modbus_tcp",), _SORTER_EVENTS, _SORTER_COMMANDS,
    ),
    DriverKind("modbus_probe", of.ModbusProbeDevice, make.modbus_probe, ("modbus_tcp",), ("temperature",), ("ping",)),
    DriverKind("json_probe", of.JsonProbeDevice, make.json_probe, ("json_lines",), ("temperature",), ("ping",)),
    DriverKind("plate_reader", of.PlateReaderDevice, make.plate_reader, ("json_lines",), ("plate",), ("ping",)),
    DriverKind("label_printer", of.PrinterDevice, make.label_printer, ("zpl_status",), (), ("test_print", "ping")),
)  # fmt: skip

KINDS: dict[str, DriverKind] = {kind.name: kind for kind in _ALL}


def build_driver(device: of.DeviceModel, wall: Wall) -> Driver:
    """The driver that speaks this device's language."""
    return KINDS[kind_of(device)].build(device, wall)


def kind_of(device: of.DeviceModel) -> str:
    """The kind a device was configured as."""
    return str(getattr(device, "kind"))  # noqa: B009 - every model of a kind has it, their common base does not
