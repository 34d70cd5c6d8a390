"""Bytes in words: nothing is left out, and a guess never hides that it could be something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.catalogue import LANGUAGES, Language
from devices.explain import UNFINISHED, describe, explain, guess
from devices.protocols.frames import Garbage
from devices.protocols.weighing import Weighing

names = st.sampled_from(sorted(LANGUAGES))


@settings(max_examples=60, deadline=None)
@given(names, st.lists(st.binary(max_size=12) | st.none(), max_size=6))
def test_every_byte_is_explained_once(name: str, pieces: list[bytes | None]) -> None:
    """Offsets and bytes of the findings give back the stream, whatever stands between good frames."""
    side = LANGUAGES[name].machine
    stream = b"".join(side.example if piece is None else piece for piece in pieces)
    findings = explain(side, stream)
    assert b"".join(finding.data for finding in findings) == stream
    for finding in findings:
        assert stream[finding.offset :].startswith(finding.data)
        assert describe(finding.meaning)
        if isinstance(finding.meaning, Garbage):
            assert finding.data == finding.meaning.data


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_recording_is_guessed(language: Language) -> None:
    """Two frames of a language are explained to the last byte by that language, among others perhaps."""
    stream = language.machine.example * 2
    best = [score for score in guess(stream) if (score.language, score.speaker) == (language, "machine")]
    assert [(score.explained, score.frames) for score in best] == [(len(stream), 2)]


def test_an_ambiguous_guess_lists_all() -> None:
    """`P` prints on scales of several makers; to name one of them would send the technician to the wrong manual."""
    found = {(score.language.name, score.speaker) for score in guess(b"P\r\n")}
    assert {("ohaus", "host"), ("toledo_continuous", "host")} <= found


def test_no_guess_is_better_than_a_wrong_one() -> None:
    """Noise is no language."""
    assert guess(b"\xff" * 40) == []
    assert guess(b"") == []


def test_several_frames_that_come_at_once_keep_their_places() -> None:
    """Noise claims a length and holds packets back; released together, each still has its own bytes."""
    side = LANGUAGES["zebra_ssi"].machine
    findings = explain(side, b"\xf0\xf3\x00\x00" + side.example * 3)
    assert [(finding.offset, len(finding.data)) for finding in findings if finding.good] == [
        (4, 20),
        (24, 20),
        (44, 20),
    ]


def test_an_unfinished_frame_is_named() -> None:
    """A cable pulled in the middle of a line leaves bytes that are neither noise nor a message."""
    findings = explain(LANGUAGES["ohaus"].machine, b"    12.3")
    assert [finding.meaning for finding in findings] == [Garbage(b"    12.3", UNFINISHED)]


@pytest.mark.parametrize(
    ("meaning", "words"),
    [
        (Weighing("stable", 12_340, "kg", "12.34", "net"), "stable net weight 12.34 kg = 12340 g"),
        (Weighing("moving", None, "", "123.56"), "moving weight 123.56 in a unit that was not sent"),
        (Weighing("stable", 5, "g", "5", alibi="00001-000042"), "stable weight 5 g = 5 g legal record 00001-000042"),
        (Garbage(b"x", "bad_unit"), "garbage (bad_unit): a unit that is not metric"),
    ],
)
def test_weights_are_said_in_words(meaning: object, words: str) -> None:
    """The number as shown and the grams we make of it stand side by side."""
    assert describe(meaning) == words
