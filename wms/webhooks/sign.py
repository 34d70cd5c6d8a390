"""Signatures of webhooks, in the form of the Standard Webhooks specification. Pure.

    webhook-id: 4711.0197…      webhook-timestamp: 1760000000      webhook-signature: v1,BASE64 v1,BASE64

The signature is HMAC-SHA256 over `id.timestamp.body`. During a change of secrets both sign, separated by a blank.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    content = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], id: str, now: datetime, body: bytes) -> dict[str, str]:
    timestamp = int(now.timestamp())
    return {
        "content-type": "application/json",
        "user-agent": "kouan",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, id, timestamp, body) for secret in secrets),
    }
