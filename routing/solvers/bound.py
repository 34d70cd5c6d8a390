"""From any prices to a certificate: round to whole numbers, pay what is left with pool prices, price every shipment."""

import numpy as np

from routing.certificate import Certificate
from routing.problem import MAX_LEGS
from routing.solvers.arrays import Floats, Goods, Ints, Network
from routing.solvers.scan import SCALE, desk_for, price_all, prices_of

_ROOM = 10**17  # what one shipment may pay on one departure in price units, so that sums stay in 64 bits


def whole_prices(net: Network, goods: Goods, per_g: Floats, per_dm3: Floats) -> tuple[Ints, Ints]:
    """Prices in minor units a gram and a dm3, rounded down into price units; lower prices only lower the bound."""
    most_w = _ROOM // max(1, int(goods.weight.max(initial=1)))
    most_v = _ROOM // max(1, int(goods.volume.max(initial=1)))
    by_w = np.clip(np.floor(np.nan_to_num(per_g) * SCALE), 0, min(most_w, _ROOM // int(net.unit_weight.max(initial=1))))
    by_v = np.clip(
        np.floor(np.nan_to_num(per_dm3) * SCALE), 0, min(most_v, _ROOM // int(net.unit_volume.max(initial=1)))
    )
    return by_w.astype(np.int64), by_v.astype(np.int64)


def pool_prices(net: Network, by_w: Ints, by_v: Ints, wished: Ints) -> Ints:
    """Raise the wished pool prices until every departure's units are paid for; the pool with the fewest slots pays."""
    price = wished.copy()
    over = net.unit_weight * by_w + net.unit_volume * by_v - SCALE * net.unit_cost
    for s in np.flatnonzero(over > 0):
        pools = net.pool[net.pool_start[s] : net.pool_start[s + 1]]
        left = int(over[s]) - int(price[pools].sum())
        if left > 0:
            price[pools[np.argmin(net.pool_slots[pools])]] += left
    return price


def certify(net: Network, goods: Goods, per_g: Floats, per_dm3: Floats, wished: Floats) -> Certificate:
    """The bound that these prices prove. `wished` are pool prices in minor units; zeros will do."""
    by_w, by_v = whole_prices(net, goods, per_g, per_dm3)
    pools = pool_prices(net, by_w, by_v, np.maximum(0, np.ceil(wished * SCALE)).astype(np.int64))
    routes = np.full((len(goods.ready), MAX_LEGS), -1, np.int32)
    own = np.zeros(len(goods.ready), np.int64)
    costs, _ = price_all(net, goods, prices_of(net, by_w, by_v), desk_for(net), routes, own)
    value = bound_value(net, costs, pools)
    return Certificate(value, tuple(by_w.tolist()), tuple(by_v.tolist()), tuple(pools.tolist()))


def bound_value(net: Network, costs: Ints, pools: Ints) -> int:
    """Costs are whole minor units, so the bound may be rounded up; never below zero."""
    earned = sum(int(c) for c in costs)
    paid = sum(int(slots) * int(price) for slots, price in zip(net.pool_slots, pools, strict=True) if price)
    return max(0, -((paid - earned) // SCALE))
