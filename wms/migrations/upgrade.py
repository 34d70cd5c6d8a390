"""Bringing a database to the newest schema, and its functions to what the code of this version says."""

from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_LOCK = 0x6B6F75616E02
_FUNCTIONS = (("wms.stock", "functions.sql"), ("wms.tasks", "take_task.sql"))  # replaced at every upgrade, as code is


def alembic_config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str) -> None:
    """Run all migrations; two processes that start together wait for each other."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as conn:
            await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            await conn.run_sync(lambda connection: command.upgrade(alembic_config(connection), "head"))
            await _replace_functions(conn)
    finally:
        await engine.dispose()


async def _replace_functions(conn: AsyncConnection) -> None:
    raw = await conn.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    for package, name in _FUNCTIONS:
        await driver.execute(files(package).joinpath(name).read_text(encoding="utf-8"))
