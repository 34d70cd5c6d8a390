"""A small dose of `make fuzz-codecs` in every run."""

import pytest

from devices.catalogue import Side
from tests.unit.devices.protocols.fuzz import Broken, fuzz, sides

FRAMES = 1500


@pytest.mark.parametrize(("name", "side"), [pytest.param(name, side, id=name) for name, side in sides()])
def test_no_frame_breaks_a_decoder(name: str, side: Side) -> None:
    """Hostile or damaged bytes neither raise, nor fill the memory, nor cost more than one good frame."""
    fuzz(name, side, FRAMES)


def test_the_fuzzer_notices_a_decoder_that_is_wrong() -> None:
    """A fuzzer that finds nothing has to be one that could."""
    name, side = next(sides("cas"))

    class Hoarder:
        def __init__(self) -> None:
            self._inner, self._held = side.decoder(), 0

        @property
        def pending(self) -> int:
            return self._held

        def feed(self, data: bytes) -> object:
            self._held += len(data)
            return self._inner.feed(data)

    with pytest.raises(Broken, match="holds"):
        fuzz(name, Side(Hoarder, side.encode, side.cap, side.example), 100)  # type: ignore[arg-type]
