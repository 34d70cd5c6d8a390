"""From the codes a scanner read to a `scan` of the contract: the limits of the contract, no-reads and AIM identifiers."""

import re
from collections.abc import Sequence

from devices.contract.events import Code, Scan
from devices.drivers.outputs import Noise, Output, Report

_MAX_CODES = 32
_MAX_TEXT = 256
_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])(.+)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f]")  # GS stays: it separates GS1 elements


def scan_of(codes: Sequence[tuple[str, str]], src_seq: str | None = None, tid: str | None = None) -> Output:
    """The scan of these (symbology, text); no code at all is a no-read. Beyond the contract's limits it is noise."""
    if len(codes) > _MAX_CODES or any(not 0 < len(text) <= _MAX_TEXT for _, text in codes):
        return Noise(sum(len(text) for _, text in codes), "beyond_contract")
    if any(_CONTROL.search(text) for _, text in codes):
        return Noise(sum(len(text) for _, text in codes), "bad_text")
    body = Scan(
        tid=tid, outcome="good" if codes else "no_read", codes=[Code(symbology=kind, text=text) for kind, text in codes]
    )
    return Report("scan", body, src_seq=src_seq)


def codes_in(data: bytes, separator: str, no_read: str) -> list[tuple[str, str]] | None:
    """The codes in a reader's text, with AIM identifiers split off where they stand; None when it is no UTF-8."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if text in ("", no_read):
        return []
    found: list[tuple[str, str]] = []
    for part in text.split(separator):
        match = _AIM.fullmatch(part)
        found.append((match[1], match[2]) if match else ("", part))
    return found
