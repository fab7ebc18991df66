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
from maild.mail.html_marks import mark_of
from maild.mail.page import Page
from maild.mail.text import Mark, Shown, clean

MOST_NODES = 50_000
MOST_DEPTH = 200
_MOST_OPEN = 2_000
"""Elements left open at once: the parser itself takes quadratic time beyond."""
_MOST_FORMATTING = 400

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


def to_text(html: str) -> Shown:
    """Return HTML as text, with what its structure says about the lines; never raises, linear time."""
    return render(html).shown


def render(html: str) -> Rendered:
    """Return HTML as text together with the pictures it shows."""
    html = html[: caps.HTML].replace("\x00", "")
    if _too_deep(html):
        return Rendered(Shown(_stripped(html)))
    root = LexborHTMLParser(html).root
    page = Page()
    if root is not None:
        _walk(root, page)
    lines, marks, pictures = page.finish()
    return Rendered(Shown(clean("\n".join(lines)), marks), pictures)


_TAGS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({
    "br", "img", "hr", "meta", "link", "input", "wbr", "col", "base", "area", "p", "li", "td", "tr", "th",
                   "dd", "dt", "option", "tbody", "thead", "html", "body", "head", "embed", "source", "param",
})  # fmt: skip
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)


def _too_deep(html: str) -> bool:
    """Tell whether the tree would be deeper than the parser and the walk can take in time."""
    if html.count("<") < _MOST_OPEN:
        return False
    depth = deepest = formatting = most = 0
    for closing, name in _TAGS.findall(html):
        tag = name.lower()
        if tag in _VOID:
            continue
        step = -1 if closing else 1
        depth = max(depth + step, 0)
        deepest = max(deepest, depth)
        if tag in _FORMATTING:
            formatting = max(formatting + step, 0)
            most = max(most, formatting)
    return deepest > _MOST_OPEN or most > _MOST_FORMATTING


_DROPPED = re.compile(r"(?is)<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_BREAKING = re.compile(r"(?i)<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?table|/?blockquote|hr)\b[^>]*>")
_ANY = re.compile(r"<[^>]*>?")


def _stripped(html: str) -> str:
    """Read HTML without a tree: tags out, blocks as lines."""
    text = _ANY.sub(" ", _BREAKING.sub("\n", _DROPPED.sub(" ", html)))
    lines = (" ".join(line.split()) for line in clean(entities.unescape(text)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _walk(root: LexborNode, page: Page) -> None:
    """Go through the tree in document order, telling the page what begins, what is written and what ends."""
    node: LexborNode | None = root
    open_: list[tuple[str, object]] = []
    seen = 0
    while node is not None:
        seen += 1
        tag = node.tag
        child = None
        if tag == "-text":
            page.write(node.text_content or "")
        elif seen > MOST_NODES:
            page.write(node.text(deep=True, separator=" "))
        elif tag is not None:
            state = _enter(node, tag, page)
            if state is not False:
                child = node.child
                if child is not None and len(open_) >= MOST_DEPTH:
                    page.write(node.text(deep=True, separator=" "))
                    child = None
                if child is not None:
                    open_.append((tag, state))
                    node = child
                    continue
                if state is not None:
                    _leave(tag, state, page)
        following = node.next
        while following is None and open_:
            node = node.parent if node is not None else None
            left, state = open_.pop()
            if state is not None:
                _leave(left, state, page)
            following = node.next if node is not None else None
        node = following if open_ or following is not None else None


def _enter(node: LexborNode, tag: str, page: Page) -> object:
    """Begin an element; False when nothing of it is shown."""
    if tag in _SKIPPED:
        return False
    attributes = node.attributes
    mark = None
    flags = 0
    if attributes:
        style = attributes.get("style")
        if style:
            flags = _style(style) if len(style) < 400 else _style.__wrapped__(style)
        if flags & HIDDEN or "hidden" in attributes:
            return False
        mark = mark_of(tag, attributes)
    if tag in _PLAIN and mark is None:
        if flags & PRE:
            page.pre += 1
            return ("pre", None, None)
        return None
    return _begin(tag, attributes, flags, mark, page)


HIDDEN, PRE, TIGHT, INDENT = 1, 2, 4, 8


@lru_cache(4096)
def _style(style: str) -> int:
    """Return what a style attribute means for reading."""
    found = ((HIDDEN, _HIDDEN), (PRE, _PRE), (TIGHT, _TIGHT), (INDENT, _INDENT))
    return sum(flag for flag, pattern in found if pattern.search(style))


_PLAIN = frozenset({
    "span", "b", "i", "u", "strong", "em", "font", "small", "big", "o:p", "sub", "sup", "label", "s", "strike",
                    "code", "tt", "ins", "del", "abbr", "nobr", "wbr", "bdo", "cite", "q", "kbd", "samp", "var",
})  # fmt: skip


def _begin(
    tag: str, attributes: dict[str, str | None], flags: int, mark: tuple[str, str, bool] | None, page: Page
) -> object:
    if tag == "br":
        page.newline()
        return False
    if tag == "img":
        page.image(attributes.get("src") or "", attributes.get("alt") or attributes.get("title") or "")
        return False
    if tag == "hr":
        page.rule("_" * 32 if attributes.get("tabindex") == "-1" else "-" * 10)
    if tag == "input":
        page.write(f" {attributes.get('value') or ''} " if attributes.get("type") in ("button", "submit") else "")
        return False
    spaced = tag in _SPACED and tag != "table" and not (tag == "p" and _is_tight(attributes, flags))
    spaced = spaced and not (tag in ("ul", "ol", "p") and page.in_list())
    if tag in _BLOCKS or tag in _SPACED:
        page.block(spaced)
    token = page.open_mark(mark) if mark is not None else None
    kind = tag
    if tag == "a":
        return ("a", token, (attributes.get("href") or "", *page.here()))
    if tag == "blockquote":
        kind = "indent" if flags & INDENT and not _is_cited(attributes) else "quote"
        page.prefix += "" if kind == "indent" else "> "
    elif tag == "pre" or flags & PRE:
        page.pre += 1
        kind = "pre" if tag in ("pre", "span") else "pre-block"
    elif tag in ("ul", "ol"):
        page.open_list(tag, attributes.get("start") or "")
    elif tag == "li":
        page.item()
    elif tag == "table":
        page.open_table()
    elif tag == "tr":
        page.open_row()
    elif tag in ("td", "th"):
        page.open_cell()
    return (kind, token, spaced)


def _is_tight(attributes: dict[str, str | None], flags: int) -> bool:
    """A paragraph without a margin, as Outlook's are: the next line, not the next paragraph."""
    return bool(flags & TIGHT) or "mso" in (attributes.get("class") or "").lower()


def _is_cited(attributes: dict[str, str | None]) -> bool:
    """A blockquote that only indents (Gmail's button makes one) quotes nobody; one of these does."""
    return (attributes.get("type") or "").lower() == "cite" or "quote" in (attributes.get("class") or "").lower()


def _leave(tag: str, state: object, page: Page) -> None:
    assert isinstance(state, tuple)
    kind, token, extra = state
    if kind == "a":
        page.link(*extra)
    elif kind == "quote":
        page.block(True)
        page.prefix = page.prefix.removesuffix("> ")
    elif kind in ("pre", "pre-block"):
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
    if tag in _BLOCKS or tag in _SPACED:
        page.block(extra is True)
    if token is not None:
        page.close_mark(token)


__all__ = ["Mark", "Rendered", "Shown", "render", "to_text"]
