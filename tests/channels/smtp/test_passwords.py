"""The password file, and who it lets in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from maild.channels.smtp import passwords
from maild.core.errors import Unusable


def test_a_hash_fits_its_secret_and_no_other() -> None:
    """Hashing twice gives two lines (salt), each fits; a letter typed as two code points is the same letter."""
    one, two = passwords.hash_password("blåbær"), passwords.hash_password("blåbær")
    assert one != two
    for text in (one, two):
        assert passwords.parse_hash(text).fits("blåbær")
        assert passwords.parse_hash(text).fits("bla\u030abær")
        assert not passwords.parse_hash(text).fits("blåbæR")


def test_the_file_lets_in_whom_it_names(tmp_path: Path) -> None:
    """Login and secret must both fit; the login comes back as the file writes it; letters' case does not matter."""
    path = tmp_path / "passwords"
    path.write_text(f"# agents\n\nIda@desk.example:{passwords.hash_password('one')}\n")
    path.chmod(0o640)

    async def tries() -> list[str | None]:
        check = passwords.checker(passwords.load(path))
        pairs = (("ida@desk.example", "one"), ("ida@desk.example", "two"), ("per@desk.example", "one"), ("", ""))
        return [await check(login, secret) for login, secret in pairs]

    assert asyncio.run(tries()) == ["Ida@desk.example", None, None, None]


def test_every_wrong_line_is_named_and_no_hash_shown(tmp_path: Path) -> None:
    """A damaged file is refused with every line that is wrong; the message holds no part of a hash."""
    good = passwords.hash_password("one")
    path = tmp_path / "passwords"
    lines = [f"a:{good}", f"a:{good}", "b:secret", good, f"c:{good[:-9]}", f"d:{good.replace('32768', '999')}"]
    lines.append(f"e:{good.replace('32768', str(2**40))}")
    path.write_text("\n".join(lines))
    path.chmod(0o644)
    with pytest.raises(Unusable) as caught:
        passwords.load(path)
    wheres = [problem.where for problem in caught.value.problems]
    assert wheres == [str(path), *(f"{path}:{number}" for number in (2, 3, 4, 5, 6, 7))]
    assert "$" not in str(caught.value).replace("scrypt$N$r$p$salt$digest", "")


def test_a_file_in_another_encoding_is_refused_by_line(tmp_path: Path) -> None:
    """A password file saved as Latin-1 is named with the line that is not UTF-8, and what to do."""
    path = tmp_path / "passwords"
    path.write_bytes(f"# agents\nåse@desk.example:{passwords.hash_password('one')}\n".encode("latin-1"))
    with pytest.raises(Unusable) as caught:
        passwords.load(path)
    assert str(caught.value) == f"{path}:2: is not UTF-8 text; save the file as UTF-8"


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    """No file, no start."""
    with pytest.raises(Unusable, match="cannot be read"):
        passwords.load(tmp_path / "none")
