"""Whether a mail carries the part by which programs know an emoji that somebody clicked on (Gmail's, RFC 9078)."""

from __future__ import annotations

from maild.mail.mime.structure import Part

_TYPE = "text/vnd.google.email-reaction+json"


def carries(root: Part) -> bool:
    """Tell whether one of the parts is such a reaction."""
    if not root.parts:
        return root.disposition == "reaction"
    return any(part.type == _TYPE or part.disposition == "reaction" for part in root.whole())
