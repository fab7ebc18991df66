"""Write our own corpus of mails: ``cd tests/mail && python -m corpus.make``.

Every mail is generated: a client's format times a language. Beside each ``NAME.eml`` stands ``NAME.toml``, the
reading a person would give it. ``test_own_corpus.py`` reads all of them.
"""

from __future__ import annotations

import email.message
import email.policy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from corpus import clients, forwards, reports
from corpus.words import LANGUAGES

HERE = Path(__file__).resolve().parent

Value = str | bool | list[str] | date


def scene(language: str, *, own: tuple[str, ...] | None = None, subject: str = "[FK#1042] Sak") -> clients.Scene:
    """Return the usual scene of a language."""
    words = LANGUAGES[language]
    return clients.Scene(
        language=language, own=words.own if own is None else own, history=words.history, subject=subject, width=72
    )


def as_mail(made: clients.Made, *, sender: str = "Kari Moen <kari.moen@fjordvik.example>") -> bytes:
    """Return a client's mail as bytes, with the headers that every client writes."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, "it@fjordvik.example", made.subject
    message["Date"], message["Message-ID"] = "Tue, 24 Nov 2026 11:00:00 +0100", "<own.1@fjordvik.example>"
    if not made.forwarded:
        message["In-Reply-To"] = message["References"] = reports.OURS
    if made.plain is not None:
        message.set_content(made.plain, cte="8bit" if made.plain.isascii() else "quoted-printable")
    if made.html is not None and made.plain is not None:
        message.add_alternative(made.html, subtype="html", cte="quoted-printable")
        message.set_boundary("==alternative==")
    elif made.html is not None:
        message.set_content(made.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def answers_and_forwards() -> Iterator[tuple[str, bytes, dict[str, Value]]]:
    """Yield each client's answer and forward in each language."""
    for language in LANGUAGES:
        for writer in (*clients.ANSWERS, *forwards.FORWARDS):
            made = writer(scene(language))
            told: dict[str, Value] = {
                "client": writer.__doc__ or "",
                "language": language,
                "robot": "human",
                "own": list(made.own),
                "folded": list(made.folded),
            }
            if made.forwarded:
                told["forwarded_from"] = clients.ADDRESS
            yield f"{language}-{writer.__name__.replace('_', '-')}", as_mail(made), told


def thanks() -> Iterator[tuple[str, bytes, dict[str, Value]]]:
    """Yield a mail of nothing but thanks in each language."""
    for language, words in LANGUAGES.items():
        made = clients.apple_phone(scene(language, own=(words.thanks,)))
        told: dict[str, Value] = {
            "client": "an iPhone says thanks",
            "language": language,
            "robot": "human",
            "own": [words.thanks],
            "folded": list(made.folded),
            "thanks": True,
        }
        yield f"{language}-thanks", as_mail(made), told


def machines() -> Iterator[tuple[str, bytes, dict[str, Value]]]:
    """Yield what machines send."""
    kinds = [(writer, language) for writer in reports.PER_LANGUAGE for language in LANGUAGES]
    kinds += [(writer, "en") for writer in reports.ONCE]
    for writer, language in kinds:
        report = writer(language)
        told: dict[str, Value] = {"client": writer.__doc__ or "", "language": language, "robot": report.robot}
        if report.recipients:
            told["recipients"] = list(report.recipients)
        for name, value in (("status", report.status), ("original", report.original), ("own", list(report.own))):
            if value:
                told[name] = value
        if report.back is not None:
            told["back"] = report.back
        yield f"{language}-{writer.__name__.replace('_', '-')}", report.raw.replace("\n", "\r\n").encode(), told


def everything() -> Iterator[tuple[str, bytes, dict[str, Value]]]:
    """Yield the whole corpus: name, mail, expected reading."""
    yield from answers_and_forwards()
    yield from thanks()
    yield from machines()


def as_toml(told: dict[str, Value]) -> str:
    """Return an expected reading as TOML."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in told.items())


def _value(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Write every mail and its expected reading."""
    for old in (*HERE.glob("*.eml"), *HERE.glob("*.toml")):
        old.unlink()
    count = 0
    for name, raw, told in everything():
        (HERE / f"{name}.eml").write_bytes(raw)
        (HERE / f"{name}.toml").write_text(as_toml(told), encoding="utf-8")
        count += 1
    print(f"{count} mails")


if __name__ == "__main__":
    main()
