"""`kouan add-person`: people without the console, for the first hour and for emergencies."""

import sys

from wms.access.add_person import AddPerson, add_person
from wms.command.open_database import open_database
from wms.command.refusals import CONSTRAINTS
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.refusal import Refusal
from wms.settings import Settings


async def add_one(settings: Settings, name: str, role: str, sites: list[str] | None, locale: str, password: str) -> int:
    with open_database(settings) as url:
        db = Database(url, refusals=CONSTRAINTS)
        try:
            command = AddPerson(name=name, password=password, role=role, sites=sites, locale=locale)
            added = await db.run(add_person, command, actor=SYSTEM)
        except Refusal as error:
            sys.stderr.write(f"kouan add-person: {error.code} {error.params}\n")
            return 1
        finally:
            await db.close()
    sys.stdout.write(f"{added.name} is {added.role}\n")
    return 0
