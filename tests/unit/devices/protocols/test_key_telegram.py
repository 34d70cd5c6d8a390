"""Readable telegrams: the example of the description, and what is none."""

import pytest

from devices.protocols.frames import Garbage
from devices.protocols.key_telegram import KeyTelegram, TelegramDecoder, encode, next_seq

ORDER = (
    b"/Seq:001/Send:StoreWare/Rec:CRA-01/Time:2025-05-06T10:30:00/Function:Tord/HU:10000005/Src:A1/Dest:B7"
    b"/ToID:20000005//End/"
)  # git.hxhub.de/xonics/IHK-Projekt, transport order


def test_a_transport_order_reads_as_described() -> None:
    """The field names are the maker's and stay."""
    (order,) = TelegramDecoder().feed(ORDER)
    assert isinstance(order, KeyTelegram)
    assert (order.seq, order.sender, order.receiver, order.function) == (1, "StoreWare", "CRA-01", "Tord")
    assert (order.get("HU"), order.get("Dest"), order.get("Nothing")) == ("10000005", "B7", "")
    assert encode(order) == ORDER


def test_an_acknowledgement_repeats_with_the_parties_exchanged() -> None:
    (order,) = TelegramDecoder().feed(ORDER)
    assert isinstance(order, KeyTelegram)
    (ack,) = TelegramDecoder().feed(encode(order.acknowledgement()))
    assert isinstance(ack, KeyTelegram)
    assert (ack.seq, ack.sender, ack.receiver) == (1, "CRA-01", "StoreWare")
    assert ack.acknowledgement() == order


@pytest.mark.parametrize(
    "wire",
    [
        ORDER.replace(b"001", b"01"),
        ORDER.replace(b"/Function:Tord", b""),
        ORDER.replace(b"Dest", b"Src"),
        ORDER.replace(b"B7", b"B\x07"),
    ],
)
def test_what_is_none_is_garbage(wire: bytes) -> None:
    """A short number, no function, a key twice, a control character: no destination is read from these."""
    assert [type(item) for item in TelegramDecoder().feed(wire)] == [Garbage]


def test_a_value_with_a_slash_cannot_be_sent() -> None:
    """It would end the field for the controller."""
    with pytest.raises(ValueError, match="cannot be written"):
        encode(KeyTelegram(1, "A", "B", "10:00", "Tord", (("Dest", "B/7"),)))
    assert (next_seq(1), next_seq(999)) == (2, 1)
