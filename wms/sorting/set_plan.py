"""Putting a sort plan in force: a new version, kept for ever, pushed to the line's gateway without stopping the belt."""

import sqlalchemy as sa
from pydantic import BaseModel, Field

from devices.contract.sort_table import Roles, SortPlan, SortRule
from devices.contract.topics import sort_plan_topic
from wms.access.audit import audit
from wms.equipment.tables import chute, line
from wms.kit.db import Tx
from wms.kit.outbox import emit
from wms.kit.refusal import Refusal
from wms.sorting.tables import sort_plan


class SetPlan(BaseModel):
    """`based_on` is the version the editor saw; another one in force meanwhile is refused as `plan_outdated`."""

    line: str
    based_on: int = Field(ge=0)
    max_passes: int = Field(ge=0, le=99)
    rules: list[SortRule] = Field(min_length=1, max_length=1000)
    roles: Roles


async def set_plan(tx: Tx, command: SetPlan) -> SortPlan:
    """Refuses `unknown_line`, `plan_outdated`, `unknown_chute`."""
    row = (await tx.conn.execute(sa.select(line).where(line.c.path == command.line).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("unknown_line", line=command.line)
    if row.plan_version != command.based_on:
        raise Refusal("plan_outdated", field="based_on", in_force=row.plan_version)
    known = set(await tx.conn.scalars(sa.select(chute.c.name).where(chute.c.line == command.line)))
    named = {name for rule in command.rules for name in rule.chutes} | set(command.roles.model_dump().values())
    for name in sorted(named - known):
        raise Refusal("unknown_chute", chute=name)
    plan = SortPlan(
        line=command.line,
        version=row.plan_version + 1,
        valid_from=tx.now,
        max_passes=command.max_passes,
        rules=command.rules,
        roles=command.roles,
    )
    await tx.conn.execute(
        sort_plan.insert().values(
            line=command.line,
            version=plan.version,
            document=plan.model_dump(mode="json"),
            created_at=tx.now,
            created_by=tx.actor.name,
        )
    )
    await tx.conn.execute(line.update().where(line.c.path == command.line).values(plan_version=plan.version))
    await emit(tx, sort_plan_topic(command.line), plan.model_dump_json().encode(), retain=True)
    await audit(tx, "plan.set", command.line, version=plan.version)
    return plan
