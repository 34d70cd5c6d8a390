"""Keeping label templates. A change makes a new version; what was queued before prints as it was."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.names import Line
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.labels.elements import FIELDS, Label, Purpose, fields_of
from wms.labels.tables import label_template

Name = Annotated[Line, Field(max_length=60), AfterValidator(str.strip)]


class AddTemplate(Label):
    purpose: Purpose
    name: Name


class ChangeTemplate(Label):
    """`based_on` is the version that was looked at: two people do not overwrite each other."""

    template_id: UUID
    based_on: int = Field(ge=1)


class TemplateChange(Label):
    based_on: int = Field(ge=1, le=2_000_000_000)


class Template(Label):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    purpose: Purpose
    name: str
    version: int
    changed_at: datetime
    changed_by: str


async def add_template(tx: Tx, command: AddTemplate) -> Template:
    """Refuses `code_exists` for a name of this purpose, `unknown_field_of_label`."""
    check_fields(command.purpose, command)
    row = insert(label_template).values(
        id=tx.new_id(), purpose=command.purpose, name=command.name, version=1, **_stored(tx, command)
    )
    made = (await tx.conn.execute(row.on_conflict_do_nothing().returning(label_template))).one_or_none()
    if made is None:
        raise Refusal("code_exists", field="name", code=command.name)
    await tell(tx, "label_template.added", made.id, name=command.name)
    return Template.model_validate(made)


async def change_template(tx: Tx, command: ChangeTemplate) -> Template:
    """Refuses `not_found`, `template_outdated` when somebody changed it since, `unknown_field_of_label`."""
    query = sa.select(label_template).where(label_template.c.id == command.template_id).with_for_update()
    there = (await tx.conn.execute(query)).one_or_none()
    if there is None:
        raise Refusal("not_found")
    if there.version != command.based_on:
        raise Refusal("template_outdated", field="based_on", version=there.version)
    check_fields(there.purpose, command)
    changed = await tx.conn.execute(
        label_template.update()
        .where(label_template.c.id == command.template_id)
        .values(version=there.version + 1, **_stored(tx, command))
        .returning(label_template)
    )
    await tell(tx, "label_template.changed", command.template_id, version=there.version + 1)
    return Template.model_validate(changed.one())


async def find_templates(
    conn: AsyncConnection, *, purpose: str | None, after: str | None, limit: int
) -> Page[Template]:
    query = sa.select(label_template).order_by(label_template.c.purpose, label_template.c.name).limit(limit + 1)
    if purpose is not None:
        query = query.where(label_template.c.purpose == purpose)
    if after is not None:
        at, _, name = after.partition("~")
        query = query.where(sa.tuple_(label_template.c.purpose, label_template.c.name) > sa.tuple_(at, name))
    found = [Template.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: f"{one.purpose}~{one.name}")


async def find_template(conn: AsyncConnection, id: UUID) -> Template:
    """Refuses `not_found`."""
    row = (await conn.execute(sa.select(label_template).where(label_template.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found", field="template_id")
    return Template.model_validate(row)


def check_fields(purpose: Purpose, label: Label) -> None:
    """Refuse a field that would always print empty."""
    for name in sorted(fields_of(label) - FIELDS[purpose]):
        raise Refusal("unknown_field_of_label", field="elements", name=name, known=sorted(FIELDS[purpose]))


def _stored(tx: Tx, label: Label) -> dict[str, Any]:
    return {
        "width_mm": label.width_mm,
        "height_mm": label.height_mm,
        "elements": [one.model_dump() for one in label.elements],
        "changed_at": tx.now,
        "changed_by": tx.actor.name,
    }
