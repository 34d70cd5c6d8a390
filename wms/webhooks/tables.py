"""The feed of facts in one order, the webhooks that want them, and what is still on its way."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _FeedColumns(TypedColumns):
    seq = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    fact_id = sa.Column(sa.BigInteger, nullable=False)


feed = sa.Table("fact_feed", metadata, _FeedColumns, sa.UniqueConstraint("fact_id"))


class _HorizonColumns(TypedColumns):
    name = sa.Column(sa.String(16), primary_key=True)
    txid = sa.Column(sa.BigInteger, nullable=False)  # facts of transactions before this one are in the feed


horizon = sa.Table("fact_horizon", metadata, _HorizonColumns)


class _WebhookColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    url = sa.Column(sa.String(500), nullable=False)
    kinds = sa.Column(Json, nullable=False)  # prefixes: "order." or "order.shipped"; [] is every kind
    sites = sa.Column(Json, nullable=True)  # of the person who made it; NULL: every site
    owners = sa.Column(Json, nullable=True)  # likewise: a tenant's webhook tells of his goods only
    secret = sa.Column(sa.LargeBinary, nullable=False)  # sealed
    old_secret = sa.Column(sa.LargeBinary, nullable=True)  # signs beside the new one until the moment below
    old_secret_until = sa.Column(Instant, nullable=True)
    through_seq = sa.Column(sa.BigInteger, nullable=False)  # the feed is written out to here as deliveries
    paused = sa.Column(sa.Boolean, nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    created_by = sa.Column(sa.String(60), nullable=False)
    removed_at = sa.Column(Instant, nullable=True)


webhook = sa.Table("webhook", metadata, _WebhookColumns)


class _DeliveryColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    webhook_id = sa.Column(sa.Uuid, sa.ForeignKey("webhook.id"), nullable=False)
    fact_id = sa.Column(sa.BigInteger, nullable=False)
    subject = sa.Column(sa.String(120), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False)
    first_at = sa.Column(Instant, nullable=True)
    next_at = sa.Column(Instant, nullable=False)
    last_status = sa.Column(sa.Integer, nullable=True)  # of HTTP; NULL when nobody answered
    last_error = sa.Column(sa.String(40), nullable=True)
    delivered_at = sa.Column(Instant, nullable=True)
    dead_at = sa.Column(Instant, nullable=True)  # given up; a replay asks for it again


delivery = sa.Table(
    "webhook_delivery",
    metadata,
    _DeliveryColumns,
    sa.Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
    sa.Index(
        "ix_webhook_delivery_waiting",
        *("webhook_id", "subject", "id"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    ),
)
