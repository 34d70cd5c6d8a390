"""Servers for tests: one PostgreSQL a worker, one database a test copied from a migrated and planted template."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.clocks import at
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.launch.postgres import PostgresServer
from wms.migrations.upgrade import upgrade
from wms.seed.plant_world import plant_world

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "anyio: async tests")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL of its own for this worker, forgetful on purpose: tests do not survive power cuts."""
    base: Path = tmp_path_factory.mktemp("pg")
    with PostgresServer(base / "data", durable=False, settings={"max_connections": "200"}) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """The name of a database that is migrated and has the demonstration world."""
    url = postgres.create_database("template_world")

    async def prepare() -> None:
        await upgrade(url)
        db = Database(url, clock=lambda: at(0))
        await db.run(plant_world, None, actor=SYSTEM)
        await db.close()

    asyncio.run(prepare())
    return "template_world"


@pytest.fixture
def database_url(postgres: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield postgres.create_database(name, template)
    postgres.drop_database(name)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()
