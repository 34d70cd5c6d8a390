"""The grams of catch weight that go with a part of a stock row. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

_ZERO = Decimal(0)


def share_weights(parts: Sequence[tuple[UUID, Decimal]], rows: Mapping[UUID, tuple[Decimal, int]]) -> list[int]:
    """Grams for each (stock row, quantity) out of rows of (quantity, grams): in proportion, never more in sum than is there.

    Whoever takes the last of a row takes its last gram.
    """
    before: dict[UUID, Decimal] = defaultdict(lambda: _ZERO)
    grams = []
    for stock_id, quantity in parts:
        total, weight = rows[stock_id]
        start, end = before[stock_id], before[stock_id] + quantity
        before[stock_id] = end
        grams.append(int(weight * end / total) - int(weight * start / total) if weight else 0)
    return grams
