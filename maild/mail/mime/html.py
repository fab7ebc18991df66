"""HTML to text a person can read (on selectolax): blocks, lists, tables as rows, links with their URL, quotes marked.

The walk is one loop over the tree with no recursion; what would be too deep or too large for it is read by a plain
stripping of tags instead. Marks say what the structure of known mail programs means (Gmail, Outlook, Apple Mail,
Thunderbird, Proton, Yahoo, Zimbra, Roundcube …); what is the writer's own is decided elsewhere.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from maild.mail import caps
from maild.mail.mime.html_cost import is_costly
from maild.mail.mime.html_marks import Found, mark_of
from maild.mail.mime.page import Page
from maild.mail.mime.text import Shown, clean

MOST_NODES = 50_000
MOST_DEPTH = 200

_SKIPPED = frozenset({
    "script", "style", "head", "title", "template", "object", "svg", "math", "iframe", "select", "textarea",
    "-comment", "-doctype", "audio", "video", "canvas", "noframes", "xml", "map", "datalist", "meta", "link",
})  # fmt: skip
_BLOCKS = frozenset({
    "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "form", "fieldset",
    "figure", "figcaption", "dl", "dt", "dd", "details", "summary", "legend", "caption", "tbody", "thead", "tfoot",
    "dir", "menu", "body", "html", "marquee", "option", "hgroup",
})  # fmt: skip
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "table"})
_HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
)
_TIGHT = re.compile(r"(?i)margin(?:-top)?\s*:\s*0")
_INDENT = re.compile(
    r"(?i)border(?:-left)?\s*:\s*(?:none|medium none|0)|margin\s*:\s*0(?:px)?\s+0(?:px)?\s+0(?:px)?\s+40px"
)
_PRE = re.compile(r"(?i)white-space\s*:\s*(?:pre|break-spaces)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text made of HTML, and the lines on which it shows pictures of the mail itself (by Content-ID)."""

    shown: Shown
    pictures: tuple[tuple[str, int], ...] = ()
    cut: bool = False
    """More than :data:`~maild.mail.caps.TEXT` characters would have been written."""


def to_text(html: str) -> Shown:
    """Return HTML as text, with what its structure says about the lines; never raises, linear time."""
    return render(html).shown


def render(html: str) -> Rendered:
    """Return HTML as text together with the pictures it shows."""
    html = html[: caps.HTML]
    if "\x00" in html:
        html = html.replace("\x00", "")
    if is_costly(html):
        return Rendered(Shown(_stripped(html)))
    root = LexborHTMLParser(html).root
    page = Page()
    if root is not None:
        _walk(root, page)
    lines, marks, pictures = page.finish()
    return Rendered(Shown(clean("\n".join(lines)), marks), pictures, page.room < 0)


_DROPPED = re.compile(r"(?is)<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_LONG_NUMBER = re.compile(r"&#(?:\d{8}\d*|[xX][0-9a-fA-F]{7}[0-9a-fA-F]*);?")
"""The number of no letter; the library raises on those of thousands of digits."""
_MANY_ENDS = re.compile(r"\n{3,}")
_BREAKING = re.compile(r"(?i)<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?table|/?blockquote|hr)\b[^<>]*>")
_ANY = re.compile(r"<[^<>]*>?")
"""Neither looks beyond the next tag: a page of tags that never end would be searched to its end from each."""


def _stripped(html: str) -> str:
    """Read HTML without a tree: tags out, blocks as lines."""
    text = _LONG_NUMBER.sub("\ufffd", _ANY.sub(" ", _BREAKING.sub("\n", _DROPPED.sub(" ", html))))
    lines = (" ".join(line.split()) for line in clean(entities.unescape(text)).split("\n"))
    return _MANY_ENDS.sub("\n\n", "\n".join(lines)).strip("\n")


def _walk(root: LexborNode, page: Page) -> None:
    """Go through the tree in document order, telling the page what begins, what is written and what ends."""
    node: LexborNode | None = root
    open_: list[tuple[LexborNode, _Element, _State]] = []
    meanings: dict[object, _Element | None] = {}  # of this page only: a page says the same start tags again and again
    seen = 0
    while node is not None:
        seen += 1
        tag = node.tag
        if tag == "-text":
            page.write(node.text_content or "")
        elif seen > MOST_NODES:
            page.write(node.text(deep=True, separator=" "))
        elif tag is not None:
            attributes = node.attributes
            key = (tag, *attributes.items()) if attributes else tag
            try:
                element = meanings[key]
            except KeyError:
                element = meanings[key] = _meaning(tag, attributes)
            if element is not None:
                state = _begin(element, attributes, page) if element.acts else None
                child = node.child if element.opens else None
                if child is not None and len(open_) < MOST_DEPTH:
                    open_.append((node, element, state))
                    node = child
                    continue
                if child is not None:
                    page.write(node.text(deep=True, separator=" "))
                if state is not None:
                    _leave(element, state, page)
        following = node.next
        while following is None and open_:
            node, element, state = open_.pop()
            if state is not None:
                _leave(element, state, page)
            following = node.next
        node = following


HIDDEN, PRE, TIGHT, INDENT = 1, 2, 4, 8


@lru_cache(4096)
def _style(style: str) -> int:
    """Return what a style attribute means for reading."""
    found = ((HIDDEN, _HIDDEN), (PRE, _PRE), (TIGHT, _TIGHT), (INDENT, _INDENT))
    return sum(flag for flag, pattern in found if pattern.search(style))


_ALONE = frozenset({"br", "img", "input"})
_NEVER_PRE = frozenset({*_ALONE, "hr", "a"})
_IN_LISTS_CLOSE = frozenset({"ul", "ol", "p"})
_KINDS = frozenset({"br", "img", "hr", "input", "a", "ul", "ol", "li", "table", "tr", "td", "th"})


@dataclass(frozen=True, slots=True)
class _Element:
    """What a start tag means for reading, wherever it stands."""

    kind: str
    """What happens besides lines and marks: a tag of :data:`_KINDS`, quote, indent, pre, or nothing."""
    block: bool
    spaced: bool
    """A blank line stands before and after it."""
    close_in_lists: bool
    """But not inside a list."""
    mark: Found | None
    opens: bool
    """False where nothing is looked for inside."""
    acts: bool
    """False for most: only what is inside is read."""


_State = tuple[object, bool | tuple[str, int, int]] | None
"""Between begin and end: the open mark, and whether it is spaced now, or of a link its URL and place."""


def _meaning(tag: str, attributes: dict[str, str | None]) -> _Element | None:
    """Return what a start tag means, None when nothing of the element is shown."""
    if tag in _SKIPPED or "hidden" in attributes:
        return None
    style = attributes.get("style") or ""
    flags = _style(style) if len(style) < 400 else _style.__wrapped__(style)
    if flags & HIDDEN:
        return None
    mark = mark_of(tag, attributes) if attributes else None
    kind = tag if tag in _KINDS else ""
    if tag == "blockquote":
        kind = "indent" if flags & INDENT and not _is_cited(attributes) else "quote"
    elif tag == "pre" or (flags & PRE and tag not in _NEVER_PRE):
        kind = "pre"
    spaced = tag in _SPACED and tag != "table" and not (tag == "p" and _is_tight(attributes, flags))
    return _element(kind, tag in _BLOCKS or tag in _SPACED, spaced, tag in _IN_LISTS_CLOSE, mark)


@lru_cache(512)  # a page of links says each start tag once, yet nearly all mean the same
def _element(kind: str, block: bool, spaced: bool, close_in_lists: bool, mark: Found | None) -> _Element:
    acts = bool(kind) or block or mark is not None
    return _Element(kind, block, spaced, close_in_lists, mark, opens=kind not in _ALONE, acts=acts)


def _begin(element: _Element, attributes: dict[str, str | None], page: Page) -> _State:
    """Tell the page that an element begins; None when its end means nothing."""
    kind = element.kind
    if kind in _ALONE:
        _alone(kind, attributes, page)
        return None
    if kind == "hr":
        page.rule("_" * 32 if attributes.get("tabindex") == "-1" else "-" * 10)
    spaced = element.spaced and not (element.close_in_lists and page.in_list())
    if element.block:
        page.block(spaced)
    token = page.open_mark(element.mark) if element.mark is not None else None
    if not kind:
        return (token, spaced)
    if kind == "a":
        return (token, (attributes.get("href") or "", *page.here()))
    if kind == "quote":
        page.prefix += "> "
    elif kind == "pre":
        page.pre += 1
    elif kind in ("ul", "ol"):
        page.open_list(kind, attributes.get("start") or "")
    elif kind == "li":
        page.item()
    elif kind == "table":
        page.open_table()
    elif kind == "tr":
        page.open_row()
    elif kind in ("td", "th"):
        page.open_cell()
    return (token, spaced)


def _alone(kind: str, attributes: dict[str, str | None], page: Page) -> None:
    """Write an element that has no end."""
    if kind == "br":
        page.newline()
    elif kind == "img":
        page.image(attributes.get("src") or "", attributes.get("alt") or attributes.get("title") or "")
    elif attributes.get("type") in ("button", "submit"):
        page.write(f" {attributes.get('value') or ''} ")


def _is_tight(attributes: dict[str, str | None], flags: int) -> bool:
    """A paragraph without a margin, as Outlook's are: the next line, not the next paragraph."""
    return bool(flags & TIGHT) or "mso" in (attributes.get("class") or "").lower()


def _is_cited(attributes: dict[str, str | None]) -> bool:
    """A blockquote that only indents (Gmail's button makes one) quotes nobody; one of these does."""
    return (attributes.get("type") or "").lower() == "cite" or "quote" in (attributes.get("class") or "").lower()


def _leave(element: _Element, state: tuple[object, bool | tuple[str, int, int]], page: Page) -> None:
    """Tell the page that an element ends."""
    kind = element.kind
    token, extra = state
    if not kind:
        pass
    elif isinstance(extra, tuple):
        page.link(*extra)
    elif kind == "quote":
        page.block(True)
        page.prefix = page.prefix.removesuffix("> ")
    elif kind == "pre":
        page.pre -= 1
    elif kind in ("ul", "ol"):
        page.close_list()
    elif kind == "li":
        page.close_item()
    elif kind in ("td", "th"):
        page.close_cell()
    elif kind == "tr":
        page.close_row()
    elif kind == "table":
        page.close_table()
    if element.block:
        page.block(extra is True)
    if token is not None:
        page.close_mark(token)
