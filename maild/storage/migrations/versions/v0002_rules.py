"""Make room for what rules say: fields of cases, watchers, due times, absences."""

import sqlalchemy as sa
from alembic import op

from maild.storage.columns import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "absence",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("substitute", sa.Text(), nullable=True),
        sa.Column("inbound", _BIG, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "first", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_last", "absence", ["last"], unique=False)
    op.create_table(
        "field_value",
        sa.Column("case", _BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("inbound", _BIG, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("case", "name", name=op.f("pk_field_value")),
    )
    op.add_column("cases", sa.Column("watchers", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("cases", sa.Column("due", UTCDateTime(), nullable=True))
