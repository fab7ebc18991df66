"""``maild check``, ``maild rules …`` and ``maild reload`` as an admin types them."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from maild.cli import app
from maild.cli.check import expired
from maild.config import load as configs
from maild.core.values.mail import Envelope
from maild.daemon.reloading import pid_file
from maild.rulebook import load, schema
from maild.storage import engine as engines
from maild.storage import inbound, upgrade
from tests.kit.a_case import a_case
from tests.kit.desk import mail
from tests.rulebook.kit import ROOT, lay_out
from tests.storage.ended import end

RULES = """\
[[rule]]
name = "vpn"
when = { words = "vpn" }
then = { type = "it.password", group = "it-1" }

[[rule.example]]
subject = "VPN"
type = "it.password"

[[rule]]
name = "rest"
then = { type = "general" }
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A small desk on disk; its config."""
    path = lay_out(tmp_path, {"rules/routing/it.toml": RULES})
    (tmp_path / "templates").rmdir()
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    return path


def maild(*arguments: str | Path, code: int = 0, given: bytes | None = None) -> str:
    """Run a command in this process; what it printed."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=given)
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def test_check_counts_and_warns(desk: Path) -> None:
    """A right desk is counted, and told what is allowed yet risky."""
    said = maild("check", "--config", desk)
    assert "ok: 2 departments, 2 groups, 2 agents, 2 types, 2 rules" in said
    assert "mode is none" in said
    assert "the department has no head" in said


def test_check_runs_the_examples(desk: Path) -> None:
    """An example that does not come out is a problem like any other (law G3)."""
    path = desk.parent / "rules" / "routing" / "it.toml"
    path.write_text(RULES.replace('subject = "VPN"\ntype = "it.password"', 'subject = "VPN"\ntype = "general"'))
    done = CliRunner().invoke(app, ["check", "--config", str(desk)])
    assert done.exit_code == 1
    assert 'it.toml:8: rule "vpn", example 1: expected type general, found it.password' in done.stderr


def test_rules_test(desk: Path) -> None:
    """The examples are counted; a failing one is named and the command ends with 1."""
    assert maild("rules", "test", "--config", desk) == "1 examples, all as they say\n"
    path = desk.parent / "rules" / "routing" / "it.toml"
    path.write_text(RULES.replace('subject = "VPN"', 'subject = "tunnel"'))
    said = json.loads(maild("rules", "test", "--json", "--config", desk, code=1))
    assert (said["examples"], [one["rule"] for one in said["failed"]]) == (1, ["vpn", "vpn"])
    assert said["failed"][0]["where"].endswith("rules/routing/it.toml:6")


def test_explain(desk: Path) -> None:
    """A mail's decision is printed with every rule's hit or miss; as JSON it has the same."""
    text = mail("kari@x.example", "it@small.example", "Hei", "vpn er nede\x1b[2J", key="a").encode()
    said = maild("rules", "explain", "-", "--config", desk, given=text)
    assert "it.password" in said
    assert '✔ routing/it.toml:1 vpn: "vpn" in text' in said
    assert "\x1b" not in said
    found = json.loads(maild("rules", "explain", "-", "--json", "--config", desk, given=text))
    assert (found["outcome"], found["type"], found["group"], found["ack"]) == ("new", "it.password", "it-1", "sent")
    assert {"rule": "routing/it.toml:1 vpn", "hit": True, "detail": '"vpn" in text'} in found["trace"]
    other = json.loads(
        maild("rules", "explain", "-", "--json", "--to", "desk@small.example", "--config", desk, given=text)
    )
    assert other["department"] == "desk"
    assert not (desk.parent / "store" / "maild.db").exists()


def test_explain_a_file_that_is_not_there(desk: Path) -> None:
    """A wrong path is one message and exit 2."""
    done = subprocess.run(
        [sys.executable, "-m", "maild", "rules", "explain", "nothing.eml", "--config", str(desk)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == "maild: nothing.eml cannot be read: No such file or directory\n"


def fill(desk: Path, texts: list[str]) -> None:
    """Store mails that were decided an hour ago."""
    config = configs.load(desk)
    engine = engines.open_engine(config.store.url)
    upgrade.upgrade(engine)
    at = datetime.now(UTC) - timedelta(hours=1)
    with engine.begin() as connection:
        for number, text in enumerate(texts, 1):
            envelope = Envelope(
                source="smtp", received=at, sender=f"k{number}@x.example", recipients=("it@small.example",)
            )
            raw = mail(f"k{number}@x.example", "it@small.example", f"Sak {number}", text, key=f"m{number}").encode()
            key = inbound.accept(connection, envelope, raw, claim_for="fill")
            a_case(connection, number)
            end(connection, key, who="fill", outcome="new", case=number, departments=("it",), now=at)
    engine.dispose()


def rows(desk: Path) -> dict[str, int]:
    """How much there is in every table of the store."""
    engine = engines.open_engine(configs.load(desk).store.url)
    with engines.reading(engine) as connection:
        names = connection.exec_driver_sql("select name from sqlite_master where type = 'table'").scalars().all()
        found = {name: int(connection.exec_driver_sql(f"select count(*) from {name}").scalar() or 0) for name in names}
    engine.dispose()
    return found


def test_replay_prints_only_what_would_change(desk: Path, tmp_path: Path) -> None:
    """Unchanged rules print nothing; candidate ones print the mails they decide otherwise; nothing is written."""
    fill(desk, ["vpn er nede", "skriveren er tom", "vpn igjen", "hei"])
    before = rows(desk)
    assert maild("rules", "replay", "--since", "2d", "--config", desk) == ""
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    for path in (tmp_path / "rules").rglob("*.toml"):
        target = candidate / path.relative_to(tmp_path / "rules")
        target.parent.mkdir(exist_ok=True)
        target.write_text(path.read_text())
    (candidate / "routing" / "it.toml").write_text(
        RULES.replace('words = "vpn"', 'words = "skriver*"').replace('"VPN"', '"Skriveren"')
    )
    said = maild("rules", "replay", "--since", "2d", "--rules", candidate, "--config", desk)
    assert said.splitlines()[-1] == "4 mails, 3 changed: it 3"
    assert "mail 1 (case 1) Sak 1\n  type: it.password → general" in said
    assert "mail 2 (case 2) Sak 2\n  type: general → it.password" in said
    assert "Sak 4" not in said
    found: dict[str, Any] = json.loads(
        maild("rules", "replay", "--since", "2d", "--rules", candidate, "--json", "--config", desk)
    )
    assert (found["mails"], found["changed"], found["departments"]) == (4, 3, {"it": 3})
    assert found["differences"][0]["changes"]["type"] == {"before": "it.password", "after": "general"}
    assert maild("rules", "replay", "--since", "30h", "--rules", tmp_path / "rules", "--config", desk) == ""
    assert rows(desk) == before


def test_replay_carries_state_forward(desk: Path, tmp_path: Path) -> None:
    """Who gets a case depends on who got the ones before: both sides count for themselves."""
    groups = tmp_path / "rules" / "groups.toml"
    groups.write_text(groups.read_text().replace('members = ["bo"]', 'members = ["ann", "bo"]'))
    fill(desk, [f"sak {number}" for number in range(6)])
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    for path in (tmp_path / "rules").rglob("*.toml"):
        target = candidate / path.relative_to(tmp_path / "rules")
        target.parent.mkdir(exist_ok=True)
        target.write_text(path.read_text())
    rules = candidate / "routing" / "it.toml"
    rules.write_text('[[rule]]\nname = "first"\nwhen = { subject_words = "1" }\nthen = { spam = true }\n\n' + RULES)
    said = maild("rules", "replay", "--rules", candidate, "--config", desk)
    assert "mail 1 (case 1) Sak 1\n  outcome: new → spam" in said
    assert "mail 2 (case 2) Sak 2\n  assignee: bo → ann" in said
    assert "mail 3 (case 3) Sak 3\n  assignee: ann → bo" in said


@pytest.mark.parametrize("since", ["", "soon", "0d", "-1d", "3", "9999999d"])
def test_replay_wants_a_time(since: str, desk: Path) -> None:
    """What is no length of time is refused."""
    assert CliRunner().invoke(app, ["rules", "replay", "--since", since, "--config", str(desk)]).exit_code == 2


def test_schemas_know_the_shipped_files(tmp_path: Path) -> None:
    """There is a schema for every kind of file, with the keys that the sample organisation uses."""
    found = json.loads(maild("rules", "schema"))
    assert set(found) == set(schema.SHAPES)
    rule = found["rules/routing/*.toml"]["$defs"]["RuleShape"]["properties"]
    assert {"name", "when", "then", "continue", "valid_from", "valid_until", "example"} <= set(rule)
    when = found["rules/routing/*.toml"]["$defs"]["WhenShape"]["properties"]
    assert {"from", "any", "all", "not", "list", "words"} <= set(when)
    said = maild("rules", "schema", "--out", tmp_path / "schemas")
    assert len(said.splitlines()) == len(schema.SHAPES)
    for path in (tmp_path / "schemas").iterdir():
        assert json.loads(path.read_text())["$schema"].startswith("https://json-schema.org/")


def test_reload_asks_the_running_daemon(desk: Path) -> None:
    """Wrong rules are named and nobody is asked; right ones are asked for by a signal; without a daemon it says so."""
    path = desk.parent / "rules" / "routing" / "it.toml"
    path.write_text(RULES.replace("then", "than"))
    done = CliRunner().invoke(app, ["reload", "--config", str(desk)])
    assert done.exit_code == 1
    assert "did you mean then?" in done.stderr
    path.write_text(RULES)
    assert "no daemon runs" in str(CliRunner().invoke(app, ["reload", "--config", str(desk)]).exception)
    asked: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _frame: asked.append(number))
    try:
        pid_file(configs.load(desk)).parent.mkdir(exist_ok=True)
        pid_file(configs.load(desk)).write_text(str(os.getpid()))
        assert "to reload" in maild("reload", "--config", desk)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert asked == [signal.SIGHUP]


def test_what_is_shipped_needs_no_warning() -> None:
    """The sample organisation has a head for every department, an owner for every group, and only files that count."""
    book = load.load(configs.load(ROOT / "config.toml"), instance="test")
    assert book.warnings == ()
    assert (len(book.departments), len(book.agents), len(book.types)) == (6, 15, 11)


def test_rules_that_are_over_are_named() -> None:
    """A rule whose last day has passed is warned of from the next day on."""
    book = load.load(configs.load(ROOT / "config.toml"), instance="test")
    assert list(expired(book, date(2026, 12, 31))) == []
    (warning,) = expired(book, date(2027, 1, 1))
    assert warning.startswith("routing/bemanning.toml:3 webinarie: it held until 2026-12-31")
