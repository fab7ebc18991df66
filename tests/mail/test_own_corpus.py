"""Our own corpus: a client's format times a language, each mail with the reading a person would give it."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus.make import as_toml, everything

from maild.core.robots.robots import robot
from maild.core.robots.thanks import is_thanks
from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import read

CORPUS = Path(__file__).parent / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.eml"))


def _read(raw: bytes) -> Mail:
    sender = "" if raw.startswith(b"Return-Path: <>") else None
    envelope = Envelope(source="inject", received=datetime(2026, 11, 24, 10, tzinfo=UTC), sender=sender, recipients=())
    return read(raw, envelope, ReadOptions())


def _squeezed(text: str) -> str:
    return "".join(text.replace(">", "").split()).casefold()


def _faults(mail: Mail, told: dict[str, Any]) -> list[str]:
    own, folded = _squeezed(mail.own_text), _squeezed(mail.folded)
    faults = [f"lost: {line}" for line in told.get("own", []) if _squeezed(line) not in own]
    faults += [f"not cut: {line}" for line in told.get("folded", []) if _squeezed(line) in own]
    faults += [f"gone: {line}" for line in told.get("folded", []) if _squeezed(line) not in folded]
    verdict = robot(mail)
    seen = {
        "robot": verdict.kind,
        "back": verdict.back,
        "thanks": is_thanks(mail.own_text),
        "forwarded_from": mail.forwarded.address if mail.forwarded else None,
        "recipients": list(mail.report.recipients) if mail.report else [],
        "status": mail.report.status if mail.report else "",
        "original": mail.report.original_message_id if mail.report else None,
    }
    faults += [f"{key}: {seen[key]!r}, not {told[key]!r}" for key in seen if key in told and seen[key] != told[key]]
    if "forwarded_from" not in told and mail.forwarded is not None:
        faults.append(f"called a forward: {mail.forwarded}")
    if mail.partial:
        faults.append(f"partial: {mail.defects}")
    return faults


@pytest.mark.parametrize("name", NAMES)
def test_a_client_is_read_as_a_person_would(name: str) -> None:
    """Own words kept, the rest folded, forwards and robots known, in eight languages."""
    told = tomllib.loads((CORPUS / f"{name}.toml").read_text(encoding="utf-8"))
    assert _faults(_read((CORPUS / f"{name}.eml").read_bytes()), told) == []


def test_the_corpus_is_what_its_generator_writes() -> None:
    """No mail of the corpus was edited by hand, and there are at least 120."""
    made = {name: (raw, as_toml(told)) for name, raw, told in everything()}
    assert sorted(made) == NAMES
    assert len(NAMES) >= 120
    edited = [
        name
        for name, (raw, told) in made.items()
        if (CORPUS / f"{name}.eml").read_bytes() != raw or (CORPUS / f"{name}.toml").read_text(encoding="utf-8") != told
    ]
    assert edited == []
