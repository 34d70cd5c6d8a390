"""What each kind of lane reads and what it takes for a waybill. Pure.

A lane that reads fewer symbologies is both faster (DataMatrix and PDF417 cost more than all others) and safer (nearly every
wrong text comes from a symbology the lane does not need).
"""

import re
from dataclasses import dataclass

from devices.vision import check_digits
from devices.vision.read import Read
from devices.vision.symbology import ALL, CODE128, QR

_WAYBILL = re.compile(r"[A-Z0-9]{8,22}")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_SSCC = re.compile(r"(?:00)?([0-9]{18})")


@dataclass(frozen=True, slots=True)
class Lane:
    """`expects`: reading may stop early once each of these is read. `thorough`: time matters less than a missed code."""

    name: str
    symbologies: frozenset[str]
    expects: frozenset[str] = frozenset()
    thorough: bool = False
    waybill: frozenset[str] = frozenset()

    def is_waybill(self, read: Read) -> bool:
        """Whether this code may name the parcel here; its check digit counts when the form has one."""
        if read.symbology not in self.waybill:
            return False
        if _S10.fullmatch(read.text):
            return check_digits.s10(read.text)
        if sscc := _SSCC.fullmatch(read.text):
            return check_digits.gs1(sscc[1])
        if read.symbology == "ITF":
            return len(read.text) == 14 and check_digits.gs1(read.text)
        return _WAYBILL.fullmatch(read.text) is not None

    def is_enough(self, reads: list[Read]) -> bool:
        """Not "something was read": a QR code beside the waybill must not hide the unread waybill."""
        if self.expects:
            return self.expects <= {read.symbology for read in reads}
        return bool(self.waybill) and any(self.is_waybill(read) for read in reads)


OPEN = Lane("open", ALL, thorough=True)
LANES = {
    lane.name: lane
    for lane in (
        OPEN,
        Lane("parcel", frozenset({CODE128, QR}), waybill=frozenset({CODE128})),
        Lane("post", frozenset({CODE128, "DataMatrix"}), waybill=frozenset({CODE128})),
        Lane("carton", frozenset({CODE128, "ITF", "DataMatrix"}), waybill=frozenset({CODE128, "ITF"})),
        Lane("air", frozenset({CODE128, "Code39", "PDF417"}), waybill=frozenset({CODE128, "Code39"}), thorough=True),
        Lane("goods", frozenset({"EAN/UPC", "DataMatrix", QR, CODE128}), thorough=True),
    )
}
