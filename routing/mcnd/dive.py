"""From the relaxation to a design: decide the clearest arcs, relax again, until every arc is open or closed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.mcnd.model import Mask
from routing.mcnd.relaxation import Relaxation


@dataclass(frozen=True, slots=True)
class Slope:
    """How fast to dive: volume iterations a step, least share of arcs decided a step, what counts as clearly closed
    or open."""

    iterations: int = 100
    share: float = 0.05
    closed_below: float = 0.1
    open_above: float = 0.97


def dive(
    root: Relaxation, undecided: Mask, open_already: Mask, upper: float, slope: Slope, over: Callable[[], bool]
) -> Mask | None:
    """The open arcs of a design near the relaxation; None when the way down leads above 1.3 times `upper` or time is
    `over`.

    Arcs not `undecided` are open or closed as `open_already` says.
    """
    relaxation, undecided = root.copy(), undecided.copy()
    closed = ~undecided & ~open_already
    certain = relaxation.decide(~undecided & open_already, closed)
    is_open = ~undecided & open_already
    if not undecided.all():
        relaxation.improve(slope.iterations, upper - certain)
    while undecided.any():
        wish = relaxation.mean_open
        close, open_ = undecided & (wish < slope.closed_below), undecided & (wish > slope.open_above)
        least = max(1, int(slope.share * undecided.sum()))
        if int(close.sum() + open_.sum()) < least:
            rest = np.flatnonzero(undecided & ~close & ~open_)
            open_[rest[np.argsort(-wish[rest], kind="stable")[:least]]] = True
        certain += relaxation.decide(open_, close)
        undecided &= ~(close | open_)
        is_open |= open_
        if relaxation.improve(slope.iterations, upper - certain) + certain > 1.3 * upper or over():
            return None
    return is_open
