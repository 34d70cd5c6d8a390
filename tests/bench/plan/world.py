"""The bench network: 26 hubs between China and Europe, 45 days, about 7,600 departures, goods in the size of LCL.

Invented, drawn from a seed; distances, speeds, prices and shares follow `docs/planning.md`, which lists every parameter.
Positions are rounded to half a degree: they only make distances plausible.
"""

import math
import random
from dataclasses import dataclass, field

from routing.model import Model
from routing.problem import Hub

DAY = 1440
DAYS = 45
FEU_G, FEU_DM3 = 26_500_000, 76_000

INLAND = {
    "Xi'an": (34.5, 109.0), "Chengdu": (30.5, 104.0), "Chongqing": (29.5, 106.5), "Zhengzhou": (34.5, 113.5),
    "Wuhan": (30.5, 114.5), "Yiwu": (29.5, 120.0), "Shenyang": (42.0, 123.5), "Harbin": (45.5, 126.5),
    "Xining": (36.5, 102.0), "Urumqi": (44.0, 87.5), "Guangzhou": (23.0, 113.5),
}  # fmt: skip
BORDER = {
    "Manzhouli": (49.5, 117.5), "Suifenhe": (44.5, 131.0), "Hunchun": (43.0, 130.5), "Erenhot": (43.5, 112.0),
    "Alashankou": (45.0, 82.5), "Khorgos": (44.0, 80.5), "Malaszewicze": (52.0, 23.5),
}  # fmt: skip
ABROAD = {
    "Ulan-Ude": (52.0, 107.5), "Irkutsk": (52.5, 104.5), "Yekaterinburg": (57.0, 60.5), "Moscow": (55.5, 37.5),
    "Almaty": (43.5, 77.0), "Warsaw": (52.0, 21.0), "Duisburg": (51.5, 7.0), "Hamburg": (53.5, 10.0),
}  # fmt: skip
PLACES = {**INLAND, **BORDER, **ABROAD}

SHARE = {  # of goods by place, as weights
    "Xi'an": 14, "Chengdu": 12, "Chongqing": 12, "Zhengzhou": 11, "Wuhan": 7, "Yiwu": 16, "Shenyang": 6, "Harbin": 6,
    "Xining": 3, "Urumqi": 5, "Guangzhou": 12, "Ulan-Ude": 3, "Irkutsk": 6, "Yekaterinburg": 12, "Moscow": 30,
    "Almaty": 12, "Warsaw": 12, "Duisburg": 16, "Hamburg": 14,
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    shipments: int
    seed: int = 1
    saturation: float = 1.0  # how much of its usual slots every departure has; below 1 is fuller
    slack_days: tuple[float, float] = (6, 18)  # between the nominal transit and the due date, express apart


@dataclass(frozen=True)
class Mode:
    km_per_day: float
    unit_weight_g: int
    unit_volume_dm3: int
    fixed: int  # minor units a unit
    per_km: float  # minor units a unit and km
    slots: tuple[int, int]  # at 10,000 shipments
    dwell_min: tuple[int, int]
    cut_off_h: int
    co2_g_tkm: int
    per_shipment: int
    per_t: int
    per_m3: int


MODES = {
    "rail": Mode(760, FEU_G, FEU_DM3, 30_000, 42, (4, 12), (720, 2160), 24, 20, 1_500, 500, 350),
    "train": Mode(900, FEU_G, FEU_DM3, 40_000, 50, (6, 16), (720, 1800), 24, 20, 1_500, 500, 350),
    "truck": Mode(650, 20_000_000, 82_000, 15_000, 85, (2, 6), (240, 960), 6, 90, 1_500, 500, 350),
    "tir": Mode(1000, 6_600_000, 27_000, 8_000, 37, (3, 9), (240, 720), 6, 90, 1_500, 500, 350),
    "air": Mode(6000, 300_000, 1_800, 12_000, 15, (10, 40), (480, 960), 12, 650, 2_500, 3_000, 0),
}


@dataclass
class _Draw:
    model: Model
    rng: random.Random
    size: Size
    hubs: dict[str, Hub] = field(default_factory=dict)
    count: int = 0


def km(a: str, b: str) -> float:
    (lat1, lon1), (lat2, lon2) = PLACES[a], PLACES[b]
    p, q = math.radians(lat1), math.radians(lat2)
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 1.2 * 2 * 6371 * math.asin(math.sqrt(h))


def lanes() -> list[tuple[str, str, str, float]]:
    """(from, to, mode, departures a week), one direction; every lane runs both ways."""
    found: list[tuple[str, str, str, float]] = []
    chinese = [b for b in BORDER if b != "Malaszewicze"]
    for place in INLAND:
        near = sorted(chinese, key=lambda b: km(place, b))[:3]
        found += [(place, border, "rail", 5.5) for border in near] + [
            (place, border, "truck", 3) for border in near[:2]
        ]
        found += [(place, far, "train", 2) for far in ("Moscow", "Duisburg", "Hamburg")]
        found += [(place, far, "tir", 1) for far in ("Moscow", "Warsaw", "Almaty")]
    for border in ("Manzhouli", "Suifenhe", "Hunchun", "Erenhot"):
        found += [(border, far, "rail", 5) for far in ("Ulan-Ude", "Irkutsk", "Yekaterinburg", "Moscow")]
    for border in ("Alashankou", "Khorgos"):
        found += [(border, far, "rail", 6) for far in ("Almaty", "Yekaterinburg", "Moscow", "Malaszewicze")]
    found += [("Moscow", "Malaszewicze", "rail", 5), ("Yekaterinburg", "Moscow", "rail", 7)]
    found += [("Malaszewicze", far, mode, 6) for far in ("Warsaw", "Duisburg", "Hamburg") for mode in ("rail", "truck")]
    found += [
        ("Warsaw", "Duisburg", "truck", 5),
        ("Duisburg", "Hamburg", "truck", 7),
        ("Ulan-Ude", "Irkutsk", "truck", 5),
    ]
    for place in ("Xi'an", "Chengdu", "Zhengzhou", "Guangzhou", "Harbin"):
        found += [(place, far, "air", 3) for far in ("Moscow", "Duisburg", "Almaty")]
    found += [("Moscow", "Yekaterinburg", "air", 5), ("Moscow", "Irkutsk", "air", 5), ("Duisburg", "Warsaw", "air", 3)]
    return found


def build(size: Size) -> Model:
    draw = _Draw(Model(), random.Random(size.seed), size)
    for name in PLACES:
        draw.hubs[name] = draw.model.add_hub(name, transfer_min=360 if name in BORDER else 240)
    for origin, destination, mode, weekly in lanes():
        _timetable(draw, origin, destination, mode, weekly)
        _timetable(draw, destination, origin, mode, weekly)
    for number in range(size.shipments):
        _shipment(draw, number)
    return draw.model


def _timetable(draw: _Draw, origin: str, destination: str, mode: str, weekly: float) -> None:
    kind, rng, far = MODES[mode], draw.rng, km(origin, destination)
    step = 7 * DAY / weekly
    at = rng.uniform(0, step)
    low, high = kind.slots
    share = draw.size.shipments / 10_000 * draw.size.saturation
    base = rng.uniform(low, high)
    while at < DAYS * DAY:
        depart = int(at) + kind.cut_off_h * 60
        arrive = depart + max(180, int(far / kind.km_per_day * DAY * rng.uniform(0.95, 1.1)))
        draw.model.add_departure(
            f"{mode} {draw.count} {origin}-{destination}",
            draw.hubs[origin],
            draw.hubs[destination],
            cut_off_min=int(at),
            depart_min=depart,
            arrive_min=arrive,
            dwell_min=rng.randint(*kind.dwell_min),
            slots=max(2 if mode in ("truck", "tir", "air") else 3, round(base * share * rng.uniform(0.7, 1.3))),
            unit_type=mode,
            unit_weight_g=kind.unit_weight_g,
            unit_volume_dm3=kind.unit_volume_dm3,
            unit_cost=round((kind.fixed + kind.per_km * far) * rng.uniform(0.95, 1.05)),
            per_shipment=kind.per_shipment,
            per_t=kind.per_t,
            per_m3=kind.per_m3,
            co2_g_per_t=round(kind.co2_g_tkm * far),
        )
        draw.count += 1
        at += step


def _shipment(draw: _Draw, number: int) -> None:
    rng = draw.rng
    origin, destination = _ends(rng)
    express = rng.random() < 0.05
    feu = min(2.5, rng.lognormvariate(math.log(0.25), 1.0))
    if express:
        feu = min(feu, 0.1)
    weight_g, volume_dm3 = _weight_and_volume(rng, feu)
    far = km(origin, destination)
    ready = int(rng.uniform(0, 22) * DAY)
    if express:
        due = ready + int((4.5 + far / 1000 + rng.uniform(1, 3)) * DAY)
        outsource = 40_000 + round(1.1 * weight_g / 1000 * 700)
    else:
        due = min(DAYS * DAY, ready + int((6 + far / 650 + rng.uniform(*draw.size.slack_days)) * DAY))
        outsource = 30_000 + round(3 * feu * (30_000 + 50 * far))
    draw.model.add_shipment(
        f"S{number}",
        draw.hubs[origin],
        draw.hubs[destination],
        ready_min=ready,
        due_min=due,
        weight_g=weight_g,
        volume_dm3=volume_dm3,
        outsource_cost=outsource,
    )


def _ends(rng: random.Random) -> tuple[str, str]:
    """Three quarters go west, the rest east."""
    here = rng.choices(list(INLAND), [SHARE[name] for name in INLAND])[0]
    there = rng.choices(list(ABROAD), [SHARE[name] for name in ABROAD])[0]
    return (here, there) if rng.random() < 0.75 else (there, here)


def _weight_and_volume(rng: random.Random, feu: float) -> tuple[int, int]:
    """Grams and dm3 of which the larger share of a container is `feu`; densities lognormal with median 240 kg/m3."""
    density = rng.lognormvariate(math.log(240), 0.5)
    per_feu = FEU_G / FEU_DM3  # grams a dm3 at which both are full; numerically kg/m3
    if density > per_feu:
        weight = feu * FEU_G
        return max(1000, round(weight)), max(1, round(weight / density))
    volume = feu * FEU_DM3
    return max(1000, round(volume * density)), max(1, round(volume))
