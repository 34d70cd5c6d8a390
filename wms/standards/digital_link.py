"""GS1 element strings written for people and for the web.

    Digital Link   https://host/any/prefix/01/09506000134352/10/ABC?17=261231     GS1 Digital Link URI 1.4, section 4
    brackets       (01)09506000134352(10)ABC                                      the line under a GS1-128

Both come to the same ElementString that a scanner's FNC1 message gives, with the same check digits verified.
"""

from collections.abc import Iterable
from typing import Protocol

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message

from wms.standards.gs1 import Element, ElementString, Gs1Fault, check_key

_KEYS = {"00": "sscc", "01": "gtin", "02": "gtin", "410": "gln", "414": "gln", "415": "gln"}


class _Ai(Protocol):
    ai: str


class _Part(Protocol):
    ai: _Ai
    value: str


def is_digital_link(text: str) -> bool:
    return text[:8].lower().startswith(("https://", "http://"))


def read_digital_link(text: str) -> ElementString | Gs1Fault:
    """The elements of a Digital Link; a fault for any other address. The host is not asked and does not matter."""
    if len(text) > 2_000:
        return Gs1Fault("not_element_string")
    try:
        return _checked(GS1DigitalLinkURI.parse(text).element_strings)  # type: ignore[arg-type] # biip's own classes fit the protocol
    except (ParseError, ValueError, ArithmeticError):
        return Gs1Fault("not_element_string")


def read_bracketed(text: str) -> ElementString | Gs1Fault:
    """The elements of `(01)…(10)…`, as a person types or copies them."""
    if not text.startswith("(") or len(text) > 200:
        return Gs1Fault("not_element_string")
    try:
        return _checked(GS1Message.parse_hri(text).element_strings)  # type: ignore[arg-type] # as above
    except (ParseError, ValueError, ArithmeticError):
        return Gs1Fault("not_element_string")


def _checked(parts: Iterable[_Part]) -> ElementString | Gs1Fault:
    elements = tuple(Element(part.ai.ai, part.value, getattr(part, "decimal", None)) for part in parts)
    for element in elements:
        kind = _KEYS.get(element.ai)
        fault = check_key(element.value, kind) if kind else None  # type: ignore[arg-type] # the table's values are kinds
        if fault is not None:
            return Gs1Fault(fault.code, fault.expected, element.ai)
    return ElementString(elements) if elements else Gs1Fault("not_element_string")
