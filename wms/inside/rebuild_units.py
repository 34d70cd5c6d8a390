"""Splitting, merging and repacking units. Goods change their unit and nothing else: every sum stays what it was.

What an order has reserved stays with its unit: the ledger refuses to take it out (`insufficient_stock`).
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from wms.inside.find_unit import FoundUnit, need_unit
from wms.inside.goods import Take, choose, entries_to, owners_of, read_goods, refuse_held_units
from wms.inside.make_unit import UnitMade, open_unit
from wms.inside.unit_content import ids_inside
from wms.inside.wire import GoodsLine, NewUnitBody, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.move import Move, move_units
from wms.stock.post import post
from wms.stock.tables import stock, unit
from wms.stock.virtual import virtual_location

Lines = Annotated[list[GoodsLine], Field(min_length=1, max_length=2_000)]
_FOR_EVER = ("tote", "cart")  # carriers that are filled again; other empty units are gone


class SplitBody(BaseModel):
    """`lines` of a unit's own goods into a new unit beside it."""

    site: SiteCode
    unit: Text60
    lines: Lines
    into: NewUnitBody = NewUnitBody()


class SplitUnit(SplitBody):
    company_prefix: str


class MergeUnits(BaseModel):
    """Everything in `source`, units too, into `target`."""

    site: SiteCode
    source: Text60
    target: Text60


class UnitLines(BaseModel):
    unit: Text60
    lines: Lines


class RepackBody(BaseModel):
    """Goods of several units into one: a new one at `place`, or `target`."""

    site: SiteCode
    takes: Annotated[list[UnitLines], Field(min_length=1, max_length=100)]
    target: Text60 | None = None
    into: NewUnitBody | None = None

    @model_validator(mode="after")
    def _has_one_target(self) -> "RepackBody":
        if (self.target is None) == (self.into is None):
            raise ValueError("either target or into")
        return self


class RepackUnits(RepackBody):
    company_prefix: str


class Rebuilt(BaseModel):
    """`unit` is what holds the goods now; `retired` the codes of units that were left empty and are gone."""

    unit: UnitMade
    posting_id: UUID | None
    retired: list[str] = []


async def split_unit(tx: Tx, command: SplitUnit) -> Rebuilt:
    """Refuses `unknown_goods`, `ambiguous_goods`, `insufficient_stock`, `on_hold` where a hold names the unit."""
    tx.actor.need("unit.work", command.site)
    source = await need_unit(tx, command.site, command.unit)
    takes = choose(command.lines, await read_goods(tx.conn, stock.c.place_id == source.id))
    made = await open_unit(tx, command.site, source.place_id, command.into, command.company_prefix)
    posting_id = await _repost(tx, command.site, takes, made.id, "split", source.code, made.code)
    return Rebuilt(unit=made, posting_id=posting_id)


async def merge_units(tx: Tx, command: MergeUnits) -> Rebuilt:
    """Refuses `unit_in_itself` when the target lies in the source."""
    tx.actor.need("unit.work", command.site)
    source = await need_unit(tx, command.site, command.source, field="source")
    target = await need_unit(tx, command.site, command.target, field="target")
    inside = await ids_inside(tx.conn, [source.id])
    if target.id in {row.id for row in inside}:
        raise Refusal("unit_in_itself", unit=source.code, field="target")
    rows = await read_goods(tx.conn, stock.c.place_id == source.id)
    takes = [(row, row.quantity) for row in rows]
    posting_id = await _repost(tx, command.site, takes, target.id, "merge", source.code, target.code)
    nested = [row.id for row in inside if row.place_id == source.id]
    cause_id = tx.new_id()
    moves = [Move(id, target.id, tx.now, "merge", cause_id, source.id) for id in nested]
    await move_units(tx, moves)
    retired = await _retire(tx, command.site, [source], cause_id)
    return Rebuilt(unit=UnitMade(id=target.id, code=target.code), posting_id=posting_id, retired=retired)


async def repack_units(tx: Tx, command: RepackUnits) -> Rebuilt:
    """Refuses as `split_unit` does. Units that are empty then are gone, except totes and carts."""
    tx.actor.need("unit.work", command.site)
    takes: list[Take] = []
    sources = []
    for take in command.takes:
        source = await need_unit(tx, command.site, take.unit, field="takes")
        takes += choose(take.lines, await read_goods(tx.conn, stock.c.place_id == source.id))
        sources.append(source)
    if command.into is not None:
        made = await open_unit(tx, command.site, sources[0].place_id, command.into, command.company_prefix)
    else:
        target = await need_unit(tx, command.site, command.target or "", field="target")
        made = UnitMade(id=target.id, code=target.code)
    if made.id in {one.id for one in sources}:
        raise Refusal("unit_in_itself", unit=made.code, field="target")
    codes = ",".join(sorted({one.code for one in sources}))
    posting_id = await _repost(tx, command.site, takes, made.id, "repack", codes, made.code)
    retired = await _retire(tx, command.site, await _emptied(tx, sources), tx.new_id())
    return Rebuilt(unit=made, posting_id=posting_id, retired=retired)


_FACTS = {"split": "unit.split", "merge": "unit.merged", "repack": "unit.repacked"}


async def _repost(
    tx: Tx, site: str, takes: list[Take], target_id: UUID, cause: str, source: str, target: str
) -> UUID | None:
    rows = [row for row, _ in takes]
    await refuse_held_units(tx, rows)
    entries = entries_to(takes, target_id, target_id)
    posting_id = await post(tx, entries, cause=cause, site=site) if entries else None
    for owner_id in owners_of(rows):
        await tell(tx, _FACTS[cause], target_id, site=site, owner_id=owner_id, source=source[:500], target=target)
    return posting_id


async def _emptied(tx: Tx, units: list[FoundUnit]) -> list[FoundUnit]:
    """Those with neither goods nor units in them."""
    full = {row.key.place_id for row in await read_goods(tx.conn, stock.c.place_id.in_([one.id for one in units]))}
    full |= set(
        await tx.conn.scalars(
            unit.select().with_only_columns(unit.c.place_id).where(unit.c.place_id.in_([one.id for one in units]))
        )
    )
    return list({one.id: one for one in units if one.id not in full}.values())


async def _retire(tx: Tx, site: str, units: list[FoundUnit], cause_id: UUID) -> list[str]:
    """Take empty units out of the house, so that no ghost of a pallet stands in a bin."""
    gone = [one for one in units if one.kind not in _FOR_EVER]
    outside = await virtual_location(tx, site, "outside")
    await move_units(tx, [Move(one.id, outside, tx.now, "retire", cause_id) for one in gone])
    return [one.code for one in gone]
