"""Find the report in a mail: RFC 3464 delivery status, RFC 8098 receipt, RFC 5965 feedback, or a bounce in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from maild.core.robots.robots import automatic_subject
from maild.core.values import subject_prefixes
from maild.core.values.mail import Report
from maild.mail.mime.structure import Part
from maild.mail.reports import bounce_prose as prose

_MOST_PARTS = 60
_LONGEST = 1000
"""Characters of a report's field in which something is looked for."""
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:|]{1,64}@[^\s<>()\[\]\"',;:|]{1,255}")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{1,60}):[ \t]*(.*)$")

Fields = list[dict[str, str]]


def may_be(mail: Part) -> bool:
    """Tell by a quick look whether a mail can be a report; nearly every one cannot, and :func:`find` is spared.

    Speed code: reading takes 0.86 ms a mail with it, 0.88 and 0.98 without (``python benchmarks/reading.py``).
    """
    for name, value in mail.fields:
        if name == "from":
            telling = not value.isascii() or prose.may_name_a_program(value[:1000].decode("ascii"))
        elif name == "return-path":
            telling = not value.isascii() or prose.is_null(value.decode("ascii"))
        else:
            telling = name in ("x-failed-recipients", "x-mlserver")
        if telling:
            return True
    kinds = ((part.header("content-type") or b"").lower() for part in mail.whole())
    return any(b"message/" in kind or b"report" in kind or b"rfc822" in kind for kind in kinds)


def find(message: Message, text: str, *, null: bool = False, ours: tuple[str, ...] = ()) -> Report | None:
    """Return the report a mail is, or None for any other mail.

    ``message`` is the capped parse, ``text`` the shown text; ``null`` says that the envelope's sender was the null one
    (which no field need say), ``ours`` to whom the report came. What a person attached or quoted never makes a bounce:
    parts inside an attached mail count only when a mail system sent the whole.
    """
    program = null or prose.sender_is_program(message) or prose.null_sender(message)
    parts = list(_parts(message, inside=program))
    kinds = {part.get_content_type() for part in parts}
    declared = _declared(message)
    if "message/feedback-report" in kinds or declared == "feedback-report":
        return _feedback(parts)
    if declared == "disposition-notification" or "message/disposition-notification" in kinds:
        return _receipt(parts)
    status = "message/delivery-status" in kinds
    carries = bool(kinds & {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"})
    if not (program or status or carries or declared or message.get("X-Failed-Recipients")):
        return None  # no subject need be decoded, no prose searched
    subject = _decoded(message, "Subject")
    answer = subject_prefixes.first(subject) in subject_prefixes.ALL
    titled = prose.subject_says(subject) and not answer
    if declared == "delivery-status" or (status and (program or titled)):
        return _delivery(message, parts, text, ours)
    if declared and program and carries:
        return _delivery(message, parts, text, ours)
    if automatic_subject(subject) and not prose.sender_is_program(message):
        return None  # somebody's absence, whatever it says of delivery
    said = text if text.strip() else _everything(parts)
    if prose.is_bounce(message, said, subject, answer=answer, carries=carries, envelope=null):
        return _delivery(message, parts, said, ours)
    return None


def _parts(message: Message, *, inside: bool) -> Iterator[Message]:
    """Walk the parts; into attached mails only when a mail system sent the whole."""
    stack = [message]
    for _ in range(_MOST_PARTS):
        if not stack:
            return
        part = stack.pop(0)
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_type() != "message/delivery-status":
            if part.get_content_type() == "message/rfc822" and not inside:
                continue
            stack[:0] = [child for child in payload if isinstance(child, Message)]


def _declared(message: Message) -> str:
    """Return the report-type of a multipart/report (RFC 6522), lower case."""
    if message.get_content_type() != "multipart/report":
        return ""
    value = message.get_param("report-type")
    return value.strip().lower() if isinstance(value, str) else "unknown"


def _decoded(message: Message, name: str) -> str:
    text = str(message.get(name, ""))[:2000]
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (LookupError, ValueError, MessageError):
        return " ".join(text.split())


def _text(part: Message) -> str:
    """Return the text of a leaf part, by best effort."""
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload[: 4 * prose.MOST_TEXT].decode("utf-8", "replace").replace("\r\n", "\n")
    raw = part.get_payload()
    return raw[: 4 * prose.MOST_TEXT] if isinstance(raw, str) else ""


def _everything(parts: list[Message]) -> str:
    """Return what texts a report has, also those that broken boundaries left outside every part."""
    texts: list[str] = []
    for part in parts[:12]:
        if part.is_multipart() or part.get_content_maintype() == "multipart":
            raw = part.get_payload()
            texts += [part.preamble or "", raw if isinstance(raw, str) else ""]
        elif part.get_content_maintype() == "text":
            texts.append(_text(part))
    return "\n".join(text for text in texts if text)[: 4 * prose.MOST_TEXT]


def _groups(part: Message) -> Fields:
    """Return the groups of fields of a message/delivery-status part (RFC 3464 §2.1), tolerant of broken ones."""
    groups: Fields = []
    payload = part.get_payload()
    for child in payload if isinstance(payload, list) else []:
        if not isinstance(child, Message):
            continue
        group = {name.lower(): " ".join(str(value).split()) for name, value in child.items()}
        groups.append(group)
        rest = child.get_payload()
        if isinstance(rest, str) and rest.strip():
            groups.extend(_read_fields(rest))
    if isinstance(payload, str):
        groups.extend(_read_fields(_text(part)))
    return [group for group in groups if group]


def _read_fields(text: str) -> Fields:
    groups: list[dict[str, list[str]]] = [{}]
    last = ""
    for line in text[: prose.MOST_TEXT].split("\n"):
        if not line.strip():
            groups.append({})
            continue
        found = _FIELD.match(line)
        if found is not None:
            last = found.group(1).lower()
            groups[-1][last] = [found.group(2).strip()]
        elif line[:1] in " \t" and last in groups[-1]:
            groups[-1][last].append(line.strip())
    return [{name: " ".join(pieces) for name, pieces in group.items()} for group in groups]


def _address(value: str) -> str | None:
    """Return the address of ``rfc822; <kari@x.no>``, lower case, or None."""
    found = _ADDRESS.search(value.rpartition(";")[2][:_LONGEST])
    return found.group().strip("<>.").lower() if found else None


_SUCCESS = frozenset({"delivered", "relayed", "expanded", "deliverable"})


def _action(group: dict[str, str]) -> str:
    """Return what a group of fields says became of the mail: its Action, or what its status amounts to."""
    said = group.get("action", "").split()[:1]
    if said:
        return said[0].lower().rstrip(".,;")
    return "delivered" if group.get("status", "").startswith("2") else ""


def _delivery(message: Message, parts: list[Message], text: str, ours: tuple[str, ...]) -> Report:
    groups = [
        group for part in parts if part.get_content_type() == "message/delivery-status" for group in _groups(part)
    ]
    if not any("final-recipient" in group for group in groups):
        groups += _read_fields(_everything(parts))
    about = [group for group in groups if "final-recipient" in group or "original-recipient" in group]
    failing = [group for group in about if _action(group) not in _SUCCESS]
    chosen = [group for group in failing if _action(group) == "failed"] or failing or about
    addresses = [
        _address(group.get(name, "")) for group in chosen for name in ("original-recipient", "final-recipient")
    ]
    own = _own(message, ours)
    recipients = tuple(dict.fromkeys(address for address in addresses if address and address not in own))
    status = next((found.group() for g in chosen if (found := _STATUS.search(g.get("status", "")[:_LONGEST]))), "")
    diagnostic = next((g["diagnostic-code"] for g in chosen if g.get("diagnostic-code")), "")
    said = text if text.strip() else _everything(parts)
    better = _STATUS.search(diagnostic[:_LONGEST])
    if better is not None and (not status or status.endswith(".0.0")):
        status = better.group()
    return Report(
        kind="delivery-status",
        status=status or prose.status_of(diagnostic or said),
        action=next(filter(None, map(_action, chosen)), "") or ("" if about else prose.action_of(said)),
        recipients=recipients or _named(message, parts, said, ours),
        diagnostic=(diagnostic or prose.diagnostic_of(said))[:1000],
        original_message_id=_original_id(message, parts, said),
    )


def _named(message: Message, parts: list[Message], said: str, ours: tuple[str, ...]) -> tuple[str, ...]:
    """Return the recipients a report without usable fields names: a header, its prose, or the returned mail's To."""
    failed = message.get_all("X-Failed-Recipients", [])
    listed = [address.lower() for value in failed for address in _ADDRESS.findall(str(value)[:4000])]
    if listed:
        return tuple(dict.fromkeys(listed))
    own = _own(message, ours)
    found = prose.recipients_of(said, own)
    if found:
        return found
    for part in _returned(message, parts):
        addresses = [address.lower() for address in _ADDRESS.findall(str(part.get("To", ""))[:4000])]
        if addresses:
            return tuple(dict.fromkeys(addresses))
    return prose.addressed_in_copy(said)


def _own(message: Message, ours: tuple[str, ...]) -> frozenset[str]:
    """Return the addresses of the report itself: to whom it came, and who wrote it."""
    return frozenset(map(str.lower, ours)) | frozenset(
        address.lower()
        for name in ("To", "From")
        for value in message.get_all(name, [])
        for address in _ADDRESS.findall(str(value)[:4000])
    )


def _returned(message: Message, parts: list[Message]) -> Iterator[Message]:
    """Yield the messages that the report gives back."""
    for part in parts:
        if part.get_content_type() != "message/rfc822" or part is message:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            yield payload[0]


def _original_id(message: Message, parts: list[Message], said: str) -> str | None:
    for inner in reversed(list(_returned(message, parts))):
        given = _ID.search(str(inner.get("Message-ID", ""))[:1000])
        if given is not None:
            return given.group()
    for part in parts:
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            found_id = prose.message_id_in(_text(part))
            if found_id is not None:
                return found_id
    texts = [said, *(_text(part) for part in parts[:12] if part.get_content_maintype() == "text")]
    return next((found for text in texts if (found := prose.message_id_in(text)) is not None), None)


def _feedback(parts: list[Message]) -> Report:
    fields = _one_group(parts, "message/feedback-report")
    address = _address(fields.get("original-rcpt-to", ""))
    return Report(
        kind="feedback-report",
        action=fields.get("feedback-type", "")[:60].lower(),
        recipients=(address,) if address else (),
        original_message_id=_original_id(parts[0], parts, ""),
    )


def _receipt(parts: list[Message]) -> Report:
    fields = _one_group(parts, "message/disposition-notification")
    address = _address(fields.get("final-recipient", ""))
    found = _ID.search(fields.get("original-message-id", "")[:_LONGEST])
    return Report(
        kind="disposition-notification",
        action=fields.get("disposition", "").rpartition(";")[2].strip()[:60].lower(),
        recipients=(address,) if address else (),
        original_message_id=found.group() if found else None,
    )


def _one_group(parts: list[Message], kind: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for part in parts:
        if part.get_content_type() != kind:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            merged.update({name.lower(): " ".join(str(value).split()) for name, value in payload[0].items()})
            payload = payload[0].get_payload()
        for group in _read_fields(payload if isinstance(payload, str) else _text(part)):
            merged.update(group)
    return merged
