"""Outgoing header fields and bodies as bytes: the one strict encoder every mail we write goes through (law W1).

``EmailMessage`` does the same for eight times the price; what comes out here is proved by parsing it back
(``prove.py`` at run time, the standard library's parser in the tests). Values must be clean (``clean.py``).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

LINE = 76
"""Longest line with an encoded word in it (RFC 2047 §2)."""
WORD = 75
"""Longest encoded word (RFC 2047 §2)."""
MOST_IDS = 10
_HEAD_Q, _HEAD_B, _TAIL = "=?utf-8?q?", "=?utf-8?b?", "?="
_OVERHEAD = len(_HEAD_Q) + len(_TAIL)
_PLAIN_WORD = re.compile(r"(?!.*=\?)[!-~]{1,60}")
_ATOMS = re.compile(r"(?!.*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTABLE = re.compile(r"(?!.*=\?)[ -~]{1,60}")
_Q = [f"={byte:02X}" for byte in range(256)]
for _byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/":
    _Q[_byte] = chr(_byte)  # RFC 2047 §5 (3): what is safe inside a phrase is safe everywhere
_Q[0x20] = "_"

_DOT_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(
    r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_.\u0080-\U0010ffff-]{0,252})|\[[A-Za-z0-9:.-]{1,64}\]"
)
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")
_TOKEN = re.compile(r"[^A-Za-z0-9._:@/+=-]")
_IN_PARAMETER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _encoded(text: str, lines: list[str], line: str) -> str:
    """Append text as encoded words to the lines so far; the line under way comes back."""
    data = text.encode()
    costs = sum(len(_Q[byte]) for byte in data)
    short = costs <= (len(data) + 2) // 3 * 4 + 8
    head = _HEAD_Q if short else _HEAD_B
    word, used = "", 0
    pending = bytearray()
    room = min(LINE - len(line) - 1, WORD) - _OVERHEAD
    if room < 12:
        lines.append(line)
        line, room = "", min(LINE - 1, WORD) - _OVERHEAD
    for character in text:
        octets = character.encode()
        cost = sum(len(_Q[byte]) for byte in octets) if short else len(octets)
        if used + cost > (room if short else room // 4 * 3):
            payload = word if short else base64.b64encode(pending).decode()
            lines.append(f"{line} {head}{payload}{_TAIL}")
            line, room, word, used = "", min(LINE - 1, WORD) - _OVERHEAD, "", 0
            pending.clear()
        if short:
            word += "".join([_Q[byte] for byte in octets])
        else:
            pending += octets
        used += cost
    payload = word if short else base64.b64encode(pending).decode()
    return f"{line} {head}{payload}{_TAIL}"


@lru_cache(maxsize=512)
def unstructured(name: str, value: str) -> bytes:
    """Write a field of free text (RFC 5322 §2.2.1): ASCII words as they are, from the first other word on encoded."""
    lines: list[str] = []
    line = f"{name}:"
    rest = value
    while rest:
        word, _, after = rest.partition(" ")
        if _PLAIN_WORD.fullmatch(word) is None:
            line = _encoded(rest, lines, line)
            break
        if len(line) + 1 + len(word) > LINE and len(line) > len(name) + 1:
            lines.append(line)
            line = ""
        line += f" {word}"
        rest = after
    lines.append(line)
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


@lru_cache(maxsize=1024)
def address_spec(address: str) -> str | None:
    """Return an address as it is written in a header, its local part quoted where that is needed; None if it cannot."""
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > 320 or not _DOMAIN.fullmatch(domain) or not address.isprintable():
        return None
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return address
    if not local.isascii():
        return None
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"@{domain}'


@lru_cache(maxsize=512)
def mailbox(name: str, display: str, address: str) -> bytes:
    """Write a field that holds exactly one mailbox; an address that cannot be written becomes an empty group.

    The one field that may hold UTF-8, and only when the address itself does (RFC 6532); such a mail needs SMTPUTF8.
    """
    spec = address_spec(address)
    if spec is None:
        return f"{name}: undisclosed-recipients:;\r\n".encode()
    lines: list[str] = []
    line = f"{name}:"
    if not display:
        return f"{line} {spec}\r\n".encode()
    if _ATOMS.fullmatch(display) and len(display) <= 60:
        line = f"{line} {display}"
    elif _QUOTABLE.fullmatch(display):
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        line = f'{line} "{escaped}"'
    else:
        line = _encoded(display, lines, line)
    if len(line) + len(spec) + 3 > LINE + 2:
        lines.append(line)
        line = ""
    lines.append(f"{line} <{spec}>")
    return "\r\n".join(lines).encode() + b"\r\n"


def message_ids(name: str, ids: Iterable[str]) -> bytes:
    """Write In-Reply-To or References, folded: the first id and the newest nine; empty when none is valid."""
    good = [found for found in dict.fromkeys(ids) if _MESSAGE_ID.fullmatch(found)]
    if not good:
        return b""
    if len(good) > MOST_IDS:
        good = [good[0], *good[1 - MOST_IDS :]]
    lines: list[str] = []
    line = f"{name}:"
    for found in good:
        if len(line) + 1 + len(found) > LINE + 2 and line:
            lines.append(line)
            line = ""
        line += f" {found}"
    lines.append(line)
    text = "\r\n".join(lines)
    if text.startswith(f"{name}:\r\n"):
        text = f"{name}:{text[len(name) + 3 :]}"  # the first id stays on the first line, however long
    return text.encode("ascii") + b"\r\n"


def token(name: str, value: str) -> bytes:
    """Write a field of ours that machines read."""
    return f"{name}: {_TOKEN.sub('_', value)[:200] or '-'}\r\n".encode("ascii")


def date(moment: datetime) -> bytes:
    """Write the Date field (RFC 5322 §3.3); ``moment`` is aware and its zone is shown."""
    offset = moment.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    return (
        f"Date: {_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} {sign}{size // 60:02d}{size % 60:02d}\r\n"
    ).encode("ascii")


def filename(name: str) -> str:
    """Return the filename parameter(s) of Content-Disposition, each on a line of its own (RFC 2231 §3, §4)."""
    if name.isascii() and len(name) <= 60 and '"' not in name and "\\" not in name and "=?" not in name:
        return f';\r\n filename="{name}"'
    octets = [chr(byte) if byte in _IN_PARAMETER else f"%{byte:02X}" for byte in name.encode()]
    pieces: list[str] = [""]
    for octet in octets:
        if len(pieces[-1]) + len(octet) > 48:
            pieces.append("")
        pieces[-1] += octet
    if len(pieces) == 1:
        return f";\r\n filename*=utf-8''{pieces[0]}"
    start = "utf-8''"
    return "".join(f";\r\n filename*{at}*={start if at == 0 else ''}{piece}" for at, piece in enumerate(pieces))


def body(text: str, *, subtype: str = "plain", only_part: bool = True) -> bytes:
    """Write a text part: its Content fields, an empty line and the encoded text, in CRLF lines of at most 76 octets.

    7bit is used only for a mail that is nothing but this part, so that no text can hold a part's boundary.
    """
    if not text.endswith("\n"):
        text += "\n"
    data = text.replace("\n", "\r\n").encode()
    if only_part and text.isascii() and max(map(len, text.split("\n"))) <= LINE:
        encoding, charset, encoded = "7bit", "us-ascii", data
    elif _mostly_ascii(data):
        encoding, charset, encoded = "quoted-printable", "utf-8", binascii.b2a_qp(data, istext=True)
    else:
        encoding, charset, encoded = "base64", "utf-8", wrapped(data)
    fields = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return fields.encode("ascii") + encoded


def _mostly_ascii(data: bytes) -> bool:
    return len(data.translate(None, _HIGH)) <= len(data) // 4


_HIGH = bytes(range(128))


def wrapped(data: bytes | memoryview) -> bytes:
    """Return base64 in CRLF lines of 76 octets (RFC 2045 §6.8)."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def multipart(subtype: str, boundary: str, parts: Iterable[Sequence[bytes]]) -> bytes:
    """Put parts (each its fields, an empty line, a body that ends in CRLF, in pieces) into one (RFC 2046 §5.1)."""
    opening = f"--{boundary}\r\n".encode("ascii")
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    pieces = [head]
    for part in parts:
        pieces += (opening, *part, b"\r\n")
    return b"".join((*pieces, f"--{boundary}--\r\n".encode("ascii")))
