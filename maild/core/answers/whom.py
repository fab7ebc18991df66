"""Addresses that an answer reaches nobody at: no-reply senders, machines, ourselves (law I13)."""

from __future__ import annotations

import re
from functools import lru_cache

from maild.core.robots.robot_words import ATTENDED_LOCAL, ROBOT_LOCAL
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail
from maild.core.values.people import is_ours

_ROBOT = re.compile(ROBOT_LOCAL, re.IGNORECASE)
_ATTENDED = re.compile(ATTENDED_LOCAL, re.IGNORECASE)
_MACHINE = re.compile(
    r"(?:www-data|wwwrun|apache2?|httpd|nginx|nobody|wordpress|cron|crond|anacron"
    r"|scan|scanner|skanner|mfp|mfc|copier|kopi|kopimaskin|kopiator|multifunksjon|printer|printers|skriver|skrivare"
    r"|voicemail|talepost|telefonsvarer|talsvar|röstbrevlåda|svarer|fax|faks|telefax)(?:[._+-].*|[0-9].*)?"
)
"""Local parts of programs and devices. What follows must be set apart, so that no name of a person begins so."""
_NOWHERE = ("localhost", "localdomain", "invalid")
"""Domains of the last resort, which no mail is ever carried to (RFC 6761)."""
MOST_LOCAL = 64


@lru_cache(maxsize=1024)
def nobody_reads(address: str) -> bool:
    """Tell whether an answer to an address would be read by nobody: a no-reply, a device, a host without a domain."""
    local, _, domain = address.lower().rpartition("@")
    if not local or "." not in domain or domain.rpartition(".")[2] in _NOWHERE:
        return True
    local = local[:MOST_LOCAL]
    if _MACHINE.fullmatch(local) is not None:
        return True
    return _ROBOT.match(local) is not None and _ATTENDED.match(local) is None


def author_of(mail: Mail, rulebook: Rulebook) -> str | None:
    """Return who wrote a mail, as far as that is somebody else: our own address names nobody (law I13).

    A list or a group that rewrites From writes in our name for everybody who writes to it.
    """
    address = mail.identity.address
    return None if address is None or is_ours(address, rulebook) else address
