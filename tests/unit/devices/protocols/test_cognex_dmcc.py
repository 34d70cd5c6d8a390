"""Cognex DMCC, held by the examples of its manual."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.cognex_dmcc import (
    FRAME_CAP,
    Command,
    CommandDecoder,
    Response,
    ResponseDecoder,
    encode_command,
    encode_response,
)
from devices.protocols.frames import Garbage

# docs.cognex.com, dmcc-main, "Command Syntax" and "Examples"; the XOR of `||1>X` was computed by hand: 31 3E 58 give 57.
GOLDEN_COMMANDS = [
    (b"||>trigger on\r\n", Command("trigger on")),
    (b"||0:123>GET SYMBOL.DATAMATRIX\r\n", Command("GET SYMBOL.DATAMATRIX", "123")),
    (b"||1>X\x57\r\n", Command("X", "", True)),
]
# yumpu 5960194 (DMCC 3.5), "Examples"; manualslib 2077577, p. 19: status 1 carries base64.
GOLDEN_RESPONSES = [
    (b"||[0]ON\r\n", Response(0, "ON")),
    (b"||[0]\r\n", Response(0)),
    (b"||0:123[102]\r\n", Response(102, "", "123")),
    (b"||[1]TFgxMjM0NTY3ODlDTg==\r\n", Response(1, "TFgxMjM0NTY3ODlDTg==")),
]

text = st.from_regex(r"[ -{}~]{1,40}", fullmatch=True)
id = st.from_regex(r"[0-9]{0,6}", fullmatch=True)


@pytest.mark.parametrize(("wire", "command"), GOLDEN_COMMANDS)
def test_commands_mean_what_the_manual_says(wire: bytes, command: Command) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert CommandDecoder().feed(wire) == [command]
    assert encode_command(command) == wire


@pytest.mark.parametrize(("wire", "response"), GOLDEN_RESPONSES)
def test_responses_mean_what_the_manual_says(wire: bytes, response: Response) -> None:
    """The same for the other direction."""
    assert ResponseDecoder().feed(wire) == [response]
    assert encode_response(response) == wire


def test_a_read_carries_the_code_itself() -> None:
    """What the reader reports unasked is base64, so that a code may hold any byte, FNC1 included."""
    assert GOLDEN_RESPONSES[3][1].code == b"LX123456789CN"
    assert GOLDEN_RESPONSES[0][1].code is None


@given(st.builds(Command, text, id, st.booleans()))
def test_a_command_is_read_back(command: Command) -> None:
    """Every command that can be written is read back as itself, with checksum and without."""
    assert CommandDecoder().feed(encode_command(command)) == [command]


@given(st.binary(max_size=60), id, st.booleans())
def test_a_read_is_read_back(code: bytes, id: str, checksum: bool) -> None:
    """Every code survives, whatever its bytes."""
    response = Response(1, b64encode(code).decode(), id, checksum)
    (found,) = ResponseDecoder().feed(encode_response(response))
    assert found == response
    assert isinstance(found, Response)
    assert found.code == code


@given(st.integers(3, 26), st.integers(1, 255))
def test_the_checksum_catches_every_damaged_byte(place: int, mask: int) -> None:
    """With the checksum switched on, one damaged byte is never another command; without it nothing could tell."""
    wire = bytearray(encode_command(Command("GET SYMBOL.DATAMATRIX", "", True)))
    wire[place] ^= mask
    found = CommandDecoder().feed(bytes(wire))
    assert [item for item in found if isinstance(item, Command)] == []


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"||ON\r\n", "bad_field"),
        (b"||[x]ON\r\n", "bad_field"),
        (b"||2[0]ON\r\n", "bad_field"),
        (b"||[1]LX123\r\n", "bad_field"),
        (b"||[1]TFgx!MjM0\r\n", "bad_field"),
        (b"||[0]\xff\r\n", "bad_field"),
        (b"||1[0]ON?\r\n", "bad_checksum"),
        (b"||[0]O", "truncated"),
        (b"||" + b"A" * FRAME_CAP + b"\r\n", "overlong"),
        (b"ON\r\n", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a frame was thrown away; the next one is read. Silent responses are noise here."""
    good, response = GOLDEN_RESPONSES[0]
    found = ResponseDecoder().feed(wire + good)
    assert found[0] == Garbage(wire, why)
    assert found[-1] == response


@pytest.mark.parametrize(
    "command", [Command(""), Command("two\r\nlines"), Command("a||b"), Command("X", "a b"), Command("绥")]
)
def test_a_command_that_would_not_survive_is_refused(command: Command) -> None:
    """Refuse at the sender instead of sending another command."""
    with pytest.raises(ValueError, match="written"):
        encode_command(command)


@pytest.mark.parametrize("response", [Response(1, "LX123"), Response(1000), Response(0, "\x1d")])
def test_a_response_that_would_not_survive_is_refused(response: Response) -> None:
    """The same for the other direction."""
    with pytest.raises(ValueError, match="written"):
        encode_response(response)
