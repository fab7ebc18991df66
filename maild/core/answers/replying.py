"""A web form writes for people: where an admin named its sender, Reply-To says who a mail is from (law I15)."""

from __future__ import annotations

import re
from dataclasses import replace

from maild.core.answers.offers import is_whole
from maild.core.answers.whom import nobody_reads
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Authentication, Identity, Mail
from maild.core.values.people import caseless, is_ours

_ONE = re.compile(r'\s*(?:(?:"[^"\\]*"\s*|[^"\\<>,;:@()]*)<\s*([^<>\s]+)\s*>|([^<>,;:()"\s]+))\s*')
MOST_FIELD = 400


def written_for(mail: Mail, rulebook: Rulebook) -> Mail:
    """Return a named form's mail as from the person it was filled in by; any other mail as it is.

    Nothing proves that person: whoever fills a form in writes what they like. So the verdict on the form's domain says
    only whether the form is believed; what it says of the person is a claim.
    """
    address = mail.identity.address
    contact = None if address is None else rulebook.contacts.get(address)
    if contact is None or contact.identity != "reply-to" or mail.authentication.verdict == "fail":
        return mail
    person = one_address(mail)
    if person is None or is_ours(person, rulebook) or nobody_reads(person):
        return mail
    name = mail.reply_to[0].name
    shown = f'"{name}" <{person}>' if name and "@" not in name else person
    return replace(
        mail,
        identity=Identity(address=person, shown=f"{shown} (Reply-To, {address})", name=name, by="reply-to"),
        authentication=Authentication(verdict="unknown", reason="Reply-To of a named form"),
    )


def one_address(mail: Mail) -> str | None:
    """Return the one address of a mail's one Reply-To, read strictly; None when it is anything else."""
    values = [value for name, value in mail.headers if name == "reply-to"]
    if len(values) != 1 or len(mail.reply_to) != 1 or len(values[0]) > MOST_FIELD:
        return None
    match = _ONE.fullmatch(values[0])
    if match is None:
        return None
    address = caseless(match[1] or match[2])
    return address if is_whole(address) and address == caseless(mail.reply_to[0].address) else None
