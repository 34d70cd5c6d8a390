"""Moving goods from place to place by hand: one scan's worth, or a batch of lines that happen together or not at all."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from wms.kit.actor import Actor
from wms.kit.db import Database
from wms.kit.ids import uuid7
from wms.kit.refusal import Refusal
from wms.stock.names import Names, find_account_lines, find_serials
from wms.stock.post import Entry, as_row
from wms.stock.stock_key import StockKey
from wms.stock.wire import PositiveQuantity

Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
CustomsStatus = Literal["duty_unpaid", "free", "export_released", "under_inspection", "detained", "foreign"]
Condition = Literal["good", "quality_check", "damaged", "quarantine", "returned"]


class StockMove(BaseModel):
    """`from` and `to`: names of locations, or SSCC or label of units. Left out: the site's customs status, good condition."""

    model_config = ConfigDict(populate_by_name=True)

    owner: Code
    sku: Code
    lot: Code | None = None
    serial: Code | None = None
    customs_status: CustomsStatus | None = None
    account_no: Annotated[str, Field(max_length=20)] | None = None
    account_line: Annotated[int, Field(ge=1, le=99_999)] | None = None
    condition: Condition = "good"
    source: Code = Field(alias="from")
    target: Code = Field(alias="to")
    quantity: PositiveQuantity
    weight_g: int = Field(default=0, ge=0, le=10**12, description="of catch-weight items: the grams that move")
    happened_at: AwareDatetime | None = Field(default=None, description="when it was done; left out: now")


class MoveBatch(BaseModel):
    moves: list[StockMove] = Field(min_length=1, max_length=1000)


class Posted(BaseModel):
    """The posting by which the entries are found, corrected and traced."""

    posting_id: UUID
    entries: int


_POST_ONCE = sa.text(
    "SELECT post_once(:key, :digest, :answer, :entries, :owners, :site, :posting_id, :cause, :actor_id, :now)"
).bindparams(
    sa.bindparam("answer", type_=JSONB),
    sa.bindparam("entries", type_=JSONB),
    sa.bindparam("owners", type_=ARRAY(sa.Uuid)),
    sa.bindparam("posting_id", type_=sa.Uuid),
    sa.bindparam("actor_id", type_=sa.Uuid),
    sa.bindparam("now", type_=sa.DateTime(timezone=True)),
)


async def move_stock(
    db: Database, names: Names, site: str, moves: Sequence[StockMove], actor: Actor, key: str | None
) -> Posted:
    """Post the moves in one statement and one transaction; a repeated key answers what the first time answered.

    Refuses unknown codes, another tenant's goods as unknown, moves to where the goods already are, and whatever `post` does.
    """
    now = db.clock()
    entries = await _entries(db, names, site, moves, actor, now)
    posted = Posted(posting_id=uuid7(now), entries=len(entries))
    answer = await db.call(
        _POST_ONCE,
        {
            "key": key,
            "digest": _digest(site, moves) if key is not None else None,
            "answer": posted.model_dump(mode="json"),
            "entries": [as_row(entry) for entry in entries],
            "owners": sorted({entry.source.owner_id for entry in entries if isinstance(entry.source, StockKey)}),
            "site": site,
            "posting_id": posted.posting_id,
            "cause": "move",
            "actor_id": actor.id,
            "now": now,
        },
    )
    return Posted.model_validate(answer)


async def _entries(
    db: Database, names: Names, site: str, moves: Sequence[StockMove], actor: Actor, now: datetime
) -> list[Entry]:
    owners = await names.owners(db, {move.owner for move in moves})
    for code, id in owners.items():
        actor.need_owner(id, absent=Refusal("unknown_party", party=code))
    items = await names.items(db, {(move.owner, move.sku) for move in moves})
    places = await names.places(db, site, {code for move in moves for code in (move.source, move.target)})
    status = await names.customs_status(db, site)
    lots = await names.lots(db, {(items[m.owner, m.sku], m.lot) for m in moves if m.lot is not None})
    serials, accounts = await _rare(db, moves, items)
    entries = []
    for move in moves:
        item_id = items[move.owner, move.sku]
        if move.source == move.target:
            raise Refusal("already_there", place=move.target)
        if move.happened_at is not None and move.happened_at > now:
            raise Refusal("in_the_future", field="happened_at")
        source = StockKey(
            place_id=places[move.source],
            item_id=item_id,
            owner_id=owners[move.owner],
            customs_status=move.customs_status or status,
            condition=move.condition,
            lot_id=lots[item_id, move.lot] if move.lot is not None else None,
            serial_id=serials[item_id, move.serial] if move.serial is not None else None,
            account_line_id=accounts[_account(move)] if move.account_no is not None else None,
        )
        target = source.at(places[move.target])
        entries.append(Entry(source, target, move.quantity, weight_g=move.weight_g, happened_at=move.happened_at))
    return entries


def _account(move: StockMove) -> tuple[str, int]:
    return move.account_no or "", move.account_line or 0


async def _rare(
    db: Database, moves: Sequence[StockMove], items: dict[tuple[str, str], UUID]
) -> tuple[dict[tuple[UUID, str], UUID], dict[tuple[str, int], UUID]]:
    serials = {(items[move.owner, move.sku], move.serial) for move in moves if move.serial is not None}
    accounts = {_account(move) for move in moves if move.account_no is not None}
    if not serials and not accounts:
        return {}, {}
    async with db.read() as conn:
        return await find_serials(conn, serials), await find_account_lines(conn, accounts)


def _digest(site: str, moves: Sequence[StockMove]) -> str:
    body = json.dumps([site, [move.model_dump(mode="json") for move in moves]], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
