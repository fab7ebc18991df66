"""Whom answers of a case go to, where its requester cannot be answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.add_column("cases", sa.Column("answer_to", sa.Text(), server_default="", nullable=False))
    op.add_column("cases", sa.Column("offers", sa.JSON(), server_default="[]", nullable=False))
