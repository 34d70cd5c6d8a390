"""Alembic's environment: runs on a connection handed in by `wms.migrations.upgrade`."""

from alembic import context

from wms.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
