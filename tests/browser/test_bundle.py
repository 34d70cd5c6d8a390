"""How much a device has to load before it can work."""

import gzip
import re
from pathlib import Path

import pytest

LIMITS = {"console": 60_000, "handheld": 60_000}


@pytest.mark.parametrize("entry", LIMITS)
def test_an_entry_is_small(entry: str, dist: Path):
    """A handheld at the edge of the Wi-Fi starts in a second; the barcode reader comes only with the camera."""
    page = (dist / entry / "index.html").read_text()
    files = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert files
    languages = sorted(dist.glob("assets/??-*.js"), key=lambda one: one.stat().st_size)
    assert len(languages) == 3
    files.append(f"/assets/{languages[-1].name}")
    sizes = {name: len(gzip.compress((dist / name.lstrip("/")).read_bytes())) for name in files}
    assert sum(sizes.values()) < LIMITS[entry], sizes
    assert not any("wasm" in name or "worker" in name for name in files)


def test_nothing_is_loaded_from_elsewhere(dist: Path):
    """A border site may be cut off from the world; its screens must not be."""
    for path in [*dist.glob("*/index.html"), *dist.glob("assets/*.css")]:
        assert not re.search(r"(?:src|href|url|@import)[=( \"']+https?:", path.read_text()), path.name
