"""Did the domain in From really send this mail? (law I8, I9)

The answer comes from one of two places, as the configuration says: the Authentication-Results of a mail server that
stands before us (``headers``), or our own look at SPF, DKIM and DMARC (``own``).

**Which Authentication-Results is believed.** maild adds nothing to a mail, so the header block begins with what the
server before us wrote. Read from the top, over that server's own Received fields and no other host's: the first
Authentication-Results of exactly the configured id is the one that counts, whatever it says. Everything below a
Received of somebody else came with the mail and says nothing, and so does a second field of the same id. A field that
cannot be read ends the search.

What is left to an attacker: his own field stands first if that server neither wrote one for his mail nor took away
what bore its name. RFC 8601 §5 demands the latter of it; docs/deploy.md says how to see to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast

from maild.core.values.mail import Authentication, Envelope, Identity
from maild.mail.author.auth_results import Result, Results, parse, without_comments
from maild.mail.options import ReadOptions

MICROSOFT = "microsoft365"
Headers = Sequence[tuple[str, bytes]]
Policy = Literal["none", "quarantine", "reject"]
_POLICY = re.compile(r"\bp=(none|quarantine|reject)\b", re.IGNORECASE)


def judge(raw: bytes, headers: Headers, envelope: Envelope, identity: Identity, options: ReadOptions) -> Authentication:
    """Judge whether the domain of the author sent the mail.

    ``headers`` are all fields in order: lower-case name, raw value. They must not be decoded: an encoded word in an
    address that our server quotes would become results of its own. Never raises for anything a mail may hold; what
    cannot be found out is *unknown*, never *fail*.
    """
    if identity.address is None:
        return _unknown(f"From names nobody: {identity.reason}")
    domain = identity.address.rpartition("@")[2].lower()
    options = options.at(envelope)
    if options.trust == "headers":
        return _by_headers(headers, envelope, domain, options)
    if options.trust == "own":
        try:
            from maild.mail.author import own_checks
        except ImportError as error:
            return _unknown(f"own checks need the extra maild[dkim]: {error}")
        return own_checks.judge(raw, headers, envelope, domain, options.resolver)
    return _unknown("authentication is not looked at here")


def _unknown(reason: str) -> Authentication:
    return Authentication(verdict="unknown", reason=reason)


def _by_headers(headers: Headers, envelope: Envelope, domain: str, options: ReadOptions) -> Authentication:
    wanted = (options.authserv_id or "").lower()
    if not wanted:
        return _unknown("no authserv_id is configured")
    if wanted == MICROSOFT:
        return _by_microsoft(headers, envelope, domain, options)
    found = _topmost(headers, wanted, {wanted, options.received_by.lower()} - {""})
    if isinstance(found, str):
        return _unknown(found)
    return _verdict(found, envelope, domain)


def _unfolded(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").split())


def _topmost(headers: Headers, wanted: str, hosts: set[str]) -> Results | str:
    """Return the Authentication-Results that counts, or why there is none."""
    for name, value in headers:
        if name == "received" and not _received_by(_unfolded(value), hosts):
            break
        if name == "authentication-results":
            results = parse(_unfolded(value))
            if results is None:
                return "an Authentication-Results field above our server's cannot be read"
            if results.authserv_id == wanted:
                return results
    return f"no Authentication-Results of {wanted} where it writes them"


def _received_by(value: str, hosts: set[str]) -> bool:
    """Tell whether a Received field was written by one of the hosts.

    One without *from* is a host's hand-over to itself (as Gmail writes) and changes nothing about who stands below.
    """
    words = (without_comments(value) or "").lower().split()
    if words[:1] == ["by"]:
        return True
    return len(words) > 3 and words[0] == "from" and words[2] == "by" and words[3].rstrip(".;") in hosts


def _by_microsoft(headers: Headers, envelope: Envelope, domain: str, options: ReadOptions) -> Authentication:
    """Read what Exchange Online wrote; it names nobody, so only a mailbox polled there can be believed.

    It removes X-MS-Exchange-CrossTenant-AuthAs from outside mail, so *Internal* proves the desk's own domains.
    """
    if envelope.source != "imap":
        return _unknown("Microsoft 365 can be believed only in a mailbox polled there")
    inside = [_unfolded(value).lower() for name, value in headers if name == "x-ms-exchange-crosstenant-authas"]
    if inside == ["internal"] and domain in options.own_domains:
        return Authentication(verdict="pass", reason="Microsoft 365 says it was sent from inside")
    topmost = next((value for name, value in headers if name == "authentication-results"), None)
    results = None if topmost is None else parse(_unfolded(topmost), nameless=True)
    if results is None:
        return _unknown("no Authentication-Results of Microsoft 365")
    return _verdict(results, envelope, domain)


def _verdict(results: Results, envelope: Envelope, domain: str) -> Authentication:
    """Turn the field into a verdict: only ``dmarc=`` about exactly the author's domain counts (RFC 7489 §11.2)."""
    dmarc = results.of("dmarc")
    if len(dmarc) != 1:
        return _unknown("the server says nothing (or several things) about DMARC")
    result = dmarc[0]
    about = (result.get("header.from") or "").rpartition("@")[2].rstrip(".")
    if about != domain:
        return _unknown(f"the server's DMARC result is about {about or 'nobody'}, not {domain}")
    if result.value == "pass":
        return Authentication(verdict="pass", spf_domain=_spf(results, envelope, domain), reason="dmarc=pass")
    if result.value == "fail":
        return Authentication(verdict="fail", policy=_policy(result), reason="dmarc=fail")
    if result.value in ("none", "bestguesspass"):
        return Authentication(verdict="none", reason=f"dmarc={result.value}")
    return _unknown(f"dmarc={result.value[:40]}")


def _policy(result: Result) -> Policy | None:
    """Return the failing domain's policy: as a property, as Microsoft's action, or from the usual comment."""
    said = result.get("policy.dmarc") or result.get("policy.published-domain-policy") or result.get("action") or ""
    said = said.removeprefix("o")  # Microsoft: oreject = reject, overridden
    if said not in ("none", "quarantine", "reject"):
        match = _POLICY.search(result.comment)
        said = "" if match is None else match[1].lower()
    return cast("Policy", said) if said else None


def _spf(results: Results, envelope: Envelope, domain: str) -> str | None:
    """Return the Return-Path's domain when SPF passed for it and it belongs to the author's domain."""
    sender = (envelope.sender or "").rpartition("@")[2].lower()
    for result in results.of("spf"):
        about = (result.get("smtp.mailfrom") or "").rpartition("@")[2]
        if result.value == "pass" and about and about == sender and _aligned(about, domain):
            return about
    return None


def _aligned(one: str, other: str) -> bool:
    if one == other:
        return True
    from maild.mail.author.organisations import aligned  # the suffix list is loaded only where it is needed

    return aligned(one, other)
