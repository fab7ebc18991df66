"""A mail's way through the store without the daemon: accept, gather, decide, carry out, in one savepoint."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from maild.core.asks import asks as what_it_asks
from maild.core.cause import AdminSaid, Cause, Said
from maild.core.decide import decide
from maild.core.facts import Asks, Facts
from maild.core.plan import Plan
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail
from maild.storage import inbound
from maild.storage.carry_out import carry_out
from maild.storage.gather import Settings, gather
from maild.storage.ids import Ids
from maild.storage.letters_out import ToSend, Written
from tests.kit import make

ME = "me"


class Store:
    """One store under test, with the corridor's fixed parts."""

    def __init__(self, connection: Connection, rulebook: Rulebook = make.RULEBOOK) -> None:
        self.connection, self.rulebook = connection, rulebook
        self.ids = Ids(connection)
        self.settings = Settings(keys=make.KEYS, caps=rulebook.desk.caps, first_number=1000)
        self.now = make.NOW
        self.sent: list[ToSend] = []

    def accept(self, mail: Mail) -> int:
        """Store a mail and claim it."""
        return inbound.accept(self.connection, mail.envelope, mail.own_text.encode(), claim_for=ME)

    def facts(self, mail: Mail, key: int) -> tuple[Asks, Facts]:
        """Gather what one decision stands on."""
        asks = what_it_asks(make.came(mail, key), self.rulebook)
        found = gather(
            self.connection,
            asks,
            settings=self.settings,
            ids=self.ids,
            now=self.now,
            members={group.id: group.members for group in self.rulebook.groups.values()},
        )
        return asks, found

    def plan(self, mail: Mail, key: int) -> tuple[Asks, Facts, Plan]:
        """Gather and decide, without carrying out."""
        asks, found = self.facts(mail, key)
        return asks, found, decide(make.came(mail, key), asks, found, self.rulebook)

    def carry_out(self, plan: Plan, *, who: str = ME, claim: datetime | None = None) -> list[ToSend]:
        """Carry a plan out, with letters that say only what they are."""
        written = [Written(notice=n, subject=n.subject, data=f"{n.kind} {n.to}".encode()) for n in plan.notices]
        return carry_out(
            self.connection,
            plan,
            written=written,
            ids=self.ids,
            who=who,
            claim_until=claim,
        )

    def take(self, mail: Mail, *, now: datetime | None = None) -> Plan:
        """Take a mail the whole way."""
        self.now = now or self.now
        mail = replace(mail, envelope=replace(mail.envelope, received=self.now))
        key = self.accept(mail)
        _, _, plan = self.plan(mail, key)
        self.sent += self.carry_out(plan)
        return plan

    def say(self, said: Said) -> Plan:
        """Take an admin's word the whole way."""
        return self.walk(AdminSaid(said=said))

    def walk(self, cause: Cause) -> Plan:
        """Take any cause the whole way."""
        asks = what_it_asks(cause, self.rulebook)
        members = {group.id: group.members for group in self.rulebook.groups.values()}
        found = gather(self.connection, asks, settings=self.settings, ids=self.ids, now=self.now, members=members)
        plan = decide(cause, asks, found, self.rulebook)
        self.sent += self.carry_out(plan)
        return plan

    def count(self, table: str, where: str = "true", **values: Any) -> int:
        """Count rows."""
        return int(self.connection.execute(text(f"select count(*) from {table} where {where}"), values).scalar_one())

    def value(self, query: str, **values: Any) -> Any:
        """Return the first value of a query."""
        return self.connection.execute(text(query), values).scalar()

    def loads(self) -> dict[str, int]:
        """Return the agents' open cases as counted."""
        rows = self.connection.execute(text("select agent, open from agent_load")).all()
        return {row[0]: row[1] for row in rows if row[1]}

    def true_loads(self) -> dict[str, int]:
        """Return the agents' open cases as the cases have them."""
        over = "('resolved', 'closed', 'merged', 'spam')"
        query = f"select assignee, count(*) from cases where assignee is not null and status not in {over} group by 1"
        return {row[0]: row[1] for row in self.connection.execute(text(query))}
