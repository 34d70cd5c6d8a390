"""How often a site counts, and from which variance on twice."""

from decimal import Decimal
from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert

from wms.counting.sql import need_house
from wms.counting.tables import count_policy
from wms.counting.wire import SiteCode
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.sites.tables import site
from wms.stock.wire import Quantity

Days = Annotated[int, Field(ge=1, le=3_660)]


class SetCountPolicy(BaseModel):
    site: SiteCode
    a_days: Days = 30
    b_days: Days = 90
    c_days: Days = 365
    recount_quantity: Quantity = Decimal(10)
    recount_percent: Annotated[Decimal, Field(ge=0, le=1_000, max_digits=6, decimal_places=2)] = Decimal(5)


async def set_policy(tx: Tx, command: SetCountPolicy) -> SetCountPolicy:
    """Refuses `unknown_site`."""
    need_house(tx)
    tx.actor.need("count.approve", command.site)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise Refusal("unknown_site", site=command.site, field="site")
    row = insert(count_policy).values(command.model_dump())
    changed = {name: row.excluded[name] for name in SetCountPolicy.model_fields if name != "site"}
    await tx.conn.execute(row.on_conflict_do_update(index_elements=["site"], set_=changed))
    return command
