"""``maild read``: the real command on a file and on standard input."""

import json
import subprocess
import sys
from pathlib import Path

from tests.kit.raw import mail, multi, part

KEYS = {
    "subject", "from_addr", "text", "reply_text", "attachments", "auto", "bounce", "bounce_rcpts", "fwd_from",
    "message_id",
    "in_reply_to", "references",
}  # fmt: skip
RAW = mail(
    multi(
        "mixed",
        part("Skriveren er tom.\r\n\r\n> Er den tom?\r\n", "Content-Type: text/plain; charset=utf-8"),
        part("a;b", "Content-Type: text/csv; name=liste.csv", "Content-Disposition: attachment"),
    ),
    subject="Re: skriver",
)


def maild(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    return subprocess.run([sys.executable, "-m", "maild", *arguments], input=stdin, capture_output=True, timeout=60)


def test_json_from_standard_input() -> None:
    """--json prints one object with the promised keys."""
    done = maild("read", "-", "--json", stdin=RAW)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() >= KEYS
    assert (found["subject"], found["from_addr"], found["message_id"]) == (
        "Re: skriver",
        "kari@x.example",
        "<1@x.example>",
    )
    assert found["reply_text"] == "Skriveren er tom." and "> Er den tom?" in found["text"]
    assert [(file["name"], file["size"], file["type"]) for file in found["attachments"]] == [
        ("liste.csv", 3, "text/csv")
    ]
    assert found["auto"] is None and found["bounce"] is False and found["bounce_rcpts"] == []


def test_text_shows_what_is_folded(tmp_path: Path) -> None:
    """As text, folded lines stand behind a bar under what they are; files and the author are named."""
    path = tmp_path / "a.eml"
    path.write_bytes(RAW)
    done = maild("read", str(path))
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert "  Skriveren er tom." in lines and "  ┌ folded: quote" in lines and "  │ > Er den tom?" in lines
    assert "Identity    kari@x.example" in lines and "File        liste.csv (text/csv, 3 bytes)" in lines


def test_no_such_file(tmp_path: Path) -> None:
    """A file that is not there is one clear line and exit 2."""
    done = maild("read", str(tmp_path / "none.eml"))
    assert done.returncode == 2 and b"No such file" in done.stderr and b"Traceback" not in done.stderr


def test_no_mail_moves_the_terminal(tmp_path: Path) -> None:
    """As text, no control character of a mail is printed, neither C0 nor C1, and none that turns the writing round."""
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: x@y.example\r\nSubject: a\x1b[2J\xc2\x9b2J\r\nMessage-ID: <a\xc2\x9b2J\x1b[2J@\x9b>\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nhei \xc2\x9b2J \x1b[2J \xe2\x80\xae snudd\r\n"
    )
    shown = maild("read", str(path)).stdout.decode()
    assert "snudd" in shown and all(line.isprintable() for line in shown.split("\n"))
