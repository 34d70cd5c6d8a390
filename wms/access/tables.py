"""People, tokens and the audit trail."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _PersonColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    name = sa.Column(sa.String(60), nullable=False)
    password_hash = sa.Column(sa.Text, nullable=False)
    role = sa.Column(sa.String(32), nullable=False)
    sites = sa.Column(Json, nullable=True)  # site codes; NULL: every site
    owners = sa.Column(Json, nullable=True)  # ids of parties; NULL: every owner
    locale = sa.Column(sa.String(8), nullable=False)
    active = sa.Column(sa.Boolean, nullable=False)
    failed_tries = sa.Column(sa.Integer, nullable=False)
    locked_until = sa.Column(Instant, nullable=True)
    created_at = sa.Column(Instant, nullable=False)


person = sa.Table("person", metadata, _PersonColumns, sa.UniqueConstraint("name"))


class _TokenColumns(TypedColumns):
    digest = sa.Column(sa.String(64), primary_key=True)  # SHA-256 of the token; the token itself is stored nowhere
    person_id = sa.Column(sa.Uuid, sa.ForeignKey("person.id"), nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    expires_at = sa.Column(Instant, nullable=False)
    revoked_at = sa.Column(Instant, nullable=True)


access_token = sa.Table("access_token", metadata, _TokenColumns)


class _AuditColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    at = sa.Column(Instant, nullable=False)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    actor_name = sa.Column(sa.String(60), nullable=False)
    action = sa.Column(sa.String(60), nullable=False)
    subject = sa.Column(sa.String(120), nullable=False)
    params = sa.Column(Json, nullable=False)
    previous = sa.Column(sa.String(64), nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


audit_entry = sa.Table("audit_entry", metadata, _AuditColumns)
