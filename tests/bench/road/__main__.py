"""`make bench-road`. Time-window instances by both engines beside the best known; writes docs/benchmarks/road.md.

SECONDS= another time an instance and engine (10). The last line is a JSON object: mean gap of each engine over what
it solved.
"""

import json
import os
import statistics
from importlib.util import find_spec
from pathlib import Path

from routing.road import OrToolsRoad, PyVrpRoad, RoadSolver, check_road, read_road

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT.parent / "shared/data/bench"
TABLE = ROOT / "docs/benchmarks/road.md"
FILES = (
    *(
        "vrptw/solomon_C101.txt",
        "vrptw/solomon_R101.txt",
        "vrptw/solomon_RC101.txt",
        "vrptw/RC208.vrp",
        "vrptw/C1_10_1.vrp",
    ),
    *("pdptw/lc101.txt", "pdptw/lr101.txt", "pdptw/lrc101.txt"),
)
HEAD = """# Road legs with time windows

Made by `make bench-road` at {seconds:g} s an instance and engine, distance only. OR-Tools is called for at most 150
stops by territory (SAVINGS; parallel cheapest insertion where pickups have deliveries), PyVRP is the extra
`kouan[pyvrp]`. Best known: the files beside the instances. Theirs may put the number of vehicles before the distance;
a negative gap is then possible. Every plan passed the referee.

| instance | stops | best known | vehicles | OR-Tools | gap | vehicles | PyVRP | gap | vehicles |
|---|---|---|---|---|---|---|---|---|---|
"""


def best_known(path: Path) -> tuple[float, int]:
    """Distance and vehicles of the best plan on record."""
    solution = path.with_suffix(".sol")
    if solution.is_file():
        lines = solution.read_text().splitlines()
        return float(lines[-1].split()[-1]), sum(line.startswith("Route") for line in lines)
    record = path.parent / ("BKS_vroom.json" if path.parent.name == "vrptw" else "BKS.json")
    entry = json.loads(record.read_text())[path.stem.removeprefix("solomon_")]
    return float(entry["best_known_cost"]), int(entry["solved_with_vehicles"])


def main() -> None:
    seconds = float(os.environ.get("SECONDS") or 10)
    engines: dict[str, RoadSolver] = {"ortools": OrToolsRoad(), "pyvrp": PyVrpRoad()}
    have_pyvrp = find_spec("pyvrp") is not None
    if not have_pyvrp:
        print(
            "PyVRP is not installed (pip install 'kouan[pyvrp]'): its columns stay empty and the table is not written"
        )
    gaps: dict[str, list[float]] = {name: [] for name in engines}
    lines = []
    for name in FILES:
        problem, (best, vehicles) = read_road(BENCH / name), best_known(BENCH / name)
        cells = [Path(name).stem, str(len(problem.stops) - 1), f"{best:g}", str(vehicles)]
        for engine, solver in engines.items():
            plan = solver.solve(problem, seconds, seed=1) if engine == "ortools" or have_pyvrp else None
            if plan is None:
                cells += ["none", "–", "–"]
                continue
            wrong = check_road(problem, plan)
            assert not wrong, f"{name}, {engine}: {wrong[0]}"
            distance = plan.distance / problem.scale
            gaps[engine].append(distance / best - 1)
            cells += [f"{distance:.1f}", f"{100 * gaps[engine][-1]:+.2f} %", str(len(plan.routes))]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if have_pyvrp:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(HEAD.format(seconds=seconds) + "\n".join(lines) + "\n", "utf-8")
    means = {
        f"{engine}_mean_gap": round(statistics.fmean(found), 4) if found else None for engine, found in gaps.items()
    }
    solved = {f"{engine}_solved": len(found) for engine, found in gaps.items()}
    print(json.dumps({"instances": len(FILES), **means, **solved}))


if __name__ == "__main__":
    main()
