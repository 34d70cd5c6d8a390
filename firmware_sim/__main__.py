"""The simulator's command line: write a manifest, run a line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_sim import manifest
from firmware_sim.run import Options, run
from firmware_sim.scenario import Scenario, ScenarioError, load


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="firmware_sim", description="Machines of a sorting line, made of Python.")
    commands = parser.add_subparsers(dest="command", required=True)

    announce = commands.add_parser("manifest", help="write announced parcels as CSV")
    announce.add_argument("scenario", help="name of a shipped scenario, or a path to a .toml file")
    announce.add_argument("--parcels", type=_count, required=True, metavar="N")
    announce.add_argument("--seed", type=int, default=1, metavar="S")
    announce.add_argument("--out", type=Path, required=True, metavar="FILE.csv")

    line = commands.add_parser("run", help="run a line in real time")
    line.add_argument("scenario", help="name of a shipped scenario, or a path to a .toml file")
    line.add_argument("--spool", type=Path, required=True, metavar="DIR", help="folder watched for manifests (*.csv)")
    line.add_argument("--tty-dir", type=Path, required=True, metavar="DIR", help="where the serial devices appear")
    line.add_argument(
        "--sorter-port", type=int, required=True, metavar="P", help="the controller listens on 127.0.0.1:P"
    )
    line.add_argument("--truth", type=Path, required=True, metavar="FILE.jsonl", help="what really happened")
    line.add_argument("--parcels", type=_count, metavar="N", help="induct at most N items")
    line.add_argument("--rate", type=float, metavar="PER_H", help="items an hour over all lanes")
    line.add_argument("--speed", type=float, default=1.0, metavar="X", help="how many times as fast the line runs")
    line.add_argument("--seed", type=int, metavar="S", help="other mishaps than the scenario's own")
    line.add_argument("--no-faults", action="store_true", help="nothing goes wrong")
    line.add_argument("--exit", action="store_true", help="end when all items are finished and acknowledged")
    line.add_argument("--progress", action="store_true", help="draw a progress bar")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _scenario(args: argparse.Namespace) -> Scenario:
    scenario = load(args.scenario)
    if args.rate is not None:
        scenario = scenario.with_rate(args.rate)
    return scenario.without_faults() if args.no_faults else scenario


def _run(args: argparse.Namespace) -> int:
    if not 0.01 <= args.speed <= 1000:
        raise ScenarioError("--speed: from 0.01 to 1000")
    scenario = _scenario(args)
    return run(
        scenario,
        Options(
            spool=args.spool,
            tty_dir=args.tty_dir,
            sorter_port=args.sorter_port,
            truth=args.truth,
            parcels=args.parcels,
            speed=args.speed,
            seed=scenario.seed if args.seed is None else args.seed,
            exit=args.exit,
            progress=args.progress,
        ),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 gave up or broke, 2 asked for something that cannot be."""
    args = _parser().parse_args(argv)
    try:
        if args.command == "manifest":
            manifest.write(args.out, manifest.generate(load(args.scenario).parcels, args.parcels, args.seed))
            return 0
        return _run(args)
    except ScenarioError as error:
        print(f"firmware_sim: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
