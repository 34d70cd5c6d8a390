"""`kouan migrate`: schema and world."""

import asyncio

from wms.command.open_database import open_database
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.migrations.upgrade import upgrade
from wms.seed.plant_world import plant_world
from wms.settings import Settings


def migrate(settings: Settings) -> int:
    with open_database(settings) as url:
        asyncio.run(_prepare(url))
    return 0


async def _prepare(url: str) -> None:
    await upgrade(url)
    db = Database(url)
    try:
        await db.run(plant_world, None, actor=SYSTEM)
    finally:
        await db.close()
