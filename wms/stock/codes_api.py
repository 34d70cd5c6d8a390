"""One question for every scan: what is this code?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held
from wms.stock.look_up_code import CodeMeanings, look_up_code

router = APIRouter(prefix="/api/v1", tags=["meanings"], responses=ERRORS)


@router.get("/meanings/{code:path}")
async def get_meanings(
    code: Annotated[str, Path(min_length=1, max_length=2000)],
    held: Held,
    who: Who,
    site: Annotated[str | None, Query(max_length=8)] = None,
    owner: UUID | None = None,
) -> CodeMeanings:
    """Articles, units and locations that a scanned text may mean; more than one asks the person. Percent-encode the text."""
    who.need("item.read", site)
    async with held.db.read() as conn:
        return await look_up_code(conn, who, code, site=site, owner=owner)
