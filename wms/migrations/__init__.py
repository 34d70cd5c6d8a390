"""Alembic migrations, from zero to the metadata of `wms.schema`."""
