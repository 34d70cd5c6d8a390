"""Sites."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Json, metadata


class _SiteColumns(TypedColumns):
    code = sa.Column(sa.String(8), primary_key=True)
    kind = sa.Column(sa.String(16), nullable=False)
    regime = sa.Column(sa.String(32), nullable=False)
    time_zone = sa.Column(sa.String(32), nullable=False)
    names = sa.Column(Json, nullable=False)  # {"zh": …, "en": …, "ru": …}
    languages = sa.Column(Json, nullable=False)
    verified = sa.Column(sa.Boolean, nullable=False)  # whether name and regime were checked against a source


site = sa.Table(
    "site",
    metadata,
    _SiteColumns,
    sa.CheckConstraint("kind IN ('bonded','border','overseas','sorting_centre')", name="kind"),
)
