"""The line screen: one picture of a line, in few queries."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from devices.contract.sort_table import SortPlan
from wms.boards.line_view import (
    AlarmView,
    BagView,
    BeltItem,
    ChuteView,
    Counts,
    DecisionRow,
    DeviceView,
    GatewayView,
    LineSummary,
    LineView,
    Totals,
)
from wms.equipment.tables import alarm, chute, device, gateway, line
from wms.inbound.tables import manifest
from wms.kit.refusal import Refusal
from wms.parcels.tables import bag, parcel
from wms.sorting.tables import item, sort_plan

DECISIONS_SHOWN = 100
_FORGOTTEN_AFTER = timedelta(minutes=10)
COUNTED = timedelta(hours=24)


async def read_lines(conn: AsyncConnection, sites: frozenset[str] | None) -> list[LineSummary]:
    query = sa.select(line).order_by(line.c.path)
    if sites is not None:
        query = query.where(line.c.site.in_(sites))
    return [LineSummary.model_validate(row._mapping, extra="ignore") for row in await conn.execute(query)]


async def find_line(conn: AsyncConnection, path: str) -> sa.Row[*tuple[Any, ...]]:
    row = (await conn.execute(sa.select(line).where(line.c.path == path))).one_or_none()
    if row is None:
        raise Refusal("unknown_line", line=path)
    return row


async def read_line(conn: AsyncConnection, path: str, now: datetime, totals: Totals | None = None) -> LineView:
    """The whole picture, with these totals or fresh ones. Refuses `unknown_line`."""
    row = await find_line(conn, path)
    totals = totals or await read_totals(conn, row, now)
    return LineView(
        line=LineSummary.model_validate(row._mapping, extra="ignore"),
        geometry=row.geometry,
        at=now,
        counts=totals.counts,
        items=await _items(conn, path, now),
        decisions=await _decisions(conn, path),
        chutes=await _chutes(conn, row, totals),
        devices=await _devices(conn, path, now),
        gateways=await _gateways(conn, row.site, now),
        alarms=await _alarms(conn, path),
    )


async def read_totals(conn: AsyncConnection, row: Any, now: datetime) -> Totals:
    """The part of the picture that grows with the day: two counts over every item of 24 hours."""
    totals = await conn.execute(
        sa.select(item.c.actual, sa.func.count().label("n"))
        .where(item.c.line == row.path, item.c.finished_at > now - COUNTED)
        .group_by(item.c.actual)
    )
    return Totals(await _counts(conn, row, now), {one.actual: one.n for one in totals})


async def _counts(conn: AsyncConnection, row: Any, now: datetime) -> Counts:
    groups = await conn.execute(
        sa.select(item.c.result, item.c.reason, sa.func.count().label("n"))
        .where(item.c.line == row.path, item.c.first_seen_at > now - COUNTED)
        .group_by(item.c.result, item.c.reason)
    )
    results: dict[str, int] = {}
    by_reason: dict[str, int] = {}
    for group in groups:
        results[group.result] = results.get(group.result, 0) + group.n
        if group.result in ("exception", "lost"):
            by_reason[group.reason] = by_reason.get(group.reason, 0) + group.n
    announced = await conn.scalar(
        sa.select(sa.func.sum(manifest.c.accepted)).where(
            manifest.c.site == row.site, manifest.c.announced_at > now - COUNTED
        )
    )
    window = timedelta(seconds=60)
    recent = await conn.scalar(
        sa.select(sa.func.count()).select_from(item).where(item.c.line == row.path, item.c.finished_at > now - window)
    )
    return Counts(
        announced=announced or 0,
        inducted=sum(results.values()),
        sorted=results.get("sorted", 0),
        exceptions=results.get("exception", 0) + results.get("lost", 0),
        on_line=results.get("on_line", 0),
        per_hour=(recent or 0) * 60,
        by_reason=by_reason,
    )


async def _items(conn: AsyncConnection, path: str, now: datetime) -> list[BeltItem]:
    rows = await conn.execute(
        sa.select(item, parcel.c.waybill_no, parcel.c.destination)
        .outerjoin(parcel, parcel.c.id == item.c.parcel_id)
        .where(item.c.line == path, item.c.finished_at.is_(None), item.c.first_seen_at > now - _FORGOTTEN_AFTER)
        .order_by(item.c.first_seen_at)
        .limit(400)
    )
    return [
        BeltItem(
            tid=row.tid,
            inducted_at=row.inducted_at,
            induct_place=row.induct_place,
            waybill_no=row.waybill_no,
            destination=row.destination,
            chute=row.decided_chute,
            reason=row.decision_reason,
            passes=row.passes,
        )
        for row in rows
    ]


async def _decisions(conn: AsyncConnection, path: str) -> list[DecisionRow]:
    rows = await conn.execute(
        sa.select(item, parcel.c.waybill_no, parcel.c.destination)
        .outerjoin(parcel, parcel.c.id == item.c.parcel_id)
        .where(item.c.line == path, item.c.decided_at.is_not(None))
        .order_by(item.c.decided_at.desc())
        .limit(DECISIONS_SHOWN)
    )
    return [
        DecisionRow(
            tid=row.tid,
            at=row.decided_at,
            code=row.codes[0] if row.codes else None,
            waybill_no=row.waybill_no,
            destination=row.destination,
            chute=row.decided_chute,
            reason=row.decision_reason,
            decided_ms=round(row.decided_us / 1000, 3),
            weight_g=row.weight_g,
            actual=row.actual,
            result=row.result,
            result_reason=row.reason,
        )
        for row in rows
    ]


async def _chutes(conn: AsyncConnection, row: Any, totals: Totals) -> list[ChuteView]:
    document = await conn.scalar(
        sa.select(sort_plan.c.document).where(sort_plan.c.line == row.path, sort_plan.c.version == row.plan_version)
    )
    roles: dict[str, str] = {}
    serves: dict[str, list[str]] = {}
    if document:
        plan = SortPlan.model_validate(document)
        roles = {name: role for role, name in plan.roles.model_dump().items()}
        for rule in plan.rules:
            text = " ".join(part for part in (rule.destination, rule.service) if part)
            for name in rule.chutes:
                serves.setdefault(name, []).append(text)
    rows = await conn.execute(
        sa.select(chute, bag.c.parcels, bag.c.weight_g, bag.c.opened_at)
        .outerjoin(bag, sa.and_(bag.c.line == chute.c.line, bag.c.chute == chute.c.name, bag.c.closed_at.is_(None)))
        .where(chute.c.line == row.path)
        .order_by(chute.c.name)
    )
    return [
        ChuteView(
            name=one.name,
            state=one.state,
            role=roles.get(one.name),
            serves=list(dict.fromkeys(serves.get(one.name, []))),
            bag=BagView(parcels=one.parcels, weight_g=one.weight_g, opened_at=one.opened_at) if one.opened_at else None,
            bag_max_parcels=one.bag_max_parcels,
            bag_max_weight_g=one.bag_max_weight_g,
            parcels_total=totals.by_chute.get(one.name, 0),
        )
        for one in rows
    ]


async def _devices(conn: AsyncConnection, path: str, now: datetime) -> list[DeviceView]:
    rows = await conn.execute(sa.select(device).where(device.c.line == path).order_by(device.c.address))
    views = []
    for row in rows:
        state = row.state or {}
        views.append(
            DeviceView(
                address=row.address,
                kind=row.kind,
                state=state.get("state", "INIT"),
                detail=state.get("detail", ""),
                since=state.get("since"),
                last_frame_at=state.get("last_frame_at"),
                frames=state.get("frames", 0),
                garbage_bytes=state.get("garbage_bytes", 0),
                reconnects=state.get("reconnects", 0),
                stale=row.state_at is None or row.state_at < now - timedelta(seconds=90),
            )
        )
    return views


async def _gateways(conn: AsyncConnection, site: str, now: datetime) -> list[GatewayView]:
    rows = await conn.execute(sa.select(gateway).where(gateway.c.site == site.lower()).order_by(gateway.c.name))
    names = GatewayView.model_fields.keys() - {"name", "connection", "at", "stale"}
    return [
        GatewayView(
            name=row.name,
            connection=(row.connection or {}).get("state", "OFFLINE"),
            at=row.state_at,
            stale=row.state_at is None or row.state_at < now - timedelta(seconds=10),
            **{name: (row.state or {}).get(name, 0) for name in names},
        )
        for row in rows
    ]


async def _alarms(conn: AsyncConnection, path: str) -> list[AlarmView]:
    rows = await conn.execute(
        sa.select(alarm.c.id, alarm.c.device, alarm.c.code, alarm.c.params, alarm.c.at, alarm.c.times)
        .where(
            alarm.c.acknowledged_at.is_(None),
            sa.or_(
                alarm.c.device == path,
                alarm.c.device.startswith(f"{path}/", autoescape=True),
                alarm.c.device.startswith(f"{path.split('/')[0]}/_gw/", autoescape=True),
            ),
        )
        .order_by(alarm.c.at.desc())
        .limit(20)
    )
    return [AlarmView.model_validate(row._mapping) for row in rows]
