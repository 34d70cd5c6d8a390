"""Manifests and what was wrong in them."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _ManifestColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    filename = sa.Column(sa.String(200), nullable=False)
    format = sa.Column(sa.String(8), nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    announced_at = sa.Column(Instant, nullable=False)
    announced_by = sa.Column(sa.String(60), nullable=False)
    rows = sa.Column(sa.Integer, nullable=False)
    accepted = sa.Column(sa.Integer, nullable=False)
    repeated = sa.Column(sa.Integer, nullable=False)
    refused = sa.Column(sa.Integer, nullable=False)


manifest = sa.Table("manifest", metadata, _ManifestColumns, sa.Index("ix_manifest_site_at", "site", "announced_at"))


class _ManifestErrorColumns(TypedColumns):
    manifest_id = sa.Column(sa.Uuid, sa.ForeignKey("manifest.id"), primary_key=True)
    position = sa.Column(sa.Integer, primary_key=True)
    row_no = sa.Column(sa.Integer, nullable=False)
    column_name = sa.Column(sa.String(60), nullable=False)
    code = sa.Column(sa.String(40), nullable=False)
    params = sa.Column(Json, nullable=False)


manifest_error = sa.Table("manifest_error", metadata, _ManifestErrorColumns)
