"""What an envelope sender names once the marks of forwarders and bounce filters are taken off (law I16).

==========================================  ===================  ======================================
written                                     by                   names
==========================================  ===================  ======================================
``box+SRS=hash=ts=kunde.example=per@us``    Exchange Online      ``per@kunde.example``
``bounces+SRS=hash=ts@us``                  Exchange Online      nobody: a relay's own bounce path
``SRS0=hash=ts=kunde.example=per@relay``    a forwarder (SRS)    ``per@kunde.example``
``SRS1=hash=first==hash=ts=kunde.…@relay``  a second forwarder   ``per@kunde.example``
``prvs=tag=per@kunde.example``              BATV                 ``per@kunde.example``
``btv1==tag==per@kunde.example``            BATV, Barracuda's    ``per@kunde.example``
==========================================  ===================  ======================================

Such an address names neither a robot (``bounces+…``) nor us, however it begins and wherever it ends.
"""

from __future__ import annotations

_EXCHANGE = "+srs="
_MOST_LAYERS = 5
"""A mail that was passed on so often is marked as often; each layer is taken off."""


def plain(sender: str | None) -> str | None:
    """Return what an envelope sender names without such marks: an address, "" for the null sender, None for nobody."""
    if not sender or "=" not in sender:
        return sender
    for _ in range(_MOST_LAYERS):
        named = _without_one(sender)
        if named is None or named == sender:
            return named
        sender = named
    return sender


def _without_one(sender: str) -> str | None:
    """Take off one mark; None when it names nobody, the same when there is none."""
    local, _, domain = sender.rpartition("@")
    small = local.lower()
    if (at := small.find(_EXCHANGE)) >= 0:  # the hash may hold any sign but "="
        return _named(local[at + len(_EXCHANGE) :].split("=", 3)[2:])
    if small[:4] in ("srs0", "srs1") and local[4:5] in ("=", "+", "-"):
        rest = local[5:]
        if small.startswith("srs1"):
            rest = rest.partition("==")[2] or rest.partition("=+")[2] or rest.partition("=-")[2]
        return _named(rest.split("=", 3)[2:])
    if small.startswith(("prvs=", "msprvs1=")):
        tag, _, name = local.partition("=")[2].partition("=")
        return f"{name or tag.partition('/')[0]}@{domain}"
    if small.startswith("btv1=="):
        name = local[6:].partition("==")[2]
        return f"{name}@{domain}" if name else sender
    return sender


def _named(parts: list[str]) -> str | None:
    """Return the address of ``[kunde.example, per]``; None when it is not there whole."""
    if len(parts) != 2 or not all(parts) or "." not in parts[0]:
        return None
    return f"{parts[1]}@{parts[0].lower()}"
