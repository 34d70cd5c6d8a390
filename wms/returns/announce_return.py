"""Announcing a return: which goods of which shipment come back, and until when they may."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.returns.rules import Deadlines, find_deadlines, fits
from wms.returns.shipped import among, select_shipped
from wms.returns.tables import goods_return, return_line, returned_entry
from wms.returns.windows import load_windows, too_late, zone_of
from wms.returns.wire import AnnounceReturn, ReturnChanged
from wms.stock.tables import stock_entry
from wms.stock.wire import quantity_text


async def announce_return(tx: Tx, command: AnnounceReturn) -> ReturnChanged:
    """Write a return with its lines, or give the one that its reference already names.

    Refuses `not_found` for entries that are no shipment of this owner, `return_across_sites`, `return_kind`, `over_return`,
    `return_window_unknown`, `return_too_late` and `reference_reused`.
    """
    tx.actor.need("return.write")
    tx.actor.need_owner(command.owner_id)
    digest = hashlib.sha256(command.model_dump_json().encode()).hexdigest()
    known = await _find_known(tx, command, digest)
    if known is not None:
        return known
    shipped = await load_shipped(tx, [line.entry_id for line in command.lines])
    site = _check(tx, command, shipped)
    starts_at, deadlines = await _deadlines(tx, command, site, shipped)
    values: dict[str, Any] = command.model_dump(exclude={"lines", "released_at"}) | {
        "id": tx.new_id(),
        "site": site,
        "digest": digest,
        "state": "announced",
        "clock_starts_at": starts_at,
        "arrive_by_on": deadlines.arrive_by,
        "tax_free_by_on": deadlines.tax_free_by,
        "line_count": len(command.lines),
        "announced_at": tx.now,
    }
    made = insert(goods_return).values(values).on_conflict_do_nothing(index_elements=["owner_id", "reference"])
    if await tx.conn.scalar(made.returning(goods_return.c.id)) is None:
        again = await _find_known(tx, command, digest)
        assert again is not None
        return again
    await _claim_entries(tx, command, shipped)
    await _insert_lines(tx, values["id"], command, shipped)
    told = {"return_kind": command.kind, "reference": command.reference, "lines": len(command.lines)}
    await tell(tx, "return.announced", values["id"], site=site, owner_id=command.owner_id, **told)
    return ReturnChanged(id=values["id"], state="announced")


async def load_shipped(tx: Tx, entry_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    query = select_shipped().where(among(stock_entry.c.id, entry_ids, sa.BigInteger))
    return {row.entry_id: row for row in await tx.conn.execute(query)}


async def _find_known(tx: Tx, command: AnnounceReturn, digest: str) -> ReturnChanged | None:
    query = sa.select(goods_return.c.id, goods_return.c.state, goods_return.c.digest).where(
        goods_return.c.owner_id == command.owner_id, goods_return.c.reference == command.reference
    )
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise Refusal("reference_reused", field="reference", reference=command.reference)
    return ReturnChanged(id=row.id, state=row.state)


def _check(tx: Tx, command: AnnounceReturn, shipped: Mapping[int, sa.Row[Any]]) -> str:
    """The site that everything left; goods come back to where they were supervised."""
    for place, line in enumerate(command.lines):
        row = shipped.get(line.entry_id)
        if row is None or row.owner_id != command.owner_id:
            raise Refusal("not_found", field=f"lines.{place}.entry_id")
        tx.actor.need("return.write", row.site)
        if not fits(command.kind, row.customs_status, has_account_line=row.account_line_id is not None):
            raise Refusal(
                "return_kind",
                field="kind",
                kind=command.kind,
                sku=row.sku,
                customs_status=row.customs_status,
            )
    sites = sorted({shipped[line.entry_id].site for line in command.lines})
    if len(sites) > 1:
        raise Refusal("return_across_sites", sites=", ".join(sites))
    return str(sites[0])


async def _deadlines(
    tx: Tx, command: AnnounceReturn, site: str, shipped: Mapping[int, sa.Row[Any]]
) -> tuple[datetime, Deadlines]:
    """From when the law counts, and the last days; of goods that left at several times, the earliest counts."""
    first: datetime = min(row.shipped_at for row in shipped.values())
    if command.released_at is not None and command.released_at > first:
        raise Refusal("released_after_leaving", field="released_at")
    starts_at = command.released_at or first
    zone = await zone_of(tx, site)
    today: date = tx.now.astimezone(zone).date()
    deadlines = find_deadlines(await load_windows(tx, command.kind), command.kind, starts_at.astimezone(zone).date())
    if deadlines.unknown is not None:
        raise Refusal("return_window_unknown", kind=command.kind, clock=deadlines.unknown)
    for clock, last in (("apply", deadlines.apply_by), ("arrive", deadlines.arrive_by)):
        if last is not None and today > last:
            raise too_late(command.kind, clock, last)
    return starts_at, deadlines


async def _claim_entries(tx: Tx, command: AnnounceReturn, shipped: Mapping[int, sa.Row[Any]]) -> None:
    """Count the quantities against their entries, locked in order: never more comes back than left."""
    ids = sorted(line.entry_id for line in command.lines)
    rows = [{"entry_id": id, "shipped": shipped[id].shipped, "returned": Decimal(0)} for id in ids]
    await tx.conn.execute(insert(returned_entry).on_conflict_do_nothing(), rows)
    locked = await tx.conn.execute(
        sa.select(returned_entry)
        .where(among(returned_entry.c.entry_id, ids, sa.BigInteger))
        .order_by(returned_entry.c.entry_id)
        .with_for_update()
    )
    left = {row.entry_id: row.shipped - row.returned for row in locked}
    for place, line in enumerate(command.lines):
        if line.quantity > left[line.entry_id]:
            raise Refusal(
                "over_return",
                field=f"lines.{place}.quantity",
                sku=shipped[line.entry_id].sku,
                wanted=quantity_text(line.quantity),
                returnable=quantity_text(left[line.entry_id]),
            )
    await change_returned(tx, [(line.entry_id, line.quantity) for line in command.lines])


_CHANGE = sa.text(
    """
    UPDATE returned_entry e SET returned = e.returned + n.more FROM unnest(:ids, :more) AS n(id, more) WHERE e.entry_id = n.id
    """
).bindparams(sa.bindparam("ids", type_=ARRAY(sa.BigInteger)), sa.bindparam("more", type_=ARRAY(sa.Numeric(18, 6))))


async def change_returned(tx: Tx, changes: Sequence[tuple[int, Decimal]]) -> None:
    """Add to what entries have on returns; the caller's return is locked."""
    if changes:
        ordered = sorted(changes)
        await tx.conn.execute(_CHANGE, {"ids": [id for id, _ in ordered], "more": [more for _, more in ordered]})


async def _insert_lines(tx: Tx, return_id: UUID, command: AnnounceReturn, shipped: Mapping[int, sa.Row[Any]]) -> None:
    rows = [
        {
            "id": tx.new_id(),
            "return_id": return_id,
            "line_no": number,
            "entry_id": line.entry_id,
            "order_line_id": shipped[line.entry_id].order_line_id,
            "quantity": line.quantity,
            **dict.fromkeys(("received", "good", "damaged", "quarantine"), 0),
        }
        for number, line in enumerate(command.lines, 1)
    ]
    await tx.conn.execute(return_line.insert(), rows)
