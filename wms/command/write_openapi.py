"""`kouan openapi FILE`: the API's document, without a database. The screens' types are generated from it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from wms.app import create_app
from wms.kit.db import Database
from wms.kit.http import Services
from wms.kit.listen import Listener
from wms.kit.seal import Seal


def write_openapi(file: Path) -> int:
    document = asyncio.run(_document())
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


async def _document() -> dict[str, Any]:
    nowhere = "postgresql+asyncpg://nobody@localhost/none"  # named, never connected to
    held = Services(Database(nowhere), Listener(nowhere, ()), Seal(bytes(32)), 1, "9501101", 1000)
    return create_app(held).openapi()
