"""Which of the raw reads may be believed. Pure.

Strong codes are believed at once. Codes with one check digit are believed when zxing read them on a plain view; all others
need a second, different look (another view of the pixels or another decoder) that says the same. Reads that contradict each
other on the same print are settled only by a clear majority; else none of them is accepted: a parcel without a code goes to
manual coding, a parcel with a wrong one goes to the wrong country.
"""

from dataclasses import dataclass

from devices.vision import check_digits
from devices.vision.read import Read, near, overlap
from devices.vision.symbology import MATRIX, STRONG, WEAK

_PLAIN_VIEWS = frozenset({"frame", "crop", "band"})
_CLEAR_MAJORITY = 3
_SHORT_TEXT = 3
_FRAIL = frozenset({"EAN-8", "UPC-E", "PDF417"})  # PDF417 of a low correction level has nothing left to check with
_SHORTEST = {"Code128": 1, "Code39": 2, "ITF": 6, "Codabar": 4, "Code93": 2, "Telepen": 3, "DXFilmEdge": 4}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`pending` wants a second look; `conflicts` are prints on which the decoders contradict each other."""

    accepted: tuple[Read, ...]
    pending: tuple[Read, ...] = ()
    conflicts: tuple[tuple[Read, ...], ...] = ()


@dataclass(slots=True)
class _Claim:
    """Every read that says the same of the same print."""

    reads: list[Read]

    @property
    def first(self) -> Read:
        return self.reads[0]

    @property
    def votes(self) -> int:
        return len({(read.decoder, read.view) for read in self.reads})

    @property
    def suffices(self) -> bool:
        return self.votes >= _votes_needed(self.reads)

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        return self.suffices, self.first.symbology in STRONG, self.votes, len(self.first.text)


def judge(reads: list[Read]) -> Judgement:
    """Sort the raw reads of one frame; accepted ones stand in the order in which they were found."""
    claims = _claims([read for read in reads if _is_possible(read)])
    accepted: list[_Claim] = []
    pending: list[Read] = []
    conflicts: list[tuple[Read, ...]] = []
    for claim in sorted(claims, key=lambda one: one.rank, reverse=True):
        rivals = [other for other in claims if other is not claim and _contradict(claim, other)]
        if any(other in accepted for other in rivals):
            continue
        if not claim.suffices:
            pending.append(claim.first)
        elif open_rivals := [other for other in rivals if not _beats(claim, other)]:
            conflicts.append((claim.first, *(other.first for other in open_rivals)))
        else:
            accepted.append(claim)
    order = {id(claim): place for place, claim in enumerate(claims)}
    accepted.sort(key=lambda claim: order[id(claim)])
    return Judgement(tuple(claim.first for claim in accepted), tuple(pending), tuple(conflicts))


def _claims(reads: list[Read]) -> list[_Claim]:
    claims: list[_Claim] = []
    for read in reads:
        for claim in claims:
            if (claim.first.symbology, claim.first.text) == (read.symbology, read.text) and near(
                claim.first.box, read.box
            ):
                claim.reads.append(read)
                break
        else:
            claims.append(_Claim([read]))
    return claims


def _contradict(one: _Claim, other: _Claim) -> bool:
    """Linear and matrix codes are never the same print; two matrix codes of one frame are told apart by their finders."""
    if (one.first.symbology in MATRIX) != (other.first.symbology in MATRIX):
        return False
    if one.first.symbology in MATRIX and one.first.symbology != other.first.symbology:
        return False
    return overlap(one.first.box, other.first.box)


def _beats(claim: _Claim, rival: _Claim) -> bool:
    if not rival.suffices:
        stronger = claim.first.symbology in STRONG and rival.first.symbology not in STRONG
        return stronger or claim.votes > rival.votes
    return claim.votes >= _CLEAR_MAJORITY * rival.votes


def _is_possible(read: Read) -> bool:
    if len(read.text) < _SHORTEST.get(read.symbology, 1):
        return False
    if read.symbology in ("EAN-13", "EAN-8", "UPC-A"):
        return check_digits.gs1(read.text)
    return not (read.symbology == "ITF" and len(read.text) == 14 and not check_digits.gs1(read.text))


def _votes_needed(same: list[Read]) -> int:
    first = same[0]
    if first.symbology in WEAK or first.symbology in _FRAIL or len(first.text) < _SHORT_TEXT:
        return 2
    plain = any(read.view in _PLAIN_VIEWS and read.decoder == "zxing-cpp" for read in same)
    if first.symbology in MATRIX:
        return 1
    if first.symbology in STRONG:
        return 1 if plain or len(first.text) >= 8 else 2
    return 1 if plain else 2
