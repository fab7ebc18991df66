"""Make text from mail fit for a header, a body or a file name: the only three ways it leaves maild (law W2).

Every function is idempotent and total: any string in, a harmless string out.
"""

from __future__ import annotations

import re

HEADER_LIMIT = 200
FILENAME_LIMIT = 120

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NOT_IN_HEADER = re.compile(f"[{_BIDI}\ufeff\ufff9-\ufffb\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PATH = re.compile(r"[/\\]")
_NOT_IN_FILENAME = re.compile('["*:<>?|]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)")


def clean_header(text: str, limit: int = HEADER_LIMIT) -> str:
    """Return text that fits on one header line: no C0/C1, line separators or bidi controls, ≤ ``limit`` characters.

    Runs of white space become one space; what is too long ends in an ellipsis.
    """
    if not text.isprintable():
        text = _NOT_IN_HEADER.sub("", " ".join(text.split()))
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_text(text: str) -> str:
    r"""Return text for a body: every line ends in ``\n``, no control characters but tab, no bidi overrides.

    Marks that right-to-left writing needs (LRM, RLM, ALM) stay.
    """
    if _SUSPECT.search(text) is None:
        return text
    return _SURROGATE.sub("\ufffd", _NOT_IN_TEXT.sub("", _LINE_END.sub("\n", text)))


def clean_filename(name: str) -> str:
    """Return a file name without path, controls or characters a file system refuses; ≤ 120 characters (law R10)."""
    base = _PATH.split(clean_header(name, 4096))[-1]
    base = _NOT_IN_FILENAME.sub("_", base).strip(" .")
    if len(base) > FILENAME_LIMIT:
        stem, dot, ending = base.rpartition(".")
        keep = ending if dot and len(ending) <= 10 else ""
        room = FILENAME_LIMIT - len(keep) - 1
        base = f"{(stem if keep else base)[:room].rstrip(' .')}.{keep}" if keep else base[:FILENAME_LIMIT].rstrip(" .")
    if _RESERVED.match(base):
        base = f"_{base}"[:FILENAME_LIMIT].rstrip(" .")
    return base or "attachment"
