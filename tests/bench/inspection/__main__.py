"""`make bench-inspection`. The last line is the JSON object; everything before it says what is being measured.

Parcels are simulated; calibration and test parcels have disjoint seeds, and every threshold, gain and group model comes from
the calibration half alone. Figures say what the analyses can do at best, on the simulation's own physics.
"""

import argparse
import itertools
import json
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np

from firmware_sim.xray.parcels import CLASSES
from firmware_sim.xray.view import Scanner
from tests.bench.inspection.parcels import Measured, make_table, measure
from tests.bench.inspection.rates import auc, auc_interval
from tests.bench.labels.__main__ import wilson
from wms.inspection.declared import fit_groups
from wms.inspection.duplicates import similarity
from wms.inspection.finding import set_threshold
from wms.inspection.mass import fit_gain

CALIBRATION_SEED, TEST_SEED, SWEEP_SEED, DRAW_SEED = 310_000, 570_000, 830_000, 11
SWEEP: dict[str, tuple[Scanner, bool]] = {
    "as calibrated": (Scanner(), False),
    "half the dose": (Scanner(dose=0.5), False),
    "twice the dose": (Scanner(dose=2.0), False),
    "no scatter": (Scanner(scatter=0.0), False),
    "scatter 5 %": (Scanner(scatter=0.05), False),
    "gain drift 2 %": (Scanner(drift=0.02), False),
    "denser sugar than any at calibration": (Scanner(), True),
}


def _one(job: tuple[int, Scanner, bool]) -> Measured:
    cv2.setNumThreads(1)
    seed, scanner, unseen = job
    return measure(seed, make_table(), scanner, unseen)


def scan(pool: ProcessPoolExecutor, first: int, count: int, scanner: Scanner, unseen: bool = False) -> list[Measured]:
    return list(pool.map(_one, [(first + index, scanner, unseen) for index in range(count)], chunksize=4))


def lumps(parcels: list[Measured], hidden: bool) -> np.ndarray:
    return np.array([one.lump_g for one in parcels if (one.hidden_g > 0) == hidden])


def dense_organic(calibration: list[Measured], test: list[Measured]) -> dict[str, float]:
    positive, negative = lumps(test, True), lumps(test, False)
    low, high = auc_interval(positive, negative, DRAW_SEED)
    found = {"auc": round(auc(positive, negative), 4), "auc_low": round(low, 4)}
    print(f"dense organic, CT: AUC {found['auc']} [{low:.3f}, {high:.3f}]", flush=True)
    for percent in (5, 10):
        threshold = set_threshold(lumps(calibration, False), percent / 100, "simulated calibration half").value
        hits, alarms = int((positive > threshold).sum()), int((negative > threshold).sum())
        found[f"pd_at_pfa{percent}"] = round(hits / len(positive), 4)
        p_low, p_high = wilson(hits, len(positive))
        f_low, f_high = wilson(alarms, len(negative))
        print(
            f"  set for {percent} %: above {threshold:.0f} g; Pd {hits}/{len(positive)} [{p_low:.2f}, {p_high:.2f}], "
            f"false {alarms}/{len(negative)} [{f_low:.2f}, {f_high:.2f}]",
            flush=True,
        )
    for name, keep in (("30-80 g", (30, 80)), ("80-400 g", (80, 500))):
        some = np.array([one.lump_g for one in test if keep[0] <= one.hidden_g < keep[1]])
        if len(some):
            print(f"  {name}: AUC {auc(some, negative):.3f} (n {len(some)})", flush=True)
    return found | {"n": len(test)}


def declared(calibration: list[Measured], test: list[Measured]) -> dict[str, float]:
    samples = defaultdict(list)
    for one in calibration:
        samples[one.content].append(one.features)
    model = fit_groups(samples)
    rng = np.random.default_rng(DRAW_SEED)
    others = [str(rng.choice([name for name in CLASSES if name != one.content])) for one in test]
    right = np.array([model.mismatch(one.content, one.features) for one in test])
    wrong = np.array([model.mismatch(other, one.features) for one, other in zip(test, others, strict=True)])
    low, high = auc_interval(wrong, right, DRAW_SEED)
    found = round(auc(wrong, right), 4)
    top = np.mean(
        [
            max(model.means, key=lambda name, seen=one: model.log_likelihood(name, seen.features)) == one.content
            for one in test
        ]
    )
    print(f"declared against observed: AUC {found} [{low:.3f}, {high:.3f}], best guess right {top:.2f}", flush=True)
    return {"auc": found, "n": len(test)}


def mass(calibration: list[Measured], test: list[Measured]) -> dict[str, float]:
    found = {}
    for name in ("view", "ct"):
        told = {
            half: np.array([getattr(one, f"{name}_mass_g") for one in half_])
            for half, half_ in (("c", calibration), ("t", test))
        }
        gain = fit_gain(told["c"], np.array([one.mass_g for one in calibration]))
        error = told["t"] * gain / np.array([one.mass_g for one in test]) - 1
        found[name] = round(float(np.abs(error).mean()), 4)
        worst = np.quantile(np.abs(error), 0.95)
        print(
            f"mass, {name}: MAPE {found[name]}, bias {error.mean():+.3f}, p95 {worst:.3f}, gain {gain:.3f}", flush=True
        )
    return found


def duplicates(calibration: list[Measured], test: list[Measured]) -> float:
    def strangers(parcels: list[Measured]) -> np.ndarray:
        return np.array([similarity(a.picture, b.picture) for a, b in itertools.combinations(parcels, 2)])

    threshold = set_threshold(strangers(calibration), 0.001, "simulated calibration half").value
    same = np.array([similarity(one.picture, one.again) for one in test])
    false = strangers(test)
    hits = int((same > threshold).sum())
    print(
        f"duplicates: threshold {threshold:.3f}, recall {hits}/{len(same)}, "
        f"false {int((false > threshold).sum())} of {len(false)} pairs",
        flush=True,
    )
    return round(hits / len(same), 4)


def sweep(pool: ProcessPoolExecutor, calibration: list[Measured], count: int) -> None:
    threshold = set_threshold(lumps(calibration, False), 0.05, "simulated calibration half").value
    truth = np.array([one.mass_g for one in calibration])
    gain = fit_gain(np.array([one.ct_mass_g for one in calibration]), truth)
    for name, (scanner, unseen) in SWEEP.items():
        parcels = scan(pool, SWEEP_SEED, count, scanner, unseen)
        positive, negative = lumps(parcels, True), lumps(parcels, False)
        error = np.abs([one.ct_mass_g * gain / one.mass_g - 1 for one in parcels]).mean()
        print(
            f"sweep, {name}: AUC {auc(positive, negative):.3f}, Pd {np.mean(positive > threshold):.2f}, "
            f"Pfa {np.mean(negative > threshold):.2f}, CT mass MAPE {error:.3f} (n {count})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibration", type=int, default=280)
    parser.add_argument("--test", type=int, default=280)
    parser.add_argument("--sweep", type=int, default=60, help="parcels for each condition; 0 for none")
    options = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        calibration = scan(pool, CALIBRATION_SEED, options.calibration, Scanner())
        test = scan(pool, TEST_SEED, options.test, Scanner())
        answer = {
            "dense_organic_ct": dense_organic(calibration, test),
            "declared": declared(calibration, test),
            "mass_mape": mass(calibration, test),
            "duplicate_recall": duplicates(calibration, test),
            "seconds_per_parcel": round(float(np.mean([one.cpu_s for one in test])), 4),
        }
        if options.sweep:
            sweep(pool, calibration, options.sweep)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
