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
    badge_digest = sa.Column(sa.String(64), nullable=True)  # SHA-256 of the code on the badge
    pin_hash = sa.Column(sa.Text, nullable=True)
    created_at = sa.Column(Instant, nullable=False)


person = sa.Table("person", metadata, _PersonColumns, sa.UniqueConstraint("name"), sa.UniqueConstraint("badge_digest"))


class _HandheldColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)  # SHA-256 of its token
    enrolled_at = sa.Column(Instant, nullable=False)
    enrolled_by = sa.Column(sa.String(60), nullable=False)
    revoked_at = sa.Column(Instant, nullable=True)


handheld = sa.Table("handheld", metadata, _HandheldColumns, sa.UniqueConstraint("digest"))


class _TryColumns(TypedColumns):
    subject = sa.Column(sa.String(120), primary_key=True)  # the name or person that was tried
    source = sa.Column(sa.String(80), primary_key=True)  # the address or handheld it was tried from
    tries = sa.Column(sa.Integer, nullable=False)
    last_at = sa.Column(Instant, nullable=False)
    locked_until = sa.Column(Instant, nullable=True)


sign_in_try = sa.Table("sign_in_try", metadata, _TryColumns)


class _TokenColumns(TypedColumns):
    digest = sa.Column(sa.String(64), primary_key=True)  # SHA-256 of the token; the token itself is stored nowhere
    person_id = sa.Column(sa.Uuid, sa.ForeignKey("person.id"), nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    expires_at = sa.Column(Instant, nullable=False)
    revoked_at = sa.Column(Instant, nullable=True)
    # A session on a shared handheld is worth something on that handheld only, and ends when nobody has used it for a while.
    handheld_id = sa.Column(sa.Uuid, sa.ForeignKey("handheld.id"), nullable=True)
    idle_s = sa.Column(sa.Integer, nullable=True)
    used_at = sa.Column(Instant, nullable=True)


access_token = sa.Table("access_token", metadata, _TokenColumns)


class _AuditColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    at = sa.Column(Instant, nullable=False)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    actor_name = sa.Column(sa.String(60), nullable=False)
    action = sa.Column(sa.String(60), nullable=False)
    subject = sa.Column(sa.String(120), nullable=False)
    params = sa.Column(Json, nullable=False)
    device = sa.Column(sa.String(60), nullable=True)  # the handheld it was done on
    why = sa.Column(sa.String(200), nullable=True)
    previous = sa.Column(sa.String(64), nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


audit_entry = sa.Table("audit_entry", metadata, _AuditColumns)


class _ApprovalColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    action = sa.Column(sa.String(60), nullable=False)
    payload = sa.Column(Json, nullable=False)
    asked_by = sa.Column(sa.Uuid, nullable=False)
    asked_by_name = sa.Column(sa.String(60), nullable=False)
    asked_at = sa.Column(Instant, nullable=False)
    expires_at = sa.Column(Instant, nullable=False)
    state = sa.Column(sa.String(10), nullable=False)  # open, approved, refused
    decided_by_name = sa.Column(sa.String(60), nullable=True)
    decided_at = sa.Column(Instant, nullable=True)


approval = sa.Table(
    "approval", metadata, _ApprovalColumns, sa.CheckConstraint("state IN ('open','approved','refused')", name="state")
)
