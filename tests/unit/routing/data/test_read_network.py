"""The network as tables: what is shipped reads whole, and every wrong cell is named by file, row and column."""

import csv
import io
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from routing.data.build import build
from routing.data.faults import SENTENCES, DataFaults
from routing.data.network import BUILT_IN, folder_tables, read_folder, read_network
from routing.data.shipments import read_shipments

HEADER = "shipment,origin,destination,ready,due,weight_kg,volume_m3\n"


def spoiled(name: str, row: int, **cells: str) -> dict[str, bytes]:
    """The shipped tables with cells of one data row (from 0) replaced."""
    tables = folder_tables(BUILT_IN)
    rows = list(csv.DictReader(io.StringIO(tables[name].decode())))
    rows[row].update(cells)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return tables | {name: text.getvalue().encode()}


def test_the_shipped_network_reads_whole_and_says_where_every_row_is_from():
    """A row without source, date and a word on whether it was verified would pass for fact."""
    network = read_folder()
    assert {"SFH", "HUC", "FUS", "HDG", "MLX", "ZAB", "UUD", "IKT", "SVX", "MOW"} <= set(network.hubs)
    for name, data in folder_tables(BUILT_IN).items():
        for row in csv.DictReader(io.StringIO(data.decode())):
            assert row["source"], name
            assert date.fromisoformat(row["source_on"]), name
            assert row["verified"] in ("yes", "no"), name


@pytest.mark.parametrize(
    ("name", "column", "value", "code"),
    [
        ("services", "origin", "NOWHERE", "unknown_hub"),
        ("services", "arrive_day", "-1", "negative"),
        ("services", "unit_cost", "-5", "negative"),
        ("services", "unit_cost", "1e9", "not_a_number"),
        ("services", "weekdays", "8", "bad_weekdays"),
        ("services", "stretches", "3-1", "bad_stretches"),
        ("services", "unit", "BOX", "unknown_unit"),
        ("services", "mode", "submarine", "not_a_choice"),
        ("services", "depart", "25:00", "not_a_clock"),
        ("services", "valid_from", "yesterday", "not_a_date"),
        ("services", "currency", "EUR", "one_currency"),
        ("services", "slots", "1.5", "too_precise"),
        ("hubs", "time_zone", "Mars/Olympus", "unknown_zone"),
        ("hubs", "time_zone", "../../etc/passwd", "unknown_zone"),
        ("hubs", "latitude", "95", "out_of_range"),
        ("dwell", "hub", "NOWHERE", "unknown_hub"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(name: str, column: str, value: str, code: str):
    """A planner mends the cell that is named; row 1 is the header, as in a table program."""
    with pytest.raises(DataFaults) as caught:
        read_network(spoiled(name, 2, **{column: value}))
    assert (code, f"{name}.csv", 4, column) in {(f.code, f.file, f.row, f.column) for f in caught.value.faults}
    assert f"{name}.csv, row 4, column {column}: " in str(caught.value)


def test_arrival_before_departure_counts_in_the_zones_of_both_ends():
    """08:00 in Suifenhe to 09:30 in Grodekovo the same day is half an hour back in time."""
    tables = folder_tables(BUILT_IN)
    rows = list(csv.DictReader(io.StringIO(tables["services"].decode())))
    number = next(i for i, row in enumerate(rows) if (row["origin"], row["destination"]) == ("SFH", "GRO"))
    with pytest.raises(DataFaults) as caught:
        read_network(spoiled("services", number, depart="08:00", arrive_day="0", arrive="09:30"))
    assert [f.code for f in caught.value.faults] == ["arrives_before_departure"]
    read_network(spoiled("services", number, depart="08:00", arrive_day="0", arrive="10:30"))


def test_a_service_name_used_twice_is_refused_with_both_rows():
    """Two services of one name would make departures that nobody can tell apart."""
    first = next(csv.DictReader(io.StringIO(folder_tables(BUILT_IN)["services"].decode())))["service"]
    with pytest.raises(DataFaults) as caught:
        read_network(spoiled("services", 5, service=first))
    assert [(f.code, f.row, f.params["first_row"]) for f in caught.value.faults] == [("name_repeated", 7, 2)]


def test_a_timetable_keeps_local_time_over_a_clock_change():
    """Duisburg moves its clocks on 29 March 2026; a train that leaves at 08:00 leaves at 08:00 on both sides of it."""
    network = read_folder()
    row = b"A,DUI,MAZ,2026-03-20,2026-04-12,1000,4\n"
    built = build(network, read_shipments(HEADER.encode() + row, "s.csv", network))
    zone = ZoneInfo("Europe/Berlin")
    seen = {
        built.at(d.depart_min).astimezone(zone).strftime("%H:%M")
        for d, service in zip(built.problem.departures, built.services, strict=True)
        if service.service == "T-DUI-HAM"
    }
    assert seen == {"08:00"}


def test_holidays_stop_the_services_that_rest_on_them():
    """A train planned for a day on which nobody loads it is a broken promise."""
    network = read_folder()
    row = b"A,XIY,ALK,2026-09-25,2026-10-20,1000,4\n"
    built = build(network, read_shipments(HEADER.encode() + row, "s.csv", network))
    days = {
        built.at(d.depart_min).astimezone(ZoneInfo("Asia/Shanghai")).date()
        for d, service in zip(built.problem.departures, built.services, strict=True)
        if service.service == "R-XIY-ALK"
    }
    rest = {date(2026, 10, 1) + timedelta(days=n) for n in range(7)}
    assert days
    assert not days & rest


def test_calls_of_one_train_share_its_units_stretch_by_stretch():
    """Twelve wagons from Xi'an to Duisburg leave none for Małaszewicze to Duisburg on the same run."""
    network = read_folder()
    row = b"A,XIY,DUI,2026-09-01,2026-10-20,1000,4\n"
    built = build(network, read_shipments(HEADER.encode() + row, "s.csv", network))
    of = {s: [] for s in ("X8001 XIY-MAZ", "X8001 MAZ-DUI", "X8001 XIY-DUI")}
    for d, service in zip(built.problem.departures, built.services, strict=True):
        if service.service in of:
            of[service.service].append(set(d.pools))
    through = of["X8001 XIY-DUI"][0]
    assert len(through) == 2
    assert through == set.union(*(pools for name in list(of)[:2] for pools in of[name] if pools & through))


def test_the_same_tables_as_xlsx_give_the_same_network():
    """Planners keep timetables in workbooks, where times and dates are not text."""
    tables = folder_tables(BUILT_IN)
    for name, data in list(tables.items()):
        book = openpyxl.Workbook()
        for cells in csv.reader(io.StringIO(data.decode())):
            book.active.append([float(c) if c.replace(".", "", 1).isdigit() and ":" not in c else c for c in cells])
        held = io.BytesIO()
        book.save(held)
        tables[name] = held.getvalue()
    assert read_network(tables) == read_folder()


def test_every_sentence_can_be_said():
    """A code without a sentence, or with a gap in it, tells nobody what to mend."""
    assert all(text.strip().endswith(".") for text in SENTENCES.values())
