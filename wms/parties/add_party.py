"""Adding a party."""

from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parties.schemas import AddParty, PartyRow
from wms.parties.tables import party


async def add_party(tx: Tx, command: AddParty) -> PartyRow:
    """Refuses `code_exists` when the code or the GLN belongs to a party already."""
    id = tx.new_id()
    row = insert(party).values(id=id, created_at=tx.now, **command.model_dump()).on_conflict_do_nothing()
    if (await tx.conn.execute(row)).rowcount == 0:
        raise Refusal("code_exists", field="code", code=command.code)
    await tell(tx, "party.added", id, owner_id=id if "owner" in command.roles else None, code=command.code)
    return PartyRow(id=id, **command.model_dump())
