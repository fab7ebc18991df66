"""Our own judgement of who sent a mail: DMARC (RFC 7489) over our own DKIM and SPF.

Loaded only in mode *own*. At most :data:`SECONDS` of DNS for a mail; what the DNS does not say is unknown, never fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from maild.core.values.mail import Authentication, Envelope
from maild.mail.author import dkim_check, spf_check
from maild.mail.author.dns_lookup import Dns, Unknown
from maild.mail.author.organisations import aligned, organisation

SECONDS = 5.0
Policy = Literal["none", "quarantine", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a domain publishes about itself: the policy that binds this author, and how strictly domains must match."""

    policy: Policy
    strict_dkim: bool
    strict_spf: bool


def judge(
    raw: bytes,
    headers: Sequence[tuple[str, bytes]],
    envelope: Envelope,
    domain: str,
    resolver: str | None,
    *,
    seconds: float = SECONDS,
) -> Authentication:
    """Judge a mail whose author's domain is known. Never raises for anything a mail may hold.

    An aligned signature or an aligned SPF pass proves the domain, whether or not it publishes a policy. Without either
    the mail fails what the domain publishes; a domain that publishes nothing has *none*.
    """
    dns = Dns(resolver, seconds=seconds)
    unknown: list[str] = []
    try:
        record = find_record(domain, dns)
        strict = (False, False) if record is None else (record.strict_dkim, record.strict_spf)
    except Unknown as error:
        record, strict = None, (True, True)  # it may ask for exactly the same domain
        unknown.append(str(error))
    try:
        if dkim_check.vouches(raw, headers, domain, envelope.received, dns, strict=strict[0]):
            return Authentication(verdict="pass", reason="a DKIM signature of the author's domain is good")
    except Unknown as error:
        unknown.append(str(error))
    try:
        passed = spf_check.passed(envelope, dns)
        if passed is not None and aligned(passed, domain, strict=strict[1]):
            returns = passed if envelope.sender else None
            return Authentication(verdict="pass", spf_domain=returns, reason=f"SPF passes for {passed}")
    except Unknown as error:
        unknown.append(str(error))
    if unknown:
        return Authentication(verdict="unknown", reason="; ".join(unknown)[:500])
    if record is None:
        return Authentication(verdict="none", reason=f"{domain} publishes nothing and nothing vouches for it")
    return Authentication(
        verdict="fail", policy=record.policy, reason=f"neither DKIM nor SPF vouches for {domain}, which publishes DMARC"
    )


def find_record(domain: str, dns: Dns) -> Record | None:
    """Find the DMARC record that binds a domain: its own, else its organisation's (RFC 7489 §6.6.3).

    Raises:
        Unknown: when the DNS does not say.

    """
    over = organisation(domain)
    for name in dict.fromkeys((domain, over)):
        found = [tags for text in dns.txt(f"_dmarc.{name}") if (tags := _tags(text)) is not None]
        if len(found) == 1:
            tags = found[0]
            said = tags.get("sp", tags["p"]) if name != domain else tags["p"]
            return Record(
                policy=cast("Policy", said) if said in ("none", "quarantine", "reject") else "none",
                strict_dkim=tags.get("adkim") == "s",
                strict_spf=tags.get("aspf") == "s",
            )
    return None


def _tags(text: bytes) -> dict[str, str] | None:
    """Read one TXT record; None when it is not a DMARC record (v=DMARC1 first, then p=)."""
    pairs = [part.partition("=") for part in text.decode("ascii", "replace").split(";")]
    tags = {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
    if pairs[0][0].strip() != "v" or pairs[0][2].strip() != "DMARC1" or "p" not in tags:
        return None
    return tags
