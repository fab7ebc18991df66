"""``maild password``: a line for the password file of the submission door."""

from __future__ import annotations

import getpass
import sys

from maild.channels.smtp.passwords import hash_password
from maild.core.errors import MaildError


def print_line(login: str) -> None:
    """Ask twice on a terminal (or read one line of standard input) and print ``login:hash``; the secret is not shown.

    Raises:
        MaildError: when the two differ, nothing was typed, or the login is no address.

    """
    if "@" not in login or ":" in login or any(letter.isspace() for letter in login):
        raise MaildError(f"{login!r} is not a mail address; a login is the agent's address")
    if sys.stdin.isatty():
        secret = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != secret:
            raise MaildError("the two passwords differ")
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise MaildError("a password may not be empty")
    print(f"{login}:{hash_password(secret)}")
