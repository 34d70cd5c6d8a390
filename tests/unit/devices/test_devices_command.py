"""`python -m devices`, as a technician types it."""

import subprocess
import sys
from pathlib import Path

import pytest

from devices.__main__ import INPUT_CAP
from devices.catalogue import LANGUAGES

ROOT = Path(__file__).parents[3]
# The vector of Rockwell 57c428, p. 37, with its recomputed checksum: 123.45 kg.
TOLEDO = bytes.fromhex("022C3020303132333435303030303030 0D26")


def _run(*args: str, data: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "devices", *args], input=data, capture_output=True, timeout=60, check=False, cwd=ROOT
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_decode_says_what_each_frame_means() -> None:
    """Offset, bytes and words; 0 because every byte is explained."""
    code, out, _ = _run("decode", "toledo_continuous_checked", data=TOLEDO * 2)
    assert code == 0
    assert "000012  02 2c 30 20 30 31 32 33 34 35" in out
    assert out.count("stable gross weight 123.45 kg = 123450 g") == 2
    assert "frames 2, garbage 0, bytes 36" in out


def test_decode_says_why_bytes_are_garbage() -> None:
    """1, because something is not explained."""
    code, out, _ = _run("decode", "and_scale", data=b"ST,NT,+0012.34lb\r\nST,NT,+0012.34kg\r\n")
    assert code == 1
    assert "garbage (bad_unit)" in out
    assert "stable net weight 12.34 kg = 12340 g" in out


def test_hexadecimal_text_and_the_other_direction() -> None:
    """A dump copied from a terminal is as good as a recording."""
    code, out, _ = _run("decode", "zebra_ssi", "--host", "--hex", data=b"04 D0 04 00\nFF 28\n")
    assert (code, "Packet" in out) == (0, True)


def test_guess_names_the_language() -> None:
    """The checksum tells the two variants of Toledo Continuous apart."""
    code, out, _ = _run("guess", data=TOLEDO)
    assert (code, out) == (0, "toledo_continuous_checked (machine): 18 of 18 bytes, frames 1\n")


@pytest.mark.parametrize(
    ("args", "data", "code", "said"),
    [
        (["guess"], b"\xff\xff", 1, "no language"),
        (["decode", "sma"], b"", 1, "frames 0"),
        (["decode", "klingon"], b"", 2, "no language 'klingon'"),
        (["decode", "cas", "--host"], b"", 2, "the host says nothing"),
        (["decode", "sma", "--hex"], b"0A 5", 2, "not hexadecimal"),
        (["decode", "sma"], b"x" * (INPUT_CAP + 1), 2, "more than"),
        ([], b"", 2, "usage"),
    ],
)
def test_what_cannot_be_answered_is_said(args: list[str], data: bytes, code: int, said: str) -> None:
    """1 for bytes without meaning, 2 for a question without answer; never a traceback."""
    found, out, err = _run(*args, data=data)
    assert found == code
    assert said in out + err
    assert "Traceback" not in err


def test_languages_lists_all() -> None:
    """One line a language, with its kind and level."""
    code, out, _ = _run("languages")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(LANGUAGES)
