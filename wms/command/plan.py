"""`kouan plan`: plan shipments of a file in the terminal; the plan as JSON, CSV or XLSX, refereed before it is written."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from routing.check import check
from routing.check_bound import check_bound
from routing.data.build import Built, build
from routing.data.faults import DataFaults, stop_at
from routing.data.network import BUILT_IN, Network, read_folder
from routing.data.report import Planned, departure_lines, explained, shipment_line, summary
from routing.data.shipments import read_shipments
from routing.data.table import MAX_BYTES
from routing.fault import ProblemFault
from routing.problem import Problem, Weights
from routing.progress import Progress as SearchState
from routing.solution import Plan
from wms.command.words import tell

_FORMATS = (".json", ".csv", ".xlsx")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    file: Path
    network: Path | None
    out: Path | None
    seconds: float
    seed: int
    explain: str | None
    co2_price: int
    day_price: int


def plan_file(options: PlanOptions) -> int:
    """0 with a plan on stdout or in `out`; 2 when a file is refused, 1 when the referee refuses the plan."""
    console = Console(stderr=True)
    if options.out is not None and options.out.suffix.lower() not in _FORMATS:
        console.print(tell("plan", "bad_out", {"formats": ", ".join(_FORMATS)}), markup=False)
        return 2
    try:
        network, built = _read(options)
    except DataFaults as error:
        for fault in error.faults:
            place = {"file": fault.file, "row": fault.row, "column": fault.column or "—"}
            said = tell("planfault", fault.code, fault.params)
            console.print(tell("plan", "fault" if fault.row else "file_fault", place | {"said": said}), markup=False)
        return 2
    except ProblemFault as error:
        console.print(str(error), markup=False)
        return 2
    plan = _solve(console, built.problem, options)
    wrong = [f"{one.rule}: {one.where}: {one.detail}" for one in check(plan.problem, plan)]
    wrong += check_bound(plan.problem, plan.certificate)
    if wrong:
        console.print(tell("plan", "not_refereed", {"first": wrong[0]}), markup=False)
        return 1
    held = Planned(network, built, plan)
    _say(console, held)
    if options.explain is not None and not _explain(console, held, options.explain):
        return 2
    return _write(console, held, options)


def _read(options: PlanOptions) -> tuple[Network, Built]:
    network = read_folder(options.network or BUILT_IN)
    name = options.file.name
    try:
        with options.file.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        raise stop_at("file_unreadable", name) from None
    weights = Weights(co2_per_t=options.co2_price * 100, day_per_t=options.day_price * 100)
    return network, build(network, read_shipments(data, name, network), weights, name)


def _solve(console: Console, problem: Problem, options: PlanOptions) -> Plan:
    from routing.solve import solve  # the solver compiles when it is imported; a wrong file must not wait for that
    from routing.stop import MaxRuntime
    from routing.warm_up import warm_up

    columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[gap]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(tell("plan", "compiling", {}), total=options.seconds, gap="")

        def show(state: SearchState) -> None:
            gap = "" if state.gap is None else tell("plan", "gap_now", {"percent": f"{state.gap * 100:.1f}"})
            bars.update(bar, completed=state.seconds, gap=gap, description=tell("plan", "searching", {}))

        warm_up()  # the seconds asked for are for searching
        return solve(problem, stop=MaxRuntime(options.seconds), seed=options.seed, progress=show)


def _say(console: Console, held: Planned) -> None:
    told = summary(held)
    told["percent"] = f"{told['gap'] * 100:.1f}"
    console.print(tell("plan", "outcome", told), markup=False)
    console.print(tell("plan", "refereed", told), markup=False)
    left = [number for number, route in enumerate(held.plan.routes) if route is None]
    for number in left[:10]:
        for said in explained(held, number):
            console.print("  " + tell("planwhy", said.code, said.params), markup=False)
    if len(left) > 10:
        console.print("  " + tell("plan", "more_left", {"count": len(left) - 10}), markup=False)


def _explain(console: Console, held: Planned, name: str) -> bool:
    try:
        number = held.plan.number(name)
    except ProblemFault:
        console.print(tell("plan", "no_shipment", {"shipment": name}), markup=False)
        return False
    for said in explained(held, number):
        console.print(tell("planwhy", said.code, said.params), markup=False)
    return True


def _write(console: Console, held: Planned, options: PlanOptions) -> int:
    kind = options.out.suffix.lower() if options.out else ".json"
    document = {
        "summary": summary(held)
        | {"seed": options.seed, "seconds": options.seconds, "checked": True, "bound_checked": True},
        "shipments": [shipment_line(held, number) for number in range(len(held.plan.routes))],
        "departures": departure_lines(held),
    }
    data = _WRITERS[kind](document)
    if options.out is None:
        sys.stdout.write(data.decode() + "\n")
        return 0
    try:
        options.out.write_bytes(data)
    except OSError:
        console.print(tell("plan", "cannot_write", {"file": str(options.out)}), markup=False)
        return 2
    return 0


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _leg_rows(document: dict[str, Any]) -> list[list[Any]]:
    """A row for every leg; one without a departure for what is left to others."""
    head = ["shipment", "origin", "destination", "ready_at", "due_at", "arrives_at", "weight_kg", "volume_m3", "co2_kg"]
    legs = ["departure", "mode", "cut_off_at", "depart_at", "arrive_at"]
    rows: list[list[Any]] = [[*head, "leg", *legs, "leg_origin", "leg_destination"]]
    for line in document["shipments"]:
        start = [line[name] for name in head]
        for number, one in enumerate(line["legs"], 1):
            rows.append([*start, number, *(one[name] for name in legs), one["origin"], one["destination"]])
        if not line["legs"]:
            rows.append([*start, 0, "", "", "", "", "", "", ""])
    return [[_safe(cell) for cell in row] for row in rows]


def _safe(cell: Any) -> Any:
    """A text that a table program would take for a formula gets a quotation mark in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _csv(document: dict[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_leg_rows(document))
    return text.getvalue().encode("utf-8-sig")


def _xlsx(document: dict[str, Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("shipments")
    for row in _leg_rows(document):
        sheet.append(row)
    sheet = book.create_sheet("departures")
    lines = document["departures"]
    sheet.append(list(lines[0]) if lines else ["departure"])
    for line in lines:
        sheet.append([_safe(cell) for cell in line.values()])
    sheet = book.create_sheet("summary")
    for name, value in document["summary"].items():
        sheet.append([name, value])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {".json": _json, ".csv": _csv, ".xlsx": _xlsx}
