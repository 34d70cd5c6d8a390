"""What may be received against what was announced, and how much of it is looked at. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """`received` is all that came so far, damaged or not."""

    id: UUID
    line_no: int
    item_id: UUID
    expected: Decimal
    received: Decimal
    lot_no: str | None = None

    @property
    def open(self) -> Decimal:
        return max(self.expected - self.received, Decimal(0))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`open` is what the line still waits for, `over` what came beyond the announcement and within the tolerance."""

    open: Decimal
    over: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A part of one count that belongs to one line."""

    line: ExpectedLine
    quantity: Decimal


def most(line: ExpectedLine, tolerance_percent: Decimal) -> Decimal:
    """The largest total a line may reach."""
    return line.expected * (1 + tolerance_percent / 100)


def accept(line: ExpectedLine, counted: Decimal, tolerance_percent: Decimal) -> Acceptance | Refusal:
    """Decide whether a counted quantity may be received against a line.

    Tolerance applies to the line's total, not to this count: three counts of +4 % each must not pass as 12 %.
    """
    total = line.received + counted
    limit = most(line, tolerance_percent)
    if total > limit:
        return Refusal(
            "over_receipt",
            line=line.line_no,
            expected=_text(line.expected),
            received=_text(line.received),
            counted=_text(counted),
            most=_text(limit),
        )
    return Acceptance(open=max(line.expected - total, Decimal(0)), over=max(total - line.expected, Decimal(0)))


def share_count(
    lines: Sequence[ExpectedLine], counted: Decimal, lot_no: str | None, tolerance_percent: Decimal
) -> list[Share] | Refusal:
    """Share a count over the lines that announced this article: first those of this lot, then those of no lot.

    What is open is filled in the order of the lines; what is over goes to the last of them, if its tolerance takes it.
    No line announced the article or lot: an empty list, and the caller makes a blind receipt of it.
    """
    fitting = [line for line in lines if line.lot_no is not None and line.lot_no == lot_no]
    fitting += [line for line in lines if line.lot_no is None]
    if not fitting:
        return []
    shares: list[Share] = []
    rest = counted
    for line in fitting:
        part = min(line.open, rest)
        if part > 0:
            shares.append(Share(line, part))
            rest -= part
    if rest > 0:
        last = fitting[-1]
        taken = sum((share.quantity for share in shares if share.line.id == last.id), Decimal(0))
        so_far = replace(last, received=last.received + taken)
        if isinstance(refused := accept(so_far, rest, tolerance_percent), Refusal):
            return refused
        shares = [share for share in shares if share.line.id != last.id] + [Share(last, taken + rest)]
    return shares


def sample_size(quantity: Decimal, percent: Decimal, minimum: int) -> int:
    """How many pieces of a lot are looked at: the percentage, rounded up; not below the minimum, nor more than there are."""
    wanted = max(math.ceil(quantity * percent / 100), minimum)
    return max(1, min(wanted, math.ceil(quantity)))


def decide_lot(checked: int, defects: int, sample: int, accept_number: int) -> str:
    """`failed` at the first defect too many, even before the sample is complete; `passed` when it is; else `open`."""
    if defects > accept_number:
        return "failed"
    return "passed" if checked >= sample else "open"


def _text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
