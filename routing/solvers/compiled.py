"""One decorator for functions that run as machine code; the first call on a machine compiles, later processes read the cache.

numba's cache looks only at the file in which a function stands: a change in a function that it calls would go unnoticed.
The cache folder therefore carries a digest of all sources of this package.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _cache_folder() -> Path | None:
    """Where machine code is kept, or None where nothing can be written; then every process compiles for itself."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "kouan" / "compiled" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


_FOLDER = _cache_folder()


def compiled(function: F) -> F:
    """Compile without the interpreter lock, so that two threads can search at once."""
    config: Any = numba.config  # its settings appear at import and are unknown to type checkers
    before = config.CACHE_DIR
    config.CACHE_DIR = str(_FOLDER or "")
    try:
        return cast(F, numba.njit(cache=_FOLDER is not None, nogil=True)(function))
    finally:
        config.CACHE_DIR = before


def inlined(function: F) -> F:
    """Compile into the caller. A call that passes tuples of arrays counts references for each of them, twice; in the
    innermost loops that costs more than the work."""
    return cast(F, numba.njit(inline="always")(function))
