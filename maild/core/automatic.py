"""Marks of mail that no person wrote just now, for rules: automatic, from a list, a bounce; each with what shows it.

Whether a mail is *answered* is decided in :mod:`maild.core.acknowledgement`; these are the plain header facts.
"""

from __future__ import annotations

from maild.core.mail import Mail


def _header(mail: Mail, name: str) -> str:
    return next((value.strip().lower() for key, value in mail.headers if key == name), "")


def why_automatic(mail: Mail) -> str | None:
    """Say what shows that a program wrote it (RFC 3834 §5), or None."""
    submitted = _header(mail, "auto-submitted").partition(";")[0].strip()
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted}"
    if mail.envelope.sender == "":
        return "null return path"
    if (found := _header(mail, "precedence")) in ("bulk", "junk", "auto_reply"):
        return f"Precedence: {found}"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder"):
        if _header(mail, name):
            return f"header {name}"
    return None


def why_list(mail: Mail) -> str | None:
    """Say what shows that it came through a list (RFC 2919, RFC 2369), or None."""
    for name, _ in mail.headers:
        if name.startswith("list-") or name == "mailing-list":
            return f"header {name}"
    found = _header(mail, "precedence")
    return f"Precedence: {found}" if found == "list" else None


def why_bounce(mail: Mail) -> str | None:
    """Say what shows that it is a delivery report (RFC 3464), or None."""
    if mail.report is not None and mail.report.kind == "delivery-status":
        return f"delivery report {mail.report.status}".rstrip()
    return None
