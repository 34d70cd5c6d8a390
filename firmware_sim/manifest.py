"""Announced parcels: a seeded generator, and the reader of what a line is told to carry.

The generator writes the announce format of the warehouse. The reader takes from it the two columns a machine can feel,
the label and the weight; the destination is the warehouse's business.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from random import Random

from firmware_sim.models.item import Announced
from firmware_sim.scenario import Parcels

_GOODS = (
    ("棉质T恤", "610910"), ("运动鞋", "640411"), ("手机壳", "392690"), ("蓝牙耳机", "851830"), ("儿童玩具", "950300"),
    ("双肩包", "420292"), ("护肤霜", "330499"), ("LED灯", "853952"), ("保温杯", "961700"), ("汽车配件", "870899"),
    ("毛绒毯", "630140"), ("数据线", "854442"), ("钓鱼竿", "950710"), ("厨房刀具", "821192"), ("茶叶", "090220"),
)  # fmt: skip
_FIRST_NAMES = ("Анна", "Иван", "Мария", "Алексей", "Ольга", "Дмитрий", "Елена", "Сергей")
_LAST_NAMES = ("Коваленко", "Ткач", "Шевчук", "Бондарь", "Мельник", "Соловей", "Гончар", "Кравец")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_INDICATORS = ("LX", "RX", "CX", "EX")
_SHARE_S10, _SHARE_SF = 0.75, 0.90
_LIGHTEST_G, _HEAVIEST_G = 20, 30_000
_STEP = 7_919  # a prime: serial numbers neither repeat nor look consecutive


@dataclass(frozen=True, slots=True)
class Row:
    """One announced parcel; the field names are the header of the CSV."""

    waybill_no: str
    destination: str
    service: str
    weight_g: int
    pieces: int
    goods: str
    hs_code: str
    consignee_name: str
    consignee_phone: str


HEADER = tuple(field.name for field in fields(Row))


class ManifestError(ValueError):
    """A manifest that cannot be read; the message names file and line."""


def s10_check_digit(serial: str) -> int:
    """The check digit of an eight-digit S10 serial number (UPU S10-12, 6.2)."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def generate(parcels: Parcels, count: int, seed: int) -> Iterator[Row]:
    """Parcels with distinct waybills; the same seed gives the same rows."""
    draw = Random(f"manifest/{seed}")
    start = draw.randrange(10**8)
    for number in range(count):
        goods, hs_code = draw.choice(_GOODS)
        yield Row(
            waybill_no=_waybill(draw, (start + number * _STEP) % 10**8),
            destination=_weighted(draw, parcels.destinations),
            service=_weighted(draw, parcels.services),
            weight_g=_weight_g(draw),
            pieces=1 if draw.random() < 0.95 else draw.randint(2, 5),
            goods=goods,
            hs_code=hs_code,
            consignee_name=f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)}",
            consignee_phone=f"+7900000{draw.randrange(10_000):04d}",
        )


def _waybill(draw: Random, serial: int) -> str:
    kind = draw.random()
    if kind < _SHARE_S10:
        digits = f"{serial:08d}"
        return f"{draw.choice(_S10_INDICATORS)}{digits}{s10_check_digit(digits)}CN"
    return f"{'SF' if kind < _SHARE_SF else 'YT'}{13_000 + serial % 900:05d}{serial:08d}"


def _weighted(draw: Random, shares: Mapping[str, float]) -> str:
    return draw.choices(list(shares), weights=list(shares.values()))[0]


def _weight_g(draw: Random) -> int:
    """Cross-border parcels are mostly light: half of them below 600 g."""
    return min(_HEAVIEST_G, max(_LIGHTEST_G, round(draw.lognormvariate(6.4, 1.0))))


def write(path: Path, rows: Iterator[Row]) -> None:
    """Write a manifest whole or not at all: a line that watches the folder must not read half a file."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(map(astuple, rows))
    partial.replace(path)


def read(path: Path) -> list[Announced]:
    """The parcels of a manifest in file order; ManifestError names file and line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [_announced(row) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: {error}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: {error}") from error


def _announced(row: Mapping[str, str | None]) -> Announced:
    waybill, weight = row.get("waybill_no") or "", row.get("weight_g") or ""
    if not (waybill.isascii() and waybill.isalnum() and len(waybill) <= 40):
        raise ValueError(f"waybill_no: not a label a scanner reads: {waybill!r}")
    if not (weight.isascii() and weight.isdigit() and 0 < int(weight) <= 1_000_000):
        raise ValueError(f"weight_g of {waybill}: expected whole grams, got {weight!r}")
    return Announced(waybill, int(weight))


class Spool:
    """A folder of manifests: every `*.csv` is read once, in order of name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()

    def fresh(self) -> Iterator[Path]:
        """Manifests that were not there at the last look."""
        for path in sorted(self._folder.glob("*.csv")):
            if path.name not in self._seen and not path.name.startswith("."):
                self._seen.add(path.name)
                yield path
