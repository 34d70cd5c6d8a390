"""Bringing a database to the newest schema."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x6B6F75616E02


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
    finally:
        await engine.dispose()
