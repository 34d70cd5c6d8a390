"""Starting the parts of `kouan up`, each when what it needs is there."""

import asyncio
import sys

import httpx
import sqlalchemy as sa
from rich.console import Console

from wms.access.add_person import AddPerson, add_person
from wms.access.tables import person
from wms.command.device_credentials import broker_users
from wms.command.feed_line import next_wave
from wms.command.gateway_config import write_gateway_config
from wms.command.open_database import DATABASE, embedded_postgres
from wms.command.places import Home
from wms.command.running import MqttAccess, Running, UpOptions, free_port
from wms.kit.actor import SYSTEM
from wms.kit.clock import system_clock
from wms.kit.db import Database
from wms.kit.mqtt import BrokerAddress
from wms.launch.broker import Broker
from wms.launch.supervise import ChildSpec, Supervisor
from wms.migrations.upgrade import upgrade
from wms.seed.plant_world import plant_world
from wms.settings import Settings

_CONTINUOUS_RATE_PER_H = 7_200
_LINE_LOOPS = ("ingest", "react", "relay", "status")


async def start_parts(
    settings: Settings, options: UpOptions, home: Home, supervisor: Supervisor, console: Console
) -> Running:
    console.print("[bold]Kouan[/bold] 口岸 is starting")
    database_url = await _start_database(settings, supervisor, console)
    mqtt, broker = await _start_broker(settings, home, supervisor, console)
    await upgrade(database_url)
    if settings.http_port == 0:
        settings = settings.model_copy(update={"http_port": free_port()})
    run = Running(
        settings, home, options, supervisor, console, Database(database_url, pool_size=4), database_url, mqtt, broker,
        free_port(), system_clock(),
    )  # fmt: skip
    await run.db.run(plant_world, None, actor=SYSTEM)
    await _first_person(run)
    run.env = {
        "KOUAN_HOME": str(home.root),
        "KOUAN_DATABASE_URL": database_url,
        "KOUAN_MQTT_URL": mqtt.warehouse_url,
        "KOUAN_MQTT_PASSWORD_FILE": str(mqtt.warehouse_password),
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
) -> tuple[MqttAccess, Broker | None]:
    files = (settings.mqtt_password_file or home.secret_file("mqtt_wms"), home.secret_file("mqtt_gateway"))
    if settings.mqtt_url:
        console.print("  broker: external")
        outside = BrokerAddress.parse(settings.mqtt_url)
        return MqttAccess(f"mqtt://{outside.host}:{outside.port}", settings.mqtt_url, *files), None
    broker = Broker(home.broker, settings.mqtt_port, broker_users(home, *files))
    url = await supervisor.server(broker)
    slow = "amqtt, good for a demonstration, not for a line (install Mosquitto)"
    console.print(f"  broker: {slow if broker.demonstration else 'Mosquitto'}")
    return MqttAccess(url, url.replace("mqtt://", "mqtt://wms@"), *files), broker


async def _first_person(run: Running) -> None:
    async with run.db.read() as conn:
        if await conn.scalar(sa.select(sa.func.count()).select_from(person)):
            return
    command = AddPerson(name="admin", password=run.home.secret("admin_password"), role="administrator")
    await run.db.run(add_person, command, actor=SYSTEM)


async def _start_children(run: Running) -> None:
    python = sys.executable
    await run.supervisor.child(ChildSpec("work", [python, "-m", "wms", "work", *_LINE_LOOPS], run.env))
    # Apart from the line: reading a file of 100,000 rows would hold up the answers to machines in the same process.
    await run.supervisor.child(ChildSpec("import", [python, "-m", "wms", "work", "import", "deliver", "plan"], run.env))
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
    await next_wave(run)
    config = write_gateway_config(
        run.home, run.mqtt.url, run.mqtt.gateway_password, run.sorter_port, free_port(), lanes=4
    )
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
