"""What mail clients set before a subject, in many languages: that it answers a mail, or that it passes one on.

The one home of these words; each stands casefolded and without its colon. ``vs`` is an answer in Finnish and passes on
in Norwegian, so it is both.
"""

from __future__ import annotations

import re

_ANSWERS = (
    "re sv svar svara aw antw antwort vs rép ref rif odp odpowiedź ynt yanıt vá válasz απ σχετ תגובה ats odg rés resp"
    " reply besvarat 回复 答复 回覆 答覆 返信 답장 отв r"
)
_FORWARDS = (
    "fw fwd fvd vs vb vl wg tr rv enc i pd ilt i̇lt iet wtr doorst fs dv tov továbbítás pfwd redir redir. vidaresend"
    " videresend videresendt vidarebefordrat vidarebefordran edelleenlähetys välitetty framsent πρθ προώθ yml 转发 轉寄"
    " 轉發 転送 전달 הועבר إعادة توجيه пересл пересл. переслано перен trs renv renvoi reenv reenviado tra edasi"
    " pers perst fwd(1) fwd[2] przek przekaz wyt vl: vyd posr proslijeđeno fyi weitergeleitet doorgestuurd iletilen"
    " yönl yönlendirilen ytr ttr turn"
)
_USUAL = "re sv svar vs antw aw ref rif odp vl fw fwd vb videresend wg tr rv i enc pd"
_SHORT = 4
"""Letters of a word that people may write before a colon of their own accord (``YML:``, ``FYI:``): a title keeps it,
unless it is a usual prefix here."""
ANSWERS, FORWARDS = frozenset(_ANSWERS.split()), frozenset(_FORWARDS.split())
ALL = ANSWERS | FORWARDS
_TAKEN_OFF = {word for word in ALL if word in _USUAL.split() or len(word) > _SHORT or not word.isascii()}
_TAGS = r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,3}"
"""``[EXTERN]``, ``[FK#1042]`` or a list's name before the prefix."""
_PREFIX = r"([^\s:：\[\]()]{1,18}\.?)\s{0,2}(?:[\[(]\d+[\])])?\s{0,2}[:：]\s*"
_FIRST = re.compile(_PREFIX)
_TAGGED = re.compile(_TAGS + _PREFIX)
_LONGEST = 100
"""Characters of a subject in which a prefix is looked for."""
_MOST = 20
"""Prefixes that are taken off a subject."""


def first(subject: str) -> str:
    """Return the word before a subject's first colon, casefolded, tags in brackets passed over; empty without one."""
    found = _TAGGED.match(subject[:_LONGEST])
    return "" if found is None else found.group(1).casefold()


def is_answer(subject: str) -> bool:
    """Tell whether a subject begins as that of an answer."""
    return first(subject) in ANSWERS


def is_forward(subject: str) -> bool:
    """Tell whether a subject begins as that of a mail that is passed on (``VS:``, ``WG:``, ``Fwd:``)."""
    return first(subject) in FORWARDS


def was_forwarded(subject: str) -> bool:
    """Tell whether a mail was passed on, or answers one that was (``Re: Fwd:``)."""
    rest = subject
    for _ in range(_MOST):
        found = _FIRST.match(rest.lstrip()[:_LONGEST])
        if found is None:
            return False
        word = found.group(1).casefold()
        if word in FORWARDS:
            return True
        if word not in ANSWERS:
            return False
        rest = rest.lstrip()[found.end() :]
    return False


def without(subject: str) -> str:
    """Return a subject without its prefixes."""
    rest = subject.strip()
    for _ in range(_MOST):
        found = _FIRST.match(rest[:_LONGEST])
        if found is None or found.group(1).casefold() not in _TAKEN_OFF:
            break
        rest = rest[found.end() :]
    return rest
