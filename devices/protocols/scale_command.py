"""What a host sends to the scales that know only bare words: shared by their codecs.

    [prefix] WORD terminator

The words are the maker's; each codec lists those of its document. A scale in the field may know others, so the list is a
parameter everywhere.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven

COMMAND_CAP = 32


@dataclass(frozen=True, slots=True)
class ScaleCommand:
    """One word, as it stands on the wire."""

    word: str


class ScaleCommandDecoder(DelimitedDecoder[ScaleCommand]):
    """What a scale hears. Garbage codes: noise, truncated, overlong, unknown_command."""

    def __init__(self, words: AbstractSet[str], prefix: bytes = b"", terminator: bytes = b"\r\n") -> None:
        super().__init__(prefix, terminator, COMMAND_CAP, self._word)
        self._words = words

    def _word(self, payload: bytes) -> ScaleCommand | str:
        word = payload.decode("latin-1")
        return ScaleCommand(word) if word in self._words else "unknown_command"


def encode_scale_command(
    command: ScaleCommand, words: AbstractSet[str], prefix: bytes = b"", terminator: bytes = b"\r\n"
) -> bytes:
    """The bytes of a command. ValueError when the scale would not know it."""
    wire = prefix + command.word.encode("latin-1", "replace") + terminator
    return proven(wire, command, ScaleCommandDecoder(words, prefix, terminator))
