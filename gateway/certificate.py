"""When our certificate towards the broker ends: a line that stops at midnight for a date is a line nobody looked after."""

from datetime import datetime
from pathlib import Path

from cryptography import x509


def certificate_ends_at(file: Path) -> datetime | None:
    """The end of the first certificate of a PEM file; None when there is none to read."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
