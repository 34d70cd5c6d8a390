"""Link URLs of the configuration, parsed and checked before anything is opened.

serial:PATH?baud=115200&bytesize=8&parity=N&stopbits=1&rs485=1
tcp:HOST:PORT                                           an IPv6 host in brackets: tcp:[::1]:5000
listen:HOST:PORT                                        the machine connects to us; one at a time
http:HOST:PORT/PATH                                     the machine posts to us, one message a request
rfc2217://HOST:PORT?baud=...                            a serial server that is told the line's settings
socket://HOST:PORT                                      a serial server without; through pyserial, like the one above
mqtt://HOST:PORT/TOPIC?user=NAME&password_file=PATH     messages of a topic, one a line
replay:PATH?speed=1                                     a recording, see `recording`; speed 0 is as fast as it is read
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
    rs485: bool = False


@dataclass(frozen=True, slots=True)
class TcpAddress:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where we listen; port 0 is refused, because nobody could know it."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where machines post to."""

    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class UrlAddress:
    """A port that pyserial opens by URL: `rfc2217` or `socket`. Settings as of a serial port; `socket` has none."""

    scheme: str
    host: str
    port: int
    line: SerialAddress


@dataclass(frozen=True, slots=True)
class MqttAddress:
    host: str
    port: int
    topic: str
    user: str = ""
    password_file: str = ""


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """`speed` times as fast as it was recorded; 0 without any waiting."""

    path: str
    speed: float = 1.0


LinkAddress = SerialAddress | TcpAddress | ListenAddress | HttpAddress | UrlAddress | MqttAddress | ReplayAddress


def parse_link(url: str) -> LinkAddress:
    """Read a link URL; BadLinkUrl says which part is wrong."""
    scheme, _, rest = url.partition(":")
    if scheme == "serial":
        return _serial(rest)
    if scheme == "tcp":
        return TcpAddress(*_host_port("tcp", rest))
    if scheme == "listen":
        return ListenAddress(*_host_port("listen", rest))
    if scheme == "http":
        where, slash, path = rest.removeprefix("//").partition("/")
        return HttpAddress(*_host_port("http", where), slash + path or "/")
    if scheme in ("rfc2217", "socket"):
        return _url(scheme, rest)
    if scheme == "mqtt":
        return _mqtt(rest)
    if scheme == "replay":
        return _replay(rest)
    raise BadLinkUrl(f"unknown transport {scheme!r}; known: serial, tcp, listen, http, rfc2217, socket, mqtt, replay")


def _serial(rest: str) -> SerialAddress:
    path, _, query = rest.partition("?")
    if not path:
        raise BadLinkUrl("serial: the path of the port is missing")
    return _line("serial", path, query)


def _line(scheme: str, path: str, query: str) -> SerialAddress:
    options = _options(scheme, query, {"baud", "bytesize", "parity", "stopbits", "rs485"})
    parity = options.get("parity", "N").upper()
    if parity not in _PARITIES:
        raise BadLinkUrl(f"{scheme}: parity {parity!r} is none of N E O M S")
    return SerialAddress(
        path,
        int(_number(options, "baud", 9600, {float(rate) for rate in (300, 600, 1200, 2400, 4800)}, at_least=9600)),
        int(_number(options, "bytesize", 8, {5, 6, 7, 8})),
        parity,
        _number(options, "stopbits", 1, {1, 1.5, 2}),
        bool(_number(options, "rs485", 0, {0, 1})),
    )


def _url(scheme: str, rest: str) -> UrlAddress:
    where, _, query = rest.removeprefix("//").partition("?")
    if scheme == "socket" and query:
        raise BadLinkUrl("socket: such a server is set on its own page; take the options off")
    return UrlAddress(scheme, *_host_port(scheme, where.rstrip("/")), _line(scheme, "", query))


def _mqtt(rest: str) -> MqttAddress:
    where, _, query = rest.removeprefix("//").partition("?")
    server, _, topic = where.partition("/")
    options = _options("mqtt", query, {"user", "password_file"})
    if not 0 < len(topic) <= 512 or "#" in topic[:-1]:
        raise BadLinkUrl(f"mqtt: expected HOST:PORT/TOPIC, not {where!r}")
    host, port = _host_port("mqtt", server if ":" in server else f"{server}:1883")
    return MqttAddress(host, port, topic, options.get("user", ""), options.get("password_file", ""))


def _replay(rest: str) -> ReplayAddress:
    path, _, query = rest.partition("?")
    if not path:
        raise BadLinkUrl("replay: the path of the recording is missing")
    options = _options("replay", query, {"speed"})
    try:
        speed = float(options.get("speed", "1"))
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 10_000:
        raise BadLinkUrl(f"replay: speed {options['speed']!r} is not possible")
    return ReplayAddress(path, speed)


def _options(scheme: str, query: str, known: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = options.keys() - known
    if unknown:
        raise BadLinkUrl(f"{scheme}: unknown option {sorted(unknown)[0]!r}")
    return options


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


def _host_port(scheme: str, rest: str) -> tuple[str, int]:
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise BadLinkUrl(f"{scheme}: expected HOST:PORT, not {rest!r}")
    return host, int(port)
