"""The line of a CT machine: golden bytes by hand, and what is refused."""

import pytest

from devices.protocols.ct_line import CtTelegram, HostDecoder, MachineDecoder, encode_host, encode_machine
from devices.protocols.frames import Garbage


@pytest.mark.parametrize(
    ("wire", "telegram"),
    [
        (b"HBT;7*52\r\n", CtTelegram("HBT", ("7",))),
        (b"DIV;t1;R*4C\r\n", CtTelegram("DIV", ("t1", "R"))),
    ],
)
def test_a_machine_is_heard(wire: bytes, telegram: CtTelegram) -> None:
    """The check digits were added up by hand: H^B^T^;^7 and D^I^V^;^t^1^;^R."""
    assert MachineDecoder().feed(wire) == [telegram]
    assert encode_machine(telegram) == wire


def test_a_verdict_is_heard_by_the_machine_alone() -> None:
    """A verdict that came from the machine's side would be the machine's own, and an induction from the host a ghost."""
    wire = encode_host(CtTelegram("VER", ("t1", "RELEASE")))
    assert HostDecoder().feed(wire) == [CtTelegram("VER", ("t1", "RELEASE"))]
    assert MachineDecoder().feed(wire) == [Garbage(wire, "bad_field")]


def test_a_flipped_bit_releases_nothing() -> None:
    """Line noise must not turn one parcel's verdict into another's: every single flipped bit is Garbage."""
    wire = encode_host(CtTelegram("VER", ("t1", "RELEASE")))
    for place in range(len(wire) - 2):
        for bit in range(8):
            noisy = bytearray(wire)
            noisy[place] ^= 1 << bit
            found = HostDecoder().feed(bytes(noisy) + b"\r\n")
            assert not any(isinstance(one, CtTelegram) for one in found)


@pytest.mark.parametrize("name", ["../x.dcs", "a/b.dcs", ".hidden", ""])
def test_a_file_name_leads_nowhere_else(name: str) -> None:
    """The host opens what is named here: no folders, nothing hidden."""
    with pytest.raises(ValueError, match=r"."):
        encode_machine(CtTelegram("IMG", ("2.25.1", name, "10", "0" * 64)))
