"""``maild inject`` takes mails, however odd, and nothing that is none."""

import json
import mailbox
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from maild.channels.imap.account import Account
from maild.cli.history import Box, Entry
from maild.cli.inject import _named, is_mail
from maild.config import keys
from maild.core.threads import tokens

ROOT = Path(__file__).resolve().parents[2]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 40
GOOD = b"From: kari@nordlys.example\nTo: it@fjordvik.example\nSubject: Skriveren\n\nDen virker ikke.\n"
NO_MAIL = {
    "empty": b"",
    "blank": b"\n\n\n",
    "jpeg": JPEG,
    "png": b"\x89PNG\r\n\x1a\n" + JPEG,
    "pdf": b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< /Type /Catalog >>\n",
    "zip": b"PK\x03\x04" + JPEG,
    "text": b"Hei, skriveren virker ikke.\nKan noen se til den?\n",
    "text that names a field later": b"Hei igjen.\n\nSubject: dette er ikke emnet\n",
    "json": b'{"from": "kari@nordlys.example"}\n',
    "html": b"<!DOCTYPE html>\n<html><body>x</body></html>\n",
}
MAIL = {
    "plain": GOOD,
    "crlf": GOOD.replace(b"\n", b"\r\n"),
    "no body": b"Subject: x",
    "an own field": b"X-Thing: 1\n\nx",
    "mbox line first": b"From kari Tue Dec  1 10:00:00 2026\n" + GOOD,
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "blank line first": b"\r\n" + GOOD,
    "space before the colon": b"From : kari@nordlys.example\n\nx",
    "junk before the header": b"\x00\x01junk\n" + GOOD,
    "picture as the body": b"Subject: x\n\n" + JPEG,
}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the shipped config, rules and letters."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "config.toml", tmp_path)
    return tmp_path


def maild(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    command = [sys.executable, "-m", "maild", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.mark.parametrize("name", NO_MAIL)
def test_what_has_no_header_is_no_mail(name: str) -> None:
    """Pictures, documents and plain texts are told from mails."""
    assert not is_mail(NO_MAIL[name])


@pytest.mark.parametrize("name", MAIL)
def test_a_broken_mail_is_still_a_mail(name: str) -> None:
    """One header line is enough, whatever stands before or after it."""
    assert is_mail(MAIL[name])


@pytest.mark.parametrize("name", ["jpeg", "text", "empty"])
def test_a_file_that_is_no_mail_is_refused(desk: Path, name: str) -> None:
    """One sentence and exit code 2; no case is made."""
    (desk / "thing").write_bytes(NO_MAIL[name])
    done = maild(desk, "inject", "thing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("thing is no mail: it has no header line such as From: or Subject:\n")
    assert done.stderr.count("\n") == 1
    assert maild(desk, "inject", str(ROOT / "demo" / "mails" / "M01.eml")).stdout.startswith("1  FK#1042")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("itt@fjordvik.example", "did you mean it@fjordvik.example?"),
        ("it@elsewhere.example", "did you mean it@fjordvik.example?"),
        ("hjelp", "expected one of "),
        ("", "expected one of "),
    ],
)
def test_a_recipient_that_is_none_of_ours_is_refused(desk: Path, to: str, said: str) -> None:
    """``--to`` of inject and of rules explain is refused as a door would: the nearest address named, no store made."""
    (desk / "good.eml").write_bytes(GOOD)
    for words in (["inject"], ["rules", "explain"]):
        done = maild(desk, *words, "good.eml", "--to", to)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f'maild: --to: found "{to}", {said}') and done.stderr.count("\n") == 1
    assert not (desk / "store").exists()


def test_what_the_desk_is_written_to_may_be_given(desk: Path) -> None:
    """A department's address, an alias, one with a tag and a signed one are taken, whatever the mail itself says."""
    (desk / "good.eml").write_bytes(GOOD)
    signed = f"r+1042.{'a' * tokens.TOKEN_LENGTH}@sak.fjordvik.example"
    for to, department in {
        "okonomi@fjordvik.example": "okonomi",
        "Post@Fjordvik.example": "servicetorg",
        "okonomi+x@fjordvik.example": "okonomi",
        signed: "servicetorg",
    }.items():
        done = maild(desk, "rules", "explain", "good.eml", "--json", "--to", to)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["department"] == department
    assert not (desk / "store" / "maild.db").exists()
    assert maild(desk, "inject", "good.eml", "--to", "okonomi@fjordvik.example").returncode == 0
    assert json.loads(maild(desk, "cases", "--json").stdout)[0]["department"] == "okonomi"
    bounce = tokens.sign_bounce(keys.load(desk / "store" / "secret.key")[0], outbox=1, domain="sak.fjordvik.example")
    assert maild(desk, "rules", "explain", "good.eml", "--to", bounce).returncode == 0
    forged = bounce.replace("b+1.", "b+2.")
    assert maild(desk, "rules", "explain", "good.eml", "--to", forged).returncode == 2


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
def test_in_old_mail_what_is_none_is_listed_and_skipped(desk: Path, kind: str) -> None:
    """The mails around it arrive; the exit code is that of success, and --json stays one document."""
    box: mailbox.Mailbox[mailbox.Message] = (
        mailbox.mbox(desk / "old") if kind == "mbox" else mailbox.Maildir(desk / "old")
    )
    for raw in (GOOD, NO_MAIL["text"], GOOD.replace(b"Skriveren", b"Skjermen")):
        box.add(raw)
    box.flush()
    if kind == "mbox":  # the library writes a header of its own into what has none
        text = (desk / "old").read_bytes()
        assert text.count(b"From MAILER-DAEMON") == 3
    done = maild(desk, "inject", "old", "--json")
    assert done.returncode == 0, done.stderr
    assert [row["outcome"] for row in json.loads(done.stdout)] == ["new", "new"]
    assert done.stderr.startswith("skipped, no mail: ") and done.stderr.count("\n") == 1
    again = maild(desk, "inject", "old")
    assert again.returncode == 0 and again.stdout == "0 taken, 2 known already, 0 cannot be read, 1 no mail\n"


def test_a_text_that_only_begins_like_an_mbox_is_refused(desk: Path) -> None:
    """What has no mail in it at all ends with exit code 2, as a single file does."""
    (desk / "thing").write_bytes(b"From the beginning it was broken.\n\nFrom here on, too.\n")
    done = maild(desk, "inject", "thing")
    assert done.returncode == 2 and "skipped, no mail: number 1" in done.stderr
    assert "there is no mail in it" in done.stderr and done.stdout.startswith("0 taken")


def test_a_skipped_mail_of_a_mailbox_is_named_by_its_uid() -> None:
    """A person finds it again: by UID in a mailbox, by file name in a maildir, by its place in an mbox."""
    account = Account(name="it", host="imap.example", port=993, tls="implicit", user="it")
    box = Box(entries=[], read=lambda _: None)
    assert _named(box, Entry(0.0, 4, 4)) == "number 5" and _named(box, Entry(0.0, 4, "1.a:2,S")) == "1.a:2,S"
    assert _named(replace(box, account=account), Entry(0.0, 17, 17)) == "UID 17"
