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
    if not host or parts.username or parts.password or parts.fragment:
        return "url_unreadable"
    return None


async def send(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool) -> Sent:
    """POST the body; never raises."""
    if (problem := url_problem(url, allow_private)) is not None:
        return Sent(None, problem)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = await _address_of(host, port, allow_private)
    except OSError:
        return Sent(None, "host_unknown")
    if address is None:
        return Sent(None, "address_private")
    literal = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{literal}:{port}").geturl()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await _post(target, body, headers | {"host": parts.netloc}, host)
    except TimeoutError:
        return Sent(None, "timeout")
    except httpx.HTTPError:
        return Sent(None, "no_answer")


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
        if allow_private or ipaddress.ip_address(text.split("%")[0]).is_global:
            return text
    return None
