"""When a certificate ends, and what a file that is none says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.certificate import certificate_ends_at

ENDS_AT = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def test_the_end_is_read_in_utc(tmp_path: Path) -> None:
    """Who renews certificates by this number must not be hours late."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gw1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(ENDS_AT - timedelta(days=90)).not_valid_after(ENDS_AT).sign(key, hashes.SHA256())
    file = tmp_path / "gw.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    assert certificate_ends_at(file) == ENDS_AT


def test_a_file_that_is_no_certificate_ends_nothing(tmp_path: Path) -> None:
    """A gateway goes on without the number; the broker will say what is wrong."""
    file = tmp_path / "gw.pem"
    file.write_bytes(b"\x00 no certificate")
    assert certificate_ends_at(file) is None
    assert certificate_ends_at(tmp_path / "none") is None
