"""A CT machine on a belt: takes parcels in, drops files, listens for verdicts, diverts. Pure: a clock in, telegrams out.

The diverter never waits: a parcel whose verdict is not there when it arrives goes to opening. A tube arc leaves a scan without
images; a jam holds the belt, and with it every deadline.
"""

from dataclasses import dataclass, field

from devices.protocols.ct_line import CtTelegram

_LANES = {"RELEASE": "R", "UNPACK": "U", "RESCAN": "S"}


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file in the share: where, how large, and its SHA-256."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(slots=True)
class _OnBelt:
    tid: str
    scan_uid: str
    files: tuple[DroppedFile, ...]
    scanned_at_s: float
    diverts_at_s: float
    scanned: bool = False
    verdict: str | None = None


@dataclass(slots=True)
class CtMachine:
    """`scan_s` after induction the files are there, `belt_s` after it the diverter is reached."""

    scan_s: float = 0.5
    belt_s: float = 8.0
    arc: bool = False
    lanes: dict[str, str] = field(default_factory=dict)  # tid -> lane, of everything that passed the diverter
    late: int = 0  # verdicts that came after the diverter, or for a parcel that is not here
    _belt: dict[str, _OnBelt] = field(default_factory=dict)
    _jammed: bool = False
    _last_s: float = 0.0

    @property
    def on_belt(self) -> int:
        return len(self._belt)

    def induct(
        self, now_s: float, tid: str, scan_uid: str, code: str, files: tuple[DroppedFile, ...]
    ) -> list[CtTelegram]:
        """A parcel enters. ValueError for a tracking id that is on the belt."""
        if tid in self._belt:
            raise ValueError(f"{tid} is on the belt")
        shown = () if self.arc else files
        self._belt[tid] = _OnBelt(tid, scan_uid, shown, now_s + self.scan_s, now_s + self.belt_s)
        return [CtTelegram("IND", (tid, scan_uid, code or "-", str(int(self.belt_s * 1000))))]

    def jam(self, jammed: bool) -> None:
        """Stop the belt, or let it run again."""
        self._jammed = jammed

    def hear(self, telegram: CtTelegram) -> None:
        """Take a verdict; the last one before the diverter counts."""
        if telegram.kind != "VER":
            return
        one = self._belt.get(telegram.fields[0])
        if one is None:
            self.late += 1
        else:
            one.verdict = telegram.fields[1]

    def tick(self, now_s: float) -> list[CtTelegram]:
        """What happened until now, in order of the belt."""
        gone_s, self._last_s = max(0.0, now_s - self._last_s), now_s
        said: list[CtTelegram] = []
        for one in list(self._belt.values()):
            if self._jammed:
                one.scanned_at_s += gone_s
                one.diverts_at_s += gone_s
            if not one.scanned and now_s >= one.scanned_at_s:
                one.scanned = True
                said += self._show(one)
            if now_s >= one.diverts_at_s:
                lane = _LANES[one.verdict or "UNPACK"]
                self.lanes[one.tid] = lane
                del self._belt[one.tid]
                said.append(CtTelegram("DIV", (one.tid, lane)))
        return said

    @staticmethod
    def _show(one: _OnBelt) -> list[CtTelegram]:
        told = [CtTelegram("IMG", (one.scan_uid, file.name, str(file.size_bytes), file.sha256)) for file in one.files]
        return [*told, CtTelegram("END", (one.scan_uid, str(len(one.files))))]
