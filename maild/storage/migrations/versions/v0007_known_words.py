"""What cases hold, as runs of words. Cases that are there are marked: whoever has the key takes their words down."""

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
    octets = ("ours_public", "ours_internal", "theirs_public", "theirs_internal")
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
    op.create_index(
        "ix_known_words_old",
        "known_words",
        ["case"],
        sqlite_where=sa.text("key < 0"),
        postgresql_where=sa.text("key < 0"),
    )
    nothing = "x''" if op.get_bind().dialect.name == "sqlite" else "''::bytea"
    columns = ", ".join(octets)
    op.execute(
        f'insert into known_words ("case", key, {columns}) '  # noqa: S608  only our own words are in it
        f"select number, -1, {nothing}, {nothing}, {nothing}, {nothing} from cases order by number"
    )
