"""`make bench-mcnd`. Network design instances against the best known; the last line is the JSON object.

INSTANCES=c36,c50 takes some, DIR= another folder of .dow files, SECONDS= another time an instance. Every design and
bound is judged by `routing.mcnd.check`. `mean_bound_gap` is the distance of the own bound from the strong LP, whose
values `strong_lp.py` computed exactly; instances without a best known value (BKS.csv in or above the folder) count
their gap from the own bound, which is never kinder.
"""

import csv
import json
import os
import statistics
from dataclasses import dataclass
from pathlib import Path

from routing.mcnd import check_bound, check_design, read_dow, solve
from tests.bench.mcnd.strong_lp import VALUES, strong_lp

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared/data/bench/mcnd/C"
TABLE = ROOT / "docs/benchmarks/mcnd.md"
HEAD = """# Network design: the Canad C instances

Made by `make bench-mcnd`{how}. Gap: cost over the best known value (negative: better). Statuses are of that value:
only `proved` is certain, the others are recalled from the literature and not verified here. LP: value of the linear
relaxation with all strong links, exact (`python -m tests.bench.mcnd.strong_lp`). Bound: the own Lagrangian bound,
below the LP by the part given. Proved gap: between the own design and the own bound. Every row passed the referee.

| instance | nodes/arcs/commodities | cost | best known | status | gap | LP | bound below LP | proved gap | s |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    size: str
    cost: float
    best: float | None
    status: str
    gap: float
    lp: float
    bound_gap: float
    proved: float
    seconds: float

    def line(self) -> str:
        best = f"{self.best:.0f}" if self.best else "–"
        return (
            f"| {self.name} | {self.size} | {self.cost:.1f} | {best} | {self.status} | {100 * self.gap:.2f} % | {self.lp:.1f} "
            f"| {100 * self.bound_gap:.3f} % | {100 * self.proved:.2f} % | {self.seconds:.1f} |"
        )


def best_known(folder: Path) -> dict[str, tuple[float, str]]:
    for place in (folder / "BKS.csv", folder.parent / "BKS.csv"):
        if place.is_file():
            with place.open(encoding="utf-8") as sheet:
                rows = csv.DictReader(line for line in sheet if not line.startswith("#"))
                return {row["instance"]: (float(row["value"]), row["status"]) for row in rows}
    return {}


def known_lp(folder: Path) -> dict[str, float]:
    """Stored LP values, for the folder that they were computed from."""
    if folder.resolve() != FOLDER.resolve() or not VALUES.is_file():
        return {}
    with VALUES.open(encoding="utf-8") as sheet:
        return {row["instance"]: float(row["strong_lp"]) for row in csv.DictReader(sheet)}


def measure(path: Path, seconds: float, best: tuple[float, str] | None, lp: float | None) -> Row:
    network = read_dow(path)
    solved = solve(network, seconds)
    assert solved.design is not None, f"{path.name}: no design found"
    wrong = check_design(network, solved.design) + check_bound(network, solved.bound)
    assert not wrong, f"{path.name}: {wrong[0]}"
    lp = lp if lp is not None else strong_lp(network)
    cost, bound = solved.design.cost, solved.bound.value
    gap = cost / best[0] - 1 if best else solved.gap
    return Row(
        path.stem, f"{network.nodes}/{network.arcs}/{network.commodities}", cost, best[0] if best else None,
        best[1] if best else "none", gap, lp, (lp - bound) / lp, solved.gap, solved.seconds,
    )  # fmt: skip


def main() -> None:
    folder = Path(os.environ.get("DIR") or FOLDER)
    seconds = float(os.environ.get("SECONDS") or 60)
    wanted = [name for name in (os.environ.get("INSTANCES") or "").split(",") if name]
    paths = [folder / f"{name}.dow" for name in wanted] or sorted(folder.glob("*.dow"))
    best, lp = best_known(folder), known_lp(folder)
    solve(read_dow(paths[0]), 0.0)  # compiles
    rows = []
    for path in paths:
        rows.append(measure(path, seconds, best.get(path.stem), lp.get(path.stem)))
        print(rows[-1].line(), flush=True)
    if not wanted and folder.resolve() == FOLDER.resolve():
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        body = "\n".join(row.line() for row in rows)
        TABLE.write_text(HEAD.format(how=f" at {seconds:g} s an instance, one thread") + body + "\n", "utf-8")
    print(
        json.dumps(
            {
                "instances": len(rows),
                "mean_gap": round(statistics.fmean(row.gap for row in rows), 5),
                "max_gap": round(max(row.gap for row in rows), 5),
                "mean_bound_gap": round(statistics.fmean(row.bound_gap for row in rows), 5),
            }
        )
    )


if __name__ == "__main__":
    main()
