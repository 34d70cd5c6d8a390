"""The label templates that every warehouse begins with. What was changed since stays as it is."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.labels.tables import label_template
from wms.labels.templates import AddTemplate, check_fields


async def plant_labels(tx: Tx, seed: list[dict[str, Any]]) -> None:
    rows = []
    for one in seed:
        template = AddTemplate.model_validate(one)
        check_fields(template.purpose, template)
        rows.append({"id": tx.new_id(), "version": 1, "changed_at": tx.now, "changed_by": "", **template.model_dump()})
    await tx.conn.execute(insert(label_template).on_conflict_do_nothing(), rows)
