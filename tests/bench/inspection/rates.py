"""Figures with their uncertainty."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def auc(positive: Scores, negative: Scores) -> float:
    """Chance that a positive scores above a negative, ties half."""
    order = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(order, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n = len(positive)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * len(negative)))


def auc_interval(positive: Scores, negative: Scores, seed: int, rounds: int = 1000) -> tuple[float, float]:
    """95 % by bootstrap over parcels."""
    rng = np.random.default_rng(seed)
    values = [auc(rng.choice(positive, len(positive)), rng.choice(negative, len(negative))) for _ in range(rounds)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
