"""Which parts of a mail are its text and which are files (RFC 2046 §5.1): the text as shown, in the mail's order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from maild.core.values.mail import Attachment, Calendar
from maild.mail import caps
from maild.mail.mime import (
    attachments,
    calendar,
    charset,
    containers,
    data_pictures,
    decoding,
    html,
    signed,
    structure,
    tnef,
)
from maild.mail.mime.flowed import unwrap
from maild.mail.mime.part_kinds import FILE_TEXTS, SHOWN, html_in, is_named, is_variant, meta_charset
from maild.mail.mime.pieces import Piece, in_report, says_too, signs_of, stub_piece, summary, summary_lines, words_of
from maild.mail.mime.structure import Part
from maild.mail.mime.text import Mark, Shown, clean, without_pictures
from maild.mail.spending import Spending

_STUB = re.compile(
    r"(?i)\bhtml\b|e-?mail client|mail program|mail reader|view (?:this|it) (?:mail|email|message)? ?(?:in|online)"
    r"|e-?postprogram|e-?postklient|im browser|mail ?klient|nettleser|webbläsare"
)
_MOST_STUB = 60
_ENRICHED = re.compile(r"<(?!<)/?[a-zA-Z-]+>")
_MOST_ALIKE = 10
"""Runs of lines with which a page is compared."""
_TOO_LONG = "a text part of more than 8 MB is read in part"
_MOST_WRAPPED = 3
"""Signatures around signatures that are opened."""
_TOO_MUCH_HTML = f"HTML of more than {caps.HTML_TOGETHER // 1_000_000} MB is kept as files"


@dataclass(slots=True)
class Body:
    """What was found."""

    shown: Shown = field(default_factory=lambda: Shown(""))
    files: list[Attachment] = field(default_factory=list)
    has_html: bool = False
    calendar: Calendar | None = None
    sources: list[str] = field(default_factory=list)
    """Decoded texts that are not shown but may mention us: HTML beside a text, attached mails."""
    pictures: list[tuple[str, int]] = field(default_factory=list)
    """Content-IDs of the pictures that the HTML shows, with their lines in ``rich`` or else in ``shown``."""
    rich: Shown | None = None
    """The HTML beside a text, as text: read only to know where its pictures are."""
    defects: list[str] = field(default_factory=list)
    attached: list[tuple[bytes, Part]] = field(default_factory=list)
    """Attached mails in order: the bytes each lies in, and its head."""


class _Walk:
    """One pass over the parts in order."""

    def __init__(self, raw: bytes, spending: Spending, depth: int = 0) -> None:
        self.raw = raw
        self.spending = spending
        self.body = Body()
        self.pieces: list[Piece] = []
        self.position = 0
        self.calendar_text = ""
        self.wrapped: list[containers.Contents] = []
        self.pictured = False
        self.depth = depth
        self.sources: dict[int, str] = {}
        """Pages decoded already, by where they begin: alternatives in alternatives show the same one."""

    # -- choosing -------------------------------------------------------------------------------------------------

    def enter(self, part: Part) -> None:
        """Read a part and all below it."""
        waiting = [part]
        while waiting:
            part = waiting.pop()
            if part.type == "multipart/alternative" and part.parts:
                waiting.extend(reversed(self.alternative(part)))
            elif part.parts:
                waiting.extend(reversed(part.parts))
            elif part.main != "multipart":
                self.leaf(part)

    def leaf(self, part: Part) -> None:
        """Show a part as text, or take it as a file."""
        self.position += 1
        is_text = part.type in SHOWN or (part.main == "text" and part.type not in FILE_TEXTS and not self.pieces)
        named = is_named(part)
        if part.type == "text/calendar":
            self.read_calendar(part)
        elif is_text and part.disposition != "attachment" and not self.is_file(part, named=named):
            self.text(part, as_file=named)
        else:
            self.file(part)

    def is_file(self, part: Part, *, named: bool) -> bool:
        """Tell whether a text part with a name is a file rather than words; the first one may be both."""
        return named and (bool(self.pieces) or self.body.has_html or part.type not in SHOWN)

    def alternative(self, part: Part) -> list[Part]:
        """Choose between alternatives: the text unless it is empty or a stub; what is neither stays a file."""
        plain = next((one for one in part.parts if one.type == "text/plain" and one.disposition != "attachment"), None)
        rich = next((one for one in part.parts if one.type != "text/plain" and html_in(one) is not None), None)
        rest = [one for one in part.parts if one is not plain and one is not rich and not is_variant(one)]
        if plain is None or rich is None:
            return [one for one in (plain, rich) if one is not None] + rest
        page = html_in(rich)
        assert page is not None
        beside = [one for one in rich.whole() if not one.parts and (one.type != "text/html" or is_named(one))]
        words = self.plain_text(plain)
        self.body.has_html = True
        source = self.page(page)
        if words.strip() and not (len(words) < 600 and self.is_stub(words, source)):
            self.body.sources.append(self.spending.take_source(source))
            self.position += 1
            if (self.pictured or any(one.main == "image" for one in beside)) and self.spending.take_html(len(source)):
                page_shown = html.render(source)
                self.body.rich, self.body.pictures = page_shown.shown, list(page_shown.pictures)
            return [plain, *beside, *rest]
        if words.strip():
            self.show_html(page, source)
            self.add(stub_piece(words))
            others = [one for one in rich.whole() if not one.parts and one is not page]
            return [*others, *rest]
        return [rich, *rest]

    def is_stub(self, words: str, source: str) -> bool:
        """Tell whether a text only says that the message is elsewhere."""
        count = len(words.split())
        if count > _MOST_STUB or (_STUB.search(words) is None and count > 3):
            return False
        if not self.spending.take_html(len(source)):
            return False
        rich = html.to_text(source).text
        return len(rich.split()) > max(2 * count, count + 5) and not says_too(words_of(rich), words.split())

    # -- reading --------------------------------------------------------------------------------------------------

    def source(self, part: Part) -> str:
        """Return the decoded text of a text part."""
        piece = self.raw[part.start : part.end]
        if len(piece) > 4 * caps.HTML and part.type != "text/html":
            self.spending.cut(_TOO_LONG)
            piece = piece[: 4 * caps.HTML]
        data = decoding.text(piece, part.encoding)
        if part.type == "text/html":
            data = self.without_pictures(part, data)
        if len(data) > 4 * caps.HTML:
            self.spending.cut(_TOO_LONG)
            data = data[: 4 * caps.HTML]
        declared = part.params.get("charset")
        if part.type == "text/html" and not data.isascii() and charset.codec(declared) in (None, "ascii"):
            declared = meta_charset(data) or declared
        return charset.decode(data, declared)

    def without_pictures(self, part: Part, data: bytes) -> bytes:
        """Take the pictures that stand in a page itself out of it: they are files of the mail."""
        data, pictures = data_pictures.taken_out(data, part.start)
        granted = pictures[: self.spending.take_files(len(pictures))] if pictures else []
        self.body.files += attachments.of_pictures(granted, part, self.spending)
        self.pictured = self.pictured or bool(granted)
        return data

    def page(self, part: Part) -> str:
        """Return the decoded text of an HTML part, decoded once however many alternatives hold it."""
        if part.start not in self.sources:
            self.sources[part.start] = self.source(part)
        return self.sources[part.start]

    def plain_text(self, part: Part) -> str:
        """Return a text/plain part as shown lines."""
        text = clean(self.source(part)).replace("\n\n\n\n\n\n", "\n\n\n")
        if part.params.get("format", "").lower() == "flowed":
            text = unwrap(text, delsp=part.params.get("delsp", "").lower() == "yes")
        return without_pictures(text)

    def text(self, part: Part, *, as_file: bool) -> None:
        """Show a text part."""
        if part.type == "text/html":
            self.body.has_html = True
            self.show_html(part, self.page(part))
            if as_file:
                self.file(part)
            return
        text = self.plain_text(part)
        if "begin" in text:
            text = self.without_blocks(part, text)
        if part.type == "text/enriched" or part.type == "text/richtext":
            text = _ENRICHED.sub("", text).replace("<<", "<")
        shown = self.granted(text)
        self.add(Piece(shown.strip("\n")))
        if as_file or len(shown) < len(text):
            self.file(part)

    def granted(self, text: str) -> str:
        """Return as much of a text as may be shown of this mail."""
        shown = text[: self.spending.take_text(len(text))]
        if len(shown) < len(text):
            self.spending.cut(f"text of more than {caps.TEXT} characters is shown in part")
        return shown

    def without_blocks(self, part: Part, text: str) -> str:
        """Take uuencoded and yEnc files out of a text."""
        data = decoding.decode(self.raw[part.start : part.end], part.encoding)
        found = attachments.blocks(data)
        found = found[: self.spending.take_files(len(found))]
        if not found:
            return text
        encoded = part.encoding in ("base64", "quoted-printable")
        kept, at = [], 0
        for index, block in enumerate(found):
            name = charset.decode(block[3], part.params.get("charset"))
            self.body.files.append(attachments.of_block(block, part, index, name, encoded=encoded))
            kept.append(data[at : block[0]])
            at = block[1]
        kept.append(data[at:])
        return without_pictures(clean(charset.decode(b"".join(kept), part.params.get("charset"))))

    def show_html(self, part: Part, source: str) -> None:
        """Show an HTML part as text."""
        if not self.spending.take_html(len(source)):
            self.spending.cut(_TOO_MUCH_HTML)
            self.file(part)
            return
        if len(source) > caps.HTML:
            self.spending.cut("HTML of more than 2 MB is shown in part")
            self.file(part)
        page = html.render(source)
        self.body.sources.append(self.spending.take_source(source))
        if self.pieces and page.shown.text.strip() and self.is_shown(signs_of(page.shown.text)):
            return  # the text once more, by a program that calls its alternatives mixed
        if not self.add_page(page) and len(source) <= caps.HTML:
            self.file(part)

    def add_page(self, page: html.Rendered) -> bool:
        """Put a page below what is there; False when only a part of it may be shown."""
        shown = self.granted(page.shown.text)
        if page.cut:
            self.spending.cut(f"text of more than {caps.TEXT} characters is shown in part")
        marks = page.shown.marks
        if len(shown) < len(page.shown.text):
            end = shown.count("\n") + 1
            marks = tuple(Mark(m.kind, m.start, min(m.end, end), m.why) for m in marks if m.start < end)
        self.add(Piece(shown, marks, page.pictures))
        return not page.cut and len(shown) == len(page.shown.text)

    def is_shown(self, signs: str) -> bool:
        """Tell whether the same text is shown already."""
        for piece in self.pieces[:_MOST_ALIKE]:
            if piece.signs is None:
                piece.signs = signs_of(piece.text)
            if signs and piece.signs == signs:
                return True
        return False

    def add(self, piece: Piece) -> None:
        """Put a run of lines below what is there."""
        if piece.text.strip() or piece.pictures:
            self.pieces.append(piece)

    def file(self, part: Part) -> None:
        """Take a part as a file; of an attached mail its header is shown, never its text."""
        data = decoding.decode(self.raw[part.start : part.end], part.encoding)
        file = attachments.of_part(part, self.position, data, self.spending)
        if part.attached is not None:
            self.attach(self.raw, part.attached, part)
        elif part.type == "message/rfc822" and len(data) < caps.TEXT:
            self.attach(data, structure.head_of(data, self.spending), part)
        if (part.type in signed.TYPES or file.name.endswith(".p7m")) and self.open_signed(part, file, data):
            return
        inside = containers.contents(data)
        if inside is None:
            self.body.files.append(file)
            return
        packed = data.startswith(tnef.SIGNATURE)
        self.body.files.append(replace(file, decoration=packed and bool(inside.files or inside.text or inside.html)))
        files = inside.files[: self.spending.take_files(len(inside.files))]
        self.body.files += attachments.inside(file, files, self.spending)
        self.wrapped.append(inside)
        if inside.summary:
            self.add(summary_lines(list(inside.summary), "[Attached Outlook item]"))

    def open_signed(self, part: Part, file: Attachment, data: bytes) -> bool:
        """Read what an opaque signature is wrapped around; False when nothing of a mail is in it."""
        inner = signed.content(data) if self.depth < _MOST_WRAPPED else None
        root = None if inner is None else signed.entity(inner, self.spending)
        if inner is None or root is None:
            return False
        walk = _Walk(inner, self.spending, self.depth + 1)
        walk.enter(root)
        found = walk.result()
        places = {leaf.start: index for index, leaf in enumerate(signed.leaves(root))}
        self.body.files.append(replace(file, decoration=True))
        for one in found.files:
            if one.inside is None and one.start in places:
                place = places[one.start]
                self.body.files.append(
                    replace(one, start=file.start, end=file.end, encoding=file.encoding, inside=place)
                )
            else:
                self.spending.cut("a file in a file in a signed part stays in it")
        self.body.has_html = self.body.has_html or found.has_html
        self.body.calendar = self.body.calendar or found.calendar
        self.body.sources += [*found.sources, found.shown.text]
        self.body.attached += found.attached
        if found.rich is not None and self.body.rich is None:
            self.body.rich, self.body.pictures = found.rich, found.pictures
        self.add(Piece(found.shown.text, found.shown.marks, () if found.rich is not None else tuple(found.pictures)))
        return True

    def attach(self, raw: bytes, inner: Part, part: Part) -> None:
        """Note an attached mail and show its header; a report's copy of the original is not shown."""
        self.body.attached.append((raw, inner))
        if raw is not self.raw:
            self.body.sources.append(self.spending.take_source(raw.decode("latin-1")))
        for one in inner.whole():
            if one.main == "text" and one.encoding != "identity" and one.end - one.start < caps.TEXT:
                text = decoding.decode(raw[one.start : one.end], one.encoding).decode("latin-1")
                self.body.sources.append(self.spending.take_source(text))
        if not in_report(part):
            self.add(summary(inner))

    def read_calendar(self, part: Part) -> None:
        """Read an invitation or an answer to one."""
        text = self.source(part)
        found = calendar.read(text, part.params.get("method", ""))
        if found is not None and self.body.calendar is None:
            self.body.calendar = found
            self.calendar_text = calendar.describe(text)
        self.file(part)

    def other_text(self) -> None:
        """A mail without text shows what a winmail.dat or an invitation says."""
        for inside in self.wrapped:
            if inside.text.strip():
                self.add(Piece(without_pictures(self.granted(clean(inside.text))).strip("\n")))
            elif inside.html and self.spending.take_html(len(inside.html)):
                self.body.has_html = True
                self.add_page(replace(html.render(inside.html), pictures=()))
        if not self.pieces and self.calendar_text:
            self.add(Piece(self.calendar_text))

    def result(self) -> Body:
        """Join the runs of lines, a blank line between them."""
        if not any(piece.text.strip() for piece in self.pieces):
            self.other_text()
        lines: list[str] = []
        marks: list[Mark] = []
        for piece in self.pieces:
            if lines:
                lines.append("")
            start = len(lines)
            lines.extend(piece.text.split("\n"))
            marks.extend(Mark(m.kind, m.start + start, m.end + start, m.why) for m in piece.marks)
            self.body.pictures.extend((name, line if line < 0 else line + start) for name, line in piece.pictures)
        self.body.shown = Shown("\n".join(lines), tuple(marks))
        self.body.defects += self.spending.defects
        return self.body


def read(raw: bytes, root: Part, spending: Spending | None = None) -> Body:
    """Return the text and the files of a mail.

    Raises:
        caps.Capped: when the attached mails have too many fields.

    """
    walk = _Walk(raw, spending or Spending())
    walk.enter(root)
    return walk.result()
