"""``maild password`` makes lines that the submission door accepts."""

import asyncio
import subprocess
import sys
from pathlib import Path

from maild.channels.smtp import passwords


def run(login: str, typed: str) -> subprocess.CompletedProcess[str]:
    """Run the command with something on its standard input."""
    command = [sys.executable, "-m", "maild", "password", login]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False, timeout=60)


def test_the_line_it_prints_lets_its_agent_in(tmp_path: Path) -> None:
    """The line goes into the file as it is; that password fits, another does not, and it is not in the line."""
    done = run("camilla.dahl@fjordvik.example", "hemmelig æøå\n")
    assert done.returncode == 0 and "hemmelig" not in done.stdout
    file = tmp_path / "passwords"
    file.write_text(done.stdout, "utf-8")
    file.chmod(0o600)
    check = passwords.checker(passwords.load(file))
    assert asyncio.run(check("camilla.dahl@fjordvik.example", "hemmelig æøå")) == "camilla.dahl@fjordvik.example"
    assert asyncio.run(check("camilla.dahl@fjordvik.example", "hemmelig")) is None


def test_what_is_no_login_or_no_password_is_refused() -> None:
    """A login that is no address and an empty password are one sentence and exit code 2."""
    for login, typed in (("camilla", "x\n"), ("a@b.example", "\n")):
        done = run(login, typed)
        assert done.returncode == 2 and done.stderr.startswith("maild: ") and "Traceback" not in done.stderr
