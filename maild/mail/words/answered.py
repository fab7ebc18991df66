"""Which quoted line an answer written inside a quote answers: shown with it, for alone it says nothing (law R15).

An answer is written inside a quote when the quote goes on below it, or right below a question. Whoever wrote one such
answer wrote the others in the same way, also the last one, below which nothing is quoted any more. What stands below
the whole quote, and a blank line, answers all of it. Of a quoted notice of ours only the text that it passes on can be
answered: what stands above that and below it is ours alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.values.mail import FoldKind
from maild.mail.words.drawn import is_rule
from maild.mail.words.lines import Lines
from maild.mail.words.signatures import closes

_MOST_RUNS = 600
_LONGEST = 200
_FAR = 40
"""Lines of a quote that are looked at to tell whether it goes on."""
_CARD = 8
"""Lines that a quoted signature has below its closing, at most."""
_HEAD = 24
"""Lines of a notice's head, at most."""
_BULLETS = ("-", "*", "–", "•")
_QUESTION = "?？"
_AFTER_IT = " \t\u00a0*_)\"'»”"
_COMMANDS = "#?"
"""An agent's command is read from the first line, so no quoted one may stand before it."""


def answered_lines(text: Lines, runs: Sequence[tuple[int, int, FoldKind | None]]) -> set[int]:
    """Return the quoted lines that the writer's own runs answer."""
    if not any(text.depth):
        return set()
    head, foot = _notice(text)
    context: set[int] = set()
    waiting: list[tuple[int, int]] = []
    widest = 0
    for start, end, kind in runs[:_MOST_RUNS]:
        if kind is not None or 1 not in text.full[start:end]:
            continue
        first, above, below = text.next_full(start), text.above(start), text.next_full(end)
        if text.bare[first][0] in _COMMANDS or not _may_be_answered(text, above, head, foot):
            continue
        gap, asked = first - above - 1, _asks(text, above) and text.depth[above] == 1
        if (asked and (gap == 0 or _is_quoted(text, below))) or _is_inside(text, above, below, foot):
            context.add(above)
            widest = max(widest, gap)
        elif not _is_of_a_card(text, above):
            waiting.append((above, 0 if asked else gap))
    return context | {above for above, gap in waiting if context and gap <= widest}


def _notice(text: Lines) -> tuple[range, int]:
    """Return the lines of a quoted notice's head and the line of its footer; none and the end without a notice."""
    found = SENTINEL_LINE.search(text.shown.text)
    top = -1 if found is None else text.shown.text.count("\n", 0, found.start())
    if top >= 0 and text.depth[top] == 0:
        top = -1
    end = top + 1
    if top >= 0:
        for at in range(end, min(end + _HEAD, len(text))):
            if text.bare[at].strip("*").casefold().startswith("status:"):
                end = at + 1
                while end < min(at + _HEAD, len(text)) and text.depth[end] and text.full[end]:
                    end += 1
                break
    depth = text.depth[top] if top >= 0 else 1
    rules = range(len(text) - 1, end - 1, -1) if "---" in text.bare else range(0)
    at = next((at for at in rules if text.bare[at] == "---" and text.depth[at] == depth), len(text))
    return range(max(top, 0), end), at if top >= 0 or _is_footer(text, at) else len(text)


def _is_footer(text: Lines, at: int) -> bool:
    """Tell whether a few lines that begin with a sentence, and ask nothing, end a quote below a drawn line."""
    end = at
    while end < min(at + _FAR, len(text)) and text.depth[end]:
        end += 1
    below = [line for line in range(at + 1, end) if text.full[line]]
    return 1 <= len(below) <= 6 and len(text.bare[below[0]].split()) >= 6 and not any(_asks(text, at) for at in below)


def _may_be_answered(text: Lines, above: int, head: range, foot: int) -> bool:
    return (
        above >= 0
        and text.kind(above) == "quote"
        and text.depth[above] > 0
        and len(text.raw[above]) <= _LONGEST
        and above not in head
        and above < foot
    )


def _is_quoted(text: Lines, at: int) -> bool:
    return at < len(text) and text.kind(at) == "quote"


def _is_inside(text: Lines, above: int, below: int, foot: int) -> bool:
    """Tell whether the quote goes on below an answer, or nothing of our notice is left there but its footer."""
    if not _is_quoted(text, below):
        return False
    return not _is_of_a_card(text, above) if below == foot else _goes_on(text, above, below, foot)


def _goes_on(text: Lines, above: int, start: int, foot: int) -> bool:
    """Tell whether a quote below an answer says something more than a quoted signature.

    One word says enough when the next answer stands right below it.
    """
    listed = text.words[above].split()[0] in _BULLETS
    for at in range(start, min(start + _FAR, len(text), foot)):
        if text.kind(at) != "quote" or text.depth[at] == 0:
            return text.kind(at) is None and text.full[at] == 1 and not _is_of_a_card(text, at - 1)
        words = text.words[at].split()
        if not words:
            continue
        asks = words[-1].endswith((*_QUESTION, ":"))
        if words[0] in _BULLETS and len(words) > 1 and (asks or listed):
            return True
        if words[0][0] in "-_=*" or is_rule(text.words[at]):
            return False
        if len(words) >= 3 or asks:
            return True
    return False


def _asks(text: Lines, at: int) -> bool:
    return text.bare[at].rstrip(_AFTER_IT).endswith(tuple(_QUESTION))


def _is_of_a_card(text: Lines, at: int) -> bool:
    """Tell whether a quoted line is a closing ("Hilsen Ola") or stands below one, with nothing asked in it."""
    if _asks(text, at):
        return False
    for line in range(at, max(at - _CARD, -1), -1):
        if text.depth[line] != text.depth[at]:
            return False
        if text.bare[line].startswith("--") or closes(text.bare[line]):
            return True
    return False
