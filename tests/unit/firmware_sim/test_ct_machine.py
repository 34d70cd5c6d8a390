"""The simulated CT machine: its diverter waits for nobody."""

from devices.protocols.ct_line import CtTelegram
from firmware_sim.models.ct_machine import CtMachine, DroppedFile

FILE = DroppedFile("a.dcs", 10, "0" * 64)


def test_a_verdict_in_time_decides_the_lane():
    """Files come half a second after induction; the last verdict before the diverter counts."""
    machine = CtMachine()
    (entered,) = machine.induct(0, "t1", "2.25.1", "RA473124829CN", (FILE,))
    assert entered == CtTelegram("IND", ("t1", "2.25.1", "RA473124829CN", "8000"))
    assert [one.kind for one in machine.tick(0.6)] == ["IMG", "END"]
    for verdict in ("RELEASE", "RESCAN"):
        machine.hear(CtTelegram("VER", ("t1", verdict)))
    assert machine.tick(8) == [CtTelegram("DIV", ("t1", "S"))]
    assert machine.lanes == {"t1": "S"}


def test_without_a_verdict_the_parcel_is_opened():
    """A silent host, a dead network and a late answer all end in the same lane, never in release."""
    machine = CtMachine()
    machine.induct(0, "t1", "2.25.1", "", (FILE,))
    assert machine.tick(8)[-1] == CtTelegram("DIV", ("t1", "U"))
    machine.hear(CtTelegram("VER", ("t1", "RELEASE")))
    assert (machine.lanes, machine.late) == ({"t1": "U"}, 1)


def test_a_jam_holds_the_deadlines():
    """While the belt stands nothing reaches the diverter."""
    machine = CtMachine()
    machine.induct(0, "t1", "2.25.1", "", (FILE,))
    machine.tick(1)
    machine.jam(True)
    assert machine.tick(20) == []
    machine.jam(False)
    assert machine.tick(26) == []
    assert machine.tick(27.1)[-1].kind == "DIV"


def test_a_tube_arc_leaves_no_images():
    """The scan ends with no file; the warehouse then asks for another scan."""
    machine = CtMachine(arc=True)
    machine.induct(0, "t1", "2.25.1", "", (FILE,))
    assert machine.tick(1) == [CtTelegram("END", ("2.25.1", "0"))]
