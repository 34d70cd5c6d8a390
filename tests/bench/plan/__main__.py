"""`make bench-plan`: plans of 2,000, 5,000 and 10,000 shipments with their proven gaps. The last line is the JSON object.

python -m tests.bench.plan --seconds 60 --shipments 2000 5000 10000
python -m tests.bench.plan --saturated 30000
"""

import argparse
import json
import time

from routing.check import check
from routing.check_bound import check_bound
from routing.progress import Progress
from routing.replan import Cancel, Replan
from routing.solution import Plan
from routing.solve import solve
from routing.stop import MaxRuntime
from routing.warm_up import warm_up
from tests.bench.plan.measure import direct_cost, peak_mb, start_peak
from tests.bench.plan.world import Size, build


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-plan")
    parser.add_argument("--shipments", type=int, nargs="*", default=[2000, 5000, 10_000])
    parser.add_argument("--saturated", type=int, nargs="*", default=[], help="sizes on a network with half its slots")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        f"machine code ready in {warm_up():.1f} s (compiled once for a machine, then read from the cache)", flush=True
    )
    runs = []
    for shipments in options.shipments:
        runs.append(_run(Size(shipments, options.seed), options.seconds))
    for shipments in options.saturated:
        runs.append(_run(Size(shipments, options.seed, saturation=0.5), options.seconds))
    print(json.dumps({"runs": runs}))


def _run(size: Size, seconds: float) -> dict[str, object]:
    problem = build(size).problem()
    print(
        f"{len(problem.shipments):,} shipments, {len(problem.departures):,} departures, {len(problem.hubs)} hubs",
        flush=True,
    )
    start_peak()
    told: list[Progress] = []
    plan = solve(problem, MaxRuntime(seconds), seed=size.seed, progress=lambda now: _tell(told, now))
    peak = peak_mb()
    first_plan_s = next(now.seconds for now in told if now.phase == "first plan")
    faults = [str(fault) for fault in check(problem, plan)] + check_bound(problem, plan.certificate)
    quick, careful = _cancel_the_fullest(plan)
    faults += [str(fault) for fault in check(careful.plan.problem, careful.plan)]
    faults += [str(fault) for fault in check(quick.plan.problem, quick.plan)]
    faults += check_bound(careful.plan.problem, careful.plan.certificate)
    for fault in faults[:5]:
        print("broken:", fault)
    served = sum(route is not None for route in plan.routes)
    print(f"  {served:,} carried, {sum(plan.units):,} units, {plan.iterations:,} moves, cost {plan.cost / 100:,.0f}")
    direct = direct_cost(problem)
    return {
        "shipments": size.shipments,
        "first_plan_s": round(first_plan_s, 2),
        "gap": round(plan.gap.share, 4),
        "seconds": round(plan.seconds, 1),
        "replan_ms": round(quick.greedy_s * 1000, 1),
        "reoptimise_s": round(careful.seconds, 2),
        "checked": not any(fault for fault in faults if "Violation" in fault),
        "bound_checked": not any("Violation" not in fault for fault in faults),
        "peak_mb": round(peak),
        "saving": round(1 - plan.cost / direct, 4),
        "kind": plan.gap.kind,
    }


def _tell(told: list[Progress], now: Progress) -> None:
    told.append(now)
    if now.phase != "search" or int(now.seconds) % 5 == 0:
        gap = "" if now.gap is None else f" gap {now.gap:.2%}"
        print(
            f"  {now.seconds:5.1f} s {now.phase}: {now.iterations:,} moves, cost {(now.cost or 0) / 100:,.0f}{gap}",
            flush=True,
        )


def _cancel_the_fullest(plan: Plan) -> tuple[Replan, Replan]:
    """Cancel the departure with the most units: put elsewhere at once, and searched again."""
    fullest = max(range(len(plan.units)), key=lambda s: plan.units[s])
    name = plan.problem.departures[fullest].name
    plan.what_if(Cancel(name), reoptimise=False)  # the first call of a process loads machine code
    quick = plan.what_if(Cancel(name), reoptimise=False)
    began = time.perf_counter()
    careful = plan.what_if(Cancel(name))
    print(
        f"  cancelled {name} with {plan.units[fullest]} units: greedy {quick.greedy_s * 1000:.0f} ms cost"
        f" {quick.plan.cost / 100:,.0f}; searched {time.perf_counter() - began:.2f} s cost {careful.plan.cost / 100:,.0f},"
        f" gap {careful.plan.gap.share:.2%}, {len(careful.moved)} moved"
    )
    return quick, careful


if __name__ == "__main__":
    main()
