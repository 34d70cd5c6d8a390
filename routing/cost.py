"""What a shipment costs on a departure, in storage and by the time it takes; the solver's side of the formulas in `problem`."""

from routing.problem import Departure, Hub, Problem, Shipment, Weights

GRAMS_PER_T = 1_000_000
DAY_MIN = 1440


def ceil_div(value: int, by: int) -> int:
    return -(-value // by)


def rate_per_t(departure: Departure, weights: Weights) -> int:
    """Minor units a tonne pays, the price of its CO2e included."""
    return departure.per_t + ceil_div(weights.co2_per_t * departure.co2_g_per_t, GRAMS_PER_T)


def rate_per_shipment(departure: Departure, weights: Weights) -> int:
    return departure.per_shipment + weights.risk_point * departure.risk_points


def leg_cost(shipment: Shipment, departure: Departure, weights: Weights) -> int:
    by_size = rate_per_t(departure, weights) * shipment.weight_g + 1000 * departure.per_m3 * shipment.volume_dm3
    return rate_per_shipment(departure, weights) + ceil_div(by_size, GRAMS_PER_T)


def time_cost(shipment: Shipment, at_hand_min: int, weights: Weights) -> int:
    return ceil_div(weights.day_per_t * shipment.weight_g * (at_hand_min - shipment.ready_min), GRAMS_PER_T * DAY_MIN)


def storage_cost(shipment: Shipment, hub: Hub, wait_min: int) -> int:
    charged_min = max(0, wait_min - hub.free_min)
    return ceil_div(hub.storage_per_t_day * shipment.weight_g * charged_min, GRAMS_PER_T * DAY_MIN)


def units_needed(departure: Departure, weight_g: int, volume_dm3: int) -> int:
    return max(ceil_div(weight_g, departure.unit_weight_g), ceil_div(volume_dm3, departure.unit_volume_dm3))


def route_cost(problem: Problem, shipment: Shipment, route: tuple[int, ...]) -> int:
    """Everything that a shipment pays itself on a route; shares of units are not in it."""
    total, at_hand_min = 0, shipment.ready_min
    for number in route:
        departure = problem.departures[number]
        hub = problem.hubs[departure.origin]
        total += storage_cost(shipment, hub, departure.cut_off_min - at_hand_min)
        total += leg_cost(shipment, departure, problem.weights)
        at_hand_min = departure.arrive_min + departure.dwell_min
    return total + time_cost(shipment, at_hand_min, problem.weights)
