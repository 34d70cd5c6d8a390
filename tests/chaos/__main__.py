"""`make test-chaos`: ten minutes by default; the last line is the JSON object, the exit code 1 when the count is wrong."""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="test-chaos")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument(
        "--rate", type=float, default=400.0, help="parcels a second; two reports each, and a scan for four"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kouan-chaos-") as folder:
        outcome = asyncio.run(Chaos(Path(folder), options.seed).run(options.seconds, options.rate))
    print(json.dumps(dataclasses.asdict(outcome)))
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
