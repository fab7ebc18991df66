"""The files of a mail: what they are called, how large they are, and where their bytes lie in the raw mail.

A name is data (law R10): it never becomes a path here, and content is found by its place, never by its name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge

from maild.core.values.mail import Attachment
from maild.mail.mime import data_pictures, decoding, headers, mentions, signed
from maild.mail.mime.containers import Inside, contents
from maild.mail.mime.data_pictures import Picture
from maild.mail.mime.structure import Part
from maild.mail.mime.text import clean_line
from maild.mail.spending import Spending

MOST_NAME = 120
MOST_BLOCKS = 100
_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,80}")
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?i)^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(?=\.|\s*$)")
_ENDINGS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/x-vcard": ".vcf",
    "text/vcard": ".vcf", "text/rtf": ".rtf", "application/pdf": ".pdf", "application/zip": ".zip",
    "application/msword": ".doc", "application/xml": ".xml", "text/xml": ".xml", "application/json": ".json",
    "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m", "application/pgp-signature": ".asc", "application/pgp-keys": ".asc",
    "application/ms-tnef": ".dat", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/pjpeg": ".jpg",
    "image/png": ".png", "image/gif": ".gif", "image/bmp": ".bmp", "image/tiff": ".tif", "image/svg+xml": ".svg",
    "image/webp": ".webp", "image/heic": ".heic", "audio/mpeg": ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4",
    "message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt", "message/feedback-report": ".txt", "text/rfc822-headers": ".txt",
    "application/vnd.ms-outlook": ".msg",
}  # fmt: skip


def safe_name(name: str) -> str:
    """Return a file name fit to show and to save: no path, control or direction character, at most 120 letters."""
    name = _BAD.sub("", clean_line(name.replace("\t", " "), 4 * MOST_NAME))
    name = _FORBIDDEN.sub("_", _PATH.split(name.rstrip("/\\ "))[-1]).strip(" ")
    name = name.rstrip(". ") or name.strip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name) > MOST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: MOST_NAME - len(ending) - 1] + dot + ending if dot and len(ending) <= 10 else name[:MOST_NAME]
    return name


def name_of(part: Part, position: int) -> str:
    """Return the name of a part: as its header says, or one made of its type and position."""
    for found in (part.disposition_params.get("filename"), part.params.get("name"), part.params.get("filename")):
        if found and (name := safe_name(found)):
            return name
    location = part.header("content-location")
    if location is not None and (name := safe_name(headers.text(location).partition("?")[0])) and "." in name:
        return name
    ending = _ENDINGS.get(part.type, ".bin")
    if part.attached is not None:
        subject = part.attached.header("subject")
        if subject is not None and (name := safe_name(_PATH.sub("_", headers.text(subject, most=100)))):
            return f"{name}.eml"
    return f"part-{position}{ending}"


def content_id(part: Part) -> str | None:
    """Return the Content-ID without its brackets, by which HTML shows a picture (RFC 2392)."""
    value = part.header("content-id")
    return clean_line(headers.text(value, most=255).strip().strip("<>"), 255) or None if value is not None else None


def of_part(part: Part, position: int, data: bytes, spending: Spending | None = None) -> Attachment:
    """Describe a part, whose decoded bytes are given, as a file."""
    cid = content_id(part)
    return Attachment(
        name=name_of(part, position),
        type=part.type if len(part.type) <= 100 else "application/octet-stream",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        start=part.start,
        end=part.end,
        encoding=part.encoding,
        inline=part.disposition == "inline" or (cid is not None and part.disposition != "attachment"),
        content_id=cid,
        ours=mentions.in_file(data, spending),
    )


def inside(container: Attachment, files: Iterable[Inside], spending: Spending | None = None) -> list[Attachment]:
    """Describe the files in a container."""
    return [
        replace(
            container,
            name=safe_name(file.name) or f"part-{index + 1}.bin",
            type=file.type.lower() if _TYPE.fullmatch(file.type) else "application/octet-stream",
            size=len(file.data),
            sha256=hashlib.sha256(file.data).hexdigest(),
            inside=index,
            inline=False,
            content_id=None,
            ours=mentions.in_file(file.data, spending),
        )
        for index, file in enumerate(files)
    ]


def of_pictures(pictures: Iterable[Picture], part: Part, spending: Spending | None = None) -> list[Attachment]:
    """Describe the pictures that stand in a page itself."""
    return [
        Attachment(
            name=one.name,
            type=one.type,
            size=len(one.data),
            sha256=hashlib.sha256(one.data).hexdigest(),
            start=part.start,
            end=part.end,
            encoding=part.encoding,
            inside=index,
            inline=True,
            content_id=data_pictures.content_id(part.start, index),
            ours=mentions.in_file(one.data, spending),
        )
        for index, one in enumerate(pictures)
    ]


def whole(raw: bytes, digest: str, subject: str) -> Attachment:
    """Describe the mail itself as a file, for a reading that could not go inside."""
    name = safe_name(_PATH.sub("_", subject[:100])) or "original"
    return Attachment(
        name=f"{name}.eml",
        type="message/rfc822",
        size=len(raw),
        sha256=digest,
        start=0,
        end=len(raw),
        encoding="identity",
    )


_UU = re.compile(
    rb"(?m)^begin (?P<mode>[0-7]{3,4}) (?P<uu>[^\r\n]{1,300})\r?\n(?P<body>(?:[\x20-\x60][^\r\n]{0,90}\r?\n)+)"
    rb"(?:[` ]?[ \t]*\r?\n)?end[ \t]*(?:\r?\n|\Z)"
)
_YENC = re.compile(
    rb"(?ms)^=ybegin (?:(?!name=)[^\r\n]){0,500}name=(?P<y>[^\r\n]{1,255})\r?\n.*?^=yend [^\r\n]*(?:\r?\n|\Z)"
)
_YENC_END = b"\n=yend "


def blocks(data: bytes) -> list[tuple[int, int, str, bytes, bytes]]:
    """Find uuencoded and yEnc blocks in a text: (start, end, encoding, name, content)."""
    if b"begin" not in data:
        return []
    found: list[tuple[int, int, str, bytes, bytes]] = []
    for match in merge(_UU.finditer(data), _yenc(data), key=re.Match.start):
        if len(found) == MOST_BLOCKS:
            break
        if found and match.start() < found[-1][1]:
            continue
        encoding = "uuencode" if match.re is _UU else "yenc"
        if content := decoding.decode(match[0], encoding):
            name = match["uu"].rstrip(b" \t") if match.re is _UU else match["y"]
            found.append((match.start(), match.end(), encoding, name, content))
    return found


def _yenc(data: bytes) -> Iterator[re.Match[bytes]]:
    """Find yEnc blocks; nothing is looked for behind the last line that ends one: it would be from each beginning."""
    last = data.rfind(_YENC_END)
    if last < 0:
        return iter(())
    end = data.find(b"\n", last + 1)
    return _YENC.finditer(data, 0, len(data) if end < 0 else end + 1)


def of_block(
    block: tuple[int, int, str, bytes, bytes], part: Part, index: int, name: str, *, encoded: bool
) -> Attachment:
    """Describe a block inside a text part as a file; in an encoded part it is the *index*-th one inside."""
    start, end, encoding, _, content = block
    return Attachment(
        name=safe_name(name) or f"part-{index + 1}.bin",
        type="application/octet-stream",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        start=part.start if encoded else part.start + start,
        end=part.end if encoded else part.start + end,
        encoding=part.encoding if encoded else encoding,  # type: ignore[arg-type]
        inside=index if encoded else None,
    )


class Contents:
    """The decoded bytes of the files of one raw mail; what holds several is taken apart once."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._opened: dict[tuple[int, int, str, bool], list[bytes]] = {}

    def of(self, file: Attachment) -> bytes:
        """Return a file's bytes; none when it is not there."""
        if file.inside is None:
            return decoding.decode(self._raw[file.start : file.end], file.encoding)
        shown = file.content_id == data_pictures.content_id(file.start, file.inside)
        place = (file.start, file.end, file.encoding, shown)
        if place not in self._opened:
            data = decoding.text(self._raw[file.start : file.end], file.encoding)
            self._opened[place] = [one.data for one in data_pictures.taken_out(data)[1]] if shown else _inside(data)
        found = self._opened[place]
        return found[file.inside] if file.inside < len(found) else b""


def content(raw: bytes, file: Attachment) -> bytes:
    """Return the decoded bytes of a file from the raw mail it lies in."""
    return Contents(raw).of(file)


def _inside(data: bytes) -> list[bytes]:
    opened = contents(data)
    if opened is not None:
        return [one.data for one in opened.files]
    return signed.files(data) or [one[4] for one in blocks(data)]
