"""Chutes of a sorter that numbers them, under the names the warehouse gave them."""

import re


class NumberedChutes:
    """Numbers 1 to `count`; `pattern` has one `{n}`, with or without a width: `c{n:02d}`."""

    def __init__(self, pattern: str, count: int) -> None:
        head, _, tail = pattern.partition("{n")
        self._pattern = pattern
        self._count = count
        self._name = re.compile(re.escape(head) + r"([0-9]{1,5})" + re.escape(tail.partition("}")[2]))

    def has_chute(self, name: str) -> bool:
        """Whether a chute of this sorter is called so."""
        match = self._name.fullmatch(name)
        return match is not None and 1 <= int(match[1]) <= self._count and self._pattern.format(n=int(match[1])) == name

    def name(self, number: int) -> str | None:
        """The name of a chute, None when there is none of this number."""
        return self._pattern.format(n=number) if 1 <= number <= self._count else None

    def number(self, name: str | None) -> int:
        """The number of a chute, 0 for another round. ValueError when no chute is called so."""
        if name is None:
            return 0
        match = self._name.fullmatch(name)
        if match is None or not self.has_chute(name):
            raise ValueError(f"no chute of this sorter: {name!r}")
        return int(match[1])
