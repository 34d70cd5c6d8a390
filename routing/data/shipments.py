"""Shipments from a CSV, XLSX or JSON file. Read whole or not at all.

Times without a zone are local: `ready` at the origin, `due` at the destination. Without `outsource_cost` a shipment may be left
to others at what air freight asks: OUTSOURCE_FIXED + OUTSOURCE_PER_KG for each chargeable kilogram (167 kg/m³). Both are
unverified (an indicative range of 4–8 USD/kg).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from routing.data.cells import Cells
from routing.data.faults import DataFault, DataFaults, stop_at
from routing.data.network import HubRow, Network
from routing.data.table import MAX_BYTES, MAX_ROWS, Rows, read_rows
from routing.problem import Need

COLUMNS = ("shipment", "origin", "destination", "ready", "due", "weight_kg", "volume_m3")
OPTIONAL = ("needs", "outsource_cost")
OUTSOURCE_FIXED = 100_00
OUTSOURCE_PER_KG = 8_00
AIR_KG_PER_M3 = 167


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    row: int
    shipment: str
    origin: str
    destination: str
    ready_at: datetime
    due_at: datetime
    weight_g: int
    volume_dm3: int
    needs: Need
    outsource_cost: int


def read_shipments(data: bytes, file: str, network: Network) -> tuple[ShipmentRow, ...]:
    """Every row judged against the network; raises DataFaults with the first faults of all rows."""
    rows = _json_rows(data, file) if data.lstrip()[:1] in (b"[", b"{") else read_rows(data, file, COLUMNS)
    if not rows:
        raise stop_at("no_rows", file)
    faults: list[DataFault] = []
    seen: dict[str, int] = {}
    found = []
    for number, values in rows:
        cells = Cells(file, number, values, faults)
        row = _shipment(cells, network)
        first_row = seen.setdefault(row.shipment, number)
        if first_row != number:
            cells.wrong("name_repeated", "shipment", value=row.shipment, first_row=first_row)
        found.append(row)
    if faults:
        raise DataFaults(faults)
    return tuple(found)


def _json_rows(data: bytes, file: str) -> Rows:
    """A list of objects, or an object with that list under `shipments`."""
    if len(data) > MAX_BYTES:
        raise stop_at("file_too_large", file, limit=MAX_BYTES)
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        raise stop_at("file_unreadable", file) from None
    items = whole.get("shipments") if isinstance(whole, dict) else whole
    if not isinstance(items, list):
        raise stop_at("missing_columns", file, columns="shipments")
    if len(items) > MAX_ROWS:
        raise stop_at("too_many_rows", file, row=MAX_ROWS + 1, limit=MAX_ROWS)
    return [(number, _texts(one, file, number)) for number, one in enumerate(items, 1)]


def _texts(one: object, file: str, number: int) -> dict[str, str]:
    if not isinstance(one, dict):
        raise stop_at("not_an_object", file, row=number)
    flat: dict[str, str] = {}
    for name in (*COLUMNS, *OPTIONAL):
        value = one.get(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = " ".join(map(str, value))
        flat[name] = "" if value is None else str(value).strip()
    return flat


def _shipment(cells: Cells, network: Network) -> ShipmentRow:
    ends = [_hub(cells, name, network) for name in ("origin", "destination")]
    zones = [end.zone if end else next(iter(network.hubs.values())).zone for end in ends]
    ready, due = cells.instant("ready", zones[0]), cells.instant("due", zones[1])
    if ends[0] and ends[0] == ends[1]:
        cells.wrong("same_hub", "destination", value=ends[0].code)
    if due < ready and not any(fault.row == cells.row for fault in cells.faults):
        cells.wrong("due_before_ready", "due", due=_said(due), ready=_said(ready))
    weight_g = cells.scaled("weight_kg", 10_000_000, 3)
    volume_dm3 = cells.scaled("volume_m3", 100_000, 3)
    for column, value in (("weight_kg", weight_g), ("volume_m3", volume_dm3)):
        if value == 0 and not any(fault.row == cells.row and fault.column == column for fault in cells.faults):
            cells.wrong("out_of_range", column, value=0, low="0.001", high="10000000")
    chargeable_g = max(weight_g, volume_dm3 * AIR_KG_PER_M3)
    outsource = OUTSOURCE_FIXED + chargeable_g * OUTSOURCE_PER_KG // 1000
    if cells.values.get("outsource_cost"):
        outsource = cells.scaled("outsource_cost", 1_000_000_000, 2)
    return ShipmentRow(
        cells.row,
        cells.text("shipment"),
        ends[0].code if ends[0] else "",
        ends[1].code if ends[1] else "",
        ready.astimezone(UTC),
        due.astimezone(UTC),
        weight_g,
        volume_dm3,
        cells.needs("needs", Need.NONE),
        outsource,
    )


def _hub(cells: Cells, column: str, network: Network) -> HubRow | None:
    code = cells.text(column).upper()
    found = network.hubs.get(code)
    if found is None:
        found = next((hub for hub in network.hubs.values() if hub.unlocode and hub.unlocode == code), None)
    if code and found is None:
        cells.wrong("unknown_hub", column, value=code)
    return found


def _said(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")
