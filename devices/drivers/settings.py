"""What a site may configure of each kind of device: one model a kind, every key with its limits and default.

A device model of a maker is a template file that fills these keys (`templates`); the gateway's file names it and overrides
what is different on the site. Nothing here opens or builds anything; see `registry`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from devices.contract.reasons import SortReason
from devices.contract.topics import DeviceAddress
from devices.protocols.datalogic_dm3610 import page_of
from devices.transports.address import LinkAddress, parse_link


def _address(text: str) -> str:
    return str(DeviceAddress.parse(text))


def _link(text: str) -> str:
    parse_link(text)
    return text


Address = Annotated[str, AfterValidator(_address)]
LinkUrl = Annotated[str, AfterValidator(_link)]
Grams = Annotated[int, Field(ge=0, le=100_000_000)]
StreamLanguage = Literal[
    "toledo_continuous", "toledo_continuous_checked", "cas", "and_scale", "and_balance", "sartorius_sbi", "ohaus",
    "sma", "dini_argeo",
]  # fmt: skip
AskedLanguage = Literal["sma", "and_scale", "and_balance", "ohaus", "sartorius_sbi", "dini_argeo"]


class DeviceModel(BaseModel):
    """What every device has. `template` is the file its other keys came from, for the reader only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str | None = Field(default=None, max_length=64)
    address: Address
    link: LinkUrl
    silence_s: float | None = Field(default=None, gt=0, description="DEGRADED after so long without a byte")
    reconnect_cap_s: float = Field(default=5.0, gt=0)

    @property
    def link_address(self) -> LinkAddress:
        return parse_link(self.link)


class ScannerDevice(DeviceModel):
    """Text with an index (a tunnel) or, with `index_digits` 0, without one (a plain scanner)."""

    kind: Literal["tunnel_scanner"]
    header: str = "\x02"
    separator: str = Field(default=",", min_length=1)
    terminator: str = Field(default="\r\n", min_length=1)
    code_separator: str = Field(default=";", min_length=1)
    no_read: str = "NOREAD"
    multiple_read: str = "MULTIREAD"
    no_index: str = "?"
    aim: bool = True
    index_digits: int = Field(default=20, ge=0, le=40)


class SsiScannerDevice(DeviceModel):
    """`symbologies` says which AIM identifier stands for a type of code; other types are passed on without one."""

    kind: Literal["ssi_scanner"]
    symbologies: dict[int, Annotated[str, Field(pattern=r"^[A-Za-z][0-9A-Za-z]$")]] = Field(
        default={0x01: "A0", 0x03: "C0", 0x0B: "E0", 0x0F: "C1", 0x1B: "d1", 0x1C: "Q1"}
    )


class MenuScannerDevice(DeviceModel):
    """`menu`: settings sent at every connect into the memory that does not wear out, as TAG SUB data: `232BAD9`."""

    kind: Literal["menu_scanner"]
    header: str = ""
    terminator: str = Field(default="\r\n", min_length=1)
    no_read: str = "NOREAD"
    multiple_read: str = "MULTIREAD"
    aim: bool = True
    menu: list[Annotated[str, Field(pattern=r"^[0-9A-Za-z_]{6}[ -~]*$", max_length=64)]] = Field(
        default_factory=list, max_length=32
    )
    trigger_letters: str = Field(default="TU", min_length=2, max_length=2)
    answer_within_s: float = Field(default=2.0, gt=0)


class DmccReaderDevice(DeviceModel):
    """`setup`: commands sent at every connect, after the one that makes the reader answer at all."""

    kind: Literal["dmcc_reader"]
    setup: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(default_factory=list, max_length=32)
    no_read: str = "NOREAD"
    code_separator: str = Field(default=";", min_length=1)
    ask_every_s: float = Field(default=10.0, ge=0.2, description="how often the reader is asked for a sign of life")
    answer_within_s: float = Field(default=2.0, gt=0)


class ColaScannerDevice(DeviceModel):
    """`result` is the name of the event that carries what was read, `life` a value that any model can tell."""

    kind: Literal["cola_scanner"]
    language: Literal["sick_cola_a", "sick_cola_b"] = "sick_cola_a"
    result: str = Field(default="ODOprint", pattern=r"^[0-9A-Za-z_]{1,64}$")
    life: str = Field(default="SCdevicestate", pattern=r"^[0-9A-Za-z_]{1,64}$")
    trigger_on: str = Field(default="mTCgateon", pattern=r"^[0-9A-Za-z_]{1,64}$")
    trigger_off: str = Field(default="mTCgateoff", pattern=r"^[0-9A-Za-z_]{1,64}$")
    no_read: str = "NoRead"
    code_separator: str = Field(default=";", min_length=1)
    ask_every_s: float = Field(default=10.0, ge=0.2)
    answer_within_s: float = Field(default=3.0, gt=0)


class ScaleDevice(DeviceModel):
    kind: Literal["mt_sics_scale"]
    answer_within_s: float = Field(default=3.0, gt=0)


class StreamingScaleDevice(DeviceModel):
    """A scale that says its weight unasked. `load_g`, `empty_g`: what counts as a load, and as an empty scale."""

    kind: Literal["streaming_scale"]
    language: StreamLanguage
    load_g: int = Field(default=20, ge=1, le=100_000_000)
    empty_g: Grams = 10
    settle: int = Field(default=2, ge=1, le=100, description="equal stable weights in a row before one is believed")
    answer_within_s: float = Field(default=3.0, gt=0)
    sample_every_s: float = Field(default=1.0, ge=0.05, description="how often the stream is shown to a screen")

    @model_validator(mode="after")
    def _empty_below_load(self) -> "StreamingScaleDevice":
        if self.empty_g >= self.load_g:
            raise ValueError("empty_g must be below load_g")
        return self


class PolledScaleDevice(DeviceModel):
    """A scale that answers. `attempts`: questions before a weighing fails; `ask_every_s` looks for loads by itself.

    `words` replaces what a job is called on the wire (`weigh`, `zero`, `tare`), because models of one maker differ.
    """

    kind: Literal["polled_scale"]
    language: AskedLanguage
    words: dict[Literal["weigh", "zero", "tare"], Annotated[str, Field(min_length=1, max_length=16)]] = Field(
        default_factory=dict
    )
    answer_within_s: float = Field(default=1.0, gt=0)
    attempts: int = Field(default=3, ge=1, le=20)
    stable_within_s: float = Field(default=3.0, gt=0)
    ask_every_s: float | None = Field(default=0.5, ge=0.05)
    load_g: int = Field(default=20, ge=1, le=100_000_000)
    empty_g: Grams = 10

    @model_validator(mode="after")
    def _empty_below_load(self) -> "PolledScaleDevice":
        if self.empty_g >= self.load_g:
            raise ValueError("empty_g must be below load_g")
        return self


class DimensionerDevice(DeviceModel):
    """Datalogic's setup page is in `page` (the keys of `DmFormat`); Cubiscan has nothing to set."""

    kind: Literal["dimensioner"]
    language: Literal["cubiscan", "datalogic_dm3610"]
    page: dict[str, str | int | bool | None] = Field(default_factory=dict, max_length=20)
    answer_within_s: float = Field(default=5.0, gt=0)

    @model_validator(mode="after")
    def _page_is_one(self) -> "DimensionerDevice":
        if self.language == "cubiscan" and self.page:
            raise ValueError("page: a Cubiscan has none")
        page_of(self.page)
        return self


class DwsDevice(DeviceModel):
    """A station that scans, weighs and measures; `keys` (our name → the maker's key) makes the record JSON.

    `acknowledge` is what a station that waits for an answer is told once its record is stored; over `http:` it has to be set.
    """

    kind: Literal["dws_station"]
    fields: list[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]] = Field(
        default=["barcode", "weight", "length", "width", "height", "volume", "timestamp", "image"], max_length=24
    )
    keys: dict[str, str] | None = None
    header: str = ""
    separator: str = Field(default=",", min_length=1)
    terminator: str = Field(default="\r\n", min_length=1)
    code_separator: str = Field(default=";", min_length=1)
    no_read: str = "NOREAD"
    weight_unit: Literal["g", "kg"] = "kg"
    length_unit: Literal["mm", "cm", "m"] = "cm"
    acknowledge: str = Field(default="", max_length=256)

    @model_validator(mode="after")
    def _told_apart(self) -> "DwsDevice":
        if self.separator == self.code_separator:
            raise ValueError("separator and code_separator must differ")
        if self.link.startswith("http:") and (not self.acknowledge or self.terminator != "\n"):
            raise ValueError("over http: acknowledge has to be set and terminator to be a line feed")
        return self


class SorterDevice(DeviceModel):
    """`errors` replaces the error profile (code → reason), `places` the pattern of each kind of location."""

    kind: Literal["osip_sorter"]
    own_name: str = Field(default="MFC__", min_length=5, max_length=5)
    sorter: str = Field(default="SRT1", min_length=4, max_length=4)
    telegram_length: int = Field(default=160, ge=150, le=9999)
    acknowledge: bool = True
    places: dict[str, str] | None = None
    errors: dict[str, SortReason] | None = None


class TelegramSorterDevice(DeviceModel):
    """A sorter with readable telegrams. `chute_pattern` spells a chute, with `{n}` for its number."""

    kind: Literal["telegram_sorter"]
    own_name: str = Field(default="WMS", pattern=r"^[A-Za-z0-9_-]{1,16}$")
    peer_name: str = Field(default="SORTER", pattern=r"^[A-Za-z0-9_-]{1,16}$")
    chute_pattern: str = Field(default="c{n:02d}", pattern=r"^[a-z0-9_-]*\{n(:0[1-9]d)?\}[a-z0-9_-]*$", max_length=30)
    chutes: int = Field(default=48, ge=1, le=9999)


class MailboxSorterDevice(DeviceModel):
    """A sorter whose PLC is a Modbus TCP server with a mailbox from register `base` on."""

    kind: Literal["mailbox_sorter"]
    unit: int = Field(default=1, ge=0, le=255)
    base: int = Field(default=0, ge=0, le=65_000)
    poll_every_s: float = Field(default=0.02, ge=0.005, le=5)
    answer_within_s: float = Field(default=1.0, gt=0)
    chute_pattern: str = Field(default="c{n:02d}", pattern=r"^[a-z0-9_-]*\{n(:0[1-9]d)?\}[a-z0-9_-]*$", max_length=30)
    chutes: int = Field(default=48, ge=1, le=9999)


class ProbeChannel(BaseModel):
    """One probe. `scale_milli`: thousandths of a degree a count; `low`, `high` in degrees Celsius, None for no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    register_no: int = Field(default=0, ge=0, le=65_535)
    scale_milli: int = Field(default=100, ge=1, le=100_000)
    fault: int | None = Field(default=-32_768, ge=-32_768, le=32_767, description="the count of a broken probe")
    low: float | None = None
    high: float | None = None


class _Probes(DeviceModel):
    probes: list[ProbeChannel] = Field(min_length=1, max_length=64)
    hysteresis: float = Field(default=0.5, ge=0, le=50, description="degrees inside the limit before it is over")
    record_every_s: float = Field(default=300, ge=1)
    sample_every_s: float = Field(default=10, ge=0.05)

    @model_validator(mode="after")
    def _names_differ(self) -> "_Probes":
        if len({probe.name for probe in self.probes}) != len(self.probes):
            raise ValueError("probes: a name is used twice")
        return self


class ModbusProbeDevice(_Probes):
    kind: Literal["modbus_probe"]
    unit: int = Field(default=1, ge=0, le=255)
    registers: Literal["holding", "input"] = "input"
    poll_every_s: float = Field(default=5.0, ge=0.05)
    answer_within_s: float = Field(default=2.0, gt=0)


class JsonProbeDevice(_Probes):
    """Probes that push JSON objects, over a socket or on an MQTT topic. `keys`: probe name → key of the object."""

    kind: Literal["json_probe"]
    keys: dict[str, str] = Field(default_factory=dict, max_length=64)


class PlateReaderDevice(DeviceModel):
    """A camera at the gate. `keys`: our name → the maker's key, of one JSON object a passage."""

    kind: Literal["plate_reader"]
    keys: dict[Literal["plate", "country", "lane", "confidence", "image"], str] = Field(
        default={"plate": "plate", "country": "country", "lane": "lane", "confidence": "confidence", "image": "image"}
    )
    no_read: str = "NOREAD"
    repeat_within_s: float = Field(default=10.0, ge=0, description="the same plate within this time is one passage")
    terminator: str = Field(default="\n", min_length=1)


class PrinterDevice(DeviceModel):
    kind: Literal["label_printer"]
    ask_every_s: float = Field(default=5.0, ge=0.2)
    answer_within_s: float = Field(default=3.0, gt=0)
    test_label: str = Field(default="^XA^FO40,40^A0N,40^FDKouan^FS^XZ", max_length=2000)
