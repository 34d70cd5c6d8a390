"""Reads road instances: Solomon and Homberger text, VRPLIB with time windows, Li & Lim. Hostile input is refused with
its line.

Solomon and Li & Lim compute in real numbers: a thousandth is the unit here, rounded. VRPLIB instances follow the
DIMACS rule: one decimal, truncated, so the unit is a tenth.
"""

import math
from pathlib import Path

import numpy as np

from routing.road.model import MOST_STOPS, Matrix, RoadError, RoadProblem, Stop

LARGEST_FILE = 5_000_000
LARGEST_NUMBER = 10_000_000.0


def _numbers(words: list[str], line: int, what: str, count: int) -> list[float]:
    if len(words) < count:
        raise RoadError(f"line {line}: {what} needs {count} numbers, {len(words)} stand there")
    found = []
    for word in words[:count]:
        try:
            number = float(word)
        except ValueError:
            raise RoadError(f"line {line}: {what}: {word[:20]!r} is not a number") from None
        if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
            raise RoadError(f"line {line}: {what}: {word[:20]} lies outside what can be planned")
        found.append(number)
    return found


def _matrices(stops: list[Stop], service: list[int], scale: int, truncate: bool) -> tuple[Matrix, Matrix]:
    xy = np.array([(stop.x, stop.y) for stop in stops])
    real = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1)) * scale
    distance = (np.floor(real + 1e-9) if truncate else np.rint(real)).astype(np.int64)
    duration = distance + np.array(service, np.int64)[:, None]
    np.fill_diagonal(duration, 0)
    return distance, duration


def _problem(
    stops: list[Stop],
    service: list[int],
    vehicles: float,
    capacity: float,
    pairs: list[tuple[int, int]],
    scale: int,
    truncate: bool,
) -> RoadProblem:
    if not stops:
        raise RoadError("the file holds no stop; is it cut off?")
    if vehicles < 1 or capacity < 0 or min(service) < 0:
        raise RoadError("at least one vehicle is needed, and neither capacity nor service time may be negative")
    distance, duration = _matrices(stops, service, scale, truncate)
    return RoadProblem(tuple(stops), distance, duration, int(vehicles), int(capacity), tuple(pairs), scale)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(rows) > 6 * MOST_STOPS:
        raise RoadError(f"line {rows[6 * MOST_STOPS][0]}: more lines than {MOST_STOPS} stops need")
    return rows


def parse_solomon(text: str) -> RoadProblem:
    """Title, VEHICLE with number and capacity, CUSTOMER with number, x, y, demand, ready, due, service."""
    rows, scale = _rows(text), 1000
    figures = [(line, words) for line, words in rows if words[0].lstrip("-")[:1].isdigit()]
    if not figures:
        raise RoadError("no line of the file begins with a number; is it a Solomon instance?")
    vehicles, capacity = _numbers(figures[0][1], figures[0][0], "number and capacity of vehicles", 2)
    stops, service = [], []
    for line, words in figures[1:]:
        _, x, y, demand, ready, due, serve = _numbers(words, line, "a customer", 7)
        stops.append(Stop(int(demand), round(ready * scale), round(due * scale), x, y))
        service.append(round(serve * scale))
    return _problem(stops, service, vehicles, capacity, [], scale, truncate=False)


def parse_li_lim(text: str) -> RoadProblem:
    """Vehicles, capacity, speed; then number, x, y, demand, ready, due, service, its pickup, its delivery."""
    rows, scale = _rows(text), 1000
    if not rows:
        raise RoadError("the file is empty")
    vehicles, capacity = _numbers(rows[0][1], rows[0][0], "vehicles and capacity", 2)
    stops, service, pairs = [], [], []
    for i, (line, words) in enumerate(rows[1:]):
        _, x, y, demand, ready, due, serve, _, delivery = _numbers(words, line, "a stop", 9)
        stops.append(Stop(int(demand), round(ready * scale), round(due * scale), x, y))
        service.append(round(serve * scale))
        if delivery > 0:
            pairs.append((i, int(delivery)))
    return _problem(stops, service, vehicles, capacity, pairs, scale, truncate=False)


def _header(head: dict[str, tuple[int, str]], name: str, absent: float) -> float:
    if name not in head:
        return absent
    line, word = head[name]
    return _numbers([word], line, name, 1)[0]


def parse_vrplib(text: str) -> RoadProblem:
    """Headers `NAME : value` and sections of coordinates, demands, windows and service times; node 1 is the depot."""
    head: dict[str, tuple[int, str]] = {}
    section: dict[str, dict[int, list[float]]] = {}
    name = ""
    width = {"NODE_COORD_SECTION": 3, "DEMAND_SECTION": 2, "TIME_WINDOW_SECTION": 3, "SERVICE_TIME_SECTION": 2}
    for line, words in _rows(text):
        if words[0].isupper() and not words[0].startswith("-"):
            name = words[0].rstrip(":")
            if name in width:
                section[name] = {}
            head[name] = (line, words[-1])
        elif name in section:
            node, *rest = _numbers(words, line, f"a row of {name}", width[name])
            section[name][int(node)] = rest
    missing = [
        part for part in ("NODE_COORD_SECTION", "DEMAND_SECTION", "TIME_WINDOW_SECTION") if not section.get(part)
    ]
    if missing or "CAPACITY" not in head:
        raise RoadError(f"the file has no {(missing or ['CAPACITY'])[0]}; is it cut off?")
    capacity, serve = _header(head, "CAPACITY", 0.0), _header(head, "SERVICE_TIME", 0.0)
    fleet = _header(head, "VEHICLES", 1000.0)
    stops: list[Stop] = []
    service: list[int] = []
    scale = 10
    for node, (x, y) in section["NODE_COORD_SECTION"].items():
        if node not in section["DEMAND_SECTION"] or node not in section["TIME_WINDOW_SECTION"]:
            raise RoadError(f"node {node} has no demand or no time window")
        ready, due = section["TIME_WINDOW_SECTION"][node]
        own = section.get("SERVICE_TIME_SECTION", {}).get(node, [serve if stops else 0.0])
        stops.append(Stop(int(section["DEMAND_SECTION"][node][0]), round(ready * scale), round(due * scale), x, y))
        service.append(round(own[0] * scale))
    return _problem(stops, service, fleet, capacity, [], scale, truncate=True)


def read_road(path: Path) -> RoadProblem:
    """An instance by what its text looks like; RoadError names the line when it is none of the three."""
    if path.stat().st_size > LARGEST_FILE:
        raise RoadError(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB")
    text = path.read_text("utf-8", "replace")
    if "NODE_COORD_SECTION" in text:
        return parse_vrplib(text)
    return parse_solomon(text) if "CUSTOMER" in text else parse_li_lim(text)
