"""A plan that tells very many people is carried out in parts: each hears once, whatever ends in between."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import Engine, text

from maild.core.letters.parts import MOST_LETTERS, in_parts
from maild.core.plan import Plan
from maild.core.reasons.reason import because
from maild.core.rules.organisation import Agent, Group, Rulebook
from maild.core.values.mail import Envelope, Mail
from maild.journey.corridor import walk
from maild.journey.timers import due, keep
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.storage import inbound
from maild.storage.carry_out import carry_out
from maild.storage.engine import reading
from maild.storage.letters_out import Written
from tests.core.letters.test_paces import notice
from tests.kit import make
from tests.kit.promises import ME, NOW, Promises

MEMBERS = 200
FILE = bytes(range(256)) * 40


def large() -> Rulebook:
    """Make an organisation whose HR group has 200 members, all of whom hear of a new case."""
    people = tuple(Agent(id=f"a{n}", name=f"Agent {n}", addresses=(f"a{n}@{make.DOMAIN}",)) for n in range(MEMBERS))
    group = Group(id="hr-2", department="hr", members=tuple(one.id for one in people), assign="group")
    groups = (*(one for one in make.GROUPS if one.id != "hr-2"), group)
    return make.rulebook(groups=groups, people=(*make.AGENTS, *people))


def mail_with_file() -> tuple[Mail, bytes]:
    """Make a mail to HR with a file, and its bytes."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = make.KARI, f"hr@{make.DOMAIN}", "Søknad"
    message["Message-ID"], message["Date"] = "<large@client.example>", "Tue, 01 Dec 2026 08:00:00 +0000"
    message.set_content("Hei, her er søknaden.\n")
    message.add_attachment(FILE, maintype="application", subtype="octet-stream", filename="søknad.bin")
    raw = message.as_bytes()
    envelope = Envelope(source="smtp", received=NOW, sender=make.KARI, recipients=(f"hr@{make.DOMAIN}",))
    return read(raw, envelope, ReadOptions()), raw


def take(desk: Promises, mail: Mail, raw: bytes) -> int:
    """Take the mail in; how many letters its own transaction queued."""
    with desk.engine.begin() as connection:
        key = inbound.accept(connection, mail.envelope, raw, claim_for=ME)
        return len(walk(connection, desk.corridor, make.came(mail, key), now=NOW, raw={key: raw}).letters)


def go_on(desk: Promises) -> int | None:
    """Keep the next promise to go on; how many letters it queued, None when there is none."""
    with desk.engine.begin() as connection:
        ids = due(connection, now=NOW)
        handled = keep(connection, desk.corridor, ids[0], now=NOW) if ids else None
        return None if handled is None else len(handled.letters)


class Killed(Exception):
    """The process ended here."""


@pytest.mark.parametrize("kill", [False, True], ids=["undisturbed", "killed between the parts"])
def test_a_group_of_200_hears_each_once_with_the_file(engine: Engine, kill: bool) -> None:
    """Each of 200 agents gets one letter with the file in it; a part whose transaction ended half-way is done again."""
    desk = Promises(engine, large())
    mail, raw = mail_with_file()
    parts = [take(desk, mail, raw)]
    while True:
        if kill:  # a part is lost on its way, then a new process opens the store, and other mail takes ids
            with pytest.raises(Killed), engine.begin() as connection:
                assert keep(connection, desk.corridor, due(connection, now=NOW)[0], now=NOW) is not None
                raise Killed
            desk = desk.restarted()
            desk.take(make.mail(f"En annen sak {len(parts)}", author=make.OLA))
        if (count := go_on(desk)) is None:
            break
        parts.append(count)
        if len(parts) == 4:
            kill = False
    assert parts == [MOST_LETTERS, MOST_LETTERS, MOST_LETTERS, MEMBERS + 1 - 3 * MOST_LETTERS]
    told = Counter(to for (to,) in desk.rows("select recipient from outbox where kind = 'assignment'"))
    hr = {to: count for to, count in told.items() if to.startswith("a") and to[1:].partition("@")[0].isdigit()}
    assert len(hr) == MEMBERS and set(hr.values()) == {1}
    with reading(engine) as connection:
        for data, message_id in connection.execute(
            text(
                "select data, message_id from outbox join outbox_data on outbox = id"
                " where kind = 'assignment' and recipient like 'a%1@%' and recipient not like 'anne%'"
            )
        ):
            letter = email.message_from_bytes(bytes(data), policy=email.policy.default)
            assert [file.get_content() for file in letter.iter_attachments()] == [FILE]
            assert letter["Message-ID"] == message_id
    assert desk.rows("select id from timer where state = 'pending'") == []


def test_ids_of_letters_yet_to_be_queued_are_nobody_elses(engine: Engine) -> None:
    """What is left of a plan bears its ids already: neither this process nor the next gives one of them to another."""
    ids = Promises(engine).corridor.ids
    with engine.begin() as connection:
        taken = ids.take(connection, 100)
        many = tuple(notice(key, case=None, to_agent=True) for key in taken)
        whole = Plan(outcome="done", case=None, reason=because("automatic"), notices=many, decided_at=NOW)
        plan = in_parts(whole)
        ids.give_back(taken, used=plan.ids_used)
        written = [Written(notice=one, subject="x", data=b"x") for one in plan.notices]
        carry_out(connection, plan, written=written, ids=ids, who=ME, claim_until=None)
    for found in (ids, Promises(engine).corridor.ids):
        with engine.begin() as connection:
            assert min(found.take(connection, 5)) > max(taken)


def test_what_is_left_of_a_plan_stays_small(engine: Engine) -> None:
    """A long mail is not written down 136 times while its letters wait."""
    desk = Promises(engine, large())
    mail, raw = mail_with_file()
    take(desk, replace(mail, own_text="ord " * 25_000), raw)
    (size,) = desk.rows("select length(data) from timer")[0]
    assert size < 600_000
