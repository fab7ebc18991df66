"""Pictures that stand inside a page as ``data:`` addresses, as web mail and forms write a pasted screenshot (RFC 2397).

They are files of the mail like any other; the page shows them by a Content-ID then, and is short again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from maild.mail.mime import decoding

_ENCODED = b";base64,"
_SOURCE = re.compile(
    rb"(?i)(\bsrc[ \t\r\n]{0,4}=[ \t\r\n]{0,4}([\"']?)[ \t\r\n]{0,4})data:image/([a-z0-9.+-]{1,40})"
    rb"(?:;[a-z0-9=_.-]{1,60}){0,4},([A-Za-z0-9+/=%\s]*)"
)
_ENDINGS = {"jpeg": "jpg", "pjpeg": "jpg", "svg+xml": "svg", "x-icon": "ico", "tiff": "tif", "x-png": "png"}
MOST = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its type, a name for it, and its bytes."""

    type: str
    name: str
    data: bytes


def content_id(place: int, index: int) -> str:
    """Return by what the page that lies at a place of the raw mail shows its picture of an index."""
    return f"data-{index}.{place}"


def taken_out(page: bytes, place: int = 0) -> tuple[bytes, list[Picture]]:
    """Return a page that shows its pictures by Content-IDs, and the pictures in order."""
    if _ENCODED not in page:
        return page, []
    found: list[Picture] = []

    def shown(match: re.Match[bytes]) -> bytes:
        body, rest = match[4], b""
        if not match[2]:  # without quotes white space ends it
            body = match[4].split(None, 1)[0] if match[4].strip() else b""
            rest = match[4][match[4].find(body) + len(body) :]
        if _ENCODED not in match[0][: len(match[0]) - len(match[4])].lower():
            return match[0]
        data = decoding.base64(unquote_to_bytes(body) if b"%" in body else body)
        if not data or len(found) >= MOST:
            return match[1] + b"cid:" + rest
        kind = match[3].decode("ascii").lower()
        index = len(found)
        found.append(Picture(f"image/{kind}", f"image-{index + 1}.{_ENDINGS.get(kind, kind)[:8]}", data))
        return match[1] + b"cid:" + content_id(place, index).encode("ascii") + rest

    return _SOURCE.sub(shown, page), found
