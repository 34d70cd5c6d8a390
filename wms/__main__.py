"""The command `kouan`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from wms.settings import settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kouan", description="Smart logistics for border trade.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything on this machine, with a simulated line")
    up.add_argument("--parcels", type=_count, default=500, help="parcels announced and sent down the line")
    up.add_argument("--exit", action="store_true", help="end after these parcels and print the outcome as JSON")
    up.add_argument("--scenario", default="suifenhe", help="scenario of the simulated machines")
    up.add_argument("--rate", type=float, help="parcels an hour")
    up.add_argument("--seed", type=int, help="other parcels and mishaps")
    up.add_argument("--no-faults", action="store_true", help="nothing goes wrong on the line")
    up.add_argument("--no-line", action="store_true", help="no simulated machines and no gateway")
    tell = commands.add_parser("announce", help="announce the parcels of a manifest (CSV, XLSX, CEB505)")
    tell.add_argument("file", type=Path)
    tell.add_argument("--site", default="SFH-S", help="site where they will arrive")
    tell.add_argument("--destination", help="for rows or formats that name none")
    tell.add_argument("--service", help="for rows or formats that name none")
    commands.add_parser("prove", help="replay the journal against everything the system believes")
    commands.add_parser("migrate", help="bring the database to the newest schema and plant the world")
    commands.add_parser("api", help="the web server")
    loops = commands.add_parser("work", help="worker loops")
    names = "ingest, react, relay, status, import, deliver, plan"
    loops.add_argument("loops", nargs="*", metavar="LOOP", help=f"{names}; none means all")
    add = commands.add_parser("add-person", help="add a person; the password is read from stdin")
    add.add_argument("name")
    add.add_argument("--role", required=True)
    add.add_argument("--site", action="append", help="a site they may touch; none means every site")
    add.add_argument("--locale", default="en", choices=["zh", "en", "ru"])
    device = commands.add_parser("device-credential", help="give a device that speaks MQTT itself its credential")
    device.add_argument("address", help="site/area/line/device, for example sfh-s/hall/s1/scanner9")
    read = commands.add_parser("decode", help="codes on images and PDF labels, one JSON object a line")
    read.add_argument("--lane", default="open", help="only what this lane reads: parcel, post, carton, air, goods")
    read.add_argument("files", nargs="+", type=Path, metavar="FILE")
    routes = commands.add_parser("plan", help="plan consolidation routes for the shipments of a file (CSV, XLSX, JSON)")
    routes.add_argument("file", type=Path)
    routes.add_argument(
        "--network", type=Path, help="folder with hubs, units, dwell, services, holidays as CSV or XLSX"
    )
    routes.add_argument("--out", type=Path, help="write the plan as .json, .csv or .xlsx; none means JSON on stdout")
    routes.add_argument("--seconds", type=_seconds, default=20.0, help="how long to search")
    routes.add_argument("--seed", type=int, default=1)
    routes.add_argument("--explain", metavar="SHIPMENT", help="say why it travels as it does")
    routes.add_argument("--co2-price", type=_price, default=0, help="currency units a tonne of CO2e counts for")
    routes.add_argument(
        "--day-price", type=_price, default=0, help="currency units a tonne and day under way counts for"
    )
    openapi = commands.add_parser("openapi", help="write the OpenAPI document")
    openapi.add_argument("file", type=Path)
    return parser


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError("from 1 to 1000000")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError("from 0.1 to 3600")
    return value


def _price(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 100_000:
        raise argparse.ArgumentTypeError("from 0 to 100000")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; its imports are its own, so that `kouan announce` does not wait for a web framework."""
    args = _parser().parse_args(argv)
    return _VERBS[args.command](args)


def _up(args: argparse.Namespace) -> int:
    from wms.command.running import UpOptions
    from wms.command.up import up

    options = UpOptions(
        parcels=args.parcels,
        exit=args.exit,
        scenario=args.scenario,
        rate=args.rate,
        seed=args.seed,
        faults=not args.no_faults,
        simulate=not args.no_line,
    )
    return up(settings(), options)


def _announce(args: argparse.Namespace) -> int:
    from wms.command.announce import announce_file

    return announce_file(settings(), args.file, args.site, args.destination, args.service)


def _prove(_: argparse.Namespace) -> int:
    from wms.command.prove import prove_all

    return prove_all(settings())


def _migrate(_: argparse.Namespace) -> int:
    from wms.command.migrate import migrate

    return migrate(settings())


def _api(_: argparse.Namespace) -> int:
    from wms.command.serve_api import serve_api

    return serve_api(settings())


def _work(args: argparse.Namespace) -> int:
    from wms.command.run_workers import run_workers

    return run_workers(settings(), args.loops)


def _add_person(args: argparse.Namespace) -> int:
    from wms.command.add_person import add_one

    return asyncio.run(add_one(settings(), args.name, args.role, args.site, args.locale, sys.stdin.readline().strip()))


def _device_credential(args: argparse.Namespace) -> int:
    from wms.command.device_credentials import add_credential

    return add_credential(settings(), args.address)


def _decode(args: argparse.Namespace) -> int:
    from wms.command.decode import decode_files

    return decode_files(args.files, args.lane)


def _plan(args: argparse.Namespace) -> int:
    from wms.command.plan import PlanOptions, plan_file

    return plan_file(
        PlanOptions(
            file=args.file,
            network=args.network,
            out=args.out,
            seconds=args.seconds,
            seed=args.seed,
            explain=args.explain,
            co2_price=args.co2_price,
            day_price=args.day_price,
        )
    )


def _openapi(args: argparse.Namespace) -> int:
    from wms.command.write_openapi import write_openapi

    return write_openapi(args.file)


_VERBS = {
    "up": _up,
    "announce": _announce,
    "prove": _prove,
    "migrate": _migrate,
    "api": _api,
    "work": _work,
    "add-person": _add_person,
    "device-credential": _device_credential,
    "decode": _decode,
    "plan": _plan,
    "openapi": _openapi,
}

if __name__ == "__main__":
    sys.exit(main())
