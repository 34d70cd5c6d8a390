"""Changing what is known of a party."""

from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parties.schemas import PartyChange, PartyRow
from wms.parties.tables import party


class ChangeParty(PartyChange):
    party_id: UUID


async def change_party(tx: Tx, command: ChangeParty) -> PartyRow:
    """Refuses `not_found`; `code_exists` for a GLN of another party.

    A party that owns goods stays an owner: its tenants' rights hang on it.
    """
    found = (
        await tx.conn.execute(sa.select(party).where(party.c.id == command.party_id).with_for_update())
    ).one_or_none()
    if found is None:
        raise Refusal("not_found")
    changes = command.model_dump(exclude_unset=True, exclude={"party_id"})
    changes = {name: value for name, value in changes.items() if value is not None or name == "gln"}
    if "owner" in found.roles and "owner" not in changes.get("roles", found.roles):
        changes["roles"] = sorted({*changes["roles"], "owner"})
    if changes:
        await tx.conn.execute(party.update().where(party.c.id == command.party_id).values(changes))
        await tell(tx, "party.changed", command.party_id, changed=sorted(changes))
    return PartyRow.model_validate(dict(found._mapping) | changes)
