"""OSIP telegrams, held by bytes typed in from the published examples and by the laws every decoder obeys."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devices.protocols import osip
from devices.protocols.frames import Garbage
from devices.protocols.osip import (
    OK,
    UNKNOWN_TARGET,
    Ack,
    Err,
    Header,
    Locu,
    OsipDecoder,
    Req,
    Res,
    Sync,
    Synq,
    Sysu,
    Telegram,
    Upd,
    ack_of,
    encode,
    next_seq,
)

AT = datetime(2013, 11, 23, 22, 59, 59, tzinfo=UTC)

# interface21-io.gitbook.io/osip, README, "Example of a time sync telegram".
README_SYNQ = b"###00160SPS01MFC__00001SYNQ20171123225959" + b"*" * 119
# DuplexIT driver of openwms, test telegram of type REQ_.
DUPLEX_REQ = (
    b"###00160SPS03MFC__00001REQ_000000000S0000004711FGINIPNT000100000000????????????????????0000009020131123225959"
    + b"*" * 51
)
# Layouts of the other types typed from the field tables of the specification, "Telegrams" (types REQ_ to ERR_).
RES = (
    b"###00160MFC__SPS0300002RES_000000000S0000004711FGINIPNT000100000000FGINCHUT000700000000FGINCHUT************"
    b"0000000020131123225959" + b"*" * 31
)
UPD = b"###00160SPS03MFC__32767UPD_000000000S0000004711FGINCHUT0007000000000000004120131123225959" + b"*" * 71
LOCU = b"###00160SPS03MFC__00003LOCUFGINCHUT************FGINCHUT0007000000000000004120131123225959" + b"*" * 71
SYSU = b"###00160SPS03MFC__00004SYSUFGIN****************0000000020131123225959" + b"*" * 91
ERR = b"###00160SPS03MFC__00005ERR_FGIN****************0000001020131123225959" + b"*" * 91
ACK = b"###00160MFC__SPS0300003ACK_LOCU" + b"*" * 129

TID = "000000000S0000004711"
POINT = "FGINIPNT000100000000"
CHUTE = "FGINCHUT000700000000"
GOLDEN = [
    (README_SYNQ, Telegram(Header("SPS01", "MFC__", 1), Synq(datetime(2017, 11, 23, 22, 59, 59, tzinfo=UTC)))),
    (DUPLEX_REQ, Telegram(Header("SPS03", "MFC__", 1), Req(TID, POINT, UNKNOWN_TARGET, "00000090", AT))),
    (RES, Telegram(Header("MFC__", "SPS03", 2), Res(TID, POINT, CHUTE, "FGINCHUT", OK, AT))),
    (UPD, Telegram(Header("SPS03", "MFC__", 32767), Upd(TID, CHUTE, "00000041", AT))),
    (LOCU, Telegram(Header("SPS03", "MFC__", 3), Locu("FGINCHUT", CHUTE, "00000041", AT))),
    (SYSU, Telegram(Header("SPS03", "MFC__", 4), Sysu("FGIN", OK, AT))),
    (ERR, Telegram(Header("SPS03", "MFC__", 5), Err("FGIN", "00000010", AT))),
    (ACK, Telegram(Header("MFC__", "SPS03", 3), Ack("LOCU"))),
]


def _text(size: int) -> st.SearchStrategy[str]:
    printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    return st.text(printable, max_size=size).filter(lambda text: not text.endswith("*"))


field = _text(20)
# Twenty question marks, and a shorter run of them, both mean "unknown".
target = st.just(UNKNOWN_TARGET) | field.filter(lambda text: set(text) != {"?"})
error = st.from_regex(r"[0-9]{8}", fullmatch=True)
at = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
bodies = st.one_of(
    st.builds(Synq, at),
    st.builds(Sync, at),
    st.builds(Req, field, field, target, error, at),
    st.builds(Res, field, field, target, field, error, at),
    st.builds(Upd, field, field, error, at),
    st.builds(Locu, field, field, error, at),
    st.builds(Sysu, field, error, at),
    st.builds(Err, field, error, at),
    st.builds(Ack, st.sampled_from(["UPD_", "LOCU", "SYSU", "ERR_"])),
)
names = st.from_regex(r"[A-Z0-9_]{5}", fullmatch=True)
telegrams = st.builds(Telegram, st.builds(Header, names, names, st.integers(0, 32767)), bodies)
noise = (
    st.binary(max_size=400)
    | st.integers(0, 9000).map(lambda size: b"\xff" * size)
    | st.lists(st.sampled_from([b"#", b"##", b"###", b"###00160", b"*"])).map(b"".join)
)


@pytest.mark.parametrize(
    ("wire", "telegram"), GOLDEN, ids=lambda value: value[23:27].decode() if isinstance(value, bytes) else ""
)
def test_published_bytes_mean_what_the_specification_says(wire: bytes, telegram: Telegram) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert len(wire) == 160
    assert OsipDecoder().feed(wire) == [telegram]
    assert encode(telegram) == wire


@given(telegrams)
def test_what_is_written_is_read_back(telegram: Telegram) -> None:
    """Every telegram that can be written is read back as itself and fills exactly its length."""
    wire = encode(telegram)
    assert len(wire) == osip.LENGTH
    assert OsipDecoder().feed(wire) == [telegram]


@given(st.lists(telegrams.map(encode) | noise, max_size=5).map(b"".join), st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_gives_the_same_telegrams(laws, stream: bytes, cuts: list[int]) -> None:
    """TCP keeps no boundaries."""
    laws.any_split_gives_the_same_messages(OsipDecoder, stream, cuts)


@given(st.lists(noise | telegrams.map(encode).map(lambda wire: wire[:50] + b"\xff" + wire[51:]), max_size=6))
def test_garbage_never_raises_and_never_grows_the_buffer(laws, chunks: list[bytes]) -> None:
    """A hostile peer can neither crash the line nor eat its memory."""
    laws.never_raises_and_stays_bounded(OsipDecoder, chunks, cap=osip.LENGTH - 1)


@given(noise, telegrams.map(encode), st.integers(0, 159))
def test_no_good_telegram_is_lost_to_the_noise_before_it(rest: bytes, wire: bytes, cut: int) -> None:
    """Noise and a cut-off telegram in front of a good one do not take it with them, unless the two read as one telegram:
    OSIP has no check characters, and a frame of 160 printable bytes cannot be told from what was meant."""
    merged = OsipDecoder().feed(rest + wire[:cut] + README_SYNQ[:-1])
    assume(not any(isinstance(item, Telegram) for item in merged))
    found = OsipDecoder().feed(rest + wire[:cut] + README_SYNQ)
    assert found[-1] == GOLDEN[0][1]


@given(telegrams.map(encode), st.integers(0, 159), st.integers(1, 255))
def test_one_flipped_byte_gives_one_telegram_at_most(wire: bytes, place: int, mask: int) -> None:
    """A damaged telegram is dropped or read as another telegram, never as two, and the next one is read."""
    damaged = wire[:place] + bytes([wire[place] ^ mask]) + wire[place + 1 :]
    found = [item for item in OsipDecoder().feed(damaged + wire) if isinstance(item, Telegram)]
    assert 1 <= len(found) <= 2
    assert encode(found[-1]) == wire


@given(telegrams.map(encode), st.lists(st.tuples(st.integers(0, 159), st.integers(32, 126)), max_size=6))
def test_whatever_is_read_can_be_written(wire: bytes, hits: list[tuple[int, int]]) -> None:
    """A host keeps the bytes of what it has seen by writing them again; no telegram it can read may make that fail."""
    damaged = bytearray(wire)
    for place, byte in hits:
        damaged[place] = byte
    for found in OsipDecoder().feed(bytes(damaged)):
        if isinstance(found, Telegram):
            assert OsipDecoder().feed(encode(found)) == [found]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (README_SYNQ.replace(b"00160", b"00170"), "bad_length"),
        (README_SYNQ.replace(b"00001", b"32768"), "bad_field"),
        (README_SYNQ.replace(b"SYNQ", b"SYNX"), "unknown_type"),
        (README_SYNQ.replace(b"20171123", b"20171323"), "bad_field"),
        (README_SYNQ[:-1] + b"x", "bad_field"),
        (b"ATDT\r\n", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why bytes were thrown away, and no byte of them is hidden."""
    found = OsipDecoder().feed(wire + README_SYNQ)
    assert found == [Garbage(wire, why), GOLDEN[0][1]]


def test_sequence_numbers_wrap_where_the_reference_host_does() -> None:
    """Five digits suggest 99999, but the reference host reads a signed 16-bit number."""
    assert [next_seq(seq) for seq in (0, 1, 32766, 32767)] == [1, 2, 32767, 1]


def test_an_acknowledgement_echoes_the_number_with_names_swapped() -> None:
    """The controller finds the telegram it may forget by SEQ and type."""
    assert encode(ack_of(GOLDEN[4][1])) == ACK


def test_times_travel_in_utc() -> None:
    """Harbin and Vladivostok read the same instant; a naive time is refused because it could be either's."""
    harbin = Sync(datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone(timedelta(hours=8))))
    assert b"SYNC20260301000000" in encode(Telegram(Header("MFC__", "SPS01", 1), harbin))
    with pytest.raises(ValueError, match="naive"):
        encode(Telegram(Header("MFC__", "SPS01", 1), Sync(datetime(2026, 3, 1))))  # noqa: DTZ001 - the naive time is the case


@pytest.mark.parametrize(
    "telegram",
    [
        Telegram(Header("MFC", "SPS01", 1), Ack("UPD_")),
        Telegram(Header("MFC__", "SPS01", 40000), Ack("UPD_")),
        Telegram(Header("MFC__", "SPS01", 1), Ack("UPDATE")),
        Telegram(Header("MFC__", "SPS01", 1), Sysu("*", OK, AT)),
        Telegram(Header("MFC__", "SPS01", 1), Sysu("绥芬河", OK, AT)),
    ],
)
def test_a_telegram_that_would_not_survive_is_refused(telegram: Telegram) -> None:
    """Refuse at the sender instead of sending something that reads differently on the other side."""
    with pytest.raises(ValueError, match=r"fit|names|range|printable|written|argument|reply|bytes|format"):
        encode(telegram)
