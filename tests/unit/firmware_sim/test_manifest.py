"""Announced parcels: generated, written, read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_sim import manifest
from firmware_sim.manifest import HEADER, ManifestError, Row, Spool, generate, s10_check_digit


@pytest.mark.parametrize(("serial", "digit"), [("47312482", 9), ("00004000", 0), ("00000000", 5)])
def test_check_digits_are_those_of_the_standard(serial: str, digit: int) -> None:
    """UPU S10-12: 473124829 is the standard's own example; remainders 10 and 11 become 0 and 5."""
    assert s10_check_digit(serial) == digit


def test_the_header_is_the_announce_format() -> None:
    """The warehouse reads columns by these names."""
    assert ",".join(HEADER) == (
        "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone"
    )


def test_parcels_are_distinct_and_follow_the_shares(calm) -> None:
    """Two parcels of one waybill would be a business fault of its own, not a random one."""
    rows = list(generate(calm.parcels, 5000, seed=1))
    assert len({row.waybill_no for row in rows}) == 5000
    assert sum(row.destination == "MOW" for row in rows) / 5000 == pytest.approx(0.40, abs=0.03)
    assert {row.service for row in rows} == {"EXP", "STD", "MAIL"}
    assert sum(row.waybill_no.endswith("CN") for row in rows) / 5000 == pytest.approx(0.75, abs=0.03)
    couriers = [row.waybill_no for row in rows if not row.waybill_no.endswith("CN")]
    assert all(code[:2] in {"SF", "YT"} and code[2:].isdigit() and len(code) == 15 for code in couriers)
    assert all(20 <= row.weight_g <= 30_000 for row in rows)


def test_the_same_seed_gives_the_same_bytes(calm, tmp_path: Path) -> None:
    """A run is repeatable from its command line alone."""
    for name in ("one.csv", "two.csv"):
        manifest.write(tmp_path / name, generate(calm.parcels, 50, seed=3))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert list(generate(calm.parcels, 5, seed=4)) != list(generate(calm.parcels, 5, seed=3))


def test_a_manifest_appears_whole(calm, tmp_path: Path) -> None:
    """A line that watches the folder must never read the first half of a file."""
    target = tmp_path / "a.csv"

    def watched() -> Iterator[Row]:
        for row in generate(calm.parcels, 3, seed=1):
            assert list(tmp_path.glob("*.csv")) == []
            yield row

    manifest.write(target, watched())
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_is_written_is_read(calm, tmp_path: Path) -> None:
    """The line carries the parcels in the order of the file."""
    rows = list(generate(calm.parcels, 50, seed=3))
    manifest.write(tmp_path / "a.csv", iter(rows))
    read = manifest.read(tmp_path / "a.csv")
    assert [(item.waybill, item.weight_g) for item in read] == [(row.waybill_no, row.weight_g) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        b"waybill_no,weight_g\nLX1,heavy\n",
        b"waybill_no,weight_g\nLX1\n",
        b"waybill_no,weight_g\nLX 1,5\n",
        b"number\n5\n",
        b"waybill_no,weight_g\n\xff\xfe,5\n",
        b'waybill_no,weight_g\n"LX1,5\n' + b"x" * 200_000,
    ],
)
def test_a_broken_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    """One bad file is skipped with its name; the line runs on."""
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(ManifestError, match=r"bad\.csv"):
        manifest.read(file)


def test_every_manifest_is_taken_once_in_order_of_name(tmp_path: Path) -> None:
    """Files may arrive while the line runs; half-written ones have another name until they are whole."""
    spool = Spool(tmp_path)
    for name in ("b.csv", "a.csv", ".c.csv.partial", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in spool.fresh()] == ["a.csv", "b.csv"]
    (tmp_path / "0.csv").touch()
    assert [path.name for path in spool.fresh()] == ["0.csv"]
