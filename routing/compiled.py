"""One typed door to numba for the packages beside the engine: machine code from plain functions over arrays.

numba's cache looks only at the file in which a function stands, so a change in a function that it calls would go
unnoticed. The cache folder therefore carries a digest of the sources of these packages.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

P = ParamSpec("P")
R = TypeVar("R")

Ints = npt.NDArray[np.int64]
SmallInts = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

PACKAGES = ("loading", "mcnd")


def _cache_folder() -> str:
    """Where machine code is kept, or nothing where that cannot be written; then every process compiles for itself."""
    here = Path(__file__).parent
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted([Path(__file__), *(file for name in PACKAGES for file in (here / name).glob("*.py"))]):
        digest.update(source.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "kouan" / "compiled" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""


_FOLDER = _cache_folder()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call; the interpreter lock is released while it runs."""
    config: Any = numba.config  # its settings appear at import and are unknown to type checkers
    before = config.CACHE_DIR
    config.CACHE_DIR = _FOLDER
    try:
        return cast(Callable[P, R], numba.njit(cache=bool(_FOLDER), nogil=True)(function))
    finally:
        config.CACHE_DIR = before
