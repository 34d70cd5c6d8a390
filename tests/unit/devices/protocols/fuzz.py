"""Frames at random and mutated against every decoder: no exception, a bounded buffer, at most one good frame lost after noise.

    python -m tests.unit.devices.protocols.fuzz --frames 1000000 [--only NAME]        `make fuzz-codecs`

The last line is one JSON object: frames a codec, what broke. Seeded: the same seed finds the same frame again.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator

from devices.catalogue import LANGUAGES, Side
from devices.protocols.frames import Garbage

SEED = 20261120
_PROVE_EVERY = 50  # stretches of noise between two proofs that good frames are still read


class Broken(AssertionError):
    """A law does not hold; the message has the bytes."""


def sides(only: str | None = None) -> Iterator[tuple[str, Side]]:
    """Both directions of every language."""
    for language in LANGUAGES.values():
        if only in (None, language.name):
            yield f"{language.name}/machine", language.machine
            if language.host is not None:
                yield f"{language.name}/host", language.host


def fuzz(name: str, side: Side, frames: int, seed: int = SEED) -> None:
    """Feed so many random and mutated frames, in random pieces; Broken when a law does not hold."""
    draw = random.Random(f"{seed}/{name}")
    decoder, fed = side.decoder(), 0
    while fed < frames:
        for _ in range(min(_PROVE_EVERY, frames - fed)):
            data = _frame(draw, side)
            fed += 1
            try:
                cut = draw.randrange(len(data) + 1)
                decoder.feed(data[:cut])
                decoder.feed(data[cut:])
            except Exception as error:
                raise Broken(f"{name}: {type(error).__name__} after {data.hex()}") from error
            if decoder.pending > side.cap:
                raise Broken(f"{name}: holds {decoder.pending} of {side.cap} bytes after {data.hex()}")
        _prove(name, side, decoder)


def _prove(name: str, side: Side, decoder: object) -> None:
    """Of three good frames after the noise at least the last two are read, at the latest when the line falls silent."""
    found = list(decoder.feed(side.example * 3))  # type: ignore[attr-defined]  # a BoundedDecoder
    flush = getattr(decoder, "flush", None)
    found += flush() if flush is not None else []
    (message,) = side.decoder().feed(side.example)
    good = [item for item in found if not isinstance(item, Garbage)]
    if good[-2:] != [message, message]:
        raise Broken(f"{name}: good frames lost after noise: {found}"[:500])


def _frame(draw: random.Random, side: Side) -> bytes:
    """Random bytes, a mutated good frame, a piece of one, two glued together, or a run of one byte."""
    example, kind = side.example, draw.randrange(8)
    if kind == 0:
        return draw.randbytes(draw.randrange(1, 64))
    if kind == 1:
        return example[: draw.randrange(len(example))] + example[draw.randrange(len(example)) :]
    if kind == 2:
        return bytes([draw.choice(example)]) * draw.randrange(1, 40)
    data = bytearray(example)
    for _ in range(draw.randrange(1, 5)):
        place = draw.randrange(len(data))
        data[place] = draw.randrange(256) if draw.random() < 0.5 else draw.choice(example)
    if kind == 3:
        del data[draw.randrange(len(data))]
    elif kind == 4:
        data.insert(draw.randrange(len(data)), draw.randrange(256))
    return bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--only", choices=list(LANGUAGES))
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    broken: dict[str, str] = {}
    start = time.monotonic()
    count = 0
    for name, side in sides(args.only):
        begun = time.monotonic()
        try:
            fuzz(name, side, args.frames, args.seed)
        except Broken as error:
            broken[name] = str(error)
        count += 1
        print(f"{name}: {broken.get(name, 'good')}, {time.monotonic() - begun:.1f} s", flush=True)
    result = {
        "codecs": count,
        "frames_per_codec": args.frames,
        "broken": broken,
        "seconds": round(time.monotonic() - start, 1),
    }
    print(json.dumps(result))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
