"""The inbox: events as they came, once each, in lanes.

A *lane* is one stream `(dev, boot)`. `through_seq` is the end of the unbroken run stored from seq 1; reactions follow it
with `handled_seq`. Locking the lane row, not the events, keeps the order of one device while devices run in parallel.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

INBOX_CHANNEL = "kouan_inbox"


class _LaneColumns(TypedColumns):
    dev = sa.Column(sa.String(140), primary_key=True)
    boot = sa.Column(sa.String(40), primary_key=True)
    gw = sa.Column(sa.String(32), nullable=True)
    through_seq = sa.Column(sa.BigInteger, nullable=False)
    highest_seq = sa.Column(sa.BigInteger, nullable=False)
    handled_seq = sa.Column(sa.BigInteger, nullable=False)
    skipped = sa.Column(sa.BigInteger, nullable=False)  # numbers given up for lost after a long wait
    changed_at = sa.Column(Instant, nullable=False)


lane = sa.Table(
    "inbox_lane",
    metadata,
    _LaneColumns,
    sa.Index("ix_inbox_lane_pending", "dev", "boot", postgresql_where=sa.text("handled_seq < through_seq")),
)


class _EventColumns(TypedColumns):
    dev = sa.Column(sa.String(140), primary_key=True)
    boot = sa.Column(sa.String(40), primary_key=True)
    seq = sa.Column(sa.BigInteger, primary_key=True)
    id = sa.Column(sa.Uuid, nullable=False)  # the sender's; identity is (dev, boot, seq)
    type = sa.Column(sa.String(32), nullable=False)
    happened_at = sa.Column(Instant, nullable=False)
    received_at = sa.Column(Instant, nullable=False)
    data = sa.Column(Json, nullable=False)
    refused = sa.Column(sa.String(64), nullable=True)  # a reaction could not take it; kept for a person


event = sa.Table(
    "inbox_event",
    metadata,
    _EventColumns,
    sa.Index("ix_inbox_event_received", "received_at"),
)


class _ParkedColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    topic = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.LargeBinary, nullable=False)
    size_bytes = sa.Column(sa.BigInteger, nullable=False)
    code = sa.Column(sa.String(64), nullable=False)
    detail = sa.Column(sa.Text, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    times = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(Instant, nullable=False)


parked = sa.Table(
    "parked_message",
    metadata,
    _ParkedColumns,
    sa.UniqueConstraint("digest"),
    sa.Index("ix_parked_message_at", "at"),
)
