"""Parties. An owner of goods is a tenant: what is his carries his id, and his people see nothing else."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _PartyColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    code = sa.Column(sa.String(20), nullable=False)
    names = sa.Column(Json, nullable=False)  # {"zh": …, "en": …, "ru": …}
    roles = sa.Column(Json, nullable=False)  # of owner, supplier, customer, carrier, bank
    gln = sa.Column(sa.String(13), nullable=True)
    created_at = sa.Column(Instant, nullable=False)


party = sa.Table("party", metadata, _PartyColumns, sa.UniqueConstraint("code"), sa.UniqueConstraint("gln"))
