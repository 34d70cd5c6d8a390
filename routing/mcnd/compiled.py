"""One typed door to numba: machine code from plain functions over integer arrays, kept on disk between runs."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call; the lock of the interpreter is released while it runs."""
    return cast(Callable[P, R], njit(cache=True, nogil=True)(function))
