"""What may go wrong, and the one decision whether it is temporary.

A door turns :class:`Temporary` into a 4xx reply; everything it does not know counts as temporary too, because
a permanent refusal for our own fault would lose a mail (law S3).
"""

from __future__ import annotations

from dataclasses import dataclass


class MaildError(Exception):
    """Something maild can explain to a person; the message is one sentence."""


class Temporary(MaildError):
    """Our own fault for the moment: the sender shall try again (451 4.3.0)."""


class StoreUnavailable(Temporary):
    """The database cannot be reached or is locked."""


class StoreFull(Temporary):
    """There is no room to store a mail (452 4.3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file an admin wrote."""

    where: str
    """``file:line`` (or the file alone when there is no line)."""
    what: str
    """What was found, what was expected, and the nearest valid name."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def decoded(data: bytes, name: str) -> str | Problem:
    """Return the text of a file that an admin wrote, or what is wrong with it: the first line that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(where=f"{name}:{line}", what="is not UTF-8 text; save the file as UTF-8")


class Unusable(MaildError):
    """Configuration, rules, templates or a store that maild refuses to start with: every problem at once."""

    def __init__(self, problems: tuple[Problem, ...] | str) -> None:
        self.problems = (Problem(where="maild", what=problems),) if isinstance(problems, str) else problems
        super().__init__("\n".join(str(problem) for problem in self.problems) if self.problems else "unusable")
