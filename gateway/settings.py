"""What a gateway can be told: every key with its type, its limits and its default.

Secrets are never among them, only the paths of the files that hold them. `config_file` reads these from YAML. The keys of
each kind of device are in `devices.drivers.settings`, filled from the template that the device names.
"""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from devices.contract.topics import is_segment
from devices.drivers.settings import (
    ColaScannerDevice,
    DimensionerDevice,
    DmccReaderDevice,
    DwsDevice,
    JsonProbeDevice,
    MailboxSorterDevice,
    MenuScannerDevice,
    ModbusProbeDevice,
    PlateReaderDevice,
    PolledScaleDevice,
    PrinterDevice,
    ScaleDevice,
    ScannerDevice,
    SorterDevice,
    SsiScannerDevice,
    StreamingScaleDevice,
    TelegramSorterDevice,
)
from devices.drivers.templates import filled


def _segment(text: str) -> str:
    if not is_segment(text):
        raise ValueError("only a-z, 0-9, '_' and '-', at most 32 characters")
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


AnyDevice = (
    ScannerDevice
    | SsiScannerDevice
    | MenuScannerDevice
    | DmccReaderDevice
    | ColaScannerDevice
    | ScaleDevice
    | StreamingScaleDevice
    | PolledScaleDevice
    | DimensionerDevice
    | DwsDevice
    | SorterDevice
    | TelegramSorterDevice
    | MailboxSorterDevice
    | ModbusProbeDevice
    | JsonProbeDevice
    | PlateReaderDevice
    | PrinterDevice
)
DeviceSettings = Annotated[AnyDevice, Field(discriminator="kind"), BeforeValidator(filled)]
SCALES = ("mt_sics_scale", "streaming_scale", "polled_scale")
SCANNERS = ("tunnel_scanner", "ssi_scanner", "menu_scanner", "dmcc_reader", "cola_scanner")
SORTERS = ("osip_sorter", "telegram_sorter", "mailbox_sorter")
AnySorter = SorterDevice | TelegramSorterDevice | MailboxSorterDevice


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
        names: list[tuple[str, tuple[str, ...]]] = [(self.sorter, SORTERS)]
        names += [(name, SCANNERS) for name in self.scanners]
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
