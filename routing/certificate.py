"""A lower bound that anybody can re-check: whole-number prices under which no plan can be cheaper than `value`.

    for prices >= 0 with  unit_weight * price_weight + unit_volume * price_volume <= SCALE * unit_cost + sum of pool prices:
    SCALE * value = sum over shipments min(SCALE * outsource, cheapest route at these prices) - sum slots * pool_price

`kind` says what it bounds: "lagrangian" for whole units relaxed to fractions and shipments routed each for itself.
"""

from dataclasses import dataclass

SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Certificate:
    """`price_weight` a gram, `price_volume` a dm3 of each departure, `pool_price` a slot; all in 1/SCALE minor units."""

    value: int
    price_weight: tuple[int, ...]
    price_volume: tuple[int, ...]
    pool_price: tuple[int, ...]
    kind: str = "lagrangian"
