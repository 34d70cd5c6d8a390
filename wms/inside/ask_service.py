"""Value-added services: labels, bundles and the like, as tasks that a person's word ends. Goods keep what they are."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from wms.inside.find_unit import need_unit
from wms.inside.unit_content import owners_inside
from wms.inside.wire import Note, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.tasks.add_tasks import NewTask, add_tasks


class AskService(BaseModel):
    site: SiteCode
    unit: Text60
    service: Literal["relabel", "bundle", "wrap", "inspect", "insert"]
    note: Note
    priority: int = Field(default=0, ge=-1_000, le=1_000)
    due_at: AwareDatetime | None = None


class ServiceAsked(BaseModel):
    task_id: UUID


async def ask_service(tx: Tx, command: AskService) -> ServiceAsked:
    """A task of kind `kit` on a unit."""
    tx.actor.need("kit.do", command.site)
    found = await need_unit(tx, command.site, command.unit)
    owners = await owners_inside(tx.conn, found.id)
    owner_id = owners[0] if len(owners) == 1 else None
    task = NewTask(
        kind="kit",
        site=command.site,
        priority=command.priority,
        due_at=command.due_at,
        location_id=found.location_id,
        owner_id=owner_id,
        subject_id=found.id,
        by_hand=True,
        payload={"service": command.service, "label": found.code, "note": command.note},
    )
    [task_id] = await add_tasks(tx, [task])
    await tell(tx, "service.asked", task_id, site=command.site, owner_id=owner_id, service=command.service)
    return ServiceAsked(task_id=task_id)
