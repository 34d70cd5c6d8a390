"""The network as tables: hubs, units, dwell at borders, services with their timetable, holidays. Read whole or not at all.

Times of a service are local to its hubs, days and hours apart from the run's first day; money is in minor units of one currency
after reading, weights in grams, volumes in dm3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from routing.data.cells import Cells
from routing.data.faults import DataFault, DataFaults, stop_at
from routing.data.table import MAX_BYTES, read_rows
from routing.problem import EVERYTHING, Need

BUILT_IN = Path(__file__).parent / "network"
TABLES = ("hubs", "units", "dwell", "services", "holidays")
MODES = ("rail", "road", "sea", "air")
GAUGES = ("1435", "1520", "1067", "")
MAX_SERVICES = 2_000
MAX_HUBS = 500
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_REQUIRED = {
    "hubs": ("code", "latitude", "longitude", "time_zone"),
    "units": ("unit", "weight_kg", "volume_m3"),
    "dwell": ("hub", "mode"),
    "services": (
        "service",
        "mode",
        "origin",
        "destination",
        "weekdays",
        "depart",
        "arrive_day",
        "arrive",
        "slots",
        "unit",
    ),
    "holidays": ("country", "date"),
}
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class HubRow:
    code: str
    names: dict[str, str]
    country: str
    unlocode: str
    latitude: float
    longitude: float
    zone: ZoneInfo
    kind: str
    gauge_mm: str
    transfer_min: int
    free_min: int
    storage_per_t_day: int
    can: Need
    verified: bool


@dataclass(frozen=True, slots=True)
class UnitRow:
    unit: str
    weight_g: int
    volume_dm3: int


@dataclass(frozen=True, slots=True)
class DwellRow:
    """What goods that arrive at a hub by a mode wait for before they can go on, in minutes; the queue has a spread."""

    hub: str
    mode: str
    queue_median_min: int
    queue_p90_min: int
    handling_min: int
    customs_min: int

    @property
    def usual_min(self) -> int:
        return self.queue_median_min + self.handling_min + self.customs_min


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Rows of one `train` share its units on the stretches they run over; `offset_days` is from the train's first day."""

    row: int
    service: str
    mode: str
    origin: str
    destination: str
    weekdays: frozenset[int]
    offset_days: int
    depart: time
    arrive_day: int
    arrive: time
    cut_off_min: int
    dwell_min: int | None
    train: str
    stretches: tuple[int, int]
    slots: int
    unit: str
    unit_cost: int
    per_shipment: int
    per_t: int
    per_m3: int
    co2_g_per_t: int
    risk_points: int
    can: Need
    rests_in: frozenset[str]
    valid_from: date
    valid_to: date
    active: bool


@dataclass(frozen=True, slots=True)
class Network:
    currency: str
    hubs: dict[str, HubRow]
    units: dict[str, UnitRow]
    dwell: dict[tuple[str, str], DwellRow]
    services: tuple[ServiceRow, ...]
    holidays: frozenset[tuple[str, date]]


def read_folder(folder: Path = BUILT_IN) -> Network:
    """The tables of a folder, each as NAME.csv or NAME.xlsx. Raises DataFaults."""
    return read_network(folder_tables(folder))


def folder_tables(folder: Path) -> dict[str, bytes]:
    """Files as they are; `holidays` and `dwell` may be absent."""
    found: dict[str, bytes] = {}
    for name in TABLES:
        path = next((p for p in (folder / f"{name}.csv", folder / f"{name}.xlsx") if p.is_file()), None)
        if path is None:
            if name in ("dwell", "holidays"):
                continue
            raise stop_at("file_unreadable", f"{name}.csv")
        if path.stat().st_size > MAX_BYTES:
            raise stop_at("file_too_large", path.name, limit=MAX_BYTES)
        found[name] = path.read_bytes()
    return found


def read_network(tables: Mapping[str, bytes]) -> Network:
    """Judge every row of every table; all faults of a table are told together."""
    hubs = _keyed(tables, "hubs", _hub, lambda row: row.code, MAX_HUBS)
    units = _keyed(tables, "units", _unit, lambda row: row.unit, 200)

    def known(cells: Cells, column: str) -> str:
        code = cells.text(column).upper()
        if code and code not in hubs:
            cells.wrong("unknown_hub", column, value=code)
        return code

    dwell = _keyed(tables, "dwell", lambda cells: _dwell(cells, known), lambda row: (row.hub, row.mode), 2_000)
    currency: list[str] = []
    trains: dict[str, tuple[int, int]] = {}

    def service(cells: Cells) -> ServiceRow:
        found = _service(cells, known, units)
        _one_currency(cells, currency)
        if found.train:
            first_row, slots = trains.setdefault(found.train, (cells.row, found.slots))
            if slots != found.slots:
                cells.wrong(
                    "train_slots_differ",
                    "slots",
                    value=found.train,
                    slots=found.slots,
                    other=slots,
                    first_row=first_row,
                )
        _check_times(cells, found, hubs)
        return found

    services = _keyed(tables, "services", service, lambda row: row.service, MAX_SERVICES)
    days = _keyed(tables, "holidays", _holiday, lambda row: row, 20_000)
    return Network(
        currency[0] if currency else "USD", hubs, units, dwell, tuple(services.values()), frozenset(days.values())
    )


Key = TypeVar("Key")


def _keyed(
    tables: Mapping[str, bytes], name: str, read: Callable[[Cells], Row], key_of: Callable[[Row], Key], most: int
) -> dict[Key, Row]:
    if name not in tables:
        return {}
    faults: list[DataFault] = []
    found: dict[Key, Row] = {}
    rows_of: dict[Key, int] = {}
    rows = read_rows(tables[name], f"{name}.csv", _REQUIRED[name])
    if len(rows) > most:
        raise stop_at("too_many_rows", f"{name}.csv", row=rows[most][0], limit=most)
    for number, values in rows:
        cells = Cells(f"{name}.csv", number, values, faults)
        row = read(cells)
        key = key_of(row)
        if key in found:
            cells.wrong("name_repeated", _REQUIRED[name][0], value=str(key), first_row=rows_of[key])
        found[key], rows_of[key] = row, number
    if faults:
        raise DataFaults(faults)
    return found


def _hub(cells: Cells) -> HubRow:
    zone = cells.text("time_zone")
    try:
        found = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        if zone:
            cells.wrong("unknown_zone", "time_zone", value=zone)
        found = ZoneInfo("UTC")
    code = cells.text("code", limit=10).upper()
    return HubRow(
        code,
        {language: cells.text(f"name_{language}", code) for language in ("zh", "en", "ru")},
        cells.text("country", ""),
        cells.text("unlocode", ""),
        float(cells.number("latitude", 90, places=4, low=-90)),
        float(cells.number("longitude", 180, places=4, low=-180)),
        found,
        cells.text("kind", "hub"),
        cells.choice("gauge_mm", GAUGES, ""),
        cells.scaled("transfer_min", 100_000, 0, default=0),
        cells.scaled("free_days", 365, 0, default=0) * 1440,
        cells.scaled("storage_per_t_day", 10_000, 2, default=0),
        cells.needs("can", EVERYTHING),
        cells.choice("verified", ("no", "yes"), "no") == "yes",
    )


def _unit(cells: Cells) -> UnitRow:
    return UnitRow(
        cells.text("unit", limit=12),
        cells.scaled("weight_kg", 200_000, 3, low=1),
        cells.scaled("volume_m3", 1_000, 3, low=1),
    )


def _dwell(cells: Cells, known: Callable[[Cells, str], str]) -> DwellRow:
    hours = [
        cells.scaled(name, 2_000, 1, default=0) * 6
        for name in ("queue_median_h", "queue_p90_h", "handling_h", "customs_h")
    ]
    return DwellRow(known(cells, "hub"), cells.choice("mode", MODES), *hours)


def _service(cells: Cells, known: Callable[[Cells, str], str], units: Mapping[str, UnitRow]) -> ServiceRow:
    unit = cells.text("unit")
    if unit and unit not in units:
        cells.wrong("unknown_unit", "unit", value=unit)
    distance_km = cells.scaled("distance_km", 30_000, 0, default=0)
    origin, destination = known(cells, "origin"), known(cells, "destination")
    if origin and origin == destination:
        cells.wrong("same_hub", "destination", value=origin)
    return ServiceRow(
        cells.row,
        cells.text("service", limit=40),
        cells.choice("mode", MODES),
        origin,
        destination,
        _weekdays(cells),
        cells.scaled("offset_days", 60, 0, default=0),
        cells.clock("depart"),
        cells.scaled("arrive_day", 90, 0),
        cells.clock("arrive"),
        cells.scaled("cut_off_h", 720, 1, default=0) * 6,
        cells.scaled("dwell_h", 2_000, 1, default=0) * 6 if cells.values.get("dwell_h") else None,
        cells.text("train", ""),
        _stretches(cells),
        cells.scaled("slots", 10_000, 0),
        unit,
        cells.scaled("unit_cost", 1_000_000, 2, default=0),
        cells.scaled("per_shipment", 1_000_000, 2, default=0),
        cells.scaled("per_t", 100_000, 2, default=0),
        cells.scaled("per_m3", 100_000, 2, default=0),
        distance_km * cells.scaled("co2_g_tkm", 5_000, 0, default=0),
        cells.scaled("risk_points", 1_000, 0, default=0),
        cells.needs("can", EVERYTHING),
        frozenset(cells.text("rests_in", "").upper().split()),
        cells.day("valid_from", _FIRST),
        cells.day("valid_to", _LAST),
        cells.choice("active", ("no", "yes"), "yes") == "yes",
    )


def _weekdays(cells: Cells) -> frozenset[int]:
    value = cells.text("weekdays")
    if value and (not set(value) <= set("1234567") or len(set(value)) != len(value)):
        cells.wrong("bad_weekdays", "weekdays", value=value)
        return frozenset()
    return frozenset(map(int, value))


def _stretches(cells: Cells) -> tuple[int, int]:
    value = cells.text("stretches", "1")
    first, _, last = value.partition("-")
    if not (first.isascii() and first.isdigit() and (not last or (last.isascii() and last.isdigit()))):
        cells.wrong("bad_stretches", "stretches", value=value)
        return 1, 1
    low, high = int(first), int(last or first)
    if not 1 <= low <= high <= 20:
        cells.wrong("bad_stretches", "stretches", value=value)
        return 1, 1
    return low, high


def _one_currency(cells: Cells, currency: list[str]) -> None:
    value = cells.text("currency", "USD", limit=3)
    if not currency:
        currency.append(value)
    elif value != currency[0]:
        cells.wrong("one_currency", "currency", value=value, currency=currency[0])


def _check_times(cells: Cells, row: ServiceRow, hubs: Mapping[str, HubRow]) -> None:
    """Arrival after departure on a usual day, in the zones of both ends."""
    if row.origin not in hubs or row.destination not in hubs:
        return
    day = date(2026, 1, 5)
    depart = datetime.combine(day, row.depart, hubs[row.origin].zone)
    arrive = datetime.combine(day + timedelta(days=row.arrive_day), row.arrive, hubs[row.destination].zone)
    if arrive <= depart:
        said = f"{row.arrive:%H:%M} {row.destination}", f"{row.depart:%H:%M} {row.origin}"
        cells.wrong("arrives_before_departure", "arrive", arrive=said[0], depart=said[1])


def _holiday(cells: Cells) -> tuple[str, date]:
    return cells.text("country", limit=2).upper(), cells.day("date", None)
