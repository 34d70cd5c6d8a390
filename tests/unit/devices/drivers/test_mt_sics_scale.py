"""A weight belongs to the item that asked for it, or to nobody."""

from hypothesis import given
from hypothesis import strategies as st

from devices.contract.events import Weight
from devices.drivers.mt_sics_scale import FRESH_S, MtSicsScale
from devices.drivers.outputs import CommandDone, Health, Noise, Output, Report, Send

READY = b'I4 A "1000001"\r\n'


def weights(outputs: list[Output]) -> list[tuple[str | None, str, int | None]]:
    bodies = [output.body for output in outputs if isinstance(output, Report)]
    return [(body.tid, body.outcome, body.weight_g) for body in bodies if isinstance(body, Weight)]


def sent(outputs: list[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Send)]


def ready_scale() -> MtSicsScale:
    scale = MtSicsScale(answer_within_s=3.0)
    assert sent(scale.connected(0.0)) == [b"@\r\n"]
    assert scale.feed(READY, 0.1) == [Health(True, "")]
    assert scale.due() is None
    return scale


def test_a_stable_weight_is_joined_to_its_item() -> None:
    scale = ready_scale()
    assert sent(scale.weigh("t1", 1.0)) == [b"S\r\n"]
    assert weights(scale.feed(b"S S      1.405 kg\r\n", 1.2)) == [("t1", "stable", 1405)]


def test_weights_are_exact_whatever_the_unit() -> None:
    scale = ready_scale()
    for text, grams in ((b"     0.1 kg", 100), (b"    1405 g", 1405), (b"   2.675 kg", 2675)):
        scale.weigh("t", 1.0)
        number, unit = text.split()
        assert weights(scale.feed(b"S S " + number.rjust(10) + b" " + unit + b"\r\n", 1.1)) == [("t", "stable", grams)]


def test_what_is_no_weight_says_why() -> None:
    scale = ready_scale()
    for answer, outcome in ((b"S I\r\n", "not_executable"), (b"S +\r\n", "overload"), (b"S -\r\n", "underload")):
        scale.weigh("t1", 1.0)
        assert weights(scale.feed(answer, 1.1)) == [("t1", outcome, None)]
    scale.weigh("t2", 1.0)
    assert weights(scale.feed(b"ET\r\n", 1.1)) == [("t2", "error", None)]


def test_one_question_at_a_time() -> None:
    scale = ready_scale()
    scale.command("zero", "k1", 1.0)
    assert sent(scale.weigh("t1", 1.1)) == []
    assert scale.feed(b"Z A\r\n", 1.2) == [CommandDone("k1", ""), Send(b"S\r\n")]


def test_the_next_item_on_the_scale_ends_the_weighing_of_the_one_before() -> None:
    """Its `S` would now be answered with the weight of the wrong item."""
    scale = ready_scale()
    scale.weigh("t1", 1.0)
    out = scale.weigh("t2", 1.4)
    assert weights(out) == [("t1", "error", None)]
    assert sent(out) == [b"@\r\n"]
    assert weights(scale.feed(b"S S      1.000 kg\r\n", 1.41)) == [], "whose weight is this?"
    assert sent(scale.feed(READY, 1.45)) == [b"S\r\n"]
    assert weights(scale.feed(b"S S      2.000 kg\r\n", 1.5)) == [("t2", "stable", 2000)]


def test_an_item_that_is_gone_is_not_weighed() -> None:
    scale = ready_scale()
    scale.command("zero", "k1", 1.0)
    scale.weigh("t1", 1.0)
    out = scale.feed(b"Z A\r\n", 1.0 + FRESH_S + 0.1)
    assert weights(out) == [("t1", "error", None)]
    assert sent(out) == []


def test_a_weight_beyond_the_contract_is_an_error_not_an_exception() -> None:
    scale = ready_scale()
    scale.weigh("t1", 1.0)
    assert weights(scale.feed(b"S S 9999999.99 t\r\n", 1.1)) == [("t1", "error", None)]


def test_a_weight_that_comes_too_late_is_never_given_to_the_next_item() -> None:
    """After a timeout the scale is reset, and everything before the reset's own answer is thrown away."""
    scale = ready_scale()
    scale.weigh("t1", 1.0)
    assert scale.due() == 4.0
    late = scale.tick(4.0)
    assert weights(late) == [("t1", "error", None)]
    assert sent(late) == [b"@\r\n"]
    assert sent(scale.weigh("t2", 4.1)) == [], "not before the scale has been reset"
    assert weights(scale.feed(b"S S      1.000 kg\r\n", 4.2)) == []
    assert sent(scale.feed(READY, 4.3)) == [b"S\r\n"]
    assert weights(scale.feed(b"S S      2.000 kg\r\n", 4.4)) == [("t2", "stable", 2000)]


def test_a_scale_that_does_not_answer_is_reported_once_and_asked_on() -> None:
    scale = ready_scale()
    scale.weigh("t1", 1.0)
    health = [o for at in (4.0, 7.0, 10.0) for o in scale.tick(at) if isinstance(o, Health)]
    assert health == [Health(False, "no answer")]
    assert scale.feed(READY, 10.1) == [Health(True, "")]


def test_an_unplugged_scale_gives_up_every_question() -> None:
    scale = ready_scale()
    scale.weigh("t1", 1.0)
    scale.command("zero", "k1", 1.0)
    out = scale.disconnected()
    assert weights(out) == [("t1", "error", None)]
    assert CommandDone("k1", "link_lost") in out
    assert weights(scale.weigh("t3", 2.0)) == [("t3", "error", None)]


def test_an_old_command_makes_room_for_new_ones() -> None:
    scale = ready_scale()
    out = [output for number in range(12) for output in scale.command("zero", f"k{number}", 1.0)]
    assert [o.key for o in out if isinstance(o, CommandDone)] == ["k1", "k2", "k3"]


def test_zero_and_tare_are_answered_by_key() -> None:
    scale = ready_scale()
    for kind, answer, code in (
        ("zero", b"Z A\r\n", ""),
        ("zero", b"Z I\r\n", "not_executable"),
        ("zero", b"Z +\r\n", "out_of_range"),
        ("tare", b"T S      0.500 kg\r\n", ""),
        ("tare", b"ES\r\n", "syntax"),
        ("ping", b'I4 A "1000001"\r\n', ""),
    ):
        scale.command(kind, "key", 1.0)  # type: ignore[arg-type]  # from the table above
        assert scale.feed(answer, 1.1) == [CommandDone("key", code)]


def test_an_answer_nobody_asked_for_is_noise() -> None:
    scale = ready_scale()
    assert scale.feed(b"S S      9.000 kg\r\n", 1.0) == [Noise(0, "unexpected_answer")]


@given(
    st.lists(
        st.one_of(st.sampled_from([READY, b"S S      1.000 kg\r\n", b"S I\r\n", b"ES\r\n"]), st.binary(max_size=30))
    )
)
def test_noise_never_raises_and_every_item_gets_at_most_one_weight(chunks: list[bytes]) -> None:
    scale = ready_scale()
    found: list[str | None] = []
    for number, chunk in enumerate(chunks):
        out = scale.weigh(f"t{number}", float(number)) + scale.feed(chunk, number + 0.5) + scale.tick(number + 0.6)
        found += [tid for tid, _, _ in weights(out)]
    found += [tid for tid, _, _ in weights(scale.disconnected())]
    assert sorted(found, key=str) == sorted({f"t{n}" for n in range(len(chunks))}, key=str)
