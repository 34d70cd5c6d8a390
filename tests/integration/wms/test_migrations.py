"""Migrations from zero give exactly the schema the code speaks of."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from wms.launch.postgres import PostgresServer
from wms.migrations.upgrade import upgrade
from wms.schema import metadata

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


async def test_migrations_from_zero_equal_the_metadata(postgres: PostgresServer):
    """A column that exists in code and in no migration works on the developer's machine only."""
    url = postgres.create_database("from_zero")
    await upgrade(url)
    await upgrade(url)  # a second run changes nothing
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        differences = await conn.run_sync(
            lambda connection: compare_metadata(
                MigrationContext.configure(connection, opts={"compare_type": True}), metadata
            )
        )
    await engine.dispose()
    postgres.drop_database("from_zero")
    assert differences == []


async def test_the_database_refuses_what_no_code_should_write(database_url: str):
    """The last line of defence is in the schema: no negative balance, no unit inside itself, no open bag twice."""
    engine = create_async_engine(database_url)
    for statement in (
        "INSERT INTO balance SELECT id, -1 FROM location LIMIT 1",
        "INSERT INTO site VALUES ('X', 'palace', 'x', 'UTC', '{}', '[]', false)",
        "UPDATE chute SET state = 'melted'",
    ):
        with pytest.raises(sa.exc.IntegrityError):
            async with engine.begin() as conn:
                await conn.execute(sa.text(statement))
    await engine.dispose()
