"""Lines, chutes, devices, gateways and their alarms."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _LineColumns(TypedColumns):
    path = sa.Column(sa.String(100), primary_key=True)  # site/area/line as in the topics
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    geometry = sa.Column(Json, nullable=False)  # metres and metres a second, see seed/line_s1.json
    outside_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    belt_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    lost_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    plan_version = sa.Column(sa.Integer, nullable=False)
    target_parcels_per_hour = sa.Column(sa.Integer, nullable=False)


line = sa.Table("line", metadata, _LineColumns)


class _ChuteColumns(TypedColumns):
    line = sa.Column(sa.String(100), sa.ForeignKey("line.path"), primary_key=True)
    name = sa.Column(sa.String(40), primary_key=True)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    state = sa.Column(sa.String(8), nullable=False)
    state_at = sa.Column(Instant, nullable=False)
    bag_max_parcels = sa.Column(sa.Integer, nullable=False)
    bag_max_weight_g = sa.Column(sa.Integer, nullable=False)


chute = sa.Table(
    "chute", metadata, _ChuteColumns, sa.CheckConstraint("state IN ('open','full','jam','disabled')", name="state")
)


class _DeviceColumns(TypedColumns):
    address = sa.Column(sa.String(140), primary_key=True)
    line = sa.Column(sa.String(100), sa.ForeignKey("line.path"), nullable=True)
    kind = sa.Column(sa.String(32), nullable=False)
    gateway = sa.Column(sa.String(32), nullable=True)
    state = sa.Column(Json, nullable=True)  # last DeviceState
    state_at = sa.Column(Instant, nullable=True)
    connection = sa.Column(Json, nullable=True)


device = sa.Table("device", metadata, _DeviceColumns)


class _GatewayColumns(TypedColumns):
    site = sa.Column(sa.String(32), primary_key=True)  # lower case, as in the topics
    name = sa.Column(sa.String(32), primary_key=True)
    state = sa.Column(Json, nullable=True)
    state_at = sa.Column(Instant, nullable=True)
    connection = sa.Column(Json, nullable=True)


gateway = sa.Table("gateway", metadata, _GatewayColumns)


class _AlarmColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    device = sa.Column(sa.String(140), nullable=False)
    code = sa.Column(sa.String(64), nullable=False)
    params = sa.Column(Json, nullable=False)
    at = sa.Column(Instant, nullable=False)  # of the last time
    times = sa.Column(sa.Integer, nullable=False)
    acknowledged_at = sa.Column(Instant, nullable=True)
    acknowledged_by = sa.Column(sa.String(60), nullable=True)


alarm = sa.Table(
    "alarm",
    metadata,
    _AlarmColumns,
    sa.Index("ix_alarm_open", "device", "code", postgresql_where=sa.text("acknowledged_at IS NULL")),
)
