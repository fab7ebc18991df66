"""AUTH PLAIN and AUTH LOGIN as data: what a client's base64 says (RFC 4616, RFC 4954)."""

from __future__ import annotations

import base64
import binascii

from maild.channels.smtp_path import Malformed

MECHANISMS = ("PLAIN", "LOGIN")
ASK_NAME = "334 " + base64.b64encode(b"Username:").decode()
ASK_SECRET = "334 " + base64.b64encode(b"Password:").decode()
ABORTED = "501 5.7.0 Login given up"


def decode(text: bytes) -> bytes:
    """Decode one answer of a client; ``=`` alone is an empty one.

    Raises:
        Malformed: with the reply.

    """
    if text == b"*":
        raise Malformed(ABORTED)
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed("501 5.5.2 That is not base64") from None


def name_and_secret(blob: bytes) -> tuple[str, str]:
    """Split PLAIN's ``authzid NUL authcid NUL passwd``; acting for somebody else is not offered.

    Raises:
        Malformed: with the reply.

    """
    parts = blob.split(b"\0")
    if len(parts) != 3:
        raise Malformed("501 5.5.2 PLAIN is authzid, login and password with NUL between")
    acting_for, login, secret = (text(part) for part in parts)
    if acting_for and acting_for != login:
        raise Malformed("535 5.7.8 Acting for another login is not allowed")
    return login, secret


def text(blob: bytes) -> str:
    """Decode UTF-8.

    Raises:
        Malformed: with the reply.

    """
    try:
        return blob.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("501 5.5.2 That is not UTF-8") from None
