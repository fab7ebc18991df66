"""Make room for polled mailboxes."""

import sqlalchemy as sa
from alembic import op

from maild.storage.columns import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _place() -> list[sa.Column[object]]:
    return [
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("validity", _key(), autoincrement=False, nullable=False),
        sa.Column("uid", _key(), autoincrement=False, nullable=False),
    ]


def upgrade() -> None:
    """Apply this step."""
    op.add_column("inbound", sa.Column("account", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "mailbox_uid",
        *_place(),
        sa.Column("inbound", _key(), nullable=False),
        sa.PrimaryKeyConstraint("account", "folder", "validity", "uid", name=op.f("pk_mailbox_uid")),
    )
    op.create_table(
        "mailbox_trouble",
        *_place(),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("next", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "folder", "validity", "uid", name=op.f("pk_mailbox_trouble")),
    )
    op.create_table(
        "mailbox_state",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("looked", UTCDateTime(), nullable=False),
        sa.Column("last_success", UTCDateTime(), nullable=True),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_mailbox_state")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("fence", _key(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
