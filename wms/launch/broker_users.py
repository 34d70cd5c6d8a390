"""Who may speak MQTT, and about what. Pure: no files, no processes.

Three kinds of user: the warehouse reads and writes everything under the root, a gateway its own node and its line, and a
device that speaks MQTT itself only its own subtree. There is no anonymous user and no wildcard rule beside these.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

from devices.contract.topics import ROOT, DeviceAddress, is_segment

Access = Literal["read", "write", "readwrite"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_FILTER = re.compile(r"(?:[a-z0-9_-]{1,32}|\+)(?:/(?:[a-z0-9_-]{1,32}|\+))*(?:/#)?")
# Mosquitto checks the password on its only thread at every connect. Secrets here are 256 random bits, which no number of
# iterations makes harder to guess; 101 is what mosquitto_passwd itself uses.
_ITERATIONS = 101
_SALT_BYTES = 12
_HASH_BYTES = 64


@dataclass(frozen=True, slots=True)
class AclRule:
    """Permission to `access` the topics that `topic_filter` matches."""

    access: Access
    topic_filter: str

    def __post_init__(self) -> None:
        if not _FILTER.fullmatch(self.topic_filter):
            raise ValueError(f"not a topic filter of ours: {self.topic_filter!r}")


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A name, a secret and the rules; whatever no rule allows is refused."""

    name: str
    password: str = field(repr=False)
    rules: list[AclRule]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"not a broker user name: {self.name!r}")
        if not self.password or len(self.password.encode()) > 1024:
            raise ValueError("a broker password has 1 to 1024 bytes")


def generate_secret() -> str:
    """A fresh password: 256 random bits in URL-safe letters."""
    return secrets.token_urlsafe(32)


def warehouse_rules() -> list[AclRule]:
    """The WMS itself: everything under the root."""
    return [AclRule("readwrite", f"{ROOT}/#")]


def gateway_rules(site: str, gateway: str, *line_paths: str) -> list[AclRule]:
    """A gateway: its own node, and the devices of its lines (`site/area/line` each)."""
    if not (is_segment(site) and is_segment(gateway)):
        raise ValueError(f"not topic segments: {site!r}, {gateway!r}")
    for line_path in line_paths:
        parts = line_path.split("/")
        if len(parts) != 3 or parts[0] != site or not all(map(is_segment, parts)):
            raise ValueError(f"not a line of site {site!r}: {line_path!r}")
    filters = [f"{ROOT}/{site}/_gw/{gateway}/#", *(f"{ROOT}/{path}/#" for path in line_paths)]
    return [AclRule("readwrite", topic_filter) for topic_filter in filters]


def device_rules(address: DeviceAddress) -> list[AclRule]:
    """A device that speaks MQTT itself: its own subtree and nothing of its neighbours."""
    return [AclRule("readwrite", f"{ROOT}/{address}/#")]


def allows(rules: list[AclRule], wanted: Literal["read", "write"], topic: str) -> bool:
    """Whether a rule gives `wanted` access to a concrete topic."""
    return any(rule.access in (wanted, "readwrite") and matches(rule.topic_filter, topic) for rule in rules)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether an MQTT filter matches a concrete topic (3.1.1, section 4.7)."""
    if topic.startswith("$"):
        return False
    wanted, given = topic_filter.split("/"), topic.split("/")
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index >= len(given) or level not in ("+", given[index]):
            return False
    return len(wanted) == len(given)


def password_hash(password: str, salt: bytes | None = None) -> str:
    """Mosquitto 2's `$7$iterations$salt$hash`: PBKDF2-HMAC-SHA512, both parts in base64."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, _HASH_BYTES)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def password_fits(password: str, stored: str) -> bool:
    """Whether `password` is the one behind a stored `$7$` hash; compared in constant time."""
    _, kind, iterations, salt, wanted = stored.split("$")
    if kind != "7":
        return False
    given = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations), _HASH_BYTES)
    return hmac.compare_digest(given, base64.b64decode(wanted))
