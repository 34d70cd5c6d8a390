"""`make bench-loading`. Container loading instances, 5 s each, judged by the referee; the last line is the JSON object.

FILE= another file of that format, FIRST=n the first n instances of each file, SECONDS= another time. Two instances
run side by side, one thread each. Fill is in percent of the container's volume.
"""

import json
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from routing.loading import check_loading, load
from routing.loading.read_orlib import LoadingInstance, read_orlib

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared/data/bench/loading"
TABLE = ROOT / "docs/benchmarks/loading.md"
HEAD = """# Container loading: Bischoff–Ratcliff

Made by `make bench-loading` at {seconds:g} s an instance, one thread. Fill in percent of the container's volume.
Every box stands with its whole base on the floor or on other boxes; every loading passed the referee
(`routing/loading/check.py`).

| file | instances | mean fill | worst | best | slowest s | violations |
|---|---|---|---|---|---|---|
"""


def measure(job: tuple[LoadingInstance, float]) -> tuple[str, float, float, list[str]]:
    """Name, fill in percent, seconds and violations of one instance."""
    instance, seconds = job
    began = time.monotonic()
    loading = load(instance.container, instance.boxes, time_limit_s=seconds)
    took = time.monotonic() - began
    return instance.name, 100 * loading.fill, took, check_loading(instance.container, instance.boxes, loading)


def warm_up() -> None:
    instance = read_orlib(FOLDER / "BR1.txt")[0]
    load(instance.container, instance.boxes, time_limit_s=0.2)


def main() -> None:
    seconds, first = float(os.environ.get("SECONDS") or 5), int(os.environ.get("FIRST") or 10**6)
    given = os.environ.get("FILE")
    files = [Path(given)] if given else [FOLDER / f"{name}.txt" for name in ("BR1", "BR7", "BR15")]
    result: dict[str, float | int] = {}
    violations, lines = 0, []
    warm_up()  # compiles once, before two processes would
    with ProcessPoolExecutor(2, initializer=warm_up) as pool:
        for file in files:
            done = list(pool.map(measure, [(instance, seconds) for instance in read_orlib(file)[:first]]))
            fills = [fill for _, fill, _, _ in done]
            wrong = [f"{name}: {sentence}" for name, _, _, found in done for sentence in found]
            slowest = max(took for _, _, took, _ in done)
            violations += len(wrong)
            result[file.stem] = round(statistics.fmean(fills), 2)
            figures = f"{result[file.stem]} | {min(fills):.2f} | {max(fills):.2f} | {slowest:.2f} | {len(wrong)}"
            lines.append(f"| {file.stem} | {len(fills)} | {figures} |")
            print(lines[-1], *wrong[:5], sep="\n", flush=True)
    if not given and first >= 100:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(HEAD.format(seconds=seconds) + "\n".join(lines) + "\n", "utf-8")
    print(json.dumps({**result, "violations": violations}))


if __name__ == "__main__":
    main()
