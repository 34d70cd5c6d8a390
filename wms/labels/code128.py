"""Code 128 as ZPL's ^BC takes it, with the subsets chosen here, so that its width is known before it is printed. Pure.

Invocation codes (ZPL II Programming Guide, ^BC): `>:` start B, `>;` start C, `>6` to B, `>5` to C, `>8` FNC1, `>0` is `>`.
Width: 11 modules a symbol, start and check digit included, and 13 for the stop (ISO/IEC 15417).
"""

import re
from dataclasses import dataclass

FNC1 = "\x1d"
_TOKENS = re.compile(r"\x1d|(?:[0-9]{2}){2,}|.", re.DOTALL)
_START = {"B": ">:", "C": ">;"}
_SWITCH = {"B": ">6", "C": ">5"}


@dataclass(frozen=True, slots=True)
class Code128:
    """`data` is what stands behind ^FD, before its escaping."""

    data: str
    modules: int


def pack(content: str) -> Code128:
    """Four digits and more go two to a symbol. `content` is printable ASCII and FNC1."""
    tokens = _TOKENS.findall(content)
    out: list[str] = []
    subset = ""
    symbols = 2  # start and check digit
    for place, token in enumerate(tokens):
        wanted = _subset(tokens, place) if token == FNC1 and not subset else subset if token == FNC1 else _own(token)
        if wanted != subset:
            out.append(_SWITCH[wanted] if subset else _START[wanted])
            symbols += 1 if subset else 0
            subset = wanted
        out.append(">8" if token == FNC1 else token.replace(">", ">0"))
        symbols += len(token) // 2 if _own(token) == "C" else 1
    return Code128("".join(out), 11 * symbols + 13)


def _own(token: str) -> str:
    return "C" if len(token) > 1 else "B"


def _subset(tokens: list[str], place: int) -> str:
    """The subset in which a leading FNC1 is best: that of what follows."""
    return next((_own(token) for token in tokens[place:] if token != FNC1), "B")
