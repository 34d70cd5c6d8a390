"""What a gateway can be told: every key with its type, its limits and its default.

Secrets are never among them, only the paths of the files that hold them. `config_file` reads these from YAML.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from devices.contract.reasons import SortReason
from devices.contract.topics import DeviceAddress, is_segment
from devices.transports.address import LinkAddress, parse_link


def _segment(text: str) -> str:
    if not is_segment(text):
        raise ValueError("only a-z, 0-9, '_' and '-', at most 32 characters")
    return text


def _address(text: str) -> str:
    return str(DeviceAddress.parse(text))


def _link(text: str) -> str:
    parse_link(text)
    return text


def _line(text: str) -> str:
    parts = text.split("/")
    if len(parts) != 3 or not all(map(is_segment, parts)):
        raise ValueError("expected site/area/line")
    return text


def _mqtt_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("mqtt", "mqtts") or not url.hostname or url.password is not None:
        raise ValueError("expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], without credentials")
    return text


Segment = Annotated[str, AfterValidator(_segment)]
Address = Annotated[str, AfterValidator(_address)]
LinkUrl = Annotated[str, AfterValidator(_link)]
LinePath = Annotated[str, AfterValidator(_line)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mqtt(_Model):
    url: Annotated[str, AfterValidator(_mqtt_url)] = "mqtt://127.0.0.1:1883"
    client_id: str | None = Field(default=None, min_length=1, max_length=64)
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: int = Field(default=15, ge=2, le=600)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def tls(self) -> bool:
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    def password(self) -> str | None:
        """The secret, read when it is needed and kept nowhere else."""
        return None if self.password_file is None else self.password_file.read_text().strip()


class Http(_Model):
    host: str = "127.0.0.1"
    port: int = Field(default=9180, ge=0, le=65_535)
    token_file: Path | None = None

    @model_validator(mode="after")
    def _guarded_outside(self) -> "Http":
        """Raw frames hold barcodes: beyond this machine they are shown only to who has the token."""
        if self.token_file is None and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("a host other than the loopback needs token_file")
        return self


class UplinkSettings(_Model):
    """`resend_after_s`: without an acknowledgement of the warehouse. `window`: publishes the broker has not taken yet."""

    resend_after_s: float = Field(default=5.0, gt=0)
    window: int = Field(default=64, ge=1, le=1000)


class _Device(_Model):
    address: Address
    link: LinkUrl
    silence_s: float | None = Field(default=None, gt=0, description="DEGRADED after so long without a byte")
    reconnect_cap_s: float = Field(default=5.0, gt=0)

    @property
    def link_address(self) -> LinkAddress:
        return parse_link(self.link)


class ScannerDevice(_Device):
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


class ScaleDevice(_Device):
    kind: Literal["mt_sics_scale"]
    answer_within_s: float = Field(default=3.0, gt=0)


class StreamingScaleDevice(_Device):
    """A scale that says its weight unasked. `load_g`, `empty_g`: what counts as a load, and as an empty scale."""

    kind: Literal["streaming_scale"]
    language: Literal[
        "toledo_continuous", "toledo_continuous_checked", "cas", "and_scale", "and_balance", "sartorius_sbi", "ohaus",
        "sma", "dini_argeo",
    ]  # fmt: skip
    load_g: int = Field(default=20, ge=1, le=100_000_000)
    empty_g: int = Field(default=10, ge=0, le=100_000_000)
    settle: int = Field(default=2, ge=1, le=100, description="equal stable weights in a row before one is believed")
    answer_within_s: float = Field(default=3.0, gt=0)
    sample_every_s: float = Field(default=1.0, ge=0.05, description="how often the stream is shown to a screen")

    @model_validator(mode="after")
    def _empty_below_load(self) -> "StreamingScaleDevice":
        if self.empty_g >= self.load_g:
            raise ValueError("empty_g must be below load_g")
        return self


class SorterDevice(_Device):
    """`errors` replaces the error profile (code → reason), `places` the pattern of each kind of location."""

    kind: Literal["osip_sorter"]
    own_name: str = Field(default="MFC__", min_length=5, max_length=5)
    sorter: str = Field(default="SRT1", min_length=4, max_length=4)
    telegram_length: int = Field(default=160, ge=150, le=9999)
    acknowledge: bool = True
    places: dict[str, str] | None = None
    errors: dict[str, SortReason] | None = None


AnyDevice = ScannerDevice | ScaleDevice | StreamingScaleDevice | SorterDevice
DeviceSettings = Annotated[AnyDevice, Field(discriminator="kind")]
SCALES = ("mt_sics_scale", "streaming_scale")


class StationSettings(_Model):
    """One sorting line. `scales` names the scale at each place; devices are named by the last part of their address."""

    line: LinePath
    sorter: Segment
    scanners: list[Segment] = Field(default_factory=list)
    scales: dict[str, Segment] = Field(default_factory=dict)
    safe_chute: str
    decision_deadline_ms: int = Field(default=1500, ge=50, le=60_000)
    scan_join_ms: int = Field(default=2000, ge=0, le=60_000)
    repeat_window_ms: int = Field(default=3000, ge=0, le=60_000)
    item_memory_s: float = Field(default=900, gt=0)

    def members(self) -> list[tuple[str, tuple[str, ...]]]:
        """Address and possible kinds of every device of the line."""
        names: list[tuple[str, tuple[str, ...]]] = [(self.sorter, ("osip_sorter",))]
        names += [(name, ("tunnel_scanner",)) for name in self.scanners]
        names += [(name, SCALES) for name in self.scales.values()]
        return [(f"{self.line}/{name}", kinds) for name, kinds in names]


class Settings(_Model):
    site: Segment
    gateway: Segment
    data_dir: Path
    mqtt: Mqtt = Mqtt()
    http: Http = Http()
    uplink: UplinkSettings = UplinkSettings()
    stations: list[StationSettings] = Field(default_factory=list)
    devices: list[DeviceSettings] = Field(min_length=1)

    @property
    def client_id(self) -> str:
        return self.mqtt.client_id or f"kouan-gw-{self.site}-{self.gateway}"

    @property
    def own_address(self) -> str:
        """Where alarms of the gateway itself come from."""
        return f"{self.site}/_gw/{self.gateway}/self"

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        kinds = {device.address: device.kind for device in self.devices}
        if len(kinds) != len(self.devices):
            raise ValueError("devices: an address is used twice")
        taken: set[str] = set()
        for station in self.stations:
            for address, possible in station.members():
                if kinds.get(address) not in possible:
                    raise ValueError(f"stations: {address} is no {' or '.join(possible)} among the devices")
                if address in taken:
                    raise ValueError(f"stations: {address} is used twice")
                taken.add(address)
        foreign = [address for address in kinds if address.split("/")[0] != self.site]
        if foreign:
            raise ValueError(f"devices: {foreign[0]} is not at site {self.site}")
        return self
