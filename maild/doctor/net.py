"""What ``maild doctor`` sees from outside: certificates of doors, relay and mailboxes, and what the DNS says of us."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maild.config.judge import Config
from maild.doctor.findings import Finding
from maild.mail.author.dns_lookup import Dns, Unknown

SECONDS = 10.0
SOON = timedelta(days=21)
"""A certificate that ends within this time should have been renewed."""


# -- certificates -----------------------------------------------------------------------------------------------------


def certificates(config: Config, *, now: datetime) -> Iterator[Finding]:
    """Look at the certificates of our doors, the relay and the mailboxes."""
    seen: set[object] = set()
    for name, door in (("smtp", config.smtp), ("lmtp", config.lmtp), ("submission", config.submission)):
        if door is not None and door.certificate is not None and door.certificate not in seen:
            seen.add(door.certificate)
            yield _judged(f"certificate of {name}", lambda path=door.certificate, key=door.key: _own(path, key), now)
    out = config.outgoing
    if out.maildir is None and out.tls in ("starttls", "implicit"):
        about = f"certificate of the relay {out.host}"
        yield _judged(about, lambda: _relay(out.host, out.port, implicit=out.tls == "implicit"), now)
    elif out.maildir is None and out.host not in ("127.0.0.1", "::1", "localhost"):
        what = f"TLS to the relay {out.host} is {out.tls}: its certificate is not checked."
        yield Finding(about="relay", level="warning", what=what, do='Set tls = "starttls" in [outgoing] if it can.')
    for box in config.imap:
        if box.tls != "none" and (box.host, box.port) not in seen:
            seen.add((box.host, box.port))
            about = f"certificate of {box.host}"
            yield _judged(about, lambda b=box: _imap(b.host, b.port, b.ca_file, implicit=b.tls == "implicit"), now)


def _judged(about: str, look: Any, now: datetime) -> Finding:
    try:
        ends = look()
    except ssl.SSLCertVerificationError as error:
        what = f"It is not to be trusted: {error.verify_message}."
        return Finding(about=about, level="problem", what=what, do="Renew it, or name its authority in ca_file.")
    except (OSError, ValueError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
        what = f"It could not be looked at: {' '.join(str(error).split())[:200] or type(error).__name__}."
        return Finding(
            about=about, level="problem", what=what, do="Is the host reachable from here, and does it speak TLS?"
        )
    left = ends - now
    what = f"It is good until {ends:%Y-%m-%d}."
    if left < SOON:
        level = "problem" if left <= timedelta(0) else "warning"
        return Finding(about=about, level=level, what=what, do="Renew it now.")  # type: ignore[arg-type]
    return Finding(about=about, level="ok", what=what)


def _ends(certificate: Any) -> datetime:
    if not certificate:
        raise ValueError("no certificate was shown")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _relay(host: str, port: int, *, implicit: bool) -> datetime:
    context = ssl.create_default_context()
    if implicit:
        with smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context) as client:
            return _ends(client.sock.getpeercert())  # type: ignore[union-attr]
    with smtplib.SMTP(host, port, timeout=SECONDS) as client:
        client.starttls(context=context)
        return _ends(client.sock.getpeercert())  # type: ignore[union-attr]


def _imap(host: str, port: int, ca_file: Path | None, *, implicit: bool) -> datetime:
    context = ssl.create_default_context(cafile=ca_file)
    if implicit:
        opened = socket.create_connection((host, port), SECONDS)
        with opened, context.wrap_socket(opened, server_hostname=host) as wrapped:
            return _ends(wrapped.getpeercert())
    with imaplib.IMAP4(host, port, timeout=SECONDS) as client:
        client.starttls(context)
        return _ends(client.sock.getpeercert())  # type: ignore[attr-defined]


def _own(path: Path, key: Path | None) -> datetime:
    """Read when a certificate file ends, by a handshake with ourselves that trusts just this certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, key)
    client = ssl.create_default_context(cafile=str(path))
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    here, there = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(here, there, server_hostname="doctor.invalid")
    theirs = server.wrap_bio(there, here, server_side=True)
    for _ in range(10):
        done = 0
        for side in (ours, theirs):
            try:
                side.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                continue
        if done == 2:
            break
    return _ends(ours.getpeercert())


# -- DNS --------------------------------------------------------------------------------------------------------------


def names(
    domains: Sequence[str], *, selectors: Sequence[tuple[str, str]], resolver: str | None, seconds: float = 8.0
) -> Iterator[Finding]:
    """Look what the DNS says of our domains: MX, SPF, DMARC, and DKIM of the selectors that are known."""
    dns = Dns(resolver, seconds=seconds)
    for domain in domains:
        try:
            yield from _names_of(dns, domain, [name for name, of in selectors if of == domain])
        except Unknown as error:
            what = f"The DNS cannot be asked from here ({error}): MX, SPF, DKIM and DMARC were not checked."
            yield Finding(about=f"DNS of {domain}", level="warning", what=what, do="Run it where the DNS is reachable.")


def _names_of(dns: Dns, domain: str, selectors: Sequence[str]) -> Iterator[Finding]:
    hosts = sorted(str(record.exchange).rstrip(".") for record in dns.ask(domain, "MX"))
    if hosts:
        yield Finding(about=f"MX of {domain}", level="ok", what=f"Mail goes to {', '.join(hosts)}.")
    else:
        what = "The DNS here knows no MX record: nobody outside may find the way to this domain."
        do = "Publish an MX record that names the server which takes this domain's mail."
        yield Finding(about=f"MX of {domain}", level="warning", what=what, do=do)
    yield _record(
        f"SPF of {domain}", [text for text in dns.txt(domain) if text.lower().startswith(b"v=spf1")],
        "v=spf1 include:… -all, with whatever your relay asks for",
    )  # fmt: skip
    policy = [text for text in dns.txt(f"_dmarc.{domain}") if text.lower().startswith(b"v=dmarc1")]
    yield _record(f"DMARC of {domain}", policy, f"v=DMARC1; p=none; rua=mailto:… as _dmarc.{domain}")
    if not selectors:
        what = "No DKIM signature of this domain was seen on our own mail, so no key was looked for."
        do = "Let the relay sign outgoing mail with DKIM, if it does not."
        yield Finding(about=f"DKIM of {domain}", level="warning", what=what, do=do)
    for selector in selectors:
        found = dns.txt(f"{selector}._domainkey.{domain}")
        yield _record(f"DKIM of {domain} ({selector})", found, f"the key that the relay shows for {selector}")


def _record(about: str, found: Sequence[bytes], wanted: str) -> Finding:
    if len(found) == 1:
        return Finding(about=about, level="ok", what=f"Published: {found[0].decode('ascii', 'replace')[:120]}")
    what = "It is published more than once, which counts as not at all." if found else "It is not published."
    do = f"Publish one TXT record: {wanted}."
    return Finding(about=about, level="problem" if found else "warning", what=what, do=do)
