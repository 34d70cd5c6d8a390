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
    loops.add_argument("loops", nargs="*", metavar="LOOP", help="ingest, react, relay, status; none means all")
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
    openapi = commands.add_parser("openapi", help="write the OpenAPI document")
    openapi.add_argument("file", type=Path)
    return parser


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError("from 1 to 1000000")
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
    "openapi": _openapi,
}

if __name__ == "__main__":
    sys.exit(main())
