"""Owners named in rows, as far as the importer may touch their goods."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

import sqlalchemy as sa

from wms.imports.row_kind import CellProblem, ImportScope
from wms.kit.actor import Actor
from wms.kit.db import Tx
from wms.parties.tables import party


@dataclass(frozen=True, slots=True)
class Owners:
    """Owners by code. Another tenant's code is unknown, as if he were not there."""

    ids: dict[str, UUID]
    default: UUID | None
    who: Actor

    @classmethod
    async def find(cls, tx: Tx, codes: set[str], scope: ImportScope) -> Self:
        query = sa.select(party.c.code, party.c.id).where(
            party.c.code.in_(sorted(codes)), party.c.roles.contains(["owner"])
        )
        return cls({row.code: row.id for row in await tx.conn.execute(query)}, scope.owner_id, tx.actor)

    def of(self, code: str | None) -> UUID | CellProblem | None:
        """The owner of a row; None: an article that several owners keep, which no tenant may touch."""
        id = self.ids.get(code) if code else self.default
        if (code and id is None) or not self.who.owns(id):
            return CellProblem("owner", "unknown_party" if code else "missing_value", {"party": code} if code else {})
        return id
