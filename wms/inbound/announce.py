"""Announcing parcels: good rows become expected parcels, bad rows are kept with row, column and reason.

A repeat changes nothing: a waybill number that is already announced at the site counts as repeated. A parcel that arrived
before its announcement is completed by it.
"""

import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import ARRAY, insert

from devices.contract.sort_table import bucket_of
from wms.access.audit import audit
from wms.inbound.read_manifest import Manifest, ManifestRow
from wms.inbound.tables import manifest, manifest_error
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal
from wms.parcels.tables import parcel
from wms.parcels.weigh_bags import add_declared_weights
from wms.sites.tables import site
from wms.sorting.mark_directory import mark_directory

_CHUNK = 1_000
_TOLD = frozenset(
    {"manifest_id", "carrier", "destination", "service", "declared_weight_g", "pieces", "goods", "hs_code"}
    | {"consignee_name", "consignee_phone", "announced_at"}
)


class RowProblem(BaseModel):
    row_no: int
    column: str
    code: str
    params: dict[str, Any]


class Announced(BaseModel):
    """What became of a manifest. `accepted` + `repeated` + refused rows = rows read."""

    manifest_id: UUID
    site: str
    filename: str
    rows: int
    accepted: int
    repeated: int
    refused: int
    problems: list[RowProblem]


class Announce:
    """A manifest that was read, for one site. `data` is only digested, to recognise the file."""

    def __init__(self, site_code: str, filename: str, data: bytes, content: Manifest, seal: Seal) -> None:
        self.site = site_code
        self.filename = filename[-200:]
        self.digest = hashlib.sha256(data).hexdigest()
        self.content = content
        self.seal = seal


_PROBLEMS_SHOWN = 200


async def announce(tx: Tx, command: Announce) -> Announced:
    """Write a manifest and its parcels in one transaction: all good rows go in, or, on a crash, none."""
    if not await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)):
        raise Refusal("unknown_site", site=command.site)
    content = command.content
    id = tx.new_id()
    rows = sorted(
        content.rows, key=lambda row: row.waybill_no
    )  # two files that name the same parcels meet in one order
    for start in range(0, len(rows), _CHUNK):
        await _insert(tx, id, command, rows[start : start + _CHUNK])
    await _complete(tx, id, command, rows)
    mine = parcel.c.manifest_id == id
    accepted = await tx.conn.scalar(sa.select(sa.func.count()).select_from(parcel).where(mine)) or 0
    refused = len({error.row_no for error in content.errors})
    counts: dict[str, Any] = {
        "rows": len(content.rows) + refused,
        "accepted": accepted,
        "repeated": len(content.rows) - accepted,
        "refused": refused,
    }
    await tx.conn.execute(
        manifest.insert().values(
            id=id,
            site=command.site,
            filename=command.filename,
            format=content.format,
            digest=command.digest,
            announced_at=tx.now,
            announced_by=tx.actor.name,
            **counts,
        )
    )
    problems = [
        RowProblem(row_no=error.row_no, column=error.column, code=error.code, params=error.params)
        for error in content.errors
    ]
    await _keep_problems(tx, id, problems)
    changed = await tx.conn.scalars(sa.select(parcel.c.bucket).where(mine, parcel.c.bucket.is_not(None)).distinct())
    await mark_directory(tx, command.site, [bucket for bucket in changed if bucket is not None])
    await audit(tx, "manifest.announce", str(id), site=command.site, filename=command.filename, **counts)
    return Announced(
        manifest_id=id, site=command.site, filename=command.filename, problems=problems[:_PROBLEMS_SHOWN], **counts
    )


async def _insert(tx: Tx, manifest_id: UUID, command: Announce, rows: list[ManifestRow]) -> None:
    """Insert new parcels. Known ones are not even locked: they may be on the belt while a carrier repeats its file.

    One statement executed for many rows: SQLAlchemy compiles it once, where a thousand-row VALUES is compiled every time.
    """
    statement = insert(parcel).on_conflict_do_nothing(index_elements=["site", "waybill_no"])
    await tx.conn.execute(statement, [_values(tx, manifest_id, command, one) for one in rows])


async def _complete(tx: Tx, manifest_id: UUID, command: Announce, rows: list[ManifestRow]) -> None:
    """Give parcels that came before their announcement what it says, locked in the order the line locks them."""
    first = {row.waybill_no: row for row in reversed(rows)}
    codes = sa.cast(list(first), ARRAY(sa.String))
    found = await tx.conn.execute(
        sa.select(parcel.c.id, parcel.c.waybill_no)
        .where(parcel.c.site == command.site, parcel.c.waybill_no == sa.any_(codes), parcel.c.announced_at.is_(None))
        .order_by(parcel.c.id)
        .with_for_update()
    )
    early = found.all()
    for id, waybill_no in early:
        values = _values(tx, manifest_id, command, first[waybill_no])
        told = {name: value for name, value in values.items() if name in _TOLD}
        await tx.conn.execute(parcel.update().where(parcel.c.id == id).values(told))
    if early:
        await add_declared_weights(tx, [row.id for row in early])


def _values(tx: Tx, manifest_id: UUID, command: Announce, row: ManifestRow) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "site": command.site,
        "waybill_no": row.waybill_no,
        "manifest_id": manifest_id,
        "carrier": row.carrier,
        "destination": row.destination,
        "service": row.service,
        "declared_weight_g": row.weight_g,
        "pieces": row.pieces,
        "goods": row.goods,
        "hs_code": row.hs_code,
        "consignee_name": command.seal.close(row.consignee_name),
        "consignee_phone": command.seal.close(row.consignee_phone),
        "state": "announced",
        "state_at": tx.now,
        "hold": False,
        "bucket": bucket_of(row.waybill_no),
        "announced_at": tx.now,
    }


async def _keep_problems(tx: Tx, id: UUID, problems: list[RowProblem]) -> None:
    for start in range(0, len(problems), _CHUNK):
        await tx.conn.execute(
            manifest_error.insert(),
            [
                {
                    "manifest_id": id,
                    "position": start + place,
                    "row_no": problem.row_no,
                    "column_name": problem.column,
                    "code": problem.code,
                    "params": problem.params,
                }
                for place, problem in enumerate(problems[start : start + _CHUNK])
            ],
        )
