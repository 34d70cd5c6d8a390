"""What the planner refuses to take: a code with parameters, and the sentence for people who use the library directly."""

from typing import Any

SENTENCES: dict[str, str] = {
    "name_missing": "{place}: a name is needed.",
    "name_repeated": "{place}: this name is used twice; give every hub, departure and shipment its own.",
    "not_whole": "{place}: {field} is {value!r}, and only whole numbers are planned with; round it first.",
    "out_of_range": "{place}: {field} is {value}, outside {low} to {high}.",
    "unknown_hub": "{place}: hub {value!r} is not in the network; add it first or correct the code.",
    "same_hub": "{place}: it starts and ends at the same hub {value!r}.",
    "departs_before_cut_off": "{place}: departure at minute {depart} lies before its cut-off at minute {cut_off}.",
    "arrives_before_departure": "{place}: arrival at minute {arrive} is not after departure at minute {depart}.",
    "due_before_ready": "{place}: due at minute {due} lies before ready at minute {ready}.",
    "unknown_pool": "{place}: the slots belong to a pool that this model does not have; call add_slots first.",
    "too_large_for_any_unit": (
        "{place}: {weight_g} g and {volume_dm3} dm3 fit on no departure even with all its slots; "
        "split the shipment or add a larger service."
    ),
    "unknown_shipment": "{place}: there is no such shipment in this plan.",
    "unknown_departure": "{place}: there is no such departure in this plan.",
    "too_many": "The problem has {value} {field}; at most {high} are planned at once. Split it by corridor or week.",
}


class ProblemFault(ValueError):
    """A problem, or a question about a plan, that cannot be taken; `code` and `params` for screens, the text for people."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(SENTENCES[code].format(**params))


def whole(place: str, field: str, value: object, low: int, high: int) -> int:
    """The value when it is a whole number within bounds; bool is not a number here."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProblemFault("not_whole", place=place, field=field, value=value)
    if not low <= value <= high:
        raise ProblemFault("out_of_range", place=place, field=field, value=value, low=low, high=high)
    return value
