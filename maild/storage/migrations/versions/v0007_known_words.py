"""What cases hold, as runs of words: taken down from entries and letters when a mail first may quote them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maild.storage.columns import BigId

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    octets = ("ours_public", "ours_internal", "theirs_public", "theirs_internal", "drafts")
    op.create_table(
        "known_words",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("case", BigId, nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in octets),
        sa.ForeignKeyConstraint(["case"], ["cases.number"], name=op.f("fk_known_words_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_words")),
    )
    op.create_index(op.f("ix_known_words_case"), "known_words", ["case"])
    for table in ("message", "outbox"):
        op.add_column(table, sa.Column("known", sa.Boolean(), nullable=False, server_default=sa.false()))
