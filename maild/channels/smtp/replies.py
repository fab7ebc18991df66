"""Every reply of the door, so that a postmaster can read them in one place and a test can hold them to it.

A permanent refusal is said only for what :data:`PERMANENT` names; our own faults are 4xx (law S3). All but the
greeting, EHLO's and 354 carry an enhanced code (RFC 2034).
"""

from __future__ import annotations

# -- ours to mend: the sender keeps the mail ------------------------------------------------------------------------
OUR_FAULT = "451 4.3.0 Trouble on our side, try again later"
FULL = "452 4.3.1 No room to store mail now, try again later"
STOPPING = "421 4.3.2 Shutting down, try again later"
TOO_MANY = "421 4.3.2 Too many connections, try again later"
TOO_MANY_OF_YOURS = "421 4.7.0 Too many connections from your address, try again later"

# -- a client that takes too much -----------------------------------------------------------------------------------
CROWDED = "421 4.3.2 Idle while others wait, goodbye"
SLOW = "421 4.4.2 Too slow, goodbye"
ERRORS = "421 4.7.0 Too many errors, goodbye"
COMMANDS = "421 4.7.0 Too many commands without a mail, goodbye"
LOGINS = "421 4.7.0 Too many failed logins, goodbye"
LOGINS_CLOSED = "454 4.7.0 Too many failed logins, try again later"
RECIPIENTS = "452 4.5.3 Too many recipients for one mail"
REPORT_FOR_MANY = "452 4.5.3 A report goes to one recipient"

# -- good -----------------------------------------------------------------------------------------------------------
SENDER = "250 2.1.0 Sender taken"
RECIPIENT = "250 2.1.5 Recipient taken"
GO_ON = "354 Go on, a line with a dot ends it"
FORGOTTEN = "250 2.0.0 Forgotten"
FINE = "250 2.0.0 Fine"
SEE = "252 2.1.5 Send it and see"
HELP = "214 2.0.0 See RFC 5321"
BYE = "221 2.0.0 Bye"
TLS = "220 2.0.0 Go ahead"
WELCOME = "235 2.7.0 Welcome"

# -- permanent: the client is wrong and trying again would not help -------------------------------------------------
UNKNOWN_COMMAND = "500 5.5.2 Command not known"
LONG_COMMAND = "500 5.5.2 Command line too long"
LONG_LINE = "500 5.5.2 A line of the mail is longer than 65536 octets"
CONTROLS = "501 5.5.2 Control characters or invalid UTF-8 in the command"
MAIL_SYNTAX = "501 5.5.4 Syntax: MAIL FROM:<address>"
RCPT_SYNTAX = "501 5.5.4 Syntax: RCPT TO:<address>"
NO_ADDRESS = "501 5.1.3 That is not an address"
NO_DOMAIN = "501 5.1.3 The address has no domain"
LONG_ADDRESS = "501 5.1.3 The address is too long"
NOBODY = "501 5.1.3 A mail needs somebody to go to"
BAD_PARAMETERS = "501 5.5.4 The parameters cannot be read"
BAD_VALUE = "501 5.5.4 That value of a parameter is not known"
NO_ARGUMENT = "501 5.5.4 That command has no argument"
WHO = "501 5.5.4 Say who you are"
ORDER = "503 5.5.1 That command comes at the wrong place"
NO_RECIPIENT = "503 5.5.1 No recipient was taken"
UNKNOWN_PARAMETER = "555 5.5.4 Parameter not known"
NO_TLS = "502 5.5.1 TLS is not offered"
NO_LOGINS = "502 5.5.1 Logins are not taken here"
AUTH_SYNTAX = "501 5.5.4 Syntax: AUTH mechanism [initial-response]"
MECHANISM = "504 5.5.4 That mechanism is not offered"
NOT_BASE64 = "501 5.5.2 That is not base64 of UTF-8"
NOT_PLAIN = "501 5.5.2 PLAIN is authzid, login and password with NUL between"
GIVEN_UP = "501 5.7.0 Login given up"
LOG_IN = "530 5.7.0 Log in first"
ENCRYPT = "538 5.7.11 Speak TLS first"
WRONG_LOGIN = "535 5.7.8 Login or password is wrong"
OTHER_LOGIN = "535 5.7.8 Acting for another login is not allowed"
UNKNOWN_RECIPIENT = "550 5.1.1 No such recipient here"
TOO_BIG = "552 5.3.4 The mail is larger than we take"
LOOPING = "554 5.4.6 The mail has passed 100 hosts: it loops"

PERMANENT: dict[str, tuple[str, ...]] = {
    "syntax": (
        *(UNKNOWN_COMMAND, LONG_COMMAND, LONG_LINE, CONTROLS, MAIL_SYNTAX, RCPT_SYNTAX, NO_ADDRESS, NO_DOMAIN),
        *(LONG_ADDRESS, NOBODY, BAD_PARAMETERS, BAD_VALUE, NO_ARGUMENT, WHO, ORDER, NO_RECIPIENT, UNKNOWN_PARAMETER),
        *(NO_TLS, NO_LOGINS, AUTH_SYNTAX, MECHANISM, NOT_BASE64, NOT_PLAIN, GIVEN_UP),
    ),
    "auth": (LOG_IN, ENCRYPT, WRONG_LOGIN, OTHER_LOGIN),
    "unknown recipient": (UNKNOWN_RECIPIENT,),
    "size": (TOO_BIG,),
    "loop": (LOOPING,),
}
"""Reason → the replies that give it."""


def stored(key: int) -> str:
    """Return the reply for a mail that a crash can no longer lose."""
    return f"250 2.6.0 Stored as {key}"
