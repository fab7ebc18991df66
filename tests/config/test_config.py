"""config.toml: what a right one means, and that a wrong one is refused by file and line whatever is wrong."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maild.config import load as config
from maild.config import values
from maild.config.shape import DeskTable, FilesTable, ReadingTable
from maild.config.toml_lines import lines_of
from maild.core.errors import Unusable

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "config.toml").read_text("utf-8")
FULL = """\
[desk]
name = "Small Desk"
number_prefix = "SD"
timezone = "Europe/Oslo"
languages = ["no", "en"]
reply_domain = "Svar.Små.Example"
first_number = 1000
hostname = "mx.small.example"
operator = "Ops@small.example"

[store]
url = "postgresql://maild@db.small.example/maild"
password_file = "db.password"

[smtp]
listen = "[::1]:2525"
max_size = "10 MB"
max_connections = 7
per_ip = 3

[lmtp]
listen = "127.0.0.1:24"

[outgoing]
relay = "smtp://relay.small.example:587"
username = "desk"
password_file = "relay.password"
connections = 2

[http]
listen = "127.0.0.1:9225"

[trust]
mode = "headers"
authserv_id = "mx.small.example"

[caps]
per_domain_hour = 5
allow_domains = ["Partner.example"]

[reading]
processes = 3
memory = "1 GB"
wall_seconds = 10.0

[log]
format = "json"
level = "debug"

[files]
rules = "our-rules"
templates = "our-letters"
keys = "keys/signing"
"""


def lay_out(folder: Path, text: str | bytes) -> Path:
    """Write a config and the files it names."""
    for name in ("rules", "templates", "our-rules", "our-letters"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "relay.password").write_text("hunter2\n")
    (folder / "db.password").write_text("p@ss/word\n")
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each key of the file has its place in the value, sizes in bytes, names folded, paths beside the file."""
    found = config.load(lay_out(tmp_path, FULL))
    assert found.desk.reply_domain == "svar.xn--sm-zia.example"
    assert (found.desk.operator, found.desk.first_number) == ("ops@small.example", 1000)
    assert found.store.url == "postgresql://maild:p%40ss%2Fword@db.small.example/maild"
    assert found.smtp is not None
    assert (found.smtp.host, found.smtp.port, found.smtp.max_size) == ("::1", 2525, 10 * 1024 * 1024)
    assert (found.smtp.max_connections, found.smtp.per_ip) == (7, 3)
    assert found.lmtp is not None
    assert found.lmtp.port == 24
    assert found.submission is None
    out = found.outgoing
    assert (out.host, out.port, out.tls, out.username, out.password) == (
        "relay.small.example",
        587,
        "starttls",
        "desk",
        "hunter2",
    )
    assert found.trust.authserv_id == "mx.small.example"
    assert found.caps.per_domain_hour == 5
    assert found.caps.allow_domains == {"partner.example"}
    assert (found.reading.processes, found.reading.memory) == (3, 1024**3)
    assert found.rules == tmp_path / "our-rules"
    assert found.keys == tmp_path / "keys" / "signing"
    assert found.http is not None
    assert found.http.port == 9225


def test_the_shipped_config_is_valid_and_stays_on_this_machine() -> None:
    """What is shipped can be used as it is, listens on loopback only and sends nothing anywhere."""
    found = config.load(ROOT / "config.toml")
    assert found.smtp is not None
    assert found.smtp.host == "127.0.0.1"
    assert found.outgoing.maildir == ROOT / "store" / "sent"


def test_what_the_log_shows_holds_no_secret(tmp_path: Path) -> None:
    """Passwords from files are in the value, and in nothing that is printed of it."""
    found = config.load(lay_out(tmp_path, FULL))
    for shown in (repr(found.public()), repr(found)):
        assert "hunter2" not in shown
        assert "p%40ss" not in shown
        assert "p@ss" not in shown
    assert found.public()["store"]["url"] == "postgresql://maild@db.small.example/maild"


def test_a_secret_may_come_from_the_environment(tmp_path: Path) -> None:
    """``password_env`` names a variable; it is read when the config is."""
    text = FULL.replace('password_file = "relay.password"', 'password_env = "MAILD_TEST_RELAY"')
    os.environ["MAILD_TEST_RELAY"] = "from outside"
    try:
        assert config.load(lay_out(tmp_path, text)).outgoing.password == "from outside"
    finally:
        del os.environ["MAILD_TEST_RELAY"]


def test_a_password_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    """A password written into the relay's url is refused, and the message does not say it."""
    text = FULL.replace("smtp://relay", "smtp://desk:hunter2@relay")
    with pytest.raises(Unusable) as refused:
        config.load(lay_out(tmp_path, text))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "bytes_"), [("35 MB", 35 * 1024**2), ("1.5KB", 1536), ("2 gb", 2 * 1024**3), (2048, 2048)]
)
def test_sizes(given: str | int, bytes_: int) -> None:
    """Sizes are numbers with a unit of 1024."""
    assert values.size(given) == bytes_


@pytest.mark.parametrize("given", ["", "35", "MB", "-1 MB", "1e3 MB", "9999999 GB", 3, True])
def test_no_sizes(given: str | int) -> None:
    """What is no size, or none that makes sense, is refused."""
    with pytest.raises(ValueError, match="size"):
        values.size(given)


@pytest.mark.parametrize(
    ("relay", "expected"),
    [
        ("smtp://relay.example", ("relay.example", 25, "none", None)),
        ("smtp://me%40here@relay.example:587", ("relay.example", 587, "none", "me@here")),
        ("smtps://relay.example", ("relay.example", 465, "implicit", None)),
        ("smtp://[::1]:1025", ("::1", 1025, "none", None)),
    ],
)
def test_relays(relay: str, expected: tuple[str, int, str, str | None]) -> None:
    """A relay's url gives host, port, TLS and user."""
    assert values.relay_of(relay) == expected


@pytest.mark.parametrize("given", ["it@x", "IT@Sub.Example", "åse@små.example", "a+b@x.example"])
def test_addresses(given: str) -> None:
    """An address is folded to lower case with its domain as A-labels, and folding it again changes nothing."""
    once = values.address(given)
    assert once == once.lower()
    assert values.address(once) == once


@pytest.mark.parametrize(
    "given",
    ["", "it", "@x.example", "it@", "a b@x.example", "it@x..example", "it@-x", "a@b@c", ".a@b", '"a"@b', "a\n@b"],
)
def test_no_addresses(given: str) -> None:
    """What could be read in two ways is no address."""
    with pytest.raises(ValueError, match="address"):
        values.address(given)


# -- lines --------------------------------------------------------------------------------------------------------


def test_lines_are_those_of_the_text() -> None:
    """Keys, tables, arrays of tables, inline tables, dotted and quoted keys: each knows its line."""
    text = (
        '# top\na.b = 1\n"quoted \\u00e5" = """\nmany\nlines = "no key"\n"""\n'
        "[[rule]]\nname = 'x' # not a = key\nwhen = { to = ['a', 'b'], not = { cc = '[]#' } }\n"
        "[[rule]]\nlist = [\n  1,\n  { k = 2 }, # c\n]\n[rule.then]\ntype = '''\n'''\n[t.u]\nv = 2026-12-01\n"
    )
    lines = lines_of(text)
    expected = {
        ("a", "b"): 2,
        ("quoted å",): 3,
        ("rule", 0): 7,
        ("rule", 0, "name"): 8,
        ("rule", 0, "when", "to", 1): 9,
        ("rule", 0, "when", "not", "cc"): 9,
        ("rule", 1): 10,
        ("rule", 1, "list", 0): 12,
        ("rule", 1, "list", 1, "k"): 13,
        ("rule", 1, "then", "type"): 16,
        ("t", "u", "v"): 19,
    }
    assert {path: lines[path] for path in expected} == expected
    assert "lines" not in {path[-1] for path in lines}


def _paths(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {path}
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        found |= _paths(inner, (*path, key))
    return found


@pytest.mark.parametrize(
    "path", [ROOT / "config.toml", ROOT / "pyproject.toml", *sorted((ROOT / "rules").rglob("*.toml"))], ids=str
)
def test_every_key_of_a_real_file_has_a_line(path: Path) -> None:
    """The scanner finds exactly the keys that the parser finds."""
    text = path.read_text("utf-8")
    assert set(lines_of(text)) | {()} == _paths(tomllib.loads(text))


# -- mutations ----------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        "#",
        ",",
        ".",
        "[[",
        "]]",
        "\x00",
        "å",
        "0",
        "true",
        "nan",
        "1979-05-27",
        "listen",
        "desk",
        "[smtp]\n",
        "[desk]\n",
        '"""',
        "-1",
        "9" * 400,
        "\u202e",
        "\\",
        "x = 1\n",
        "[a.b]\n",
        "inf",
    ]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, len(FULL)), st.integers(0, 12), _PIECES), min_size=1, max_size=4))
def test_a_damaged_config_is_read_or_refused_by_line(tmp_path: Path, cuts: list[tuple[int, int, str]]) -> None:
    """Whatever happens to the text: it loads, or every problem names the file and a line that exists."""
    text = FULL
    for at, length, piece in cuts:
        text = text[:at] + piece + text[at + length :]
    path = lay_out(tmp_path, text)
    try:
        config.load(path)
    except Unusable as error:
        assert error.problems
        for problem in error.problems:
            name, _, line = problem.where.rpartition(":")
            assert name.endswith("config.toml")
            assert 1 <= int(line) <= text.count("\n") + 1
            assert problem.what
            assert "\n" not in problem.what


@given(st.binary(max_size=200))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_politely(tmp_path: Path, data: bytes) -> None:
    """Bytes that are no config at all end in a message, never in another exception."""
    with pytest.raises(Unusable):
        config.load(lay_out(tmp_path, data))


def test_the_shipped_text_says_what_it_means() -> None:
    """The shipped file is a valid TOML whose tables are all known."""
    assert set(tomllib.loads(SHIPPED)) <= {"desk", "store", "smtp", "http", "outgoing", "trust"}


def test_the_page_about_it_is_right(tmp_path: Path) -> None:
    """Every block of docs/configuration.md is valid in its place, and the first one shows every plain key."""
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    whole = tomllib.loads(blocks[0])
    (tmp_path / "store").mkdir()
    for name in ("relay.password", "it.password"):
        (tmp_path / "store" / name).write_text("x")
    config.load(lay_out(tmp_path, blocks[0]))
    for block in blocks[1:]:
        (table,) = tomllib.loads(block)
        if table == "submission":
            continue  # its certificate is tried in tests/channels
        kept = re.sub(rf"^\[{table}\]\n(?:(?!\[).*\n)*", "", blocks[0], flags=re.MULTILINE)
        config.load(lay_out(tmp_path, kept + block))
    assert set(whole) == {"desk", "store", "smtp", "http", "outgoing", "trust", "caps", "reading", "log", "files"}
    assert set(whole["desk"]) == set(DeskTable.model_fields)
    assert set(whole["files"]) == set(FilesTable.model_fields)
    assert set(whole["reading"]) == set(ReadingTable.model_fields)
