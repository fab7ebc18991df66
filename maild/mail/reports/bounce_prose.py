"""Read delivery reports that are prose: qmail, Exim, Exchange, Domino, the telephone companies (no RFC 3464 part).

A person's mail is never called a bounce: prose counts only beside a sender that is a program, or a null return path.
"""

from __future__ import annotations

import re
from email.message import Message
from email.utils import parseaddr

from maild.mail.reports.bounce_words import COPY, DAEMON_NAMES, DAEMONS, DELAYED, GIVEN_UP, PROSE, STATUS, SUBJECTS

_SUBJECTS = tuple(SUBJECTS.split("|"))
_PROSE = tuple(PROSE.split("|"))
_COPY = tuple(COPY.split("|"))
_DELAYED = tuple(DELAYED.split("|"))
_GIVEN_UP = tuple(GIVEN_UP.split("|"))
_DAEMONS = frozenset(DAEMONS.split())
_DAEMON_NAMES = tuple(DAEMON_NAMES.split("|"))
_SURE_DAEMONS = ("mailer-daemon", "mailerdaemon", "mailer_daemon", "postmaster", "post_master", "mail.delivery")
_NAMES = {*_DAEMONS, *_DAEMON_NAMES, *_SURE_DAEMONS}
_PROGRAM = tuple(name for name in _NAMES if not any(other in name for other in _NAMES - {name}))
"""One of these is in whatever names a program: every From is searched for them."""
_UNATTENDED = re.compile(r"(?:no|do-?not)[-._]?reply|sysadmin|system|admin(?:istrator)?|notification|alert|support")

MOST_TEXT = 65_536
_HEAD_LINES = 200
_ADDRESS = r"[^\s<>()\[\]\"',;:|]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])"
_FIELD = re.compile(
    rf"(?im)^[ \t>]*(?:final|original)-recipient:[ \t]{{0,20}}(?:[a-z0-9-]{{1,20}};[ \t]{{0,20}})?<?({_ADDRESS})"
)
_COMMAND = re.compile(rf"(?i)rcpt to: ?<?({_ADDRESS})")
_LEADS = re.compile(
    r"^[ \t>*•\-]{0,12}(?:to: ?|recipient address: ?|recipient: ?|user )?"
    rf"[<\"']{{0,2}}({_ADDRESS})[>\"']{{0,2}}(?=$|[\s:.,;(<\[])"
)
_NAMED = re.compile(
    r"(?i)(?:delivered to|deliver(?:ed)? (?:your |the )?(?:message|mail|email)?s? ?to|message to|mail to|addressed to"
    r"|addresse?e?s?|recipients?|user|mailbox|unknown user|permanent errors|levert til|leverast til|levereras till"
    r"|afleveres til|leveret til|toimittaa|an|till|til|à|para)"
    rf"[:\s(=]{{1,3}}[<\"'\[(]{{0,2}}({_ADDRESS})"
)
_ANY = re.compile(_ADDRESS)
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.:])([45]\d\d)[ \-](?=\S)")
_MESSAGE_ID = re.compile(r"(?im)^[ \t]*message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,250}>)")
_TO = re.compile(r"(?im)^[ \t]*to:([^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,10})")
_COPIED = frozenset({"from", "to", "cc", "subject", "date", "sent", "message-id", "reply-to", "sender"})
_SENDERS = ("from", "from:", "sender", "sender:", "fra", "fra:", "från", "frå", "von", "avsender", "avsändare")
"""Right before an address: who sent, not who was not reached."""
_HEADER_LINE = re.compile(r"(?:received|return-path|message-id|dkim-signature|x-[a-z-]+): ?\S", re.IGNORECASE)


def sender_is_program(message: Message) -> bool:
    """Tell whether From names a mail system (``MAILER-DAEMON``, ``postmaster``, "Mail Delivery System")."""
    if message.get("X-MLServer") and "-admin@" in str(message.get("From", "")):
        return True
    for value in message.get_all("From", []):
        text = str(value)[:1000]
        if not may_name_a_program(text):
            continue
        fold = text.casefold()
        name, address = _parsed(text)
        local = address.partition("@")[0].casefold().strip("<> ")
        if local in _DAEMONS - {"system", "mta", "sysadmin", "nobody", "delivery", "bounce", "bounces"}:
            return True
        if any(word in name.casefold() for word in _DAEMON_NAMES) or any(word in fold for word in _SURE_DAEMONS):
            return True
    return False


def _is_a_daemon(message: Message) -> bool:
    """Tell whether a mail is by MAILER-DAEMON itself; a postmaster may be a person."""
    local = _parsed(str(message.get("From", ""))[:1000])[1].partition("@")[0].casefold()
    return local.replace("_", "-") in ("mailer-daemon", "mailerdaemon")


def _parsed(text: str) -> tuple[str, str]:
    """Return name and address; neither, when the library loses itself in brackets in brackets."""
    try:
        return parseaddr(text)
    except RecursionError:
        return "", ""


def may_name_a_program(sender: str) -> bool:
    """Tell whether any word of a mail system's name is in a From: in hardly any."""
    fold = sender.casefold()
    return any(map(fold.__contains__, _PROGRAM))


def null_sender(message: Message) -> bool:
    """Tell whether the topmost Return-Path is the null sender, or a mail system's name."""
    value = message.get("Return-Path")
    return value is not None and is_null(str(value))


def is_null(return_path: str) -> bool:
    """Tell whether a Return-Path is the null sender, or a mail system's name."""
    text = return_path.strip().casefold()
    return text in ("<>", "") or "mailer-daemon" in text


def _unattended(message: Message) -> bool:
    local = _parsed(str(message.get("From", ""))[:1000])[1].partition("@")[0].casefold()
    return local in _DAEMONS or _UNATTENDED.search(local) is not None


def subject_says(subject: str) -> bool:
    """Tell whether a subject is that of a delivery report."""
    fold = " ".join(subject.casefold().split())[:300]
    return any(word in fold for word in _SUBJECTS)


def head(text: str) -> str:
    """Return what the mail system itself says: the text above the copy of the mail that was not delivered."""
    lines = text[:MOST_TEXT].split("\n")[:_HEAD_LINES]
    named = False
    for at, line in enumerate(lines):
        fold = line.strip().casefold()
        if not fold or len(fold) > 120:
            continue
        framed = fold[0] in "-*=_" or fold.endswith((":", "-")) or (fold[-1] == "." and len(fold) <= 45)
        copied = framed and any(word in fold for word in _COPY) and not _lists_addresses(lines, at + 1)
        if at >= 2 and (copied or (named and (_HEADER_LINE.match(fold) or _begins_a_header(lines, at)))):
            return "\n".join(lines[:at])
        named = named or ("@" in fold and not _HEADER_LINE.match(fold))
    return "\n".join(lines)


def _lists_addresses(lines: list[str], at: int) -> bool:
    """Tell whether the next line with anything on it is an address: who "did not receive a copy of your message:"."""
    below = next((line for line in lines[at : at + 4] if line.strip()), "")
    return _LEADS.match(below[:400]) is not None and not _is_field(below)


def _is_field(line: str) -> bool:
    return line.strip().partition(":")[0].casefold() in _COPIED


def _begins_a_header(lines: list[str], at: int) -> bool:
    """Tell whether the copy of a mail's header begins at a line: From and another field, or the type of an attached
    mail.
    """
    fold = lines[at].strip().casefold()
    if fold.startswith("content-type:"):
        return "message/rfc822" in fold or "rfc822-headers" in fold
    if not _is_field(fold):
        return False
    pair = [line.strip().partition(":")[0].casefold() for line in lines[at : at + 3]]
    return "from" in pair[:2] and all(map(_COPIED.__contains__, pair[:2]))


def holds_a_header(text: str) -> bool:
    """Tell whether the copy of a mail's header stands in a text."""
    lines = text[:MOST_TEXT].split("\n")[: 2 * _HEAD_LINES]
    return any(_begins_a_header(lines, at) for at in range(1, len(lines) - 1))


def holds_fields(text: str) -> bool:
    """Tell whether a text has the fields of RFC 3464, though no part of it is a report's."""
    if "recipient" not in text[:MOST_TEXT].casefold() or _FIELD.search(text[:MOST_TEXT]) is None:
        return False
    names = {line.strip(" \t>").partition(":")[0].casefold() for line in text[:MOST_TEXT].split("\n")}
    return bool(names & {"action", "status", "diagnostic-code", "reporting-mta"})


def prose_says(text: str) -> int:
    """Return how many different ways the head of a text says that a mail was not delivered."""
    fold = " ".join(text[:4000].casefold().split())
    return sum(word in fold for word in _PROSE)


def is_bounce(
    message: Message, text: str, subject: str, *, answer: bool, carries: bool, envelope: bool = False
) -> bool:
    """Judge a mail without a delivery-status part.

    ``answer`` says that its subject begins with a reply or forward prefix, ``carries`` that a whole mail or its
    headers are attached, as reports do; ``envelope`` that it came with the null sender.
    """
    if message.get("X-Failed-Recipients"):
        return True
    program, null = sender_is_program(message), envelope or null_sender(message)
    if not program and not null and not (carries and _unattended(message)):
        return False  # most mails: their prose need not be searched
    said, titled = prose_says(head(text)) + 2 * holds_fields(text), subject_says(subject)
    if not answer and _is_a_daemon(message) and (holds_a_header(text) or _victims(head(text))):
        return True  # in whatever words: no person is called so
    if program and null:
        return bool(said or titled or carries)
    if program:
        return bool((titled and not answer) or said >= 2 or (said and (carries or not answer)))
    if null:
        return bool((titled and said) or said >= 2 or (said and carries))
    return said >= 1 and not answer


def status_of(text: str) -> str:
    """Return the RFC 3463 status that prose amounts to, or the empty string."""
    top = head(text)
    code = _CODE.search(top)
    if code is not None:
        return code.group(1)
    fold = " ".join(top.casefold().split())
    for status, words in STATUS:
        if any(word in fold for word in words.split("|")):
            return status
    reply = _REPLY.search(top)
    return f"{reply.group(1)[0]}.0.0" if reply else ""


def diagnostic_of(text: str) -> str:
    """Return the line that gives the reason: the first with a reply code, else the first that names a fault."""
    lines = [" ".join(line.split()) for line in head(text).split("\n")]
    for line in lines:
        if _REPLY.search(line) or _CODE.search(line):
            return line[:500]
    for line in lines:
        fold = line.casefold()
        if any(word in fold for _, words in STATUS for word in words.split("|")):
            return line[:500]
    return ""


def recipients_of(text: str, own: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses that prose says were not reached; ``own`` are those of the report itself."""
    top = head(text)
    fields = _FIELD.findall(text[:MOST_TEXT])
    if fields:
        return _distinct(fields)
    sure = [*_COMMAND.findall(top), *_victims(top)]
    found = [address for address in _distinct(sure) if address not in own]
    if found:
        return tuple(found)
    domains = {address.rpartition("@")[2] for address in own}
    named = [place.group() for place in _ANY.finditer(top) if not _is_sender(top, place.start())]
    loose = [
        address
        for address in _distinct(named)
        if address not in own and address.rpartition("@")[2] not in domains and not _is_daemon(address)
    ]
    return tuple(loose[:1]) if loose else tuple(address for address in _distinct(sure) if not _is_daemon(address))


def _victims(top: str) -> list[str]:
    """Return the addresses that lines begin with, or that the words before them say were not reached."""
    found: list[str] = []
    for line in top.split("\n"):
        lead = _LEADS.match(line[:400])
        if lead is not None:
            found.append(lead.group(1))
        found.extend(address for address in _NAMED.findall(line[:400]) if not _is_daemon(address))
    return found


def _is_sender(top: str, at: int) -> bool:
    """Tell whether the words right before an address call it the sender's."""
    before = top[max(at - 24, 0) : at].casefold().rstrip(" \t\n<\"'([")
    word = before.rsplit(None, 1)[-1] if before.split() else ""
    return word in _SENDERS


def action_of(text: str) -> str:
    """Return what prose says became of the mail, as RFC 3464 calls it: *failed*, *delayed*, or nothing certain."""
    fold = " ".join(head(text)[:4000].casefold().split())
    if any(map(fold.__contains__, _DELAYED)):
        return "delayed"
    return "failed" if any(map(fold.__contains__, _GIVEN_UP)) else ""


def message_id_in(text: str) -> str | None:
    """Return the Message-ID in a copy of the original's headers, if the text has one."""
    found = _MESSAGE_ID.search(text[: 4 * MOST_TEXT])
    return found.group(1) if found else None


def addressed_in_copy(text: str) -> tuple[str, ...]:
    """Return whom the copied headers of the original were addressed to."""
    found = _TO.search(text[:MOST_TEXT], len(head(text)))
    return _distinct(_ANY.findall(found.group(1)[:2000])) if found else ()


def _is_daemon(address: str) -> bool:
    return address.casefold().startswith(("mailer-daemon@", "postmaster@"))


def _distinct(addresses: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip("<>\"'.").lower() for address in addresses))
