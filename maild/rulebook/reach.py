"""Whether one rule's conditions cover another's: every mail that the second would take, the first takes.

Only what can be proven is said; None of the answers here depends on a mail.
"""

from __future__ import annotations

from maild.core.rules.conditions import (
    Address,
    AllOf,
    AnyOf,
    Condition,
    Domain,
    FieldIs,
    Globs,
    Header,
    Not,
    OneOf,
    Recipients,
    Words,
)
from maild.core.values.words import Needle


def covers(wide: Condition, narrow: Condition) -> bool:
    """Tell whether ``wide`` holds whenever ``narrow`` does."""
    if isinstance(wide, AllOf):
        return all(covers(part, narrow) for part in wide.parts)
    if isinstance(narrow, AnyOf):
        return all(covers(wide, part) for part in narrow.parts)
    if isinstance(narrow, AllOf) and any(covers(wide, part) for part in narrow.parts):
        return True
    if isinstance(wide, AnyOf):
        return any(covers(part, narrow) for part in wide.parts)
    if isinstance(wide, Not) and isinstance(narrow, Not):
        return covers(narrow.part, wide.part) and covers(wide.part, narrow.part)
    return wide == narrow or _wider(wide, narrow)


def _wider(wide: Condition, narrow: Condition) -> bool:
    """Compare two plain conditions of the same kind."""
    if isinstance(wide, Words) and isinstance(narrow, Words):
        return wide.where in ("any", narrow.where) and all(
            any(_needle(one, other) for one in wide.needles) for other in narrow.needles
        )
    if isinstance(wide, Address) and isinstance(narrow, Address):
        return wide.what == narrow.what and _globs(wide.globs, narrow.globs)
    if isinstance(wide, Domain) and isinstance(narrow, Domain):
        return all(any(d == w or d.endswith(f".{w}") for w in wide.domains) for d in narrow.domains)
    if isinstance(wide, Domain) and isinstance(narrow, Address):
        return (
            narrow.what == "from"
            and not narrow.globs.patterns
            and all(
                any(f".{address.rpartition('@')[2]}".endswith(f".{domain}") for domain in wide.domains)
                for address in narrow.globs.exact
            )
        )
    if isinstance(wide, OneOf) and isinstance(narrow, OneOf):
        return wide.what == narrow.what and narrow.names <= wide.names
    if isinstance(wide, Header) and isinstance(narrow, Header):
        return _header(wide, narrow)
    if isinstance(wide, FieldIs) and isinstance(narrow, FieldIs):
        return wide.name == narrow.name and _globs(wide.globs, narrow.globs)
    if isinstance(wide, Recipients) and isinstance(narrow, Recipients):
        most = wide.most is None or (narrow.most is not None and narrow.most <= wide.most)
        return wide.least <= narrow.least and most
    return False


def _header(wide: Header, narrow: Header) -> bool:
    if wide.name != narrow.name or not (wide.present and narrow.present):
        return False
    return wide.globs is None or (narrow.globs is not None and _globs(wide.globs, narrow.globs))


def _needle(wide: Needle, narrow: Needle) -> bool:
    """Tell whether a text that holds the narrow words always holds the wide ones."""
    inside = f" {narrow.text} " if narrow.single else narrow.text
    return (f" {wide.text} " if wide.single else wide.text) in inside


def _globs(wide: Globs, narrow: Globs) -> bool:
    same = {pattern.pattern for pattern in wide.patterns}
    return all(wide.match(text) for text in narrow.exact) and all(p.pattern in same for p in narrow.patterns)
