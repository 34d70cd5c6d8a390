"""Receiving by counts: what was scanned at the dock, against the lines that announced it.

Over the tolerance of a line's total is refused. What nobody announced is received on a line of its own with a `blind_receipt`
discrepancy; it never slips in silently.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.find_item import FoundItem, find_item
from wms.inbound.announce_notice import MAX_LINES, Sscc, Text60
from wms.inbound.arriving_unit import open_unit
from wms.inbound.count import Count
from wms.inbound.identify import identify
from wms.inbound.item_facts import ItemFacts, items_by_id, items_by_sku
from wms.inbound.post_receipt import ReceiptPosted, find_dock, lock_notice, post_receipt
from wms.inbound.receipt_rules import ExpectedLine, Share, accept, share_count
from wms.inbound.tables import notice_line
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.wire import PositiveQuantity

_MOST_CODES = 200  # each different scanned code is looked up by itself


class ReceivedLine(BaseModel):
    """Goods by article number or by any code of theirs; a scanned code may say lot, dates, serial and count itself.

    `quantity` is in base units; with `code` it may be left out: then one scan is one package.
    """

    sku: Text60 | None = None
    code: str | None = Field(default=None, min_length=1, max_length=300)
    line_no: int | None = Field(default=None, ge=1, le=999_999)
    quantity: PositiveQuantity | None = None
    condition: Literal["good", "damaged"] = "good"
    lot: Text60 | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    serials: list[Text60] = Field(default=[], max_length=10_000)
    weight_g: int = Field(default=0, ge=0, le=10**12, description="of catch-weight articles: as weighed")


class IntoUnit(BaseModel):
    """The unit that the receiver packs them into. Without a number it gets a new SSCC."""

    sscc: Sscc | None = None
    kind: Literal["case", "tote", "cart", "pallet", "container"] = "pallet"
    weight_g: int | None = Field(default=None, ge=0, le=10**9)
    height_mm: int | None = Field(default=None, ge=1, le=100_000)


class ReceiveBody(BaseModel):
    location: str = Field(min_length=1, max_length=60)
    lines: Annotated[list[ReceivedLine], Field(min_length=1, max_length=MAX_LINES)]
    unit: IntoUnit | None = None


class Receive(ReceiveBody):
    notice_id: UUID
    company_prefix: str


async def receive(tx: Tx, command: Receive) -> ReceiptPosted:
    """Refuses `over_receipt`, `lot_missing`, `lot_conflict`, `serial_missing`, `serial_exists`, `weight_missing`, unknown
    codes, and what places and units refuse."""
    wanted = await lock_notice(tx, command.notice_id, "receipt.post")
    dock = await find_dock(tx, wanted.site, command.location)
    read = await _read(tx, wanted.owner_id, command.lines)
    seen = await identify(tx, read)
    unit = await open_unit(tx, wanted.site, dock, command.unit, command.company_prefix) if command.unit else None
    lines = Lines(await _load_lines(tx, wanted.id, {item.id for item, _ in read}))
    counts = []
    for (item, one), (lot_id, serial_ids) in zip(read, seen, strict=True):
        assert one.quantity is not None
        shares = lines.share(item, one, wanted.tolerance_percent)
        if not shares:
            shares = [Share(await lines.add_blind(tx, wanted.id, item, one), one.quantity)]
        whole = Count(
            line_id=wanted.id,
            line_no=0,
            item=item,
            quantity=one.quantity,
            place_id=unit[0] if unit else dock.id,
            condition=one.condition,
            lot_id=lot_id,
            root_id=unit[0] if unit else None,
        )
        counts += _divide(whole, shares, serial_ids, one.weight_g, lines)
    return await post_receipt(tx, wanted, dock, counts, [unit] if unit else [])


async def _read(tx: Tx, owner_id: UUID, lines: Sequence[ReceivedLine]) -> list[tuple[ItemFacts, ReceivedLine]]:
    """Articles of the lines, each line completed by what its code says."""
    codes = {one.code for one in lines if one.code is not None}
    if len(codes) > _MOST_CODES:
        raise Refusal("invalid_request", field="lines")
    scanned = {code: await find_item(tx.conn, owner_id, code) for code in sorted(codes)}
    by_id = await items_by_id(tx, owner_id, (one.item_id for one in scanned.values()))
    by_sku = await items_by_sku(tx, owner_id, (one.sku for one in lines if one.code is None and one.sku is not None))
    found = []
    for place, one in enumerate(lines):
        if one.code is not None:
            code = scanned[one.code]
            found.append((by_id[code.item_id], _completed(one, code)))
        elif one.sku is None:
            raise Refusal("invalid_request", field=f"lines.{place}.sku")
        elif one.quantity is None and not one.serials:
            raise Refusal("invalid_request", field=f"lines.{place}.quantity")
        else:
            quantity = one.quantity or Decimal(len(one.serials))
            found.append((by_sku[one.sku], one.model_copy(update={"quantity": quantity})))
    return [(item, _dated(item, one)) for item, one in found]


def _completed(one: ReceivedLine, code: FoundItem) -> ReceivedLine:
    """What a person typed goes before what the code says."""
    serials = one.serials or ([code.serial_no] if code.serial_no else [])
    return one.model_copy(
        update={
            "quantity": one.quantity or (Decimal(len(serials)) if serials else code.base_quantity),
            "lot": one.lot or code.lot_no,
            "produced_on": one.produced_on or code.produced_on,
            "best_before_on": one.best_before_on or code.best_before_on,
            "expires_on": one.expires_on or code.expires_on,
            "serials": serials,
            "weight_g": one.weight_g or code.weight_g or 0,
        }
    )


def _dated(item: ItemFacts, one: ReceivedLine) -> ReceivedLine:
    if one.expires_on is not None or one.best_before_on is not None:
        return one
    return one.model_copy(update={"expires_on": item.expires_on(one.produced_on)})


async def _load_lines(tx: Tx, notice_id: UUID, item_ids: set[UUID]) -> list[sa.Row[Any]]:
    query = sa.select(notice_line).where(
        notice_line.c.notice_id == notice_id,
        notice_line.c.item_id == sa.any_(sa.cast(list(item_ids), ARRAY(sa.Uuid))),
    )
    return list((await tx.conn.execute(query.order_by(notice_line.c.line_no))).all())


class Lines:
    """The lines of a notice that the goods may belong to, as they stand after each count."""

    def __init__(self, rows: Sequence[sa.Row[Any]]) -> None:
        self.accounts = {row.id: row.account_line_id for row in rows}
        self._announced: dict[UUID, dict[UUID, ExpectedLine]] = defaultdict(dict)
        self._blind: dict[tuple[UUID, str | None], ExpectedLine] = {}
        self._next_no: int | None = None
        for row in rows:
            line = ExpectedLine(row.id, row.line_no, row.item_id, row.expected, row.received, row.lot_no)
            if row.expected > 0:
                self._announced[row.item_id][row.id] = line
            else:
                self._blind[row.item_id, row.lot_no] = line

    def is_blind(self, line: ExpectedLine) -> bool:
        return line.expected == 0

    def share(self, item: ItemFacts, one: ReceivedLine, tolerance: Decimal) -> list[Share]:
        """The lines that a count belongs to; empty when nobody announced it. Refuses `over_receipt`, `unknown_line_no`."""
        assert one.quantity is not None
        mine = self._announced[item.id]
        if one.line_no is not None:
            line = next((line for line in mine.values() if line.line_no == one.line_no), None)
            if line is None or line.lot_no not in (None, one.lot):
                raise Refusal("unknown_line_no", line=one.line_no, sku=item.sku)
            answer = accept(line, one.quantity, tolerance)
            shares = answer if isinstance(answer, Refusal) else [Share(line, one.quantity)]
        else:
            shares = share_count(list(mine.values()), one.quantity, one.lot, tolerance)
        if isinstance(shares, Refusal):
            raise shares
        for share in shares:
            mine[share.line.id] = replace(share.line, received=share.line.received + share.quantity)
        if not shares and (known := self._blind.get((item.id, one.lot))) is not None:
            return [Share(known, one.quantity)]
        return shares

    async def add_blind(self, tx: Tx, notice_id: UUID, item: ItemFacts, one: ReceivedLine) -> ExpectedLine:
        """A line for what nobody announced."""
        if self._next_no is None:
            last = sa.select(sa.func.max(notice_line.c.line_no)).where(notice_line.c.notice_id == notice_id)
            self._next_no = await tx.conn.scalar(last) or 0
        self._next_no += 1
        line = ExpectedLine(tx.new_id(), self._next_no, item.id, Decimal(0), Decimal(0), one.lot)
        await tx.conn.execute(
            notice_line.insert().values(
                id=line.id,
                notice_id=notice_id,
                line_no=line.line_no,
                item_id=item.id,
                lot_no=one.lot,
                weight_g=0,
                expected=Decimal(0),
                received=Decimal(0),
                damaged=Decimal(0),
            )
        )
        self._blind[item.id, one.lot] = line
        return line


def _divide(
    whole: Count, shares: Sequence[Share], serial_ids: Sequence[UUID], weight_g: int, lines: Lines
) -> list[Count]:
    """A count by lines, and serials one by one. The weight goes along by share, the rest with the last."""
    counts = []
    serials = list(serial_ids)
    left_g = weight_g
    for place, share in enumerate(shares):
        last = place == len(shares) - 1
        grams = left_g if last else int(weight_g * share.quantity / whole.quantity)
        left_g -= grams
        part = replace(
            whole,
            line_id=share.line.id,
            line_no=share.line.line_no,
            quantity=share.quantity,
            weight_g=grams,
            account_line_id=lines.accounts.get(share.line.id),
            blind=lines.is_blind(share.line),
        )
        if serials:
            mine, serials = serials[: int(share.quantity)], serials[int(share.quantity) :]
            counts += [replace(part, quantity=Decimal(1), serial_id=id, weight_g=0) for id in mine]
        else:
            counts.append(part)
    return counts
