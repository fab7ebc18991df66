"""Whose Authentication-Results are believed, and what they are believed to say (law I8, I9)."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maild.core.values.mail import Authentication, Envelope, Source
from maild.mail.author.auth_results import parse
from maild.mail.author.authentication import judge
from maild.mail.author.identity import identity
from maild.mail.mime import headers
from maild.mail.options import DoorTrust, ReadOptions
from tests.kit.timing import within

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
OPTIONS = ReadOptions(trust="headers", authserv_id="mx.desk.example", received_by="desk.example")
OURS = (
    "Received: from out.kunde.example (out.kunde.example [192.0.2.7]) by mx.desk.example (Postfix) with ESMTPS id 1\r\n"
)
FOREIGN = "Received: from laptop (unknown [198.51.100.9]) by out.kunde.example with ESMTPSA id 2\r\n"
PASS = "Authentication-Results: mx.desk.example; dmarc=pass header.from=kunde.example\r\n"
FAIL = "Authentication-Results: mx.desk.example; dmarc=fail (p=reject dis=none) header.from=kunde.example\r\n"


def judged(
    top: str,
    *,
    options: ReadOptions = OPTIONS,
    author: str = "Kari <kari@kunde.example>",
    source: Source = "smtp",
    sender: str | None = "kari@kunde.example",
) -> Authentication:
    """Judge a mail whose header block begins with ``top``."""
    raw = f"{top}From: {author}\r\nSubject: hei\r\n\r\nhei\r\n".encode()
    found, start = headers.head(raw)
    envelope = Envelope(source=source, received=NOW, sender=sender, recipients=("it@desk.example",))
    return judge(raw, found, envelope, identity(found, raw[:start]), options)


GENUINE = [
    (PASS + OURS + FOREIGN, "pass"),
    (OURS + PASS + FOREIGN, "pass"),
    (FAIL + OURS + FOREIGN, "fail"),
    ("Return-Path: <x@y.example>\r\n" + OURS + PASS, "pass"),
    ("Received: from mx.desk.example (localhost [127.0.0.1]) by desk.example with LMTP id 3\r\n" + OURS + PASS, "pass"),
    ("Received: by 2002:a05:7300:1 with SMTP id 9; Tue, 1 Dec 2026 08:00:00 +0000\r\n" + PASS + FOREIGN, "pass"),
    (PASS.replace("mx.desk", "MX.Desk"), "pass"),
    (PASS.replace("mx.desk.example;", "mx.desk.example 1;"), "pass"),
    (PASS.replace("mx.desk.example;", "mx.desk.example (that is us; truly (we))\r\n\t;"), "pass"),
    (PASS.replace("dmarc=pass", "dmarc/1 = pass"), "pass"),
    (PASS.replace("dmarc=pass", "dkim=fail; spf=fail; dmarc=pass (p=NONE sp=NONE dis=NONE)"), "pass"),
    (PASS.replace("header.from=kunde.example", 'header.from="kunde.example"'), "pass"),
    (PASS.replace("kunde.example", "KUNDE.example"), "pass"),
    (PASS.replace("dmarc=pass", "dmarc=none"), "none"),
    (PASS.replace("dmarc=pass", "dmarc=bestguesspass"), "none"),
    (PASS.replace("dmarc=pass", "dmarc=temperror"), "unknown"),
    (PASS.replace("dmarc=pass", "dmarc=permerror"), "unknown"),
    ("Authentication-Results: mx.desk.example; none\r\n" + PASS, "unknown"),
    ("Authentication-Results: inner.desk.example; spf=pass smtp.mailfrom=x\r\n" + PASS, "pass"),
    ("", "unknown"),
]


@pytest.mark.parametrize(("top", "verdict"), GENUINE)
def test_what_our_server_wrote_is_believed(top: str, verdict: str) -> None:
    """The field our server put above everything foreign gives the verdict, in every spelling RFC 8601 allows."""
    assert judged(top).verdict == verdict


def test_the_policy_and_the_return_path_are_taken_along() -> None:
    """A failing domain's policy is read from a property, Microsoft's action or the comment; SPF counts when aligned."""
    for text, policy in (
        ("dmarc=fail (p=REJECT sp=NONE dis=NONE) header.from=kunde.example", "reject"),
        ("dmarc=fail header.from=kunde.example policy.dmarc=quarantine", "quarantine"),
        ("dmarc=fail action=oreject header.from=kunde.example", "reject"),
        ("dmarc=fail (p=none) header.from=kunde.example", "none"),
        ("dmarc=fail header.from=kunde.example", None),
    ):
        assert judged(f"Authentication-Results: mx.desk.example; {text}\r\n").policy == policy
    spf = PASS.replace("dmarc", "spf=pass smtp.mailfrom=bounce.kunde.example; dmarc")
    assert judged(spf, sender="x@bounce.kunde.example").spf_domain == "bounce.kunde.example"
    assert judged(spf, sender="x@other.example").spf_domain is None
    other = PASS.replace("dmarc", "spf=pass smtp.mailfrom=other.example; dmarc")
    assert judged(other, sender="x@other.example").spf_domain is None, "not the author's organisation"


R = "Authentication-Results: "
FORGED = [
    # below what somebody else received
    FOREIGN + PASS,
    OURS + FOREIGN + PASS,
    FAIL + OURS + PASS,
    OURS + FAIL + PASS + FOREIGN,
    "Received: from mx.desk.example by evil.example with SMTP\r\n" + PASS,
    "Received: from x (by mx.desk.example) by evil.example with SMTP\r\n" + PASS,
    "Received: from by mx.desk.example by evil.example\r\n" + PASS,
    "Received: from x by mx.desk.example.evil.example\r\n" + PASS,
    "Received: from x by evil.example (mx.desk.example)\r\n" + PASS,
    "Received: (unreadable by mx.desk.example\r\n" + PASS,
    "Received: whatever\r\n" + PASS,
    # another's name
    PASS.replace("mx.desk", "mx.evil"),
    PASS.replace("mx.desk.example", "mx.desk.example.evil.example"),
    PASS.replace("mx.desk.example", "xmx.desk.example"),
    PASS.replace("mx.desk.example", "desk.example"),
    PASS.replace("mx.desk.example", "mx.desk.example."),
    PASS.replace("mx.desk.example", "mх.desk.example"),
    PASS.replace("mx.desk.example", '"mx.desk.example"'),
    PASS.replace("mx.desk.example", "evil.example (mx.desk.example)"),
    PASS.replace("mx.desk.example", "(mx.desk.example) evil.example"),
    PASS.replace("mx.desk.example", "evil.example mx.desk.example"),
    PASS.replace("mx.desk.example;", "mx.desk.example 2;"),
    PASS.replace("mx.desk.example;", "mx.desk.example evil;"),
    PASS.replace("mx.desk.example; ", ""),
    PASS.replace("mx.desk.example", "=?utf-8?q?mx=2Edesk=2Eexample?="),
    # another field
    PASS.replace("Authentication-Results", "Authentication-Results-Original"),
    PASS.replace("Authentication-Results", "ARC-Authentication-Results"),
    PASS.replace("Authentication-Results", "X-Authentication-Results"),
    PASS.replace("Authentication-Results", "X-Maild-Authentication-Results"),
    # not what it seems to say
    R + "mx.desk.example; dmarc=pass header.from=evil.example\r\n",
    R + "mx.desk.example; dmarc=pass header.from=kunde.example.evil.example\r\n",
    R + "mx.desk.example; dmarc=pass header.from=evil.example header.from=kunde.example\r\n",
    R + "mx.desk.example; dmarc=pass smtp.mailfrom=kunde.example\r\n",
    R + "mx.desk.example; spf=pass smtp.mailfrom=kari@kunde.example; dkim=pass header.d=kunde.example\r\n",
    R + "mx.desk.example; dmarc=fail header.from=kunde.example; dmarc=pass header.from=kunde.example\r\n",
    R + "mx.desk.example; dmarc=pass header.from=kunde.example; dmarc=fail header.from=kunde.example\r\n",
    R + "mx.desk.example; dmarc=fail (dmarc=pass header.from=kunde.example) header.from=kunde.example\r\n",
    R + 'mx.desk.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=kunde.example"\r\n',
    R + 'mx.desk.example; spf=fail smtp.mailfrom="x\\"; dmarc=pass header.from=kunde.example"\r\n',
    R + "mx.desk.example; spf=fail (x\\); dmarc=pass header.from=kunde.example)\r\n",
    R
    + "mx.desk.example; spf=fail smtp.mailfrom==?utf-8?q?x=3B_dmarc=3Dpass_header.from=3Dkunde.example?=@e.example\r\n",
    R + "mx.desk.example; dmarc=pass (unclosed header.from=kunde.example\r\n",
    R + "mx.desk.example; dmarc=pass header.from=kunde.example; (\r\n",
    R + "mx.desk.example; (dmarc=pass header.from=kunde.example)\r\n",
    R + "mx.desk.example; x.dmarc=pass header.from=kunde.example\r\n",
    R + "mx.desk.example; dmarc=passed header.from=kunde.example\r\n",
]


@pytest.mark.parametrize("top", FORGED)
def test_what_a_sender_wrote_is_not_believed(top: str) -> None:
    """Forged fields in the wrong place, under another's name, or saying something else never make a pass (law I9)."""
    assert len(FORGED) >= 40
    assert judged(top).verdict != "pass"


@pytest.mark.parametrize("top", [PASS, PASS + OURS, OURS + PASS])
def test_a_client_that_logged_in_vouches_for_nobody_else(top: str) -> None:
    """No server stands before the submission door: a colleague's From with a pass written by oneself is no pass."""
    assert judged(top, source="submission").verdict == "unknown"


def test_a_submission_door_behind_a_server_can_be_told_so() -> None:
    """A door with a trust of its own is believed as it says."""
    own = DoorTrust(door="submission", trust="headers", authserv_id="mx.desk.example")
    options = replace(OPTIONS, doors=(own,))
    assert judged(PASS + OURS, options=options, source="submission").verdict == "pass"


def test_without_a_name_nobody_is_believed() -> None:
    """In mode none, without an authserv-id, and for a mail whose From names nobody, everything is unknown."""
    assert judged(PASS, options=ReadOptions(trust="none", authserv_id="mx.desk.example")).verdict == "unknown"
    assert judged(PASS, options=ReadOptions(trust="headers")).verdict == "unknown"
    two = "Kari <kari@kunde.example>\r\nFrom: evil@evil.example"
    assert judged(PASS, author=two).verdict == "unknown"


AUTHORS = [
    "kari@kunde.example, evil@evil.example",
    "evil@evil.example\r\nFrom: kari@kunde.example",
    "evil@evil.example\r\nfrom : kari@kunde.example",
    "<@evil.example:kari@kunde.example>",
    "kari@kunde.example <evil@evil.example> <kari@kunde.example>",
    "=?utf-8?q?=3Ckari=40kunde.example=3E?= <evil@evil.example>",
    "=?utf-8?b?a2FyaUBrdW5kZS5leGFtcGxl?=",
    "staff: kari@kunde.example;",
    "kari@kunde.example\0@evil.example",
    "kari@kunde.example(@evil.example)evil",
    '"kari@kunde.example"@evil.example',
    "<kari@kunde.example>evil@evil.example",
    "kari@[kunde.example]",
    "kari@kunde.example@evil.example",
    "\r\n kari@kunde.example\r\n\tevil@evil.example",
    "",
]


@pytest.mark.parametrize("author", AUTHORS)
def test_an_ambiguous_from_borrows_no_pass(author: str) -> None:
    """The server passed one reading of From; a mail that can be read otherwise is not believed for it (law I1)."""
    for domain in ("kunde.example", "evil.example"):
        top = PASS.replace("kunde.example", domain)
        raw = f"{top}From: {author}\r\nSubject: hei\r\n\r\nhei\r\n".encode()
        found, start = headers.head(raw)
        who = identity(found, raw[:start])
        verdict = judged(top, author=author).verdict
        assert verdict != "pass" or (who.address == "evil@evil.example" and domain == "evil.example")


MICROSOFT = ReadOptions(trust="headers", authserv_id="microsoft365", own_domains=frozenset({"kunde.example"}))
M365 = (
    "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=kunde.example; dkim=none;dmarc=%s\r\n"
)
INSIDE = "X-MS-Exchange-CrossTenant-AuthAs: %s\r\n"


@pytest.mark.parametrize(
    ("top", "source", "verdict"),
    [
        (M365 % "pass action=none header.from=kunde.example;compauth=pass reason=100", "imap", "pass"),
        (M365 % "pass action=none header.from=kunde.example;compauth=pass reason=100", "smtp", "unknown"),
        (M365 % "fail action=oreject header.from=kunde.example;compauth=fail reason=000", "imap", "fail"),
        (M365 % "none action=none header.from=kunde.example;compauth=fail", "imap", "none"),
        (M365 % "fail header.from=kunde.example" + M365 % "pass header.from=kunde.example", "imap", "fail"),
        (PASS, "imap", "unknown"),
        (INSIDE % "Internal" + M365 % "none header.from=kunde.example", "imap", "pass"),
        (INSIDE % "Internal" + M365 % "none header.from=kunde.example", "smtp", "unknown"),
        (INSIDE % "Anonymous" + INSIDE % "Internal" + M365 % "fail header.from=kunde.example", "imap", "fail"),
        (INSIDE % "Anonymous" + M365 % "fail header.from=kunde.example", "imap", "fail"),
        ("", "imap", "unknown"),
    ],
)
def test_microsoft_is_believed_only_in_its_own_mailbox(top: str, source: Source, verdict: str) -> None:
    """Its nameless field counts when the mailbox there is polled; *Internal* proves our own domains only (law I10)."""
    assert judged(top, source=source, options=MICROSOFT).verdict == verdict


def test_inside_mail_of_another_tenant_is_not_ours() -> None:
    """*Internal* says nothing about a domain that is not the desk's own."""
    top = INSIDE % "Internal" + M365 % "none header.from=annen.example"
    assert judged(top, source="imap", options=MICROSOFT, author="a@annen.example").verdict == "none"


@given(st.text(alphabet=st.sampled_from(list('abc.=;()"\\ \t@/19é\u2028\x00')), max_size=60) | st.text(max_size=60))
@example("(" * 50)
@example('mx; a="\\')
def test_any_text_is_read_or_refused(text: str) -> None:
    """The parser never raises, and what it accepts has no comment, quote or separator left in names."""
    for nameless in (False, True):
        results = parse(text, nameless=nameless)
        if results is not None:
            for name in (results.authserv_id, *(result.method for result in results.results)):
                assert not re.search(r'[\s;="()]', name)


def test_reading_takes_time_in_proportion() -> None:
    """A field of 8 KB of brackets, quotes or semicolons is read in a moment; a longer one is not read."""
    for piece in ("(", "()", '"', '""', ";", "a=b;", "\\(", "(a=b);", " ", "a=b (c) d=e "):
        text = "mx.desk.example; " + piece * (8000 // len(piece))
        within(0.5, lambda text=text: parse(text))  # type: ignore[misc]
    assert parse("mx.desk.example; " + "a=b;" * 3000) is None


def test_real_fields_can_be_read(shared: Path) -> None:
    """Of the distinct fields in the public corpora at least nine in ten follow the grammar (two old ones do not)."""
    seen = set()
    for path in shared.joinpath("corpora").rglob("*"):
        if path.is_file():
            found = headers.head(path.read_bytes())[0]
            seen |= {b" ".join(value.split()) for name, value in found if name == "authentication-results"}
    texts = [value.decode("utf-8", "replace") for value in seen]
    good = [text for text in texts if parse(text) or parse(text, nameless=True)]
    assert len(good) >= 0.9 * len(texts) >= 9


def test_what_is_not_used_is_not_loaded() -> None:
    """Reading headers loads neither DNS, SPF, DKIM nor the suffix list: a reader stays small."""
    code = (
        "import sys; from maild.mail.author.authentication import judge; "
        "print([m for m in ('dns', 'spf', 'dkim', 'publicsuffixlist') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
