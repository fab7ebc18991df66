"""What a stranger's mail holds never commands the terminal that shows it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.cli.harmless import as_json, one_line, plain

ROOT = Path(__file__).resolve().parents[2]
CONTROLS = [
    *map(chr, [*range(0x20), *range(0x7F, 0xA0)]),
    "\u202e",
    "\u2066",
    "\u2028",
    "\u200b",
    "\ud800",
    "\U000e0041",
]
LETTERS = "Blåbærsyltetøy «½» – Ђ 日本語 🙂 \u00a0 Größe"
HOSTILE = (
    "From: Kari <kari.moen@fjordvik.example>\nTo: it@fjordvik.example\n"
    "Subject: =?utf-8?B?wptibHVlIMKFMm0gwp0w?= skriver\nMessage-ID: <hostile@x.example>\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    "Hei\x9b31m og \x9d0;tittel\x9c og \x1b[2J og \x85neste \u202ebakvendt\n"
)
"""C1 controls as the one character that a terminal takes for ESC [ and ESC ]."""


def controls(text: str) -> set[str]:
    """Return what a terminal would obey."""
    return {sign for sign in text if sign in CONTROLS and sign != "\n"}


@pytest.mark.parametrize("sign", CONTROLS, ids=lambda sign: f"{ord(sign):x}")
def test_controls_are_shown_not_sent(sign: str) -> None:
    """In text a dot stands for a control, in JSON its escape, which programs read as the character itself."""
    kept = sign if sign in "\n\t" else "·"
    assert plain(f"a{sign}b") == f"a{kept}b"
    assert one_line(f"a{sign}b") == f"a{'·' if sign == chr(10) else kept}b"
    written = as_json({"a": f"x{sign}y"})
    assert not controls(written) and written.isascii() and json.loads(written) == {"a": f"x{sign}y"}


def test_c1_in_json_is_written_as_its_number() -> None:
    """The next-line control and its kin are escaped as RFC 8259 §7 has it, beyond 16 bit as a pair."""
    assert as_json("\x85") == '"\\u0085"' and as_json("\U000e0041") == '"\\udb40\\udc41"'


def test_letters_stay_as_they_are() -> None:
    """Letters, signs, emoji and no-break spaces of all the world are shown as they are."""
    assert plain(LETTERS) == LETTERS and as_json(LETTERS) == f'"{LETTERS}"'


@given(st.text())
def test_json_says_the_same_whatever_the_text(text: str) -> None:
    """Escaping changes no value."""
    assert json.loads(as_json([text])) == [text]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped config, rules and letters, and a case from a hostile mail."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "config.toml", folder)
    (folder / "hostile.eml").write_bytes(HOSTILE.encode("utf-8"))
    assert maild(folder, "inject", "hostile.eml").returncode == 0
    return folder


def maild(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    command = [sys.executable, "-m", "maild", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, env=environment
    )


@pytest.mark.parametrize(
    "words",
    [
        ["read", "hostile.eml"],
        ["case", "1042"],
        ["cases"],
        ["inbound", "list"],
        ["inbound", "show", "1"],
        ["outbox", "list"],
        ["rules", "explain", "hostile.eml"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_no_command_sends_a_control_from_mail(desk: Path, words: list[str], form: list[str]) -> None:
    """Every command that shows mail, as text and as JSON, prints no control but line ends."""
    done = maild(desk, *words, *form)
    assert done.returncode == 0, done.stderr
    assert not controls(done.stdout), controls(done.stdout)
    assert "Hei" in done.stdout or words[0] not in ("read", "case")
