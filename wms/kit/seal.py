"""Personal data at rest: AES-256-GCM with a random nonce, key from the settings, and masks for the screen."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Seal:
    """Encrypts short texts. The first byte names the key version, so that a later key can be added without a rewrite."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, text: str | None) -> bytes | None:
        if not text:
            return None
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b"\x01" + nonce + self._cipher.encrypt(nonce, text.encode(), b"kouan")

    def open(self, sealed: bytes | None) -> str | None:
        """The text, or None when there is none or the key does not fit."""
        if not sealed or sealed[0] != 1:
            return None
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, b"kouan").decode()
        except (InvalidTag, ValueError):  # another key, or a row that was cut short
            return None


def mask_name(name: str | None) -> str | None:
    """First character, then stars: enough for a worker to compare, too little to take home."""
    return name[0] + "*" * min(len(name) - 1, 3) if name else None


def mask_phone(phone: str | None) -> str | None:
    return "*" * max(len(phone) - 4, 0) + phone[-4:] if phone else None
