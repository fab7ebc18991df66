"""The log: one line an event, no secrets, nothing from mail that could break a line or a terminal."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild import logs


@pytest.fixture(autouse=True)
def _after() -> Iterator[None]:
    yield
    logs.configure()


def written(format: logs.Format, **values: object) -> str:
    """What one event looks like."""
    out = io.StringIO()
    logs.configure(format, "info", to=out)
    logs.get("test").info("event", **values)
    return out.getvalue()


def test_a_mail_is_one_line_of_json() -> None:
    """``mail.handled`` holds id, case, verdict, reason and milliseconds, on one line."""
    out = io.StringIO()
    logs.configure("json", "info", to=out)
    logs.handled(logs.get("maild"), id=7, case=1042, verdict="opened", reason="new case", ms=12.5)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    found = json.loads(lines[0])
    assert {key: found[key] for key in ("event", "id", "case", "verdict", "reason", "ms", "level")} == {
        "event": "mail.handled",
        "id": 7,
        "case": 1042,
        "verdict": "opened",
        "reason": "new case",
        "ms": 12.5,
        "level": "info",
    }
    assert found["at"].endswith("Z")


def test_levels_are_obeyed() -> None:
    """Below the level nothing is written."""
    out = io.StringIO()
    logs.configure("json", "warning", to=out)
    logs.get("test").info("quiet")
    logs.get("test").warning("loud")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["loud"]


@pytest.mark.parametrize("name", ["password", "relay_password", "token", "secret", "Authorization", "api-key", "keys"])
def test_secrets_are_not_written(name: str) -> None:
    """Values under the names of secrets never reach the log, however deep."""
    for format in ("json", "pretty"):
        assert "hunter2" not in written(format, **{name: "hunter2", "config": {"out": {name: "hunter2"}}})


def test_names_that_only_resemble_secrets_are_written() -> None:
    """A case key or monkey is no secret."""
    assert "seen" in written("json", once_key_of="seen")


@given(st.text(max_size=80))
@pytest.mark.parametrize("format", ["json", "pretty"])
def test_any_text_stays_on_its_line(format: logs.Format, text: str) -> None:
    """Text from a mail neither ends the line nor holds a control or direction character."""
    line = written(format, reason=text, deep={"subject": [text]})
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line[:-1])
    assert "\u202e" not in line
    if format == "json":
        json.loads(line)


def test_exceptions_stay_on_their_line() -> None:
    """A traceback is one escaped text in JSON."""
    out = io.StringIO()
    logs.configure("json", "info", to=out)
    try:
        raise RuntimeError("boom\nboom")
    except RuntimeError:
        logs.get("test").exception("failed")
    assert len(out.getvalue().splitlines()) == 1
    assert "RuntimeError" in json.loads(out.getvalue())["exception"]


def test_long_text_is_cut() -> None:
    """One mail cannot fill the disk by its subject."""
    assert len(written("json", reason="x" * 100_000)) < 3000


def test_what_libraries_log_is_an_event_too() -> None:
    """A line of the standard logging module comes out as one event of the same form, with its traceback in it."""
    out = io.StringIO()
    logs.configure("json", "info", to=out)
    logging.getLogger("asyncio").warning("slow\r\ncallback %s", "x")
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        logging.getLogger("aiosmtpd").exception("trouble")
    logging.getLogger("quiet").info("not said")
    first, second = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (first["room"], first["level"], first["event"]) == ("asyncio", "warning", r"slow\r\ncallback x")
    assert second["level"] == "error" and "boom" in second["exception"]
