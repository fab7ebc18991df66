"""What elements of known mail programs mean: quotes, signatures, forwarded mails and our own sentinel."""

from __future__ import annotations

import re
from functools import lru_cache

from maild.core.letters.reply_marker import SENTINEL_ID

Found = tuple[str, str, bool]

_X = re.compile(r"^(?:x_)+")

_IDS: dict[str, tuple[str, bool]] = {
    "divrplyfwdmsg": ("quote", True),
    "appendonsend": ("quote", True),
    "zwchr": ("quote", True),
    "ms-outlook-mobile-body-separator-line": ("quote", True),
    "mail-editor-reference-message-container": ("quote", False),
    "reply-intro": ("quote", False),
    "replybody1": ("quote", False),
    "isforwardcontent": ("forwarded", False),
    "isreplycontent": ("quote", False),
    "oldcontent": ("quote", False),
    "qt": ("quote", False),
    "spark-signature": ("signature", False),
    "signature": ("signature", False),
    "ms-outlook-mobile-signature": ("signature", False),
    "applemailsignature": ("signature", False),
    "_rc_sig": ("signature", False),
    "composer_signature": ("signature", False),
    "lblsignature": ("signature", False),
    "signature_box": ("signature", False),
}
"""Element id, lower case, without Outlook's ``x_``: what it holds, and whether everything after it is that too."""
_CLASSES: dict[str, tuple[str, bool]] = {
    "gmail_quote": ("quote", False),
    "gmail_quote_container": ("quote", False),
    "gmail_signature": ("signature", False),
    "moz-cite-prefix": ("quote", False),
    "moz-forward-container": ("forwarded", False),
    "moz-signature": ("signature", False),
    "moz-txt-sig": ("signature", False),
    "yahoo_quoted": ("quote", False),
    "protonmail_quote": ("quote", False),
    "protonmail_signature_block": ("signature", False),
    "tutanota_quote": ("quote", False),
    "zmail_extra": ("quote", False),
    "front-blockquote": ("quote", False),
    "missive_quote": ("quote", False),
    "hs_reply": ("quote", False),
    "outlookmessageheader": ("quote", True),
    "wordsection1-quote": ("quote", False),
    "mailru-blockquote": ("quote", False),
    "ms-outlook-ios-reference-expand": ("quote", True),
    "ms-outlook-mobile-reference-message": ("quote", False),
    "freebirdformviewerviewquote": ("quote", False),
    "signature": ("signature", False),
    "applemailsignature": ("signature", False),
}
_NAMES: dict[str, tuple[str, bool]] = {
    "messagereplysection": ("quote", False),
    "messagesignaturesection": ("signature", False),
    "quote": ("quote", False),
}
_MARKERS: dict[str, tuple[str, bool]] = {
    "__quoted_text__": ("quote", False),
    "__headers__": ("quote", False),
    "__sig_pre__": ("signature", False),
    "__sig_post__": ("signature", False),
}
_BORDER = re.compile(r"(?i)border:none;\s*border-top:\s*solid\s+#?(?:E1E1E1|B5C4DF)\s+1(?:\.0)?pt")
"""Outlook's line above the header of the mail answered."""


def mark_of(tag: str, attributes: dict[str, str | None]) -> Found | None:
    """Return (kind, why, everything after it too) for an element that means something, or None."""
    name = attributes.get("id")
    if name and (found := _by_id(name[:200])) is not None:
        return found
    classes = attributes.get("class")
    if classes and (found := _by_class(classes[:400])) is not None:
        return found
    if len(attributes) > (name is not None) + (classes is not None):
        return _by_other(tag, attributes)
    return None


@lru_cache(2048)
def _by_id(name: str) -> Found | None:
    plain = _X.sub("", name.lower())
    if SENTINEL_ID in plain:
        return ("footer", SENTINEL_ID, True)
    known = _IDS.get(plain)
    return None if known is None else (known[0], plain, known[1])


@lru_cache(2048)
def _by_class(classes: str) -> Found | None:
    for word in classes.lower().split():
        plain = _X.sub("", word)
        if plain == SENTINEL_ID:
            return ("footer", SENTINEL_ID, True)
        known = _CLASSES.get(plain) or (("quote", False) if plain.endswith("yahoo_quoted") else None)
        if known is not None:
            return (known[0], plain, known[1])
    return None


def _by_other(tag: str, attributes: dict[str, str | None]) -> Found | None:
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return ("quote", "blockquote type=cite", False)
    if tag == "div":
        name = attributes.get("name")
        known = _NAMES.get(name.lower()) if name else None
        if known is not None:
            return (known[0], f"name={name}", known[1])
        style = attributes.get("style")
        if style and "border-top" in style and _BORDER.search(style):
            return ("quote", "the line above an Outlook header", True)
    for key in attributes:
        if key[:5] == "data-":
            return _by_data(attributes)
    return None


def _by_data(attributes: dict[str, str | None]) -> Found | None:
    marker = attributes.get("data-marker")
    known = _MARKERS.get(marker.lower()) if marker else None
    if marker and known is not None:
        return (known[0], marker, known[1])
    ours = any(key[:5] == "data-" and (SENTINEL_ID in key or value == SENTINEL_ID) for key, value in attributes.items())
    return ("footer", SENTINEL_ID, True) if ours else None
