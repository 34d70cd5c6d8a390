"""Frames of the scanning tunnel, held by bytes after the makers' manuals and by the laws every decoder obeys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.plain_serial import FRAME_CAP, ScanDecoder, ScanMessage, ScannerFormat, encode

TUNNEL = ScannerFormat()
TID = "17000000000000000042"
# Layout after Datalogic AV7000, pp. 205-212 (header, index, separator, message, terminator) with AIM identifiers of
# ISO/IEC 15424; no-read strings after DS8100, p. 90.
GOLDEN = [
    (TUNNEL, b"\x0217000000000000000042,]C0LX123456785CN\r\n", ScanMessage(TID, (("C0", "LX123456785CN"),), "good")),
    (TUNNEL, b"\x0217000000000000000042,NOREAD\r\n", ScanMessage(TID, (), "no_read")),
    (TUNNEL, b"\x0217000000000000000042,MULTIREAD\r\n", ScanMessage(TID, (), "multiple")),
    (TUNNEL, b"\x02?,]E04006381333931\r\n", ScanMessage(None, (("E0", "4006381333931"),), "good")),
    (
        TUNNEL,
        b"\x0217000000000000000042,]C1\x30\x30106141411234567897\x1d21A,B;]Q3\xe7\xbb\xa5\r\n",
        ScanMessage(TID, (("C1", "00106141411234567897\x1d21A,B"), ("Q3", "绥")), "good"),
    ),
    # Datalogic's RS-232 default: no header, CR LF, here without AIM and without index (AB 2755, p. 7-10: NR).
    (
        ScannerFormat(header=b"", no_read="NR", aim=False, index_digits=0),
        b"LX123456785CN\r\n",
        ScanMessage(None, (("", "LX123456785CN"),), "good"),
    ),
]

symbology = st.from_regex(r"[A-Za-z][0-9]", fullmatch=True)
text = st.text(
    st.characters(min_codepoint=0x20, codec="utf-8", exclude_characters=";\x7f") | st.just("\x1d"),
    min_size=1,
    max_size=40,
)
codes = st.lists(st.tuples(symbology, text), min_size=1, max_size=4).map(tuple)
index = st.none() | st.from_regex(r"[0-9]{20}", fullmatch=True)
reports = st.builds(ScanMessage, index, codes, st.just("good")) | st.builds(
    ScanMessage, index, st.just(()), st.sampled_from(["no_read", "multiple"])
)
noise = (
    st.binary(max_size=200)
    | st.integers(0, 9000).map(lambda size: b"\xff" * size)
    | st.lists(st.sampled_from([b"\x02", b"\r", b"\r\n", b",", b"]C0", b"\x02?,"])).map(b"".join)
)


def _decoder() -> ScanDecoder:
    return ScanDecoder(TUNNEL)


@pytest.mark.parametrize(("fmt", "wire", "message"), GOLDEN)
def test_frames_mean_what_the_manual_says(fmt: ScannerFormat, wire: bytes, message: ScanMessage) -> None:
    """A codec shared by scanner and host can be wrong on both sides; only bytes from outside hold it."""
    assert ScanDecoder(fmt).feed(wire) == [message]
    assert encode(fmt, message) == wire


@given(reports)
def test_a_report_is_read_back(message: ScanMessage) -> None:
    """Every report that can be written is read back as itself, FNC1 and Chinese text included."""
    assert _decoder().feed(encode(TUNNEL, message)) == [message]


@given(
    st.lists(reports.map(lambda message: encode(TUNNEL, message)) | noise, max_size=5).map(b"".join),
    st.lists(st.integers(0, 999), max_size=8),
)
def test_any_split_gives_the_same_reports(laws, stream: bytes, cuts: list[int]) -> None:
    """At 115200 baud a report arrives in several reads."""
    laws.any_split_gives_the_same_messages(_decoder, stream, cuts)
    laws.any_split_gives_the_same_messages(lambda: ScanDecoder(ScannerFormat(header=b"")), stream, cuts)
    laws.any_split_gives_the_same_messages(
        lambda: ScanDecoder(ScannerFormat(header=b"<<")), stream.replace(b"\x02", b"<<"), cuts
    )


@given(st.lists(st.binary(max_size=6000) | noise, max_size=6), st.sampled_from([b"\x02", b"", b"\x02\x01"]))
def test_garbage_never_raises_and_never_grows_the_buffer(laws, chunks: list[bytes], header: bytes) -> None:
    """A scanner with the wrong baud rate sends noise at every parcel."""
    laws.never_raises_and_stays_bounded(lambda: ScanDecoder(ScannerFormat(header=header)), chunks, cap=FRAME_CAP)


@given(noise, st.integers(0, 20))
def test_no_good_report_is_lost_to_the_noise_before_it(rest: bytes, cut: int) -> None:
    """The header begins a new frame even inside an unfinished one, so a cut-off report does not swallow the next."""
    wire = GOLDEN[0][1]
    assert _decoder().feed(rest + wire[:cut] + wire)[-1] == GOLDEN[0][2]


def test_without_a_header_noise_costs_one_report(laws) -> None:
    """With the terminator as the only anchor, the report that noise runs into is lost, the next is not."""
    laws.costs_at_most_one_frame(
        lambda: ScanDecoder(ScannerFormat(header=b"", index_digits=0)), b"\xff" * 9000, b"]C0X\r\n"
    )


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x021700000000000000004,]C0LX123456785CN\r\n", "bad_field"),
        (b"\x0217000000000000000042]C0LX123456785CN\r\n", "bad_field"),
        (b"\x0217000000000000000042,LX123456785CN\r\n", "bad_field"),
        (b"\x0217000000000000000042,]C0\x11X\r\n", "bad_field"),
        (b"\x0217000000000000000042,]C0\xff\r\n", "bad_field"),
        (b"\x0217000000000000000042,]C0A;\r\n", "bad_field"),
        (b"\x0217000000000000000042,]C0LX12", "truncated"),
        (b"\x02" + b"A" * 5000 + b"\r\n", "overlong"),
        (b"\xff\xfe", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a frame was thrown away; the next one is read."""
    _, good, message = GOLDEN[0]
    assert _decoder().feed(wire + good) == [Garbage(wire, why), message]


@pytest.mark.parametrize(
    "message",
    [
        ScanMessage("42", (("C0", "X"),), "good"),
        ScanMessage(TID, (("C0", "A;B"),), "good"),
        ScanMessage(TID, (("C0", "A\r\nB"),), "good"),
        ScanMessage(TID, (("", "NOREAD"),), "good"),
        ScanMessage(TID, (), "good"),
        ScanMessage(TID, (("C0", "X" * 5000),), "good"),
    ],
)
def test_a_report_that_would_not_survive_is_refused(message: ScanMessage) -> None:
    """Refuse at the sender instead of sending another code."""
    with pytest.raises(ValueError, match=r"fit|names|range|printable|written|argument|reply|bytes|format"):
        encode(TUNNEL, message)
