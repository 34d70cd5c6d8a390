"""Moving goods from place to place by hand: one scan's worth, or a batch of lines that happen together or not at all."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from wms.kit.actor import Actor
from wms.kit.db import Database
from wms.kit.ids import uuid7
from wms.kit.refusal import Refusal
from wms.stock.names import Names, find_account_lines, find_serials
from wms.stock.stock_key import goods_text, row_id
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


_POST_ONCE = "SELECT post_once($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"


async def move_stock(
    db: Database, names: Names, site: str, moves: Sequence[StockMove], actor: Actor, key: str | None, body: bytes
) -> Posted:
    """Post the moves in one statement and one transaction; a repeated key answers what the first time answered.

    `body` are the bytes of the request, by which a repetition is told from another command under the same key. Refuses unknown
    codes, another tenant's goods as unknown, moves to where the goods already are, and whatever `post` does.
    """
    now = db.clock()
    named = await _look_up(db, names, site, moves, actor)
    posted = Posted(posting_id=uuid7(now), entries=len(moves))
    answer = await db.call(
        _POST_ONCE,
        key,
        hashlib.sha256(f"{site}\n".encode() + body).hexdigest() if key is not None else None,
        posted.model_dump_json(),
        json.dumps(_rows(moves, named, now)),
        sorted(named.owners.values()),
        site,
        posted.posting_id,
        "move",
        actor.id,
        now,
    )
    return Posted.model_validate_json(answer)


@dataclass(frozen=True, slots=True)
class _Named:
    """Every code of a batch with its id."""

    owners: dict[str, UUID]
    items: dict[tuple[str, str], UUID]
    places: dict[str, str]
    status: str
    lots: dict[tuple[UUID, str], UUID]
    serials: dict[tuple[UUID, str], UUID]
    accounts: dict[tuple[str, int], UUID]


async def _look_up(db: Database, names: Names, site: str, moves: Sequence[StockMove], actor: Actor) -> _Named:
    owners = await names.owners(db, {move.owner for move in moves})
    for code, id in owners.items():
        actor.need_owner(id, absent=Refusal("unknown_party", party=code))
    items = await names.items(db, {(move.owner, move.sku) for move in moves})
    places = await names.places(db, site, {code for move in moves for code in (move.source, move.target)})
    status = await names.customs_status(db, site)
    lots = await names.lots(db, {(items[m.owner, m.sku], m.lot) for m in moves if m.lot is not None})
    return _Named(owners, items, places, status, lots, *await _rare(db, moves, items))


@dataclass(frozen=True, slots=True)
class _Goods:
    """What the rows of equal goods share: their dimensions as functions.sql reads them, and as the ids are made of them."""

    row: dict[str, Any]
    text: str


def _rows(moves: Sequence[StockMove], named: _Named, now: datetime) -> list[dict[str, Any]]:
    """Moves as functions.sql reads them: what `post.as_row` makes of Entries, without making one for each of thousands."""
    kinds: dict[tuple[str | int | None, ...], _Goods] = {}
    rows = []
    for move in moves:
        if move.source == move.target:
            raise Refusal("already_there", place=move.target)
        dimensions = (
            move.owner, move.sku, move.lot, move.serial, move.customs_status, move.condition, move.account_no,
            move.account_line,
        )  # fmt: skip
        goods = kinds.get(dimensions)
        if goods is None:
            goods = kinds[dimensions] = _goods(move, named)
        source, target = named.places[move.source], named.places[move.target]
        row = {
            **goods.row, "q": str(move.quantity), "fp": source, "tp": target,
            "f": row_id(source, goods.text), "t": row_id(target, goods.text),
        }  # fmt: skip
        if move.weight_g:
            row["w"] = move.weight_g
        if move.happened_at is not None:
            if move.happened_at > now:
                raise Refusal("in_the_future", field="happened_at")
            row["h"] = move.happened_at.isoformat()
        rows.append(row)
    return rows


def _goods(move: StockMove, named: _Named) -> _Goods:
    item_id = named.items[move.owner, move.sku]
    item, owner = str(item_id), str(named.owners[move.owner])
    status = move.customs_status or named.status
    row = {"i": item, "o": owner, "c": status, "k": move.condition}
    if move.lot is not None:
        row["l"] = str(named.lots[item_id, move.lot])
    if move.serial is not None:
        row["s"] = str(named.serials[item_id, move.serial])
    if move.account_no is not None:
        row["a"] = row["fa"] = str(named.accounts[_account(move)])
    text = goods_text(item, owner, status, move.condition, row.get("l", ""), row.get("s", ""), row.get("a", ""))
    return _Goods(row, text)


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
