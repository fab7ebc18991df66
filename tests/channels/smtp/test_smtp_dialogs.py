"""Dialogues a postmaster can read, played against a real door.

A file begins with ``door KIND [name=value …]`` (fields of the door; ``full=N``: no room for the first N mails). Then
``C:`` lines are sent, each with CRLF, and ``S:`` lines are what the server says, whole (``…`` at the end: whatever
follows). ``S: (closes)`` is the end of the connection, ``TLS`` begins TLS, and ``kept N`` says how many mails were
stored.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.kit.smtp import Accepted, Client, make_certificate, opened

FOLDER = Path(__file__).parent / "dialogs"
SECRETS = {"it@desk.example": "blåbær"}


async def check(login: str, secret: str) -> str | None:
    """Know one agent."""
    return login if SECRETS.get(login) == secret else None


def fields(words: list[str]) -> dict[str, Any]:
    """Read ``name=value`` words; numbers become numbers."""
    pairs = (word.split("=") for word in words)
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


async def play(path: Path, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Play one dialogue; AssertionError with file and line when the server says something else."""
    lines = [line for line in enumerate(path.read_text().splitlines(), 1) if line[1] and not line[1].startswith("#")]
    _, kind, *words = lines.pop(0)[1].split()
    options: dict[str, Any] = {"login_delay": 0.01, **fields(words)}
    rooms = iter([False] * options.pop("full", 0))
    if options.get("tls", "none") != "none":
        options["ssl_context"] = contexts[0]
    accepted = Accepted()
    login = check if kind == "submission" else None
    async with opened(accepted, kind=kind, login=login, room=lambda: next(rooms, True), **options) as door:
        client = await Client.connect(door.port, greeting=False)
        for number, line in lines:
            await step(client, line, f"{path.name}:{number}", contexts[1], accepted)
        client.close()


async def step(client: Client, line: str, where: str, context: ssl.SSLContext, accepted: Accepted) -> None:
    """Play one line."""
    word, _, text = line.partition(" ")
    if word == "C:":
        client.send(text.encode() + b"\r\n")
    elif line == "S: (closes)":
        assert await asyncio.wait_for(client.reader.read(), 10) == b"", where
    elif word == "S:":
        said = (await asyncio.wait_for(client.reader.readline(), 10)).decode()
        assert said.endswith("\r\n"), f"{where}: expected {text!r}, got {said!r}"
        good = said.startswith(text[:-1]) if text.endswith("…") else said == text + "\r\n"
        assert good, f"{where}: expected {text!r}, got {said!r}"
    elif word == "TLS":
        await client.writer.start_tls(context, server_hostname="mx.desk.example")
    else:
        assert word == "kept", where
        assert len(accepted.mails) == int(text), where


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_dialogue(path: Path, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The door says what the file says it says."""
    asyncio.run(play(path, contexts))
