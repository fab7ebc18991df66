"""Promises in a table of their own; what a letter or a strike counts as or waits for is a value, no part of a text."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from maild.storage.columns import UTCDateTime, microseconds

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LETTERS = """
update outbox set counts_as = case
  when once_key like 'claim:%' then 'claim'
  when once_key like 'confirmation:%' then 'question'
  when kind = 'confirmation' then 'repeat'
  when kind in ('refusal', 'why') then kind
  else '' end
where kind in ('confirmation', 'refusal', 'why')
"""
_STRIKES = """
update strike set
  kind = case when source like 'token:%' then 'token' when source like 'burst:%' then 'burst' else 'hops' end,
  source = case when source like 'token:%' or source like 'burst:%' then substr(source, 7) else '' end
"""


_TIMER = sa.table(
    "timer",
    sa.column("object", sa.Text),
    sa.column("step", sa.Text),
    sa.column("due", sa.BigInteger),
    sa.column("state", sa.Text),
    sa.column("data", sa.Text),
    sa.column("set_at", sa.BigInteger),
    sa.column("said", sa.Text),
)
_OUTBOX = sa.table(
    "outbox",
    sa.column("id", sa.BigInteger),
    sa.column("state", sa.Text),
    sa.column("created", sa.BigInteger),
    sa.column("done_at", sa.BigInteger),
    sa.column("warned", sa.Boolean),
)


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "timer",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("data", sa.Text(), server_default="", nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("object", "step", "due", name=op.f("uq_timer_object_step_due")),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("ix_timer_due", "timer", ["due"], sqlite_where=pending, postgresql_where=pending)
    op.add_column("outbox", sa.Column("counts_as", sa.Text(), server_default="", nullable=False))
    op.execute(sa.text(_LETTERS))
    op.drop_index("ix_outbox_confirmation", table_name="outbox")
    counted = sa.text("counts_as <> ''")
    op.create_index(
        "ix_outbox_confirmation", "outbox", ["recipient", "created"], sqlite_where=counted, postgresql_where=counted
    )
    op.add_column("outbox", sa.Column("waits_for_relay", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.text("update outbox set waits_for_relay = true where error like 'unreachable: %'"))
    op.add_column("strike", sa.Column("kind", sa.Text(), server_default="", nullable=False))
    op.execute(sa.text(_STRIKES))
    op.drop_index("ix_strike_source_at", table_name="strike")
    op.create_index("ix_strike_kind_source_at", "strike", ["kind", "source", "at"])
    _promises()


def _promises() -> None:
    """Promise what the version before looked for itself: held letters, letters that are put off, an open breaker."""
    minute = 60 * 1_000_000
    for step, state, minutes, told in (
        ("drop held", "held", 24 * 60, None),
        ("late", "deferred", 4 * 60, False),
        ("give up", "deferred", 120 * 60, None),
    ):
        due = (_OUTBOX.c.created + minutes * minute).label("due")
        found = sa.select(
            sa.literal("letter:").concat(sa.cast(_OUTBOX.c.id, sa.Text)),
            sa.literal(step),
            due,
            sa.literal("pending"),
            sa.literal(""),
            _OUTBOX.c.created,
            sa.literal(""),
        ).where(_OUTBOX.c.state == state, _OUTBOX.c.done_at.is_(None))
        if told is not None:
            found = found.where(_OUTBOX.c.warned == told)
        op.execute(_TIMER.insert().from_select([column.name for column in _TIMER.c], found))
    connection = op.get_bind()
    since = connection.execute(sa.text("select value from state where name = 'breaker_open_since'")).scalar()
    if since:
        opened = microseconds(datetime.fromisoformat(since))
        assert opened is not None
        connection.execute(
            sa.text(
                "insert into timer (object, step, due, state, data, set_at, said)"
                " values ('desk', 'half-open', :due, 'pending', '', :opened, '')"
            ),
            {"due": opened + 30 * minute, "opened": opened},
        )
