"""Have the machine code ready before somebody waits for a plan."""

import time

from routing.model import Model
from routing.replan import Cancel
from routing.stop import MaxIterations


def warm_up() -> float:
    """Plan a tiny network once, so that everything is compiled or read from the cache; seconds it took."""
    began = time.perf_counter()
    model = Model()
    a, b, c = (model.add_hub(name) for name in "abc")
    for day in range(3):
        start = day * 1440
        for origin, destination in ((a, b), (b, c)):
            model.add_departure(
                f"{origin.name}{destination.name}{day}",
                origin,
                destination,
                cut_off_min=start,
                depart_min=start,
                arrive_min=start + 600,
                slots=2,
                unit_weight_g=1000,
                unit_volume_dm3=1000,
                unit_cost=1000,
            )
    for number in range(4):
        model.add_shipment(
            f"s{number}", a, c, ready_min=0, due_min=9000, weight_g=300, volume_dm3=300, outsource_cost=9000
        )
    plan = model.solve(MaxIterations(200))
    plan.what_if(Cancel("ab0"))
    return time.perf_counter() - began
