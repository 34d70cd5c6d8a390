"""MT-SICS lines, held by the makers' examples and by the laws every decoder obeys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.mt_sics import (
    LINE_CAP,
    Command,
    CommandDecoder,
    Fault,
    Reading,
    Reply,
    Response,
    ResponseDecoder,
    encode_command,
    encode_response,
)

GOLDEN_RESPONSES: list[tuple[bytes, Response]] = [
    # Mettler-Toledo AL-IC manual, p. 72: forms of the answer to S and SI.
    (b"S S     100.00 kg\r\n", Reading("S", 100_000, "kg", "100.00")),
    (b"S D     129.07 g\r\n", Reading("D", 129, "g", "129.07")),
    (b"S I\r\n", Reading("I")),
    (b"S +\r\n", Reading("+")),
    (b"S -\r\n", Reading("-")),
    # T104 series manual, p. 44: level 0 and 1 commands and their answers.
    (b"Z A\r\n", Reply("Z", "A")),
    (b"ZI D\r\n", Reply("ZI", "D")),
    (b'I4 A "1234567"\r\n', Reply("I4", "A", ('"1234567"',))),
    (b'I0 B 0 "I0"\r\n', Reply("I0", "B", ("0", '"I0"'))),
    (b'I2 A "ICS469 OU 60.18 kg"\r\n', Reply("I2", "A", ('"ICS469 OU 60.18 kg"',))),
    # MT-SICS reference 11781363, 2.1.3.2: error messages.
    (b"ES\r\n", Fault("ES")),
    (b"ET\r\n", Fault("ET")),
    (b"EL\r\n", Fault("EL")),
]
GOLDEN_COMMANDS = [
    (b"S\r\n", Command("S")),
    (b"SI\r\n", Command("SI")),
    (b"@\r\n", Command("@")),
    (b'D "HELLO BORDER"\r\n', Command("D", ('"HELLO BORDER"',))),
]

printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='" ')
token = st.text(printable, min_size=1, max_size=12) | st.text(printable, max_size=12).map(lambda text: f'"{text} x"')
name = st.from_regex(r"[A-Z@][A-Z0-9]{0,3}", fullmatch=True)
commands = st.builds(Command, name, st.lists(token, max_size=3).map(tuple))
weights = st.builds(
    Reading.of_grams, st.sampled_from(["S", "D"]), st.integers(-99_999, 999_999), st.just("kg"), st.integers(0, 3)
)
replies = st.builds(
    Reply, name.filter(lambda id: id != "S"), st.sampled_from("ABILSD+-"), st.lists(token, max_size=2).map(tuple)
)
responses = st.one_of(
    weights,
    st.builds(Reading, st.sampled_from(["I", "+", "-"])),
    st.builds(Fault, st.sampled_from(["ES", "ET", "EL"])),
    replies,
)
noise = (
    st.binary(max_size=300)
    | st.integers(0, 400).map(lambda size: b"A" * size + b"\r\n"[: size % 3])
    | st.lists(st.sampled_from([b"\r", b"\n", b"S S ", b'"', b" "])).map(b"".join)
)


@pytest.mark.parametrize(("wire", "response"), GOLDEN_RESPONSES)
def test_answers_mean_what_the_manual_says(wire: bytes, response: Response) -> None:
    """A codec shared by scale and host can be wrong on both sides; only the maker's bytes hold it."""
    assert ResponseDecoder().feed(wire) == [response]
    assert encode_response(response) == wire


@pytest.mark.parametrize(("wire", "command"), GOLDEN_COMMANDS)
def test_commands_mean_what_the_manual_says(wire: bytes, command: Command) -> None:
    """The same for the other direction."""
    assert CommandDecoder().feed(wire) == [command]
    assert encode_command(command) == wire


@given(responses)
def test_a_response_is_read_back(response: Response) -> None:
    """Every response that can be written is read back as itself."""
    assert ResponseDecoder().feed(encode_response(response)) == [response]


@given(commands)
def test_a_command_is_read_back(command: Command) -> None:
    """Every command that can be written is read back as itself."""
    assert CommandDecoder().feed(encode_command(command)) == [command]


@given(st.integers(-99_999, 999_999))
def test_grams_survive_the_wire_exactly(grams: int) -> None:
    """No float anywhere: what the display shows in kg with three decimals is the same number of grams at the host."""
    (reading,) = ResponseDecoder().feed(encode_response(Reading.of_grams("S", grams)))
    assert isinstance(reading, Reading)
    assert reading.grams == grams


@pytest.mark.parametrize(
    ("wire", "grams"),
    [
        (b"S S       0.01 t \r\n", None),
        (b"S S       0.01 t\r\n", 10_000),
        (b"S S    1234500 mg\r\n", 1234),
        (b"S S      -0.25 kg\r\n", -250),
    ],
)
def test_every_metric_unit_becomes_grams(wire: bytes, grams: int | None) -> None:
    """Half a gram rounds to the even one; a blank behind the unit is no unit."""
    (found,) = ResponseDecoder().feed(wire)
    assert (found.grams if isinstance(found, Reading) else None) == grams


@given(
    st.lists(responses.map(encode_response) | noise, max_size=6).map(b"".join),
    st.lists(st.integers(0, 999), max_size=8),
)
def test_any_split_gives_the_same_responses(laws, stream: bytes, cuts: list[int]) -> None:
    """A serial port hands over whatever has arrived."""
    laws.any_split_gives_the_same_messages(ResponseDecoder, stream, cuts)
    laws.any_split_gives_the_same_messages(CommandDecoder, stream, cuts)


@given(st.lists(noise, max_size=8))
def test_garbage_never_raises_and_never_grows_the_buffer(laws, chunks: list[bytes]) -> None:
    """A loose cable can send anything for hours."""
    laws.never_raises_and_stays_bounded(ResponseDecoder, chunks, cap=LINE_CAP)
    laws.never_raises_and_stays_bounded(CommandDecoder, chunks, cap=LINE_CAP)


@given(noise, responses.map(encode_response))
def test_noise_costs_at_most_one_response(laws, rest: bytes, wire: bytes) -> None:
    """Noise without a line end takes the next line with it, never two."""
    laws.costs_at_most_one_frame(ResponseDecoder, rest, wire)


@pytest.mark.parametrize("place", range(4, 14))
def test_a_lost_digit_is_never_a_lighter_parcel(place: int) -> None:
    """There is no checksum; the fixed width of the weight is what catches a byte lost on the line."""
    wire = b"S S   12345.67 kg\r\n"
    (found,) = ResponseDecoder().feed(wire[:place] + wire[place + 1 :])
    assert isinstance(found, Garbage)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"S S     220.46 lb\r\n", "bad_unit"),
        (b"S S     1,5 kg\r\n", "bad_field"),
        (b"S S     100.00_kg\r\n", "bad_field"),
        (b"S X     100.00 kg\r\n", "bad_field"),
        (b"\r\n", "bad_field"),
        (b"s s\r\n", "bad_field"),
        (b"A" * 200 + b"\r\n", "overlong"),
        (b"Z \xb1\r\n", "bad_field"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    assert ResponseDecoder().feed(wire + b"Z A\r\n") == [Garbage(wire, why), Reply("Z", "A")]


@pytest.mark.parametrize(
    "response",
    [
        Reading("S", 5, "lb", "0.01"),
        Reading("S", 1, "kg", "5.000"),
        Reading("I", 5, "kg", "0.005"),
        Reading("S", 10**12, "kg", "1000000000.0"),
        Reply("S", "A"),
        Reply("Z", "A", ("two words",)),
        Reply("Z", "A", ("x" * 200,)),
    ],
)
def test_a_response_that_would_not_survive_is_refused(response: Response) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match=r"fit|names|range|printable|written|argument|reply|bytes|format"):
        encode_response(response)


def test_a_command_that_would_not_survive_is_refused() -> None:
    """Lower case is no MT-SICS."""
    with pytest.raises(ValueError, match="name"):
        encode_command(Command("si"))
