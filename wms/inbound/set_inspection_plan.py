"""Setting which receipts are sampled: of an article, of a supplier, of both, or of all."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert

from wms.catalog.tables import trade_item
from wms.inbound.tables import inspection_plan
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


class SetInspectionPlan(BaseModel):
    """There is one plan for each article and supplier of a site; setting it again changes it, `active` false ends it.

    The sample is the percentage of a lot, rounded up, but at least the minimum; more defects than the accept number fail it.
    """

    site: str = Field(max_length=8)
    item_id: UUID | None = None
    supplier_id: UUID | None = None
    sample_percent: Percent = Decimal(0)
    sample_minimum: int = Field(default=1, ge=1, le=10_000)
    accept_number: int = Field(default=0, ge=0, le=10_000)
    active: bool = True


class InspectionPlanSet(SetInspectionPlan):
    id: UUID


async def set_inspection_plan(tx: Tx, command: SetInspectionPlan) -> InspectionPlanSet:
    """Refuses `unknown_site`, and `not_found` for an article or supplier that is not there."""
    if not await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)):
        raise Refusal("unknown_site", site=command.site)
    for table, id in ((trade_item, command.item_id), (party, command.supplier_id)):
        if id is not None and not await tx.conn.scalar(sa.select(table.c.id).where(table.c.id == id)):
            raise Refusal("not_found")
    row = insert(inspection_plan).values(id=tx.new_id(), **command.model_dump())
    changed = {name: row.excluded[name] for name in ("sample_percent", "sample_minimum", "accept_number", "active")}
    upsert = row.on_conflict_do_update(index_elements=["site", "item_id", "supplier_id"], set_=changed)
    id = await tx.conn.scalar(upsert.returning(inspection_plan.c.id))
    return InspectionPlanSet(id=id, **command.model_dump())
