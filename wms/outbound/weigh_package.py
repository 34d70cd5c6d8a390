"""Weighing a package, and the label that a wrong weight keeps back."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.cartons import weight_agrees
from wms.outbound.sql import lock_order
from wms.outbound.tables import order_line, package, picked_goods
from wms.outbound.wire import LineQuantity

_Side = Annotated[int | None, Field(gt=0, le=20_000)]


class Measures(BaseModel):
    """`recount`: what a person counted in the opened package, line by line."""

    weight_g: Annotated[int, Field(gt=0, le=50_000_000)]
    length_mm: _Side = None
    width_mm: _Side = None
    height_mm: _Side = None
    recount: Annotated[list[LineQuantity] | None, Field(max_length=10_000)] = None


class WeighPackage(Measures):
    unit_id: UUID


class OverrideBody(BaseModel):
    reason: Annotated[str, Field(min_length=3, max_length=200)]


class OverrideWeight(OverrideBody):
    unit_id: UUID


class LabelPackage(BaseModel):
    unit_id: UUID


class PackageWeighed(BaseModel):
    unit_id: UUID
    expected_weight_g: int | None
    weight_g: int | None
    label_blocked: bool


class PackageLabelled(BaseModel):
    unit_id: UUID
    state: str


async def weigh_package(tx: Tx, command: WeighPackage) -> PackageWeighed:
    """Record weight and measures. Out of tolerance, only a recount that agrees or a second person opens the label.

    Refuses `recount_differs` with the first line that does not agree: the package is to be put right, not the number.
    """
    found, _ = await _lock(tx, command.unit_id, "pack.work")
    accepted = None
    if command.recount is not None and _blocked(found, command.weight_g, None):
        await _check_recount(tx, command)
        accepted = "recount"
    values = command.model_dump(exclude={"unit_id", "recount"}) | {
        "weight_accepted_as": accepted,
        "weight_accepted_by": tx.actor.id if accepted else None,
    }
    await tx.conn.execute(package.update().where(package.c.unit_id == found.unit_id).values(values))
    return _weighed(found, command.weight_g, accepted)


async def override_weight(tx: Tx, command: OverrideWeight) -> PackageWeighed:
    """Accept a weight out of tolerance by a person other than the packer. Refuses `four_eyes`, `package_not_weighed`."""
    found, _ = await _lock(tx, command.unit_id, "pack.override")
    if found.weight_g is None:
        raise Refusal("package_not_weighed")
    if found.packed_by == tx.actor.id:
        raise Refusal("four_eyes")
    values = {"weight_accepted_as": "override", "weight_accepted_by": tx.actor.id}
    await tx.conn.execute(package.update().where(package.c.unit_id == found.unit_id).values(values))
    told = {"expected_g": found.expected_weight_g, "weight_g": found.weight_g, "reason": command.reason}
    await audit(tx, "package.override_weight", str(found.unit_id), **told)
    return _weighed(found, found.weight_g, "override")


async def label_package(tx: Tx, command: LabelPackage) -> PackageLabelled:
    """Let the label be printed. Refuses `package_not_weighed`, and `weight_out_of_tolerance` with both weights."""
    found, _ = await _lock(tx, command.unit_id, "pack.work")
    if found.expected_weight_g is not None:
        if found.weight_g is None:
            raise Refusal("package_not_weighed")
        if _blocked(found, found.weight_g, found.weight_accepted_as):
            raise Refusal("weight_out_of_tolerance", expected_g=found.expected_weight_g, weight_g=found.weight_g)
    await tx.conn.execute(
        package.update().where(package.c.unit_id == found.unit_id).values(state="labelled", labelled_at=tx.now)
    )
    return PackageLabelled(unit_id=found.unit_id, state="labelled")


async def _lock(tx: Tx, unit_id: UUID, right: str) -> tuple[sa.Row[Any], sa.Row[Any]]:
    """The package, still open, and its order, which is locked."""
    order_id = await tx.conn.scalar(sa.select(package.c.order_id).where(package.c.unit_id == unit_id))
    if order_id is None:
        tx.actor.need(right)
        raise Refusal("not_found")
    owned = await lock_order(tx, order_id, right)
    found = (await tx.conn.execute(sa.select(package).where(package.c.unit_id == unit_id))).one()
    if found.state != "open":
        raise Refusal("package_closed", state=found.state)
    return found, owned


async def _check_recount(tx: Tx, command: WeighPackage) -> None:
    rows = await tx.conn.execute(
        sa.select(order_line.c.line_no, sa.func.sum(picked_goods.c.quantity).label("quantity"))
        .join(order_line, order_line.c.id == picked_goods.c.line_id)
        .where(picked_goods.c.unit_id == command.unit_id, picked_goods.c.state == "packed")
        .group_by(order_line.c.line_no)
    )
    inside = {row.line_no: row.quantity for row in rows}
    counted: dict[int, Any] = {}
    for one in command.recount or ():
        counted[one.line_no] = counted.get(one.line_no, 0) + one.quantity
    for line_no in sorted(inside.keys() | counted.keys()):
        if inside.get(line_no, 0) != counted.get(line_no, 0):
            raise Refusal("recount_differs", field="recount", line_no=line_no)


def _blocked(found: sa.Row[Any], weight_g: int, accepted: str | None) -> bool:
    expected = found.expected_weight_g
    return expected is not None and accepted is None and not weight_agrees(expected, weight_g)


def _weighed(found: sa.Row[Any], weight_g: int, accepted: str | None) -> PackageWeighed:
    return PackageWeighed(
        unit_id=found.unit_id,
        expected_weight_g=found.expected_weight_g,
        weight_g=weight_g,
        label_blocked=_blocked(found, weight_g, accepted),
    )
