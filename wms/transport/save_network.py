"""A new version of the network; the one shipped with Kouan is the first."""

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from routing.data.faults import DataFaults
from routing.data.network import BUILT_IN, folder_tables, read_network
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.transport.tables import transport_network
from wms.transport.wire import NetworkRecord, SaveNetwork

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('kouan.transport_network'))")


async def save_network(tx: Tx, command: SaveNetwork) -> NetworkRecord:
    """The tables were judged by `judge`. Refuses nothing."""
    await tx.conn.execute(_LOCK)
    newest = await newest_version(tx.conn)
    kept = await tables_of(tx.conn, newest)
    return await _insert(tx, newest + 1, command.note, kept | {str(k): v for k, v in command.tables.items()})


async def plant_network(tx: Tx, _: None) -> int:
    """The newest version; the shipped one becomes the first where there is none."""
    await tx.conn.execute(_LOCK)
    newest = await newest_version(tx.conn)
    if newest == 0:
        shipped = {name: data.decode() for name, data in folder_tables(BUILT_IN).items()}
        await _insert(tx, 1, "", shipped)
    return max(newest, 1)


async def need_network(db: Database) -> int:
    async with db.read() as conn:
        newest = await newest_version(conn)
    return newest or await db.run(plant_network, None, actor=SYSTEM)


async def judge(db: Database, command: SaveNetwork) -> None:
    """Read the tables as planning would. Refuses `network_refused` with the first wrong cell."""
    version = await need_network(db)
    async with db.read() as conn:
        tables = await tables_of(conn, version) | {str(k): v for k, v in command.tables.items()}
    try:
        await asyncio.to_thread(read_network, {name: text.encode() for name, text in tables.items()})
    except (DataFaults, UnicodeEncodeError) as error:
        raise refused("network_refused", error) from error


def refused(code: str, error: DataFaults | UnicodeEncodeError) -> Refusal:
    """The first fault as parameters, all of them as `faults`."""
    if isinstance(error, UnicodeEncodeError):
        return Refusal("invalid_request", field="tables")
    faults = [
        {"file": one.file, "row": one.row, "column": one.column, "code": one.code, "params": _plain(one.params)}
        for one in error.faults
    ]
    first = error.faults[0]
    file, row, column, why = first.file, first.row, first.column, first.code
    if code == "network_refused":
        return Refusal("network_refused", field="tables", file=file, row=row, column=column, why=why, faults=faults)
    return Refusal("plan_file_refused", field="file", file=file, row=row, column=column, why=why, faults=faults)


def _plain(params: dict[str, object]) -> dict[str, str]:
    return {name: str(value).encode("utf-8", "replace").decode() for name, value in params.items()}


async def newest_version(conn: AsyncConnection) -> int:
    found = await conn.scalar(sa.select(sa.func.max(transport_network.c.version)))
    return int(found or 0)


async def tables_of(conn: AsyncConnection, version: int) -> dict[str, str]:
    found = await conn.scalar(sa.select(transport_network.c.tables).where(transport_network.c.version == version))
    return {name: str(text) for name, text in found.items()} if isinstance(found, dict) else {}


async def _insert(tx: Tx, version: int, note: str, tables: dict[str, str]) -> NetworkRecord:
    row = {"version": version, "note": note, "saved_by": tx.actor.name, "saved_at": tx.now}
    await tx.conn.execute(transport_network.insert().values(row | {"tables": tables}))
    await tell(tx, "network.saved", version, version=version)
    return NetworkRecord.model_validate(row)
