"""The command line: one sentence and exit code 2 for what it refuses, one line a row into a pipe."""

import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from maild.cli import app

ROOT = Path(__file__).resolve().parents[2]


def lay_out(folder: Path) -> Path:
    """Lay the shipped config, rules and letters into a folder."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "config.toml", folder)
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped config, rules and letters, and two cases."""
    folder = lay_out(tmp_path_factory.mktemp("desk"))
    for name in ("M01", "M08"):
        assert maild(folder, "inject", str(ROOT / "demo" / "mails" / f"{name}.eml")).returncode == 0
    return folder


def maild(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    command = [sys.executable, "-m", "maild", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["case", "nonsense"], "nonsense is not a case number"),
        (["case", "99"], "there is no case 99"),
        (["cases", "--nope"], "No such option: --nope"),
        (["inbound", "show", "77"], "there is no inbound mail 77"),
        (["inbound", "requeue", "1"], "not in quarantine: 1"),
        (["inbound", "list", "--state", "bogus"], "'bogus' is not one of 'accepted'"),
        (["outbox", "list", "--state", "bogus"], "'bogus' is not one of 'queued'"),
        (["cases", "--status", "bogus"], "'bogus' is not one of 'new'"),
        (["outbox", "retry", "99"], "neither deferred nor failed: 99"),
        (["outbox", "drop", "99"], "not held: 99"),
        (["inject", "missing.eml"], "missing.eml cannot be read"),
        (["run", "--config", "missing.toml"], "missing.toml"),
        (["case", "1042", "--status", "bogus"], "bogus"),
        (
            ["case", "1042", "--status", "merged"],
            "case 1042 is assigned and cannot become merged; it can become: closed, new, open, resolved, spam",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_is_one_sentence(desk: Path, words: list[str], said: str) -> None:
    """A command that cannot be carried out says why in one line on stderr and ends with exit code 2."""
    done = maild(desk, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("maild: ") and said in done.stderr and done.stderr.count("\n") == 1
    assert "maild: maild:" not in done.stderr and "Value error" not in done.stderr


def test_a_merged_case_becomes_nothing(tmp_path: Path) -> None:
    """Of a case that lives on in another, the refusal says that it can become nothing, and the case stays as it is."""
    folder = lay_out(tmp_path)
    assert maild(folder, "inject", str(ROOT / "demo" / "mails" / "M01.eml")).returncode == 0
    with contextlib.closing(sqlite3.connect(folder / "store" / "maild.db")) as store, store:
        store.execute("update cases set status = 'merged' where number = 1042")
    done = maild(folder, "case", "1042", "--status", "open")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "maild: case 1042 is merged and cannot become open; it can become: nothing\n"
    assert json.loads(maild(folder, "cases", "--json").stdout)[0]["status"] == "merged"


def test_a_case_is_shown_whole(tmp_path: Path) -> None:
    """``case`` shows priority, due time, tags, confidence, other departments, links, and why it went to whom it did."""
    folder = lay_out(tmp_path)
    for name in ("M01", "M09"):
        assert maild(folder, "inject", str(ROOT / "demo" / "mails" / f"{name}.eml")).returncode == 0
    lines = maild(folder, "case", "1042").stdout.splitlines()
    assert lines[3] == "priority normal" and lines[4] == ""
    at = next(n for n, line in enumerate(lines) if "  opened  " in line)
    assert lines[at + 1].startswith("    assignment: least open in it-1: 0")
    with contextlib.closing(sqlite3.connect(folder / "store" / "maild.db")) as store, store:
        set_ = "priority = 'high', confidential = 1, watchers = '[\"ida.holm\"]', merged_into = 1042"
        store.execute(f'update cases set {set_}, tags = \'["a", "b"]\' where number = 1043')
        store.execute("update cases set due = created where number = 1043")
        store.execute("insert into link (\"case\", other, kind, at) values (1043, 1042, 'maybe', 0)")
    lines = maild(folder, "case", "1043").stdout.splitlines()
    assert re.fullmatch(
        r"priority high · due \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d · tags a, b · confidential", lines[3]
    )
    assert lines[4:8] == [
        "other departments it",
        "watchers ida.holm",
        "linked FK#1042 (maybe), FK#1044 (child)",
        "merged into FK#1042",
    ]


def test_a_listing_in_a_pipe_has_one_line_a_row(desk: Path) -> None:
    """However long a row is, it is one line when nobody sits at a terminal; times are short."""
    done = maild(desk, "cases")
    rows = done.stdout.splitlines()
    assert len(rows) == 3 and "anders.ek@fjordvik.example" in rows[1] and "Inget nät i B-huset" in rows[1]
    assert "T" not in maild(desk, "outbox", "list").stdout.splitlines()[1].split("20", 1)[1][:14]


def test_json_holds_what_programs_need(desk: Path) -> None:
    """--json gives every key that scripts may rely on, times in ISO 8601 with an offset."""
    (second, first) = json.loads(maild(desk, "cases", "--json").stdout)
    names = "number subject department type status priority language requester participants group assignee tags"
    assert set(names.split()) | {"linked", "created", "updated"} <= set(first) and second["number"] == 1043
    assert first["created"][10] == "T" and first["created"][-6] in "+-"
    case = json.loads(maild(desk, "case", "1043", "--json").stdout)
    assert {"fields", "messages", "events"} <= set(case)
    mail, ack = case["messages"]
    keys = "direction kind visibility from to cc subject text folded message_id in_reply_to references date attachments"
    assert set(keys.split()) <= set(mail) and (mail["direction"], ack["direction"], ack["kind"]) == (
        "in",
        "out",
        "auto",
    )
    (picture,) = [file for file in mail["attachments"] if file["name"] == "felet.png"]
    assert set(picture) >= {"name", "type", "size", "sha256"} and picture["size"] == 28953
    assert {"at", "actor", "what", "before", "after", "reason"} <= set(case["events"][0])
    inbound = json.loads(maild(desk, "inbound", "list", "--json").stdout)[0]
    assert {"id", "state", "reason", "sha256", "size", "source", "received", "case"} <= set(inbound)
    outbox = json.loads(maild(desk, "outbox", "list", "--json").stdout)[0]
    assert {"id", "case", "to", "subject", "message_id", "state", "attempts", "due", "error"} <= set(outbox)
    status = json.loads(maild(desk, "status", "--json").stdout)
    assert status["cases"] == {"assigned": 2} and status["quarantined"] == 0


def test_a_raw_mail_comes_back_byte_for_byte(desk: Path) -> None:
    """``inbound show --raw`` prints exactly what came in."""
    command = [sys.executable, "-m", "maild", "inbound", "show", "1", "--raw"]
    done = subprocess.run(command, cwd=desk, capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)})
    assert done.stdout == (ROOT / "demo" / "mails" / "M01.eml").read_bytes()


def commands(app: typer.Typer, *before: str) -> list[tuple[str, ...]]:
    """Name every command, however deep."""
    found = [(*before, one.name or getattr(one.callback, "__name__", "")) for one in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        found += commands(group.typer_instance, *before, group.name or "")
    return found


@pytest.mark.parametrize("words", commands(app), ids=lambda words: "-".join(words))
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    """--help works everywhere; a text with brackets in it is no markup."""
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0, done.exception
    assert "Usage" in done.output and "--help" in done.output


def test_what_became_of_a_mail_is_readable(desk: Path) -> None:
    """``inbound show`` has a line for each rule that was asked, times with their offset, and nothing of Python's."""
    said = maild(desk, "inbound", "show", "1").stdout
    assert '    ✔ routing/it.toml:3 it-password: "logget inn" in subject\n' in said
    assert re.search(r"^received     \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d$", said, re.M)
    assert "field  account: karmoe" in said
    assert not re.search(r"None|\[\]|\{'", said)


def test_a_mail_is_read_without_loose_ends(desk: Path) -> None:
    """``read`` leaves no label without a value."""
    said = maild(desk, "read", str(ROOT / "demo" / "mails" / "M08.eml")).stdout.splitlines()
    assert "Kind        human" in said and "Answers     no other mail" in said


@pytest.mark.parametrize("words", [["run"], ["db", "upgrade"], ["inject", "M01.eml"]], ids=" ".join)
@pytest.mark.parametrize("below", ["", "/deeper"])
def test_a_store_that_has_no_folder_is_refused(tmp_path: Path, words: list[str], below: str) -> None:
    """Where a file stands in the way of the store's folder, that is one sentence and exit code 2."""
    lay_out(tmp_path)
    text = (tmp_path / "config.toml").read_text().replace("sqlite:///store", f"sqlite:///store{below}")
    (tmp_path / "config.toml").write_text(text)
    shutil.copy(ROOT / "demo" / "mails" / "M01.eml", tmp_path)
    (tmp_path / "store").touch()
    done = maild(tmp_path, *words)
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("{")]
    folder = tmp_path / f"store{below}"
    expected = f"maild: the store's folder {folder} cannot be made: a file stands there"
    assert (done.returncode, said) == (2, [expected])


@pytest.mark.parametrize("words", [["check"], ["doctor", "--json"]], ids=" ".join)
def test_a_store_that_has_no_folder_is_a_problem(tmp_path: Path, words: list[str]) -> None:
    """What judges a set-up names the file that stands in the way of the store's folder, once."""
    lay_out(tmp_path)
    (tmp_path / "store").touch()
    done = maild(tmp_path, *words)
    expected = f"maild: the store's folder {tmp_path / 'store'} cannot be made: a file stands there"
    assert (done.returncode, (done.stdout + done.stderr).count(expected)) == (1, 1), done.stderr


def test_a_lock_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """Where a folder stands in place of the store's lock, that is one sentence and exit code 2."""
    lay_out(tmp_path)
    lock = tmp_path / "store" / "maild.db.lock"
    lock.mkdir(parents=True)
    done = maild(tmp_path, "db", "upgrade")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"maild: the store's lock {lock} cannot be opened: Is a directory\n"
