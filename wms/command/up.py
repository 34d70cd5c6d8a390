"""`kouan up`: everything on one machine, from an empty folder to a running line.

Order: PostgreSQL, broker, schema, world, workers, web server, gateway, simulated machines. What dies is started again;
when this process goes, however it goes, everything it started goes with it.
"""

import asyncio
import socket
import sys

from rich.console import Console

from wms.command.feed_line import feed_line
from wms.command.keep_users import keep_users
from wms.command.places import Home
from wms.command.run_once import run_once
from wms.command.running import Running, UpOptions
from wms.command.show_progress import show_progress
from wms.command.start_parts import start_parts
from wms.command.write_status import write_status
from wms.launch.failure import LaunchError
from wms.launch.supervise import Supervisor
from wms.settings import Settings


def up(settings: Settings, options: UpOptions) -> int:
    """Exit code 0 when the run agrees with the machines' truth (or was ended by hand), 1 otherwise."""
    try:
        return asyncio.run(_up(settings, options))
    except LaunchError as error:
        sys.stderr.write(f"kouan up: {error}\n")
        return 1


async def _up(settings: Settings, options: UpOptions) -> int:
    console = Console(stderr=True)
    home = Home(settings)
    home.prepare()
    _need_free_port(settings)
    async with Supervisor(home.run) as supervisor:
        run = await start_parts(settings, options, home, supervisor, console)
        asides = [asyncio.create_task(write_status(run)), asyncio.create_task(keep_users(run))]
        try:
            if options.exit:
                return await run_once(run)
            await _serve(run)
            return 0
        finally:
            for aside in asides:
                aside.cancel()
            await run.db.close()


def _need_free_port(settings: Settings) -> None:
    if settings.http_port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http_host, settings.http_port))
        except OSError as error:
            raise LaunchError(
                f"port {settings.http_port} is taken ({error.strerror}); set KOUAN_HTTP_PORT to another one"
            ) from error


async def _serve(run: Running) -> None:
    """Until Ctrl-C: a new wave whenever the line is about to run empty."""
    run.console.print("  running; Ctrl-C ends it")
    asked = asyncio.create_task(run.supervisor.until_signal())
    if run.options.simulate:
        feeding = asyncio.create_task(feed_line(run))
        await show_progress(run, asked)
        feeding.cancel()
    await asked
    run.console.print("  stopping")
