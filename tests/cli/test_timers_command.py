"""``maild timers`` and ``maild rules explain`` for what is no mail, as an admin types them, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import insert, text
from typer.testing import CliRunner

from maild.cli import app
from maild.cli.timers import WORDS
from maild.config import load as configs
from maild.core.cause import MailCame, Step
from maild.core.values.mail import Envelope
from maild.daemon.parts import build_corridor, open_store
from maild.journey.corridor import walk
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.storage import inbound
from maild.storage.engine import open_engine
from maild.storage.statements import table
from maild.storage.tables import Timer
from tests.kit import running

KARI, CAMILLA = "kari.moen@elsewhere.example", "camilla.dahl@desk.example"
ACK = "select id from outbox where kind = 'ack'"


class TypedDesk:
    """A small desk in a folder, with one case, and commands typed in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.config = running.RunningDesk(folder=folder, relay=1, store=url).config
        self.url = url
        self._first_case()

    def _first_case(self) -> None:
        """Open a case as the daemon does."""
        config = configs.load(self.config)
        engine, lock = open_store(config)
        corridor = build_corridor(config, engine, who="test")
        raw = f"From: {KARI}\r\nTo: it@desk.example\r\nSubject: VPN\r\n\r\nHei, jeg kommer ikke inn.\r\n".encode()
        envelope = Envelope(source="smtp", received=datetime.now(UTC), sender=KARI, recipients=("it@desk.example",))
        with engine.begin() as connection:
            key = inbound.accept(connection, envelope, raw, claim_for="test")
            mail = read(raw, envelope, ReadOptions())
            walk(connection, corridor, MailCame(mail=mail, inbound=key), now=datetime.now(UTC))
        engine.dispose()
        lock.release()

    def maild(self, *words: str, code: int = 0) -> str:
        """Run a command; what it printed, whatever it refused."""
        done = CliRunner().invoke(app, [*words, "--config", str(self.config)])
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    def refused(self, *words: str) -> str:
        """Run a command that is refused; why."""
        done = CliRunner().invoke(app, [*words, "--config", str(self.config)], standalone_mode=False)
        assert done.exception is not None, done.output
        return getattr(done.exception, "message", str(done.exception))

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command with --json; what it printed."""
        return json.loads(self.maild(*words, "--json", code=code))

    def rows(self, query: str) -> list[Any]:
        """Ask the store."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            found = list(connection.execute(text(query)).all())
        engine.dispose()
        return found

    def change(self, query: str) -> None:
        """Change the store, past all of maild's code."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(query))
        engine.dispose()

    def put_off(self, *steps: Step, hours: float = 4) -> datetime:
        """Let the acknowledgement wait for the relay, with promises about it; when they fall due."""
        due = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
        (ack,) = self.rows(ACK)[0]
        self.change(
            f"update outbox set state = 'deferred', error = '451 later', due = due + 1000000000000 where id = {ack}"
        )
        engine = open_engine(self.url)
        with engine.begin() as connection:
            for step in steps:
                values = {"object": f"letter:{ack}", "step": step, "due": due, "state": "pending", "set_at": due}
                connection.execute(insert(table(Timer)).values(values))
        engine.dispose()
        return due

    def everything(self) -> list[Any]:
        """Return all that a question must leave alone."""
        tables = ("timer", "outbox", "event", "cases", "counter", "rules_version", "message", "paced_run", "state")
        return [sorted(map(repr, self.rows(f"select * from {name}"))) for name in tables]


@pytest.fixture
def desk(tmp_path: Path, store_url: str) -> TypedDesk:
    """A desk on each database."""
    return TypedDesk(tmp_path, store_url)


def test_promises_are_listed_in_peoples_words(desk: TypedDesk) -> None:
    """Each promise with its id, when, about what, of which case; times are the desk's."""
    assert desk.json("timers") == []
    due = desk.put_off("give up", "late")
    found = desk.json("timers")
    (ack,) = desk.rows(ACK)[0]
    assert [one["step"] for one in found] == ["give up", "late"]
    assert found[1]["about"] == f"outgoing mail {ack} to {KARI}" and found[1]["case"] == 1
    assert found[1]["promise"] == "tell an agent that it has not gone out" and found[1]["object"] == f"letter:{ack}"
    at = datetime.fromisoformat(found[1]["due"])
    assert at == due and at.utcoffset() in (timedelta(hours=1), timedelta(hours=2))
    said = desk.maild("timers")
    assert "tell an agent that it has not gone out" in said and KARI in said


def test_every_step_has_words() -> None:
    """No step is shown to people by its name alone."""
    assert set(WORDS) == set(get_args(Step))


def test_a_dry_run_says_what_would_come_of_it(desk: TypedDesk) -> None:
    """It shows outcome and letters of each promise, later ones seeing what earlier ones did, and changes nothing."""
    due = desk.put_off("late", "give up")
    before = desk.everything()
    now = due.isoformat()
    assert desk.json("timers", "run", "--dry-run") == [], "nothing is due yet"
    first, second = desk.json("timers", "run", "--dry-run", "--now", now)
    assert (first["step"], first["outcome"], first["reason"], first["case"]) == (
        "late",
        "done",
        "told that it is late",
        1,
    )
    assert [one["to"] for one in first["letters"]] == [CAMILLA]
    assert first["letters"][0]["subject"].startswith("[FK#1]") and "451 later" in first["letters"][0]["text"]
    assert second["reason"] == "given up" and "451 later" in second["letters"][0]["text"]
    said = desk.maild("timers", "run", "--dry-run", "--now", now)
    assert "2 promises would be kept, 2 letters would be queued" in said and f"→ {CAMILLA}: [FK#1]" in said
    desk.change("delete from timer where step = 'late'")
    desk.put_off("late")
    before = desk.everything()
    (only,) = desk.json("timers", "run", "--dry-run", "--now", (due + timedelta(seconds=5)).isoformat())
    assert only["step"] == "give up", "and that took the other one back"
    assert desk.everything() == before


def test_a_run_keeps_what_is_due_and_only_once(desk: TypedDesk) -> None:
    """Promises are kept in the command's own process; the letter may go out now, whatever time was named."""
    due = desk.put_off("late")
    local = due.astimezone().isoformat()
    (kept,) = desk.json("timers", "run", "--now", local)
    assert (kept["outcome"], kept["reason"]) == ("done", "told that it is late")
    assert desk.json("timers") == [] and desk.json("timers", "run", "--now", local) == []
    (letter,) = desk.rows("select recipient, state, due from outbox where kind = 'undelivered'")
    assert letter[:2] == (CAMILLA, "queued") and letter[2] <= datetime.now(UTC).timestamp() * 1_000_000
    assert desk.rows("select said from timer where state = 'done'") == [('["told that it is late"]',)]
    assert desk.maild("timers", "run") == "0 promises kept, 0 letters queued\n"


def test_a_time_without_a_zone_is_the_desks(desk: TypedDesk) -> None:
    """08:00 means 08:00 in Oslo; with an offset it means what it says; what is no time is refused in a sentence."""
    due = datetime(2031, 1, 7, 7, 0, tzinfo=UTC)
    desk.put_off()
    desk.change(
        f"insert into timer (object, step, due, set_at) values ('desk', 'half-open', {int(due.timestamp())}000000, 0)"
    )
    assert desk.json("timers", "run", "--dry-run", "--now", "2031-01-07T07:59:59") == []
    assert len(desk.json("timers", "run", "--dry-run", "--now", "2031-01-07T08:00")) == 1
    assert len(desk.json("timers", "run", "--dry-run", "--now", "2031-01-07T07:00:00Z")) == 1
    assert "--now: found soon, expected a time like" in desk.refused("timers", "run", "--now", "soon")


def test_a_promise_that_fails_is_named_and_the_others_are_kept(desk: TypedDesk) -> None:
    """Exit code 1, the trouble in words, every other promise kept, dry or not."""
    desk.put_off("late", hours=-1)
    desk.change("insert into timer (object, step, due, set_at, data) values ('cause:1', 'go on', 0, 0, 'broken')")
    for more in (["--dry-run"], []):
        bad, good = desk.json("timers", "run", *more, code=1)
        assert bad["outcome"] == "failed" and "ValidationError" in bad["reason"] and good["outcome"] == "done"
    assert [one["step"] for one in desk.json("timers")] == ["go on"]


def test_other_rules_than_those_in_force_keep_nothing(desk: TypedDesk) -> None:
    """Edited rules are refused in a sentence, as for every command that changes something; explaining goes on."""
    desk.put_off("late", hours=-1)
    desk.change("update state set value = 'another' where name = 'rules'")
    assert "are not those in force (another)" in desk.refused("timers", "run")
    assert "which are not in force: another are" in desk.maild("rules", "explain", "--case", "1", "--status", "open")
    assert desk.rows("select value from state where name = 'rules'") == [("another",)], "a question notes no rules"


def test_explain_a_promise(desk: TypedDesk) -> None:
    """What a promise would come to when it falls due: outcome, changes and the letter, and nothing is changed."""
    desk.put_off("late")
    (key,) = (one["id"] for one in desk.json("timers"))
    before = desk.everything()
    found = desk.json("rules", "explain", "--timer", str(key))
    assert (found["cause"], found["outcome"], found["case"]) == (f"promise {key}", "done", 1)
    assert [one["change"] for one in found["changes"]] == ["settle letter", "record", "end timer"]
    assert [one["to"] for one in found["letters"]] == [CAMILLA] and "451 later" in found["letters"][0]["text"]
    said = desk.maild("rules", "explain", "--timer", str(key))
    assert "told that it is late" in said and f"→ {CAMILLA}" in said
    assert desk.everything() == before
    assert f"there is no promise {key + 1} to come" in desk.refused("rules", "explain", "--timer", str(key + 1))


def test_explain_an_answer_of_the_relay(desk: TypedDesk) -> None:
    """A refusal tells an agent in the relay's words; a "later" sets two promises; a yes has no consequence."""
    (ack,) = desk.rows(ACK)[0]
    before = desk.everything()
    ask = ("rules", "explain", "--delivered", str(ack), "--answer")
    failed = desk.json(*ask, "550 5.1.1 no such user")
    assert failed["actor"] == "relay" and "550 5.1.1 no such user" in failed["letters"][0]["text"]
    later = desk.json(*ask, "451 4.7.1 greylisted")
    assert [one.get("step") for one in later["changes"]] == ["late", "give up"] and later["letters"] == []
    assert "the mail has gone out" in desk.refused(*ask, "250 ok")
    assert "expected a reply like: 550" in desk.refused(*ask, "no")
    assert "there is no outgoing mail 99" in desk.refused("rules", "explain", "--delivered", "99", "--answer", "550 x")
    assert desk.everything() == before


def test_explain_an_admins_word(desk: TypedDesk) -> None:
    """What a command would do, or why it may not; the case stays as it is."""
    before = desk.everything()
    found = desk.json("rules", "explain", "--case", "FK#1", "--status", "closed")
    assert (found["outcome"], found["actor"], found["changes"][0]["status"]) == ("done", "admin", "closed")
    assert desk.json("rules", "explain", "--case", "77", "--status", "closed")["reason"] == "there is no case 77"
    refused = desk.json("rules", "explain", "--case", "1", "--status", "merged")
    assert refused["outcome"] == "not allowed" and "it can become: " in refused["reason"]
    desk.put_off("late")
    before = desk.everything()
    (ack,) = desk.rows(ACK)[0]
    found = desk.json("rules", "explain", "--outbox", f"retry {ack}")
    assert [one["change"] for one in found["changes"]] == ["settle letter", "clear timers", "record"]
    assert desk.json("rules", "explain", "--outbox", "release")["outcome"] == "nothing"
    assert desk.everything() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "found nothing, expected one of FILE, --timer"),
        (["x.eml", "--timer", "1"], "found FILE and --timer"),
        (["--timer", "1", "--case", "2"], "found --timer and --case"),
        (["--case", "2"], "--case needs --status"),
        (["--delivered", "2"], "--delivered needs --answer"),
        (["--timer", "1", "--status", "open"], "--status goes with --case only"),
        (["--timer", "1", "--live"], "--live goes with FILE only"),
        (["--case", "zero", "--status", "open"], "zero is not a case number"),
        (["--outbox", "burn"], "expected retry, release, drop"),
        (["--outbox", "drop x"], "found drop x"),
    ],
)
def test_a_question_about_nothing_or_two_things_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    """One sentence says what was found and what was expected."""
    done = CliRunner().invoke(
        app, ["rules", "explain", *words, "--config", str(tmp_path / "none.toml")], standalone_mode=False
    )
    assert said in getattr(done.exception, "message", str(done.exception))
