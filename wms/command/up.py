"""`kouan up`: everything on one machine, from an empty folder to a running line.

Order: PostgreSQL, broker, schema, world, workers, web server, gateway, simulated machines. What dies is started again;
when this process goes, however it goes, everything it started goes with it.
"""

import asyncio
import json
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wms.access.add_person import AddPerson, add_person
from wms.access.tables import person
from wms.command.compare_truth import Comparison, compare_truth, read_truth
from wms.command.gateway_config import GATEWAY, GATEWAY_USER, LINE, write_gateway_config
from wms.command.open_database import DATABASE, embedded_postgres
from wms.command.places import Home, personal_data_seal
from wms.equipment.tables import gateway
from wms.inbound.announce import Announce, Announced, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.clock import system_clock
from wms.kit.db import Database, is_outage
from wms.kit.inbox import lane
from wms.launch.broker import Broker
from wms.launch.broker_users import BrokerUser, gateway_rules, warehouse_rules
from wms.launch.failure import LaunchError
from wms.launch.supervise import ChildSpec, Supervisor
from wms.migrations.upgrade import upgrade
from wms.proof.prove import Proof, prove
from wms.seed.plant_world import plant_world
from wms.settings import Settings
from wms.sorting.tables import item

_SITE = "SFH-S"
_CONTINUOUS_RATE_PER_H = 7_200
_SETTLE_S = 60.0


@dataclass(slots=True)
class UpOptions:
    """`parcels` are announced and sent down the line; with `exit` the run ends after them, else waves follow."""

    parcels: int = 500
    exit: bool = False
    scenario: str = "suifenhe"
    rate: float | None = None
    seed: int | None = None
    faults: bool = True
    simulate: bool = True


@dataclass(slots=True)
class Running:
    """What the parts of a run need of each other."""

    settings: Settings
    home: Home
    options: UpOptions
    supervisor: Supervisor
    console: Console
    db: Database
    database_url: str
    mqtt_url: str
    gateway_password: Path
    sorter_port: int
    started_at: datetime
    waves: int = 0
    announced: int = 0
    env: dict[str, str] = field(default_factory=dict)

    @property
    def truth(self) -> Path:
        return self.home.run / "truth.jsonl"

    @property
    def spool(self) -> Path:
        return self.home.run / "spool"


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
        run = await _start(settings, options, home, supervisor, console)
        try:
            if options.exit:
                return await _run_once(run)
            await _serve(run)
            return 0
        finally:
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _start(
    settings: Settings, options: UpOptions, home: Home, supervisor: Supervisor, console: Console
) -> Running:
    console.print("[bold]Kouan[/bold] 口岸 is starting")
    database_url = await _start_database(settings, supervisor, console)
    mqtt_url, wms_password, gateway_password = await _start_broker(settings, home, supervisor, console)
    await upgrade(database_url)
    if settings.http_port == 0:
        settings = settings.model_copy(update={"http_port": free_port()})
    run = Running(
        settings, home, options, supervisor, console, Database(database_url, pool_size=4), database_url, mqtt_url,
        gateway_password, free_port(), system_clock(),
    )  # fmt: skip
    await run.db.run(plant_world, None, actor=SYSTEM)
    await _first_person(run)
    run.env = {
        "KOUAN_HOME": str(home.root),
        "KOUAN_DATABASE_URL": database_url,
        "KOUAN_MQTT_URL": mqtt_url.replace("mqtt://", "mqtt://wms@"),
        "KOUAN_MQTT_PASSWORD_FILE": str(wms_password),
        "KOUAN_HTTP_PORT": str(settings.http_port),
    }
    await _start_children(run)
    return run


async def _start_database(settings: Settings, supervisor: Supervisor, console: Console) -> str:
    if settings.database_url:
        console.print("  database: external")
        return settings.database_url
    server = embedded_postgres(settings)
    await supervisor.server(server)
    if not server.has_database(DATABASE):
        server.create_database(DATABASE)
    console.print("  database: embedded PostgreSQL")
    return server.url(DATABASE)


async def _start_broker(
    settings: Settings, home: Home, supervisor: Supervisor, console: Console
) -> tuple[str, Path, Path]:
    """The URL without a user, and the files with the passwords of the warehouse and of the gateway."""
    wms_file = settings.mqtt_password_file or home.secret_file("mqtt_wms")
    gateway_file = home.secret_file("mqtt_gateway")
    if settings.mqtt_url:
        console.print("  broker: external")
        return settings.mqtt_url.replace("wms@", ""), wms_file, gateway_file
    users = [
        BrokerUser("wms", wms_file.read_text().strip(), warehouse_rules()),
        BrokerUser(GATEWAY_USER, gateway_file.read_text().strip(), gateway_rules("sfh-s", GATEWAY, LINE)),
    ]
    broker = Broker(home.broker, 0, users)
    url = await supervisor.server(broker)
    kind = (
        "amqtt, good for a demonstration, not for a line (install Mosquitto)" if broker.demonstration else "Mosquitto"
    )
    console.print(f"  broker: {kind}")
    return url, wms_file, gateway_file


async def _first_person(run: Running) -> None:
    async with run.db.read() as conn:
        if await conn.scalar(sa.select(sa.func.count()).select_from(person)):
            return
    command = AddPerson(name="admin", password=run.home.secret("admin_password"), role="administrator")
    await run.db.run(add_person, command, actor=SYSTEM)


async def _start_children(run: Running) -> None:
    python = sys.executable
    await run.supervisor.child(ChildSpec("work", [python, "-m", "wms", "work"], run.env))
    url = f"http://127.0.0.1:{run.settings.http_port}"

    async def ready() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{url}/readyz", timeout=1)).status_code == 200
            except httpx.HTTPError:
                return False

    await run.supervisor.child(ChildSpec("api", [python, "-m", "wms", "api"], run.env, ready=ready))
    if run.options.simulate:
        await _start_line(run)
    run.console.print(f"  console:  [link={url}/]{url}/[/link]      handheld: {url}/handheld/")
    run.console.print("  sign in:  admin, password in " + str(run.home.secret_file("admin_password")), soft_wrap=True)


async def _start_line(run: Running) -> None:
    python, options = sys.executable, run.options
    for old in (*run.spool.glob("*.csv"), run.truth):
        old.unlink(missing_ok=True)
    run.spool.mkdir(exist_ok=True)
    await _next_wave(run)
    config = write_gateway_config(run.home, run.mqtt_url, run.gateway_password, run.sorter_port, free_port(), lanes=4)
    rate = options.rate or (None if options.exit else _CONTINUOUS_RATE_PER_H)
    simulator = [python, "-m", "firmware_sim", "run", options.scenario, "--spool", str(run.spool)]
    simulator += ["--tty-dir", str(run.home.run / "tty"), "--sorter-port", str(run.sorter_port)]
    simulator += ["--truth", str(run.truth)]
    simulator += ["--rate", str(rate)] if rate else []
    simulator += ["--seed", str(options.seed)] if options.seed is not None else []
    simulator += [] if options.faults else ["--no-faults"]
    simulator += ["--parcels", str(options.parcels), "--exit"] if options.exit else []
    await run.supervisor.child(
        ChildSpec("firmware_sim", simulator, restart="never" if options.exit else "always", grace_s=3)
    )
    await _table_published(run)
    await run.supervisor.child(
        ChildSpec("gateway", [python, "-m", "gateway", "run", "--config", str(config)], grace_s=5)
    )


async def _table_published(run: Running) -> None:
    """Wait until the sort table is at the broker, so that the first parcel finds it; a slow broker delays, no more."""
    query = sa.text("SELECT count(*) FROM directory_bucket WHERE version > published_version")
    for _ in range(100):
        async with run.db.read() as conn:
            if not await conn.scalar(query):
                return
        await asyncio.sleep(0.1)


async def _next_wave(run: Running) -> Announced:
    """Make a manifest, announce it, and let its parcels arrive."""
    run.waves += 1
    seed = (run.options.seed or 1) * 1000 + int(time.time()) % 100_000 * 1_000_000 + run.waves
    file = run.home.run / "manifest.csv"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", "manifest", run.options.scenario,
        "--parcels", str(run.options.parcels), "--seed", str(seed), "--out", str(file),
    )  # fmt: skip
    if await process.wait() != 0:
        raise LaunchError("the manifest could not be made")
    data = file.read_bytes()
    name = f"wave-{run.waves:04d}.csv"
    content = read_manifest(data, name)
    command = Announce(_SITE, name, data, content, personal_data_seal(run.settings))
    result = await run.db.run(announce, command, actor=SYSTEM)
    run.announced += result.accepted
    file.replace(run.spool / name)
    return result


async def _serve(run: Running) -> None:
    """Until Ctrl-C: a new wave whenever the line is about to run empty."""
    feeding = asyncio.create_task(_feed(run)) if run.options.simulate else None
    run.console.print("  running; Ctrl-C ends it")
    await run.supervisor.until_signal()
    run.console.print("  stopping")
    if feeding is not None:
        feeding.cancel()


async def _feed(run: Running) -> None:
    started = sa.select(sa.func.count()).select_from(item).where(item.c.line == LINE)
    async with run.db.read() as conn:
        before = await conn.scalar(started) or 0
    while True:
        await asyncio.sleep(5)
        try:
            async with run.db.read() as conn:
                inducted = (await conn.scalar(started) or 0) - before
            if inducted >= run.announced - 50:
                await _next_wave(run)
        except Exception as error:
            run.console.print(f"  no new wave yet: {error!r}"[:200])


async def _run_once(run: Running) -> int:
    """Send the parcels through, wait until all is settled, compare with the truth, prove, report."""
    done = asyncio.create_task(run.supervisor.until_done("firmware_sim"))
    await _show_progress(run, done)
    sim_exit = done.result()
    await _settle(run)
    truth, _ = read_truth(run.truth)
    async with run.db.read() as conn:
        comparison = await compare_truth(conn, LINE, truth)
    async with run.db.read() as conn:
        proof = await prove(conn)
    report = await _report(run, comparison, proof)
    for text in comparison.differences[:10]:
        run.console.print(f"  difference: {text}", markup=False)
    for violation in proof.first[:10]:
        run.console.print(f"  violation: {violation}", markup=False)
    complete = comparison.inducted == comparison.sorted + comparison.exceptions == len(truth) == run.options.parcels
    agreed = sim_exit == 0 and complete and not (comparison.lost or comparison.duplicated or proof.violations)
    await run.supervisor.stop()
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if agreed else 1


async def _show_progress(run: Running, done: "asyncio.Task[int | None]") -> None:
    columns = (TextColumn("  {task.description:<11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=run.console) as progress:
        bars = {
            name: progress.add_task(name, total=run.options.parcels) for name in ("inducted", "sorted", "exceptions")
        }
        while True:
            for name, value in (await _tally(run)).items():
                progress.update(bars[name], completed=value)
            if done.done():
                return
            await asyncio.wait([done], timeout=0.5)


async def _tally(run: Running) -> dict[str, int]:
    """Items of this run by result; nothing while the database is away."""
    query = (
        sa.select(item.c.result, sa.func.count())
        .where(item.c.line == LINE, item.c.first_seen_at >= run.started_at)
        .group_by(item.c.result)
    )
    try:
        async with run.db.read() as conn:
            found = dict((await conn.execute(query)).tuples().all())
    except Exception as error:
        if not is_outage(error):
            raise
        return {}
    exceptions = found.get("exception", 0) + found.get("lost", 0)
    return {"inducted": sum(found.values()), "sorted": found.get("sorted", 0), "exceptions": exceptions}


async def _settle(run: Running) -> None:
    """Wait until every event the gateway holds is committed and handled."""
    deadline = time.monotonic() + _SETTLE_S
    quiet = 0
    while time.monotonic() < deadline and quiet < 6:
        await asyncio.sleep(0.5)
        async with run.db.read() as conn:
            pending = await conn.scalar(
                sa.select(sa.func.count()).select_from(lane).where(lane.c.handled_seq < lane.c.highest_seq)
            )
            state = await conn.scalar(sa.select(gateway.c.state).where(gateway.c.name == GATEWAY))
        waiting = (state or {}).get("outbox_rows", 1)
        quiet = quiet + 1 if not pending and not waiting else 0


async def _report(run: Running, comparison: Comparison, proof: Proof) -> dict[str, Any]:
    async with run.db.read() as conn:
        state = await conn.scalar(sa.select(gateway.c.state).where(gateway.c.name == GATEWAY)) or {}
    return {
        "announced": run.announced,
        "inducted": comparison.inducted,
        "sorted": comparison.sorted,
        "exceptions": comparison.exceptions,
        "lost": comparison.lost,
        "duplicated": comparison.duplicated,
        "late_decisions": comparison.late_decisions,
        "decision_ms": {"p50": comparison.decision_p50_ms, "p99": comparison.decision_p99_ms},
        "durable_ms": {"p50": state.get("durable_p50_ms"), "p99": state.get("durable_p99_ms")},
        "ledger": "broken" if proof.violations else "ok",
    }
