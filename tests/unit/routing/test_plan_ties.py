"""Plans of equal cost."""

from routing.check import check
from routing.model import Model
from routing.solvers.engine import Engine, rows_of, state_of


def test_a_plan_has_the_units_of_its_own_routes_when_another_costs_the_same():
    """Daily shuttles of one price give many plans of one cost; units of one with routes of another cannot be carried out."""
    model = Model()
    a, b = model.add_hub("a"), model.add_hub("b")
    for day in range(2):
        model.add_departure(
            f"shuttle {day}",
            a,
            b,
            cut_off_min=day * 1440,
            depart_min=day * 1440,
            arrive_min=day * 1440 + 60,
            unit_weight_g=1000,
            unit_volume_dm3=1000,
            unit_cost=100,
            slots=1,
        )
    model.add_shipment("s", a, b, ready_min=0, due_min=9000, weight_g=500, volume_dm3=500, outsource_cost=900)
    engine = Engine(model.problem())
    engine.scout()
    engine.restore(rows_of(((0,),)))
    engine.state = state_of(engine, rows_of(((1,),)))
    plan = engine.plan(0.0)
    assert plan.routes == ((0,),)
    assert check(plan.problem, plan) == []
