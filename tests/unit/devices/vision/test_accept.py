"""Which raw reads are believed."""

from hypothesis import given
from hypothesis import strategies as st

from devices.vision.accept import judge
from devices.vision.fuse import Look, fuse
from devices.vision.lanes import LANES, OPEN
from devices.vision.read import Box, Read


def box(x: float = 0, y: float = 0, width: float = 200, height: float = 40) -> Box:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


def read(symbology: str, text: str, view: str = "frame", decoder: str = "zxing-cpp", at: Box | None = None) -> Read:
    return Read(symbology, text, at or box(), decoder, view)


def test_a_checksummed_code_needs_no_second_look():
    """Code128 gave one wrong text in all measured runs; waiting for a second look would cost reads and time."""
    assert [one.text for one in judge([read("Code128", "YT1234567890123")]).accepted] == ["YT1234567890123"]


def test_a_code_without_check_needs_a_second_look():
    """An ITF or Code39 read once may be any stripes; the same view asked twice is no second look."""
    once = [read("ITF", "12345678")]
    assert judge(once).accepted == ()
    assert judge(once * 2).accepted == ()
    assert len(judge([*once, read("ITF", "12345678", "crop")]).accepted) == 1
    assert len(judge([*once, read("ITF", "12345678", decoder="zbar")]).accepted) == 1


def test_contradicting_reads_of_one_print_are_a_conflict():
    """A parcel without a code goes to manual coding; one with a wrong code goes to the wrong country."""
    judgement = judge([read("Code128", "YT1234567890123"), read("Code128", "YT1234567890124", "crop")])
    assert judgement.accepted == ()
    assert {one.text for one in judgement.conflicts[0]} == {"YT1234567890123", "YT1234567890124"}


def test_a_clear_majority_settles_a_conflict():
    """Three looks against one: the one was noise."""
    votes = [read("Code128", "YT1234567890123", view) for view in ("frame", "crop", "band")]
    judgement = judge([read("Code128", "YT1234567890124", "sharp"), *votes])
    assert [one.text for one in judgement.accepted] == ["YT1234567890123"]


def test_two_prints_are_two_codes():
    """Labels side by side do not contradict each other."""
    judgement = judge([read("Code128", "YT1234567890123"), read("Code128", "YT9999999999999", at=box(y=300))])
    assert len(judgement.accepted) == 2


def test_a_retail_code_with_a_wrong_check_digit_is_never_accepted():
    """However many looks agree on it."""
    wrong = [read("EAN-13", "5901234123456", view) for view in ("frame", "crop", "band", "sharp")]
    assert judge(wrong).accepted == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Code128", "ITF", "EAN-13", "QRCode", "Code39"]),
            st.sampled_from(["5901234123457", "12345678", "YT1234567890123", "A"]),
            st.sampled_from(["frame", "crop", "sharp"]),
            st.sampled_from(["zxing-cpp", "zbar"]),
            st.integers(0, 500),
        ),
        max_size=12,
    )
)
def test_linear_codes_accepted_together_never_overlap_with_different_texts(raw: list[tuple[str, str, str, str, int]]):
    """Whatever the decoders say, one print gives one text."""
    reads = [read(symbology, text, view, decoder, box(x)) for symbology, text, view, decoder, x in raw]
    linear = [one for one in judge(reads).accepted if one.symbology != "QRCode"]
    for one in linear:
        for other in linear:
            apart = abs(one.box[0][0] - other.box[0][0])
            assert one is other or one.text == other.text or apart > 90


def test_a_lane_takes_only_what_can_be_its_waybill():
    """S10 and SSCC carry check digits, so a wrong one is no waybill; a goods code never is."""
    lane = LANES["parcel"]
    assert lane.is_waybill(read("Code128", "RB123456785CN")) is True
    assert lane.is_waybill(read("Code128", "RB123456784CN")) is False
    assert lane.is_waybill(read("Code128", "YT1234567890123")) is True
    assert lane.is_waybill(read("EAN-13", "5901234123457")) is False
    assert LANES["carton"].is_waybill(read("ITF", "15901234123454")) is True
    assert LANES["carton"].is_waybill(read("ITF", "15901234123455")) is False
    assert OPEN.is_enough([read("Code128", "YT1234567890123")]) is False


def test_sides_that_name_two_waybills_are_a_conflict():
    """Old labels stay on reused cartons; the first one read is not the right one by being first."""
    looks = [
        Look("t1", "top", 1, judge([read("Code128", "YT1234567890123")]), "top-1.png"),
        Look("t1", "left", 1, judge([read("Code128", "YT9999999999999")]), "left-1.png"),
    ]
    fused = fuse(looks, LANES["parcel"])
    assert (fused.outcome, fused.waybill) == ("conflict", None)
    assert set(fused.manual) == {"top-1.png", "left-1.png"}


def test_frames_that_agree_make_one_parcel():
    """And what else was read goes along."""
    judgement = judge([read("Code128", "YT1234567890123"), read("QRCode", "https://x", at=box(y=200, width=60))])
    fused = fuse([Look("t1", "top", n, judgement) for n in (1, 2)], LANES["parcel"])
    assert (fused.outcome, fused.waybill, fused.votes) == ("read", "YT1234567890123", {"YT1234567890123": 2})
    assert fused.others == (("QRCode", "https://x"),)


def test_a_parcel_without_a_code_shows_its_most_telling_image_first():
    """The person at the coding screen should not click through empty sides."""
    pending = judge([read("Code39", "ABC123")])
    looks = [Look("t1", "top", 1, judge([]), "empty.png"), Look("t1", "left", 1, pending, "code.png")]
    fused = fuse(looks, LANES["parcel"])
    assert (fused.outcome, fused.manual) == ("no_read", ("code.png", "empty.png"))
