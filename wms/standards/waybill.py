"""Which carrier may have issued this number?

Only S10 and the GS1 keys have a published form with a check digit. The couriers publish none; their rows below are forms
seen in use and in the recognisers of others (`verified=False`), they overlap, and they change. So the answer is a list,
the certain ones first, and an empty list means "unknown", never "invalid".
"""

import re
from dataclasses import dataclass

from wms.standards import gs1, s10


@dataclass(frozen=True, slots=True)
class WaybillKind:
    """A form of waybill numbers. `verified`: published by whoever issues it; `carrier` is our code."""

    code: str
    carrier: str | None
    verified: bool


@dataclass(frozen=True, slots=True)
class _Form:
    kind: WaybillKind
    pattern: re.Pattern[str]


S10_ITEM = WaybillKind("s10", "post", True)
SSCC = WaybillKind("sscc", None, True)
GTIN = WaybillKind("gtin", None, True)


def _courier(code: str, pattern: str) -> _Form:
    return _Form(WaybillKind(code, code, False), re.compile(pattern))


# In use as of 2026; digits-only forms of different couriers overlap.
_FORMS = (
    _courier("sf", r"SF[0-9]{13}|[0-9]{12}"),  # 顺丰
    _courier("yto", r"YT[0-9]{13}"),  # 圆通
    _courier("zto", r"7[3-68][0-9]{12}"),  # 中通
    _courier("sto", r"77[0-9]{13}|77[0-9]{11}"),  # 申通
    _courier("yunda", r"[34][0-9]{14}|[34][0-9]{12}"),  # 韵达
    _courier("jd", r"JD[0-9A-Z]{11,13}"),  # 京东
    _courier("ems_cn", r"(?:1[0-3]|9[0-9])[0-9]{11}"),  # 邮政快递包裹 and domestic EMS, without S10 form
    _courier("jt", r"JT[0-9]{13}"),  # 极兔
    _courier("cainiao", r"LP[0-9]{14,17}|621[0-9]{12}"),  # 菜鸟
)

LONGEST = 32  # customs' logisticsNo (export waybill, CEB505) has room for no more
_PLAIN = re.compile(r"[0-9A-Z][0-9A-Z-]{3,31}")


def normalise(text: str) -> str:
    """Upper case without surrounding blanks: scanners and spreadsheets differ in both."""
    return text.strip().upper()


def recognise(text: str) -> tuple[WaybillKind, ...]:
    """Every kind a number may be, verified ones first; text must be normalised."""
    kinds: list[WaybillKind] = []
    if isinstance(s10.parse(text), s10.S10):
        kinds.append(S10_ITEM)
    if gs1.check_key(text, "sscc") is None:
        kinds.append(SSCC)
    if gs1.check_key(text, "gtin") is None:
        kinds.append(GTIN)
    kinds.extend(form.kind for form in _FORMS if form.pattern.fullmatch(text))
    return tuple(kinds)


def is_plausible(text: str) -> bool:
    """Whether this can stand in a waybill field at all: 4 to 32 letters, digits and hyphens."""
    return _PLAIN.fullmatch(text) is not None
