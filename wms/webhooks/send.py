"""Sending one request to a stranger's address, carefully.

The name is resolved here and the request goes to the address that was looked at, so that a name cannot point inside after it
was checked. Private, loopback and link-local addresses are refused unless the setting allows them. Redirects are not followed;
an answer is read up to a few kilobytes and a few seconds.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

_TIMEOUT_S = 10.0
_MOST_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Sent:
    """`status` of HTTP, None when nobody answered; `error` says why not."""

    status: int | None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def url_problem(url: str, allow_private: bool) -> str | None:
    """What is wrong with a webhook's address before anybody is asked: a code, or None."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "url_unreadable"
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        return "url_not_https"
    if not host or parts.username or parts.password or parts.fragment or not url.isprintable() or not _ascii(host):
        return "url_unreadable"
    return None


def _ascii(host: str) -> str:
    """A host as it is asked for and named in headers; empty when it cannot be a name."""
    try:
        return host if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        return ""


async def send(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool) -> Sent:
    """POST the body; never raises."""
    if (problem := url_problem(url, allow_private)) is not None:
        return Sent(None, problem)
    parts = urlsplit(url)
    host, port = _ascii(parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            address = await _address_of(host, port, allow_private)
            if address is None:
                return Sent(None, "address_private")
            target = parts._replace(netloc=f"{_bracketed(address)}:{port}").geturl()
            named = _bracketed(host) + (f":{parts.port}" if parts.port is not None else "")
            return await _post(target, body, headers | {"host": named}, host)
    except TimeoutError:
        return Sent(None, "timeout")
    except httpx.HTTPError:
        return Sent(None, "no_answer")
    except OSError:
        return Sent(None, "host_unknown")
    except (ValueError, httpx.InvalidURL):
        return Sent(None, "url_unreadable")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _post(target: str, body: bytes, headers: dict[str, str], host: str) -> Sent:
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client,
        client.stream("POST", target, content=body, headers=headers, extensions={"sni_hostname": host}) as answer,
    ):
        read = 0
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read > _MOST_BYTES:
                break
        return Sent(answer.status_code)


async def _address_of(host: str, port: int, allow_private: bool) -> str | None:
    """The first address of a name that may be spoken to."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        text = str(address[0])
        if allow_private or _is_public(text.split("%")[0]):
            return text
    return None


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # to the IPv4 address in its last four bytes


def _is_public(text: str) -> bool:
    """Whether an address is everybody's, also the IPv4 address that an IPv6 one may stand for."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.is_global and not address.is_multicast and (inner is None or inner.is_global)
    return address.is_global and not address.is_multicast
