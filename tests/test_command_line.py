"""The command line: one sentence and exit code 2 for what it refuses, one line a row into a pipe."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped config, rules and letters, and two cases."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "config.toml", folder)
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
        (["inject", "missing.eml"], "missing.eml cannot be read"),
        (["run", "--config", "missing.toml"], "missing.toml"),
        (["case", "1042", "--status", "bogus"], "bogus"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_is_one_sentence(desk: Path, words: list[str], said: str) -> None:
    """A command that cannot be carried out says why in one line on stderr and ends with exit code 2."""
    done = maild(desk, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("maild: ") and said in done.stderr and done.stderr.count("\n") == 1


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
