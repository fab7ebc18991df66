"""What looks like history and is the writer's own: quote marks typed by hand, a header pasted in, and a text of which
nothing else would remain (law R14).
"""

from __future__ import annotations

from maild.core.letters.reply_marker import SENTINEL_ID, SENTINEL_LINE
from maild.mail.words.attributed import introduces, is_date_word, opens, spoken_first, strangers
from maild.mail.words.device_lines import is_device_line
from maild.mail.words.lines import OWN, Lines
from maild.mail.words.quotes import Header, plain
from maild.mail.words.signatures import closes

_TALLEST = 5
"""Lines of an attribution, at most."""
_WIDEST = 600
_FEWEST = 2
"""Quote marks of lines that a program makes only below others with fewer."""
_SALUTES = frozenset({"hei", "heisann", "hej", "hallå", "hallo", "hi", "hello", "dear", "moi", "hæ", "sæl", "sæll"})
_MOST_LINES = 2000
"""Lines of a text that may have no words of the writer's; what is longer was looked at by nobody."""
_MOST_SALUTE = 10
"""Spaces in a line that is a greeting, a closing or what a telephone adds."""
_RAW = frozenset(
    {"received", "return-path", "dkim-signature", "mime-version", "content-type", "authentication-results"}
)
"""Fields that no program shows above an answer: the writer pasted a header."""


def answers_a_notice(text: Lines) -> bool:
    """Tell whether our own line stands anywhere in a text: what its client put there then holds what is ours, and
    nothing of it is taken for the writer's on a guess.
    """
    if text.ours is None:
        marked = any(mark.why == SENTINEL_ID for mark in text.marks.values())
        text.ours = marked or SENTINEL_LINE.search(text.shown.text) is not None
    return text.ours


def said_above(text: Lines, at: int, author: str) -> int:
    """Return the line from which a program introduces the quote that begins at a line; the line itself when none does.

    Whatever the language: a name, an address or a date, and next to nothing else.
    """
    above = text.above(at)
    if above < 0 or at - above > 2:
        return at
    found, joined = at, ""
    for line in range(above, max(above - _TALLEST, -1), -1):
        words = plain(text.words[line][:_WIDEST])
        if not words or text.depth[line] or text.kind(line) is not None or len(joined) + len(words) > _WIDEST:
            break
        if found < at and not (opens(words) or all(map(is_date_word, words.split()))):
            break
        joined = f"{words} {joined}".strip()
        alone = line == 0 or not text.full[line - 1]
        if introduces(joined, author, alone):
            if not alone and introduces(plain(text.words[line - 1][:_WIDEST]), author):
                return at  # a list of such lines
            found = line
    return found


def is_typed(text: Lines, start: int, end: int) -> bool:
    """Tell whether the marks of a run of quoted lines were typed by hand, or by what was pasted: no program announced
    it, and either each line has several marks at once (``>>> import this``), or the line above says what comes.
    """
    above = text.above(start)
    if (above >= 0 and text.kind(above) is not None) or answers_a_notice(text):
        return False
    if min(depth for depth, full in zip(text.depth[start:end], text.full[start:end], strict=True) if full) >= _FEWEST:
        return True
    if above < 0 or text.known or text.marks or spoken_first(plain(text.bare[above][:_WIDEST])):
        return False
    if text.bare[above].endswith(":"):
        return len(text.bare[above].split()) >= 2
    return _goes_through(text, start, end)


def _goes_through(text: Lines, start: int, end: int) -> bool:
    """Tell whether a sentence goes on from the line above a marked one to the line below it."""
    if end - start != 1 or start == 0 or end >= len(text) or not text.full[start - 1] or not text.full[end]:
        return False
    return text.bare[start - 1][-1].isalnum() and text.bare[end][0].islower() and not text.depth[end]


def is_pasted(text: Lines, header: Header) -> bool:
    """Tell whether the writer pasted a header block into an answer: the line above it says so, or fields stand in it
    that programs show nobody.
    """
    if header.kind != "block" or header.block is None or header.block.start != header.start:
        return False
    if answers_a_notice(text):
        return False
    for line in text.bare[max(header.start - 2, 0) : header.end + 3]:
        if line.partition(":")[0].casefold() in _RAW:
            return True
    above = text.above(header.start)
    return above >= 0 and text.kind(above) is None and text.bare[above].endswith(":") and _tells(text.bare[above])


def _tells(line: str) -> bool:
    """Tell whether a line with a colon at its end is a sentence, and not a label or a drawn one."""
    return len(line.split()) >= 3 and line[0].isalnum()


def says_nothing(text: Lines, author: str = "") -> bool:
    """Tell whether no line that is left to the writer says anything: a greeting, a closing and a name say nothing."""
    closed, at = -1, -1
    names = author.partition("@")[0].casefold().replace("_", ".").split(".")
    while (at := text.full.find(1, at + 1, _MOST_LINES)) >= 0:
        if text.verdicts[at] != OWN:
            continue
        bare = text.bare[at]
        if bare.count(" ") > _MOST_SALUTE:
            return False  # the first line of most mails
        line = plain(bare[:_WIDEST])
        words = line.split()
        if not words or is_device_line(line):
            continue
        if closes(line) or line.casefold() in names:
            closed = at
        elif not ((len(words) <= 3 and _greets(words)) or (0 <= closed < at <= closed + 3 and _is_a_name(words))):
            return False
    return len(text) <= _MOST_LINES


def _greets(words: list[str]) -> bool:
    return words[0].casefold().rstrip(",.!") in _SALUTES and not any(
        sign.isdigit() or sign in "?" for word in words for sign in word
    )


def _is_a_name(words: list[str]) -> bool:
    return len(words) <= 3 and all(word[0].isupper() and word[-1] not in ":?!" for word in words)


def _may_be_said(text: Lines, at: int) -> bool:
    """Tell whether a line is no head, or has words that no head needs: the writer's may stand before it."""
    if not text.heads[at]:
        return True
    return at in text.known and text.known[at].kind == "attribution" and strangers(plain(text.bare[at])) > 0


def give_back(text: Lines) -> None:
    """Give the history back to a writer of whose words nothing would remain: it may hold them. What has quote marks,
    with a line that says who wrote it, stays folded, and so does what stands below our own line.
    """
    if answers_a_notice(text):
        return
    for start, end, kind in text.runs():
        if kind != "quote":
            continue
        lines = [at for at in range(start, end) if text.full[at] and not text.depth[at] and _may_be_said(text, at)]
        if not any(text.depth[start:end]) and lines:
            text.keep(start, end)
        for at in lines:
            text.keep(at, at + 1)
