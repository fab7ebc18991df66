"""Who wrote a mail, read strictly (law I1): exactly one From field with exactly one plain address, or nobody.

Where readers of mail disagree about a From, somebody can be impersonated; so whatever is not the plain form is no
identity. The mail is still a case, as a stranger's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from maild.core.values.mail import Identity, Mailbox
from maild.mail.mime import charset, headers
from maild.mail.mime.headers import Field
from maild.mail.mime.text import clean_line
from maild.mail.spending import Spending

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_PLAIN_LOCAL = re.compile(_LOCAL)
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff_-]{0,62})"
_SPEC = re.compile(rf"({_LOCAL})@({_LABEL}(?:\.{_LABEL})*)")
_OWN = re.compile(rf"[ \t]*({_SPEC.pattern})[ \t]*(?=<)")
"""An address that stands where the name does."""
_PHRASE = re.compile(rf'(?:(?:{_ATOM}|[.]|"(?:[^"\\\r\n]|\\.)*"|\([^()\\\r\n]*\))[ \t]*)*')
_SAID = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. \u00a1-\u1fff\u2030-\u205e\u2070-\ud7ff-]{1,64}"
"""What may stand between the quotes of a local part: nothing that another reader could take for a sign of its own."""
_QUOTED_SPEC = re.compile(rf'"({_SAID})"@({_LABEL}(?:\.{_LABEL})*)')
_ANGLE = re.compile(rf'<[ \t]*("{_SAID}"@[^<>\s"]+|[^<>\s]+)[ \t]*>[ \t]*(?:\([^()\\\r\n]*\)[ \t]*)?')
_BARE = re.compile(rf'("{_SAID}"@[^\s<>()"]+|[^\s<>()]+)[ \t]*(?:\(([^()\\\r\n]*)\)[ \t]*)?')
_LIKE_FROM = re.compile(rb"[\r\n](?!\s)[^a-z0-9:\r\n]*from[^a-z0-9:\r\n-]*(?:\r?\n[ \t]+)?:")
"""A line whose first letters are these, whatever other signs stand around them; no fold begins it."""
_FOLD = re.compile(r"(?<!\r)\r*\n(?=[ \t])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ADDRESS_LIKE = re.compile(r"[^\s<>()\",;:@]{1,64}@[^\s<>()\",;:@]{1,190}\.[^\s<>()\",;:@.]{2,63}")
_BIDI = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
MOST_NAME = 200


def identity(found: Sequence[Field], head: bytes) -> Identity:
    """Judge the From of a mail; ``head`` is its raw header block, in which no second From may hide."""
    froms = [value for name, value in found if name == "from"]
    boxes = mailboxes(froms[0]) if froms else ()
    shown = show(froms[0], boxes) if froms else ""
    reason = _ambiguous(froms, head)
    if reason:
        return Identity(address=None, shown=shown, reason=reason)
    value = froms[0]
    if value.strip().isascii() is False and not _valid_utf8(value):
        line = value.decode("latin-1")
    else:
        line = value.decode("utf-8", "replace")
    line = _FOLD.sub("", line).strip()
    address, reason = strict(line)
    if address is None:
        return Identity(address=None, shown=shown, reason=reason)
    if not boxes:
        return Identity(address=address, shown=shown)
    box = boxes[0]
    written = box.address if box.address != address and ascii_lower(box.address) == address else ""
    return Identity(address=address, shown=shown, written=written, name=box.name)


def _ambiguous(froms: list[bytes], head: bytes) -> str:
    if not froms:
        return "there is no From field"
    if len(froms) > 1:
        return f"there are {len(froms)} From fields"
    if sum(1 for _ in _LIKE_FROM.finditer(b"\n" + head.lower())) > 1:
        return "something else looks like a second From field"
    if b"\x00" in froms[0]:
        return "From holds a NUL"
    return ""


def _valid_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def strict(line: str) -> tuple[str | None, str]:
    """Return the one address of an unfolded From value, local part lower-cased in ASCII; or None and why not."""
    if _CONTROL.search(line):
        return None, "From holds a control character"
    if "<" in line or ">" in line:
        phrase = _PHRASE.match(line)
        assert phrase is not None
        if phrase[0].lstrip().startswith("."):
            return None, "the name in From begins with a dot"  # a phrase never does (RFC 5322 §4.1): readers differ
        own = _OWN.match(line)
        at = own.end() if own is not None else phrase.end()
        angle = _ANGLE.fullmatch(line, at)
        if angle is None:
            return None, "From is not one plain address"
        spec = angle[1]
        if own is not None and own[1].lower() != spec.lower():
            return None, "the name in From is another address"
    else:
        bare = _BARE.fullmatch(line)
        if bare is None:
            return None, "From is not one plain address"
        spec = bare[1]
    match = _SPEC.fullmatch(spec) or _QUOTED_SPEC.fullmatch(spec)
    if match is None or "=?" in spec or len(match[1].encode()) > 64 or _BIDI.search(spec):
        return None, "From is not one plain address"
    domain = a_label(match[2])
    if domain is None:
        return None, "the domain of From is not a plain one"
    local = _as_written(match[1])
    return (f"{ascii_lower(local)}@{domain}", "") if local else (None, "From is not one plain address")


def _as_written(local: str) -> str:
    """Return a local part with quotes only where it needs them (RFC 5321 §4.1.2); empty when white space is at its
    ends.
    """
    if _PLAIN_LOCAL.fullmatch(local):
        return local
    return f'"{local}"' if local == local.strip() else ""


def a_label(domain: str) -> str | None:
    """Return a domain in lower-case A-labels, or None when it is none or looks like another one (law I2).

    IDNA 2003 maps look-alikes (full-width letters, ß) onto other domains; those are refused.
    """
    if domain.isascii():
        domain = domain.lower()
        return domain if len(domain) <= 253 else None
    if len(domain) > 253 or max(map(len, domain.split("."))) > 63:
        return None  # never normalized: that takes its time with what is long
    labels = []
    for label in domain.split("."):
        if label.isascii():
            labels.append(label.lower())
            continue
        if unicodedata.normalize("NFKC", label) != unicodedata.normalize("NFC", label) or set(label) & set("ßςẞ"):
            return None
        try:
            coded = label.lower().encode("idna").decode("ascii")
        except UnicodeError:
            return None
        if not coded.startswith("xn--"):
            return None
        labels.append(coded)
    joined = ".".join(labels)
    return joined if len(joined) <= 253 else None


def ascii_lower(local: str) -> str:
    """Fold the case of a local part in ASCII only: a look-alike letter never becomes a plain one."""
    return local.lower() if local.isascii() else "".join(c.lower() if c.isascii() else c for c in local)


def show(value: bytes, boxes: Sequence[Mailbox]) -> str:
    """Return the author for people: a name that is itself an address is unmasked (law I3)."""
    if not boxes:
        return headers.text(value, most=MOST_NAME)
    box = boxes[0]
    if not box.name:
        return box.address
    inside = _ADDRESS_LIKE.search(box.name)
    if inside is not None and inside[0].lower() != box.address.lower():
        return f'"{box.name}" (really {box.address})'
    return box.address if box.name.lower() == box.address.lower() else f'"{box.name}" <{box.address}>'


_PIECE = re.compile(
    r'"((?:[^"\\]|\\.)*)"?|\(((?:[^()\\]|\\.|\([^()]*\))*)\)?|<([^<>]*)>?|([,;])|:|([^\s",;:<>()]+|>|\))|\s+'
)
_ANY_FOLD = re.compile(r"[\r\n]+[ \t]*")
_NO_PART = re.compile(r"[\s\x00-\x1f\x7f]+|\([^()]*\)")
"""What stands in an address and is no part of it: white space, controls, comments."""
_ESCAPED = re.compile(r"\\(.)")
_MOST_BOXES = 1000


def boxes(values: Iterable[bytes], hint: str | None, spending: Spending) -> tuple[Mailbox, ...]:
    """Return the addresses of all fields of a name, as many as the mail may still have."""
    found: list[Mailbox] = []
    for value in values:
        several = mailboxes(value, hint)
        found += several[: spending.take_boxes(len(several))]
    return tuple(found)


def mailboxes(value: bytes, hint: str | None = None) -> tuple[Mailbox, ...]:
    """Return the addresses of a field as a lenient reader sees them, in order (RFC 5322 §3.4); groups are opened."""
    line = _line(value[: 16 * 1024], hint)
    line = _ANY_FOLD.sub(" ", line)
    found: list[Mailbox] = []
    words: list[str] = []
    comment, address = "", None
    closed = -1  # where a quoted string ends: what stands right behind it may make it a local part
    for match in _PIECE.finditer(line):
        quoted, remark, angle, end, word = match.groups()
        if quoted is not None:
            words.append(_ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted)
            closed = match.end()
        elif remark is not None:
            comment = comment or remark
        elif angle is not None:
            address = angle
        elif word is not None and word[0] == "@" and match.start() == closed:
            words[-1] = f'"{words[-1]}"{word}'
        elif word is not None:
            words.append(word)
        elif end is not None:
            _add(found, words, comment, address, hint)
            words, comment, address = [], "", None
            if len(found) >= _MOST_BOXES:
                return tuple(found)
        elif match[0] == ":":
            words = words if words and "@" in words[-1] else []
    _add(found, words, comment, address, hint)
    return tuple(found)


def _line(value: bytes, hint: str | None) -> str:
    """Return a field as text; in a charset whose letters may hold the signs of addresses it is read by that first."""
    if not value.isascii() and charset.is_multibyte(hint):
        return charset.undeclared(value, hint)
    return value.decode("utf-8", "surrogateescape")


def _add(found: list[Mailbox], words: list[str], comment: str, address: str | None, hint: str | None) -> None:
    if address is None:
        bare = [index for index, word in enumerate(words) if "@" in word]
        if not bare:
            return
        address = words.pop(bare[-1])
    name = " ".join(words) if words else comment
    if "=?" in name or not name.isascii():
        name = headers.words(name.encode("utf-8", "surrogateescape"), hint)
    spec = plain(address)
    if spec:
        found.append(Mailbox(name=clean_name(name), address=spec))


def plain(address: str) -> str:
    """Return an address as it is compared: no spaces, no route, domain in lower-case A-labels; empty if none."""
    quoted = _QUOTED_SPEC.fullmatch(address.strip().removeprefix("mailto:")) if '"@' in address else None
    if quoted is not None and (local := _as_written(quoted[1])):
        return f"{local}@{a_label(quoted[2]) or quoted[2].lower()}"
    spec = _NO_PART.sub("", address).strip("<>'\"")
    spec = spec.removeprefix("mailto:")
    if spec.startswith("@") and ":" in spec:
        spec = spec.rpartition(":")[2]
    local, _, domain = spec.rpartition("@")
    if not local or not domain:
        return ""
    domain = a_label(domain) or domain.lower()
    return clean_line(f"{local}@{domain}", 320)


def clean_name(name: str) -> str:
    """Return a display name fit to show: one line, no control or direction characters, not quoted twice."""
    name = clean_line(_BIDI.sub("", name), MOST_NAME)
    while len(name) >= 2 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name
