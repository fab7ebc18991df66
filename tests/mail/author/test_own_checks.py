"""Our own DKIM, SPF and DMARC against a small DNS: what proves a domain, what fails, and what stays unknown."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest

from maild.core.values.mail import Authentication, Envelope
from maild.mail.author import dkim_check, own_checks
from maild.mail.author.authentication import judge
from maild.mail.author.identity import identity
from maild.mail.mime import headers
from maild.mail.options import ReadOptions
from tests.kit.stub_dns import SERVFAIL, SILENT, Zone

NOW = datetime.now(UTC).replace(microsecond=0)
"""dkimpy compares t= and x= with the clock on the wall, so the mails of this file are written now."""
ENVELOPE = Envelope(
    source="smtp", received=NOW, sender="kari@kunde.example", recipients=("it@desk.example",), peer="192.0.2.7"
)
MAIL = (
    b"From: Kari <kari@kunde.example>\r\nTo: it@desk.example\r\nSubject: Re: [FK#12] skriver\r\n"
    b"Date: Tue, 01 Dec 2026 08:00:00 +0000\r\nMessage-ID: <1@kunde.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain\r\n\r\n#close\r\nHilsen Kari\r\n"
)
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]


class Keys:
    """Private keys, and the records that publish them."""

    def __init__(self, folder: Path) -> None:
        self.private: dict[str, bytes] = {}
        self.records: dict[tuple[str, str], list[str]] = {}
        for selector, bits in (("s", 2048), ("weak", 768)):
            file = folder / selector
            subprocess.run(
                ["openssl", "genrsa", "-traditional", "-out", file, str(bits)], check=True, capture_output=True
            )
            out = subprocess.run(["openssl", "rsa", "-in", file, "-pubout"], check=True, capture_output=True, text=True)
            self.private[selector] = file.read_bytes()
            public = "".join(out.stdout.splitlines()[1:-1])
            for domain in ("kunde.example", "sub.kunde.example", "evil.example"):
                self.records[f"{selector}._domainkey.{domain}", "TXT"] = [f"v=DKIM1; k=rsa; p={public}"]

    def sign(self, mail: bytes = MAIL, *, domain: str = "kunde.example", selector: str = "s", **given: Any) -> bytes:
        """Return the mail with a signature on top."""
        given = {"include_headers": SIGNED, "canonicalize": (b"relaxed", b"relaxed"), **given}
        return bytes(dkim.sign(mail, selector.encode(), domain.encode(), self.private[selector], **given)) + mail


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys made once."""
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def zone(keys: Keys) -> Iterator[Zone]:
    """A DNS in which kunde.example publishes DMARC with reject, SPF for one host, and its keys."""
    records = {
        **keys.records,
        ("_dmarc.kunde.example", "TXT"): ["v=DMARC1; p=reject; sp=quarantine"],
        ("kunde.example", "TXT"): ["unrelated", "v=spf1 ip4:192.0.2.7 mx -all"],
        ("kunde.example", "MX"): ["10 mail.kunde.example."],
        ("mail.kunde.example", "A"): ["192.0.2.8"],
    }
    with Zone(records) as zone:
        yield zone


STRANGER = replace(ENVELOPE, peer="198.51.100.1")
"""The mail comes from a host that SPF does not allow."""


def judged(zone: Zone, raw: bytes, envelope: Envelope = STRANGER) -> Authentication:
    """Judge a mail as a reader does."""
    found, start = headers.head(raw)
    options = ReadOptions(trust="own", resolver=zone.resolver)
    return judge(raw, found, envelope, identity(found, raw[:start]), options)


def test_a_good_signature_proves_its_domain(zone: Zone, keys: Keys) -> None:
    """Simple and relaxed, bare LF or CRLF, of the domain itself or of a sub-domain; SPF need not agree."""
    for canon in ((b"relaxed", b"relaxed"), (b"simple", b"simple")):
        assert judged(zone, keys.sign(canonicalize=canon)).verdict == "pass"
    assert judged(zone, keys.sign(domain="sub.kunde.example")).verdict == "pass"
    assert judged(zone, keys.sign().replace(b"\r\n", b"\n")).verdict == "pass"


def test_any_good_signature_is_enough(zone: Zone, keys: Keys) -> None:
    """A forwarder's and a broken one above it do not hide the good one."""
    raw = keys.sign(keys.sign(keys.sign()), domain="evil.example")
    broken = raw.replace(b"bh=", b"bh=AAAA", 1)
    assert judged(zone, broken).verdict == "pass"


Change = Callable[[bytes], bytes]


def swap(old: bytes, new: bytes) -> Change:
    """Make a change that must find something to change."""

    def change(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return change


MUTATIONS: dict[str, Change] = {
    "another body": swap(b"#close\r\n", b"#reopen\r\n"),
    "a longer body": lambda raw: raw + b"#close\r\n",
    "another subject": swap(b"Subject: Re: [FK#12]", b"Subject: Re: [FK#13]"),
    "another date": swap(b"01 Dec 2026", b"02 Dec 2026"),
    "another message-id": swap(b"<1@kunde.example>", b"<2@kunde.example>"),
    "another author of that domain": swap(b"kari@kunde.example>\r\nTo", b"ola@kunde.example>\r\nTo"),
    "a second subject on top": lambda raw: b"Subject: Re: [FK#13] x\r\n" + raw,
    "a second message-id on top": lambda raw: b"Message-ID: <3@kunde.example>\r\n" + raw,
    "a second content-type on top": lambda raw: b'Content-Type: multipart/mixed; boundary="#close"\r\n' + raw,
    "a length limit": swap(b"v=1;", b"v=1; l=4;"),
    "a weaker algorithm": swap(b"a=rsa-sha256", b"a=rsa-sha1"),
    "fewer fields": swap(b"h=from : to : subject", b"h=from : to : x"),
    "an expiry in the past": swap(b"v=1;", b"v=1; x=1000000000;"),
    "another domain": swap(b"d=kunde.example", b"d=evil.example"),
    "a public suffix": swap(b"d=kunde.example", b"d=example"),
    "another selector": swap(b" s=s;", b" s=t;"),
    "a tag twice": swap(b"v=1;", b"v=1; d=kunde.example;"),
    "a field behind a bare CR, which not everybody sees": lambda raw: b"X-Note: a\rX-Other: b\r\n" + raw,
    "no signature left": swap(b"DKIM-Signature", b"X-DKIM-Signature"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_mail_is_not_believed(zone: Zone, keys: Keys, mutation: str) -> None:
    """Whatever is changed about a signed command, it fails what its domain publishes (law I11)."""
    raw = keys.sign()
    assert judged(zone, raw).verdict == "pass"
    verdict = judged(zone, MUTATIONS[mutation](raw))
    assert (verdict.verdict, verdict.policy) == ("fail", "reject")


def test_signatures_that_are_true_but_too_weak(zone: Zone, keys: Keys) -> None:
    """Mathematically good, yet: a short key, l=, a field left out, an expiry gone by, another organisation's."""
    assert judged(zone, keys.sign(selector="weak")).verdict == "fail"
    assert judged(zone, keys.sign(length=True)).verdict == "fail"
    assert judged(zone, keys.sign(signature_algorithm=b"rsa-sha1")).verdict == "fail"
    for left_out in (b"subject", b"date", b"message-id"):
        fields = [name for name in SIGNED if name != left_out]
        assert judged(zone, keys.sign(include_headers=fields)).verdict == "fail"
    assert judged(zone, keys.sign(domain="evil.example")).verdict == "fail"
    twice = b"Subject: Re: [FK#13] x\r\n" + MAIL
    assert judged(zone, keys.sign(twice)).verdict == "fail", "the second subject could have been put there later"
    both = keys.sign(twice, include_headers=[*SIGNED, b"subject"])
    assert judged(zone, both).verdict == "pass", "both are covered: nothing was put there later"


def test_an_expired_signature_is_none(zone: Zone, keys: Keys) -> None:
    """A mail that arrives after x= is not vouched for, even by seconds."""
    raw = keys.sign()
    found = headers.head(raw)[0]
    tags = dkim_check.tags(dict(found)["dkim-signature"])
    counted = Counter(name for name, _ in found)
    assert dkim_check.flaw(tags, counted, NOW) is None
    for seconds, flaw in ((+1, None), (-1, "it has expired")):
        tags["x"] = str(int(NOW.timestamp()) + seconds)
        assert dkim_check.flaw(tags, counted, NOW) == flaw


@pytest.mark.parametrize(
    ("change", "verdict", "spf_domain"),
    [
        ({}, "pass", "kunde.example"),
        ({"peer": "192.0.2.8"}, "pass", "kunde.example"),
        ({"peer": "::ffff:192.0.2.7"}, "pass", "kunde.example"),
        ({"peer": "198.51.100.1"}, "fail", None),
        ({"peer": "2001:db8::1"}, "fail", None),
        ({"sender": "x@evil.example"}, "fail", None),
        ({"sender": "", "helo": "kunde.example"}, "pass", None),
        ({"sender": "", "helo": "[192.0.2.7]"}, "fail", None),
        ({"sender": "", "helo": ""}, "fail", None),
        ({"sender": "kari@kunde.example\x00@evil"}, "fail", None),
        ({"peer": "127.0.0.1"}, "unknown", None),
        ({"peer": "10.1.2.3"}, "unknown", None),
        ({"peer": ""}, "unknown", None),
        ({"source": "imap"}, "unknown", None),
        ({"source": "lmtp"}, "unknown", None),
        ({"sender": None}, "unknown", None),
    ],
)
def test_spf_speaks_for_the_host_that_sent_it(
    zone: Zone, change: dict[str, Any], verdict: str, spf_domain: str | None
) -> None:
    """Unsigned mail passes by an allowed, foreign host; one we cannot see leaves it unknown, never failing."""
    given = judged(zone, MAIL, replace(ENVELOPE, **change))
    assert (given.verdict, given.spf_domain) == (verdict, spf_domain)


def test_alignment_is_as_strict_as_the_domain_asks(zone: Zone, keys: Keys) -> None:
    """A sub-domain vouches for its organisation unless adkim=s or aspf=s; its own policy is sp= of the organisation."""
    zone.records["bounce.kunde.example", "TXT"] = ["v=spf1 ip4:192.0.2.7 -all"]
    bounce = replace(ENVELOPE, sender="x@bounce.kunde.example")
    sub = keys.sign(domain="sub.kunde.example")
    assert judged(zone, MAIL, bounce).spf_domain == "bounce.kunde.example"
    inside = MAIL.replace(b"kari@kunde", b"kari@sub.kunde")
    failing = judged(zone, inside)
    assert (failing.verdict, failing.policy) == ("fail", "quarantine")
    with Zone({**zone.records, ("_dmarc.kunde.example", "TXT"): ["v=DMARC1; p=none; adkim=s; aspf=s"]}) as strict:
        assert judged(strict, sub).verdict == "fail"
        assert judged(strict, sub).policy == "none"
        assert judged(strict, MAIL, bounce).verdict == "fail"
        assert judged(strict, keys.sign()).verdict == "pass"
        assert judged(strict, MAIL, ENVELOPE).verdict == "pass"


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([], "none"),
        (["v=spf1 -all"], "none"),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], "none"),
        (["v=dmarc1; p=reject"], "none"),
        (["p=reject; v=DMARC1"], "none"),
        (["v=DMARC1"], "none"),
        (["other", "v=DMARC1;p=quarantine"], "fail"),
        ([SERVFAIL], "unknown"),
    ],
)
def test_a_domain_that_publishes_nothing_has_none(keys: Keys, records: list[str], verdict: str) -> None:
    """Without exactly one DMARC record a mail nobody vouches for is *none*; a good signature passes all the same."""
    with Zone({**keys.records, ("_dmarc.kunde.example", "TXT"): records, ("kunde.example", "TXT"): ["x"]}) as zone:
        assert judged(zone, MAIL).verdict == verdict
        assert judged(zone, keys.sign()).verdict == "pass"


@pytest.mark.parametrize("trouble", [SERVFAIL, SILENT])
@pytest.mark.parametrize("name", ["_dmarc.kunde.example", "s._domainkey.kunde.example", "kunde.example"])
def test_a_dns_that_does_not_answer_leaves_it_unknown(zone: Zone, keys: Keys, name: str, trouble: str) -> None:
    """Never a fail: neither for the policy, nor for the key, nor for SPF."""
    raw = keys.sign().replace(b"#close", b"#reopen") if name != "s._domainkey.kunde.example" else keys.sign()
    with Zone({**zone.records, (name, "TXT"): [trouble]}) as broken:
        found, _ = headers.head(raw)
        seconds = 0.3 if trouble == SILENT else 5.0
        given = own_checks.judge(raw, found, STRANGER, "kunde.example", broken.resolver, seconds=seconds)
    assert given.verdict == "unknown"


def test_the_time_for_one_mail_is_bounded(zone: Zone, keys: Keys) -> None:
    """A DNS that never answers costs the given time, however many signatures and records are to be asked for."""
    raw = keys.sign()
    for number in range(20):
        raw = keys.sign(raw).replace(b" s=s;", b" s=s%d;" % number, 1)
    silent: dict[tuple[str, str], list[str]] = {
        (f"s{number}._domainkey.kunde.example", "TXT"): [SILENT] for number in range(20)
    }
    with Zone({**zone.records, **silent}) as broken:
        began = time.monotonic()
        found, _ = headers.head(raw)
        given = own_checks.judge(raw, found, STRANGER, "kunde.example", broken.resolver, seconds=1.0)
        assert time.monotonic() - began < 2.0
        assert given.verdict == "unknown"
        assert len({name for name, _ in broken.asked if "_domainkey" in name}) <= 5


def test_spf_records_that_lead_nowhere(zone: Zone) -> None:
    """Loops, too many lookups, nonsense: no pass, no exception, no endless work."""
    texts = (
        "v=spf1 include:kunde.example -all",
        "v=spf1 redirect=kunde.example",
        "v=spf1 " + " ".join(f"include:n{n}.example" for n in range(30)),
        "v=spf1 exists:%{l}.%{d}.example a:%{h} ptr -all",
        "v=spf1 ip4:999.1.1.1 -all",
        "v=spf1 %{x} +foo:bar",
        "v=spf1 ip4:192.0.2.7",
        "v=spf1 \xff",
    )
    verdicts = []
    for text in texts:
        with Zone({**zone.records, ("kunde.example", "TXT"): [text.encode("ascii", "replace").decode()]}) as odd:
            verdicts.append(judged(odd, MAIL, ENVELOPE).verdict)
    assert verdicts == ["fail"] * 6 + ["pass", "fail"]


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"v=1",
        b"v=1; a=rsa-sha256; d=kunde.example; s=s; h=from:subject:date:message-id; bh=AAAA; b=",
        b"v=1; a=rsa-sha256; d=kunde.example; s=s; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=kunde.example; s=" + b"x" * 300 + b"; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=kunde.example; s=a..b; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=kunde.example; s=\xff\xfe; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b"v=1; a=ed25519-sha256; d=kunde.example; s=s; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=kunde.example; s=s; t=x; h=from:subject:date:message-id; bh=AAAA; b=AAAA",
        b";;;====",
    ],
)
def test_junk_in_a_signature_is_no_signature(zone: Zone, signature: bytes) -> None:
    """It fails like an unsigned mail; nothing is raised."""
    assert judged(zone, b"DKIM-Signature: " + signature + b"\r\n" + MAIL).verdict == "fail"
