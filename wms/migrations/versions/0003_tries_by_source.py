"""Wrong tries are counted by source; what a person's row said of them has no reader left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("person", "failed_tries")
    op.drop_column("person", "locked_until")


def downgrade() -> None:
    op.add_column("person", sa.Column("failed_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("person", "failed_tries", server_default=None)
