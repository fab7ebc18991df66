"""Entries that agents are yet to be told of, and addresses as their people write them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column("message", sa.Column("untold", sa.Boolean(), server_default=sa.false(), nullable=False))
    waiting = sa.text("untold")
    op.create_index("ix_message_untold", "message", ["case"], sqlite_where=waiting, postgresql_where=waiting)
    op.add_column("participant", sa.Column("written", sa.Text(), server_default="", nullable=False))
