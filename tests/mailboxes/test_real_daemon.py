"""The real daemon and a real Dovecot: kills between the steps (law B4), a mailbox made anew (law B2), two daemons."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import Postgres
from tests.kit.running import Desks, RunningDesk
from tests.mailboxes import dying_daemon
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import mail

IMAP = """
[[imap]]
name = "it"
host = "127.0.0.1"
port = {port}
tls = "none"
user = "{user}"
password_file = "imap-password"
poll_seconds = 1
folder = "{folder}"
after = "{after}"
failed = ""
"""


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """Makes desks; no process outlives the test."""
    made = Desks(folder=tmp_path)
    yield made
    made.close()


def polling(
    desks: Desks, dovecot: Dovecot, user: str, *, folder: str = "INBOX", after: str = "move", store: str = ""
) -> RunningDesk:
    """Make a desk that polls a mailbox; what it would send waits for a relay that does not answer."""
    extra = IMAP.format(port=dovecot.port, user=user, folder=folder, after=after)
    desk = desks(1, extra=extra, store=store)
    (desk.folder / "imap-password").write_text("hemmelig\n")
    return desk


def wait_for(desk: RunningDesk, mails: int, seconds: float = 60.0) -> None:
    """Wait until so many mails are handled."""
    query = "select count(*) as n from inbound where done_at is not null"
    deadline = time.monotonic() + seconds
    while (done := int(desk.rows(query)[0]["n"])) < mails:
        assert time.monotonic() < deadline, f"{done} of {mails} mails after {seconds} s\n{desk.said()[-3000:]}"
        time.sleep(0.1)


def look_again(desk: RunningDesk) -> None:
    """Wait until the poller has looked the folder through once more: it reports before and after each look."""
    query, seen = "select looked from mailbox_state", set[object]()
    deadline = time.monotonic() + 60.0
    while len(seen) < 4:
        seen.add(desk.rows(query)[0]["looked"])
        assert time.monotonic() < deadline, desk.said()[-3000:]
        time.sleep(0.02)


def once_each(desk: RunningDesk, mails: int) -> None:
    """Say whether each mail is one case: none lost, none twice."""
    subjects = [row["subject"] for row in desk.rows("select subject from cases")]
    strange = desk.rows("select id, state, outcome, reason from inbound where outcome != 'new'")
    assert len(subjects) == len(set(subjects)) == mails, strange
    assert desk.rows("select count(*) as n from message where direction = 'in'")[0]["n"] == mails


def killed_at(desks: Desks, dovecot: Dovecot, user: str, *, steps: Sequence[str], seed: int) -> None:
    """Kill the daemon at one step after the other; at the end each mail is a case, once, and in its folder."""
    chance, desk, put = random.Random(seed), polling(desks, dovecot, user), 0
    plain, left = desk.command, False
    for step in steps:
        dovecot.put(user, [mail(number) for number in range(put, put + 30)])
        put += 30
        call = chance.randint(1, 25) if "commit" in step else 1
        if left and "settle" in step:  # the first settling is of what the death before left, the second of the new
            call = chance.randint(1, 2)
        desk.command = (dying_daemon.__file__, step, str(call))
        desk.start(wait=False)
        assert desk.process is not None
        assert desk.process.wait(120) == -9, desk.said()[-3000:]
        left = step == "before settle"
    desk.command = plain
    desk.start()
    wait_for(desk, put, 60.0 + put / 10)
    look_again(desk)
    requeue_innocents(desk, deaths=len(steps))
    wait_for(desk, put)
    once_each(desk, put)
    assert dovecot.counts(user) == {"INBOX": 0, "Processed": put}
    assert desk.stop() == 0


def requeue_innocents(desk: RunningDesk, *, deaths: int) -> None:
    """Let mails run again over which the daemon died too often to try further: each is kept, whole, and says why.

    Who dies as soon as it has begun dies over the same first mail; after five deaths that is put aside. The first
    of them may have struck many mails in work, the others one each.
    """
    aside = desk.rows("select id, reason from inbound where state = 'quarantined'")
    assert len(aside) <= deaths // 4, aside
    assert all(row["reason"].startswith("maild ended during each of") for row in aside), aside
    if aside:
        done = desk.run("inbound", "requeue", *(str(row["id"]) for row in aside))
        assert done.returncode == 0, done.stderr


def test_killed_between_any_two_steps_each_mail_is_one_case(desks: Desks, dovecot: Dovecot) -> None:
    """SIGKILL after fetch, commit and settle: 0 lost, 0 twice (law B4)."""
    killed_at(desks, dovecot, "kills", steps=dying_daemon.STEPS[1::2], seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("step", dying_daemon.STEPS)
def test_killed_fifty_times_at_a_step_each_mail_is_one_case(desks: Desks, dovecot: Dovecot, step: str) -> None:
    """The same fifty times over at the same step, for each of them."""
    killed_at(desks, dovecot, f"kills-{step.replace(' ', '-')}", steps=[step] * 50, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_fifty_times_at_any_step_each_mail_is_one_case(desks: Desks, dovecot: Dovecot) -> None:
    """The same fifty times over, at one step after the other: what a death leaves behind meets the next one."""
    steps = itertools.cycle(dying_daemon.STEPS[1::2] + dying_daemon.STEPS[::2])
    killed_at(desks, dovecot, "manykills", steps=list(itertools.islice(steps, 50)), seed=2)


def made_anew(desks: Desks, dovecot: Dovecot, user: str, *, times: int) -> None:
    """Make the folder anew again and again with the same mails and a new one."""
    mails = [mail(number) for number in range(10)]
    dovecot.put(user, mails, "Desk")
    desk = polling(desks, dovecot, user, folder="Desk", after="keep")
    desk.start()
    wait_for(desk, len(mails))
    seen = len(mails)
    for number in range(times):
        mails.append(mail(100 + number))
        dovecot.recreate(user, "Desk", mails)
        seen += len(mails)
        wait_for(desk, seen, 30.0)
        once_each_case(desk, len(mails))
    assert desk.stop() == 0


def once_each_case(desk: RunningDesk, mails: int) -> None:
    """Say whether each content is one case, however often it came in."""
    subjects = [row["subject"] for row in desk.rows("select subject from cases")]
    assert len(subjects) == len(set(subjects)) == mails


def test_a_mailbox_made_anew_doubles_nothing(desks: Desks, dovecot: Dovecot) -> None:
    """Its UIDs begin again: known mails are recognised by content, the new one is found (law B2)."""
    made_anew(desks, dovecot, "anew", times=3)


@pytest.mark.slow
def test_a_mailbox_made_anew_ten_times_doubles_nothing(desks: Desks, dovecot: Dovecot) -> None:
    """The same ten times over."""
    made_anew(desks, dovecot, "manyanew", times=10)


def two_daemons(desks: Desks, dovecot: Dovecot, postgres: Postgres, user: str, *, mails: int, wait: bool) -> None:
    """Let two daemons share a mailbox, kill the one that polls halfway."""
    url = postgres.new_database()
    first = polling(desks, dovecot, user, store=url)
    second = polling(desks, dovecot, user, store=url)
    first.start()
    (second.folder / "store").mkdir(exist_ok=True)
    (second.folder / "store" / "secret.key").write_bytes((first.folder / "store" / "secret.key").read_bytes())
    second.start()
    dovecot.put(user, [mail(number) for number in range(mails)])
    query = "select count(*) as n from mailbox_uid"
    deadline = time.monotonic() + 120
    while (taken := int(first.rows(query)[0]["n"])) < mails // 4:
        assert time.monotonic() < deadline, f"{taken} of {mails} mails are taken\n{first.said()[-3000:]}"
        time.sleep(0.005)
    holder = first.rows("select holder from lease where name = 'imap:it'")[0]["holder"]
    assert first.process is not None
    dead, left = (first, second) if f"-{first.process.pid}-" in holder else (second, first)
    dead.kill()
    assert int(left.rows(query)[0]["n"]) < mails
    if not wait:  # as if the half minute of the lease had gone by, and the ten of the claims
        import psycopg

        with psycopg.connect(url) as connection:
            connection.execute("update lease set until = 0")
            connection.execute("update inbound set claimed_until = 0 where claimed_until is not null")
    wait_for(left, mails, 900.0 if wait else 60.0)
    once_each(left, mails)
    deadline = time.monotonic() + 10
    while dovecot.counts(user) != {"INBOX": 0, "Processed": mails}:
        assert time.monotonic() < deadline, dovecot.counts(user)
        time.sleep(0.2)
    assert left.stop() == 0


def test_two_daemons_take_each_mail_once(desks: Desks, dovecot: Dovecot, postgres: Postgres) -> None:
    """One of two daemons is killed halfway through 300 mails: each mail is one case."""
    two_daemons(desks, dovecot, postgres, "shared", mails=300, wait=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_daemons_take_two_thousand_mails_once(desks: Desks, dovecot: Dovecot, postgres: Postgres) -> None:
    """2,000 mails, and the lease of the dead daemon is waited for."""
    two_daemons(desks, dovecot, postgres, "sharedmore", mails=2000, wait=True)
