"""Which HTML the parser would take more than linear time for, told by one look at its tags.

The parser compares each attribute of an element with all before it, counts the options of a list anew at each, and
follows all that is left open at every step. What is told here is read without a tree. A tag that this look does not
see, since it stands where only the parser knows that it is one, costs time that the reader's clock stops.
"""

from __future__ import annotations

import re

_MOST_OPEN = 2_000
"""Elements left open at once: the parser itself takes quadratic time beyond."""
_MOST_FORMATTING = 400
_ATTRIBUTES = r"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?+)?+)*+"""
"""As the HTML standard reads a tag (§13.2.5): a quote means something right behind an equals sign only."""
_MARKUP = re.compile(
    r"<(?:!--(?:-?>|(?s:.*?)(?:--!?>|\Z))"
    r"|(?i:(script|style|title|textarea|xmp|iframe|noembed|noframes))(?=[\s/>])(?s:.*?)(?:</(?i:\1)(?=[\s/>])|\Z)"
    rf"|(/?)([a-zA-Z][^\s/>]*+)({_ATTRIBUTES}))"
)
_ATTRIBUTE = re.compile(r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?+)?+""")
_SMALL = 20_000
"""Characters in which nothing can be costly enough to look for it."""
_MOST_ATTRIBUTES = 1_000
"""Of one element. The parser compares each with all before it; what ``body`` says again is the first one's, too."""
_MOST_OPTIONS = 1_000
"""Of all lists to choose from, which the parser counts anew at each."""
_REPEATED = frozenset({"body", "html"})
_OPTIONS = frozenset({"option", "optgroup"})
_VOID = frozenset({
    "br", "img", "hr", "meta", "link", "input", "wbr", "col", "base", "area", "p", "li", "td", "tr", "th",
                   "dd", "dt", "option", "tbody", "thead", "html", "body", "head", "embed", "source", "param",
})  # fmt: skip
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)


def is_costly(html: str) -> bool:
    """Tell whether the parser would take more than linear time, or the tree be deeper than the walk can go."""
    if len(html) < _SMALL and html.count("<") < _MOST_OPEN:
        return False
    depth = deepest = formatting = most = options = repeated = 0
    for _, closing, name, inside in _MARKUP.findall(html):
        tag = name.lower()
        if len(inside) > _MOST_ATTRIBUTES or tag in _REPEATED:
            count = sum(1 for _ in _ATTRIBUTE.finditer(inside))
            repeated += count if tag in _REPEATED else 0
            if max(count, repeated) > _MOST_ATTRIBUTES:
                return True
        options += tag in _OPTIONS
        if tag in _VOID or not tag:
            continue
        step = -1 if closing else 1
        depth = max(depth + step, 0)
        deepest = max(deepest, depth)
        if tag in _FORMATTING:
            formatting = max(formatting + step, 0)
            most = max(most, formatting)
    return deepest > _MOST_OPEN or most > _MOST_FORMATTING or options > _MOST_OPTIONS
