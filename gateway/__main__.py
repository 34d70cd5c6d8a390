"""The command: `python -m gateway run --config FILE` and `python -m gateway check-config FILE`.

A configuration that cannot be run gives way to the last one that could (`last_good`).
Exit codes: 0 after a signal, 1 when it cannot go on, 2 for a bad configuration, 3 when the data directory is in use.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import structlog
import uvloop

from gateway import log as logs
from gateway.app import Gateway
from gateway.clock import SystemClock
from gateway.config_file import ConfigError, load
from gateway.last_good import HEALTHY_S, LastGood, Start
from gateway.outbox.opening import AlreadyRunning
from gateway.settings import Settings

_SWITCH_INTERVAL_S = 0.0005
"""Python's default 5 ms would let the event loop hold the writer thread up for longer than a commit takes."""

_AGAIN = 75
"""The process takes its own place: a configuration was put in force that needs a new start."""


def main() -> int:
    args = _parser().parse_args()
    if args.action == "check-config":
        return _check(args.config)
    memory = LastGood(args.config)
    found = _choose(memory)
    if found is None:
        return 2
    logs.configure(args.log_level)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        code = uvloop.run(_run(*found, memory))
        if code == _AGAIN:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, anew
        return code
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 3
    except OSError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="The edge process of a sorting line.")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="serve the devices of a configuration")
    run.add_argument("--config", type=Path, required=True)
    run.add_argument("--log-level", choices=["debug", "info", "warning", "error"], default="info")
    check = actions.add_parser("check-config", help="say whether a configuration can be run")
    check.add_argument("config", type=Path)
    return parser


def _check(config: Path) -> int:
    try:
        settings = load(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{config}: good ({len(settings.devices)} devices, {len(settings.stations)} stations)")
    return 0


def _choose(memory: LastGood) -> tuple[Settings, Start] | None:
    """The configuration to run: the one in force, else the last good one; None, and why, when there is neither."""
    start = memory.begin()
    try:
        return load(start.file), start
    except ConfigError as error:
        print(error, file=sys.stderr)
    instead = memory.instead() if start.file == memory.config else None
    if instead is None:
        return None
    try:
        return load(instead.file), instead
    except ConfigError as error:
        print(error, file=sys.stderr)
        return None


async def _prove_healthy(memory: LastGood, start: Start) -> None:
    await asyncio.sleep(HEALTHY_S)
    memory.healthy(start)


async def _run(settings: Settings, start: Start, memory: LastGood) -> int:
    """Serve until a signal or a fatal error: 0 after a signal, 1 after an error."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.set_exception_handler(_log_stray)
    gateway = await Gateway.start(settings, SystemClock(), memory.config)
    if start.why:
        structlog.get_logger().error("safe mode", why=start.why, config=str(start.file))
        gateway.recorder.alarm("safe_mode", {"why": start.why})
    gateway.failed.add_done_callback(lambda _: stop.set())
    proving = asyncio.create_task(_prove_healthy(memory, start))
    await stop.wait()
    proving.cancel()
    if gateway.restarting or not gateway.failed.done():
        memory.forget_start()
    if gateway.failed.done() and not gateway.restarting:
        structlog.get_logger().error("gateway failed", error=repr(gateway.failed.result()))
    await gateway.stop()
    if gateway.restarting:
        return _AGAIN
    return 1 if gateway.failed.done() else 0


def _log_stray(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception nobody waits for still belongs into the log, in its format."""
    error = context.get("exception")
    structlog.get_logger().error("stray exception", message=context.get("message"), exc_info=error)


if __name__ == "__main__":
    sys.exit(main())
