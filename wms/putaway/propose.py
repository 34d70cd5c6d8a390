"""Proposing where goods go, with the reason of every place that does not take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.putaway.load_bins import Subject, load_bins, load_segregation, load_subject, write_content
from wms.putaway.near_bins import find_near_bins
from wms.putaway.rules import STEPS, Bin, Choice, choose
from wms.putaway.tables import putaway_chain
from wms.putaway.want_putaway import WORK_KINDS
from wms.stock.tables import location, unit
from wms.tasks.tables import task

_SHOWN = 50


class Propose(BaseModel):
    """One of the three: a task, a unit by SSCC or label at a site, or a stock row."""

    task_id: UUID | None = None
    site: str | None = Field(default=None, max_length=8)
    unit: str | None = Field(default=None, min_length=1, max_length=60)
    stock_id: UUID | None = None


class ProposedPlace(BaseModel):
    """`step` of the chain that chose it."""

    location: str
    zone: str | None
    path_order: int | None
    step: str


class RejectedPlace(BaseModel):
    location: str
    why: str


class Proposal(BaseModel):
    """`places` best first. `lane`: the goods are waited for and go there, not into any of the places."""

    subject_id: UUID
    task_id: UUID | None
    lane: str | None
    places: list[ProposedPlace]
    rejected: list[RejectedPlace]
    rejected_total: int


async def propose(tx: Tx, command: Propose) -> Proposal:
    """Propose, and promise the first place to the goods' task, so that the next proposal goes elsewhere."""
    work = await find_work(tx, command.task_id, command.site, command.unit, command.stock_id)
    subject = await load_subject(tx.conn, work.subject_id)
    need_goods(tx, "putaway.do", subject)
    if work.task is not None and "lane" in work.task.payload:
        lane = work.task.payload["lane"]
        return Proposal(
            subject_id=subject.id, task_id=work.task.id, lane=lane, places=[], rejected=[], rejected_total=0
        )
    # Two who ask at once would both be sent to the nearest empty bin.
    lock = sa.func.hashtextextended(f"putaway/{subject.site}", 2)
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    if work.task is not None:
        await _promise(tx, work.task, None)
    steps = await tx.conn.scalar(sa.select(putaway_chain.c.steps).where(putaway_chain.c.site == subject.site))
    choice = await _choose(tx, subject, _steps(steps))
    if choice.places and work.task is not None:
        await _promise(tx, work.task, _promise_of(subject, choice.places[0][0]))
    return Proposal(
        subject_id=subject.id,
        task_id=work.task.id if work.task is not None else None,
        lane=None,
        places=[
            ProposedPlace(location=one.name, zone=one.zone, path_order=one.path_order, step=step)
            for one, step in choice.places[:_SHOWN]
        ],
        rejected=[RejectedPlace(location=one.name, why=why) for one, why in choice.rejected[:_SHOWN]],
        rejected_total=len(choice.rejected),
    )


async def _choose(tx: Tx, subject: Subject, chain: list[str]) -> Choice:
    """The best places. The first is that of the whole site; of a large site only the nearest others are told."""
    segregation = await load_segregation(tx.conn)
    ids, cut = await find_near_bins(tx.conn, subject)
    bins = await load_bins(tx.conn, subject.site, ids)
    choice = choose(subject.goods, bins, chain=chain, near=subject.path_order, segregation=segregation)
    first = choice.places[0][1] if choice.places else None
    # A bin that a step left unread may take the goods where none of those that were read does.
    earlier = chain[: chain.index(first)] if first is not None else chain
    if cut.isdisjoint(earlier):
        return choice
    bins = await load_bins(tx.conn, subject.site)
    return choose(subject.goods, bins, chain=chain, near=subject.path_order, segregation=segregation)


def _steps(kept: object) -> list[str]:
    return [str(one) for one in kept] if isinstance(kept, list) else list(STEPS)


@dataclass(frozen=True, slots=True)
class Work:
    """What is put away, and the task for it if there is one."""

    subject_id: UUID
    task: sa.Row[Any] | None


async def find_work(tx: Tx, task_id: UUID | None, site: str | None, code: str | None, stock_id: UUID | None) -> Work:
    """Refuses `not_found`, and `invalid_request` when it is not said what is meant."""
    live: Sequence[sa.ColumnElement[bool]] = (task.c.kind.in_(WORK_KINDS), task.c.state.in_(("open", "leased")))
    if task_id is not None:
        row = (
            await tx.conn.execute(sa.select(task).where(task.c.id == task_id, task.c.kind.in_(WORK_KINDS)))
        ).one_or_none()
        if row is None or row.subject_id is None:
            raise Refusal("not_found")
        return Work(row.subject_id, row)
    subject_id = stock_id
    if code is not None and site is not None:
        subject_id = await _find_unit(tx, site, code)
    if subject_id is None:
        raise Refusal("invalid_request", field="unit")
    found = await tx.conn.execute(
        sa.select(task).where(task.c.subject_id == subject_id, *live).order_by(task.c.id).limit(1)
    )
    return Work(subject_id, found.one_or_none())


async def _find_unit(tx: Tx, site: str, code: str) -> UUID:
    query = (
        sa.select(unit.c.id)
        .join(location, location.c.id == unit.c.location_id)
        .where(location.c.site == site, ~location.c.virtual, sa.or_(unit.c.sscc == code, unit.c.label == code))
    )
    found: list[UUID] = list(await tx.conn.scalars(query.limit(2)))
    if len(found) > 1:
        raise Refusal("ambiguous_code", code=code)
    if not found:
        raise Refusal("not_found")
    return found[0]


def need_goods(tx: Tx, right: str, subject: Subject) -> None:
    """The right at the site of the goods, and every owner in them: what is not mine is not there."""
    tx.actor.need(right, subject.site)
    for row in subject.rows:
        tx.actor.need_owner(row.key.owner_id)


def _promise_of(subject: Subject, bin: Bin) -> dict[str, Any]:
    return {
        "location_id": str(bin.id),
        "location": bin.name,
        "contents": [write_content(one) for one in subject.goods.contents],
        "weight_g": subject.goods.weight_g,
        "volume_mm3": subject.goods.volume_mm3,
        "units": 1 if subject.is_unit else 0,
    }


async def _promise(tx: Tx, row: sa.Row[Any], proposed: dict[str, Any] | None) -> None:
    payload = {name: value for name, value in row.payload.items() if name != "proposed"}
    if proposed is not None:
        payload["proposed"] = proposed
    await tx.conn.execute(task.update().where(task.c.id == row.id).values(payload=payload))
