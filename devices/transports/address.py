"""Link URLs of the configuration, parsed and checked before anything is opened.

serial:PATH?baud=115200&bytesize=8&parity=N&stopbits=1
tcp:HOST:PORT                                           an IPv6 host in brackets: tcp:[::1]:5000
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

_PARITIES = frozenset("NEOMS")


class BadLinkUrl(ValueError):
    """A link URL that names no transport, or names it wrongly."""


@dataclass(frozen=True, slots=True)
class SerialAddress:
    path: str
    baud: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1


@dataclass(frozen=True, slots=True)
class TcpAddress:
    host: str
    port: int


LinkAddress = SerialAddress | TcpAddress


def parse_link(url: str) -> LinkAddress:
    """Read a link URL; BadLinkUrl says which part is wrong."""
    scheme, _, rest = url.partition(":")
    if scheme == "serial":
        return _serial(rest)
    if scheme == "tcp":
        return _tcp(rest)
    raise BadLinkUrl(f"unknown transport {scheme!r}; known: serial, tcp")


def _serial(rest: str) -> SerialAddress:
    path, _, query = rest.partition("?")
    if not path:
        raise BadLinkUrl("serial: the path of the port is missing")
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = options.keys() - {"baud", "bytesize", "parity", "stopbits"}
    if unknown:
        raise BadLinkUrl(f"serial: unknown option {sorted(unknown)[0]!r}")
    parity = options.get("parity", "N").upper()
    if parity not in _PARITIES:
        raise BadLinkUrl(f"serial: parity {parity!r} is none of N E O M S")
    return SerialAddress(
        path,
        int(_number(options, "baud", 9600, {float(rate) for rate in (300, 600, 1200, 2400, 4800)}, at_least=9600)),
        int(_number(options, "bytesize", 8, {5, 6, 7, 8})),
        parity,
        _number(options, "stopbits", 1, {1, 1.5, 2}),
    )


def _number(
    options: dict[str, str], key: str, default: float, allowed: set[float], at_least: float | None = None
) -> float:
    text = options.get(key, str(default))
    try:
        value = float(text)
    except ValueError:
        raise BadLinkUrl(f"serial: {key} {text!r} is no number") from None
    if value in allowed or (at_least is not None and at_least <= value <= 4_000_000):
        return value
    raise BadLinkUrl(f"serial: {key} {text!r} is not possible")


def _tcp(rest: str) -> TcpAddress:
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise BadLinkUrl(f"tcp: expected HOST:PORT, not {rest!r}")
    return TcpAddress(host, int(port))
