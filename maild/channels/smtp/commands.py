"""The commands of SMTP and LMTP but for the mail's own bytes: greeting, envelope, small talk.

Each takes the conversation and its argument, and says its reply; :class:`Malformed` carries the reply to a client
that erred.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from maild.channels.smtp import auth, path, replies
from maild.channels.smtp.path import Malformed
from maild.channels.smtp.talk import Talk

Command = Callable[[Talk, str], Awaitable[None]]
LONGEST = {"AUTH": 12288, "MAIL": 2048, "RCPT": 2048}
"""Octets of a command line (RFC 4954 §4; RFC 5321 §4.5.3.1.4 with room for parameters and UTF-8)."""
LONGEST_OTHER = 1024


async def helo(talk: Talk, argument: str) -> None:
    """HELO: plain SMTP (RFC 5321 §4.1.1.1)."""
    _greeted(talk, argument)
    talk.say(f"250 {talk.door.hostname}")


async def ehlo(talk: Talk, argument: str) -> None:
    """EHLO, and LHLO on LMTP: what we offer."""
    _greeted(talk, argument)
    door = talk.door
    lines = [door.hostname, f"SIZE {door.max_size}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"]
    if door.tls == "starttls" and not talk.state.secure:
        lines.append("STARTTLS")
    if auth.offered(talk):
        lines.append("AUTH " + " ".join(auth.MECHANISMS))
    talk.say("\r\n".join((*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")))


def _greeted(talk: Talk, argument: str) -> None:
    if not argument or not argument.isprintable() or len(argument) > 255:
        raise Malformed(replies.WHO)
    talk.state.helo = argument
    talk.state.forget_mail()


async def starttls(talk: Talk, argument: str) -> None:
    """STARTTLS (RFC 3207); what was said before is forgotten."""
    if argument:
        raise Malformed(replies.NO_ARGUMENT)
    if talk.door.tls != "starttls":
        raise Malformed(replies.NO_TLS)
    if talk.state.secure:
        raise Malformed(replies.ORDER)
    talk.say(replies.TLS)
    await talk.start_tls()
    talk.state.forget_client()


async def mail(talk: Talk, argument: str) -> None:
    """MAIL: begin a mail, when there is room for one."""
    state, opened = talk.state, talk.opened
    if state.sender is not None or not state.helo:
        raise Malformed(replies.ORDER)
    if talk.door.kind == "submission" and state.login is None:
        raise Malformed(replies.LOG_IN)
    parsed = path.parse("FROM:", argument)
    path.check_mail(parsed.parameters, max_size=talk.door.max_size, auth=auth.offered(talk))
    if parsed.address and "@" not in parsed.address:
        raise Malformed(replies.NO_DOMAIN)
    if opened.room is not None and not opened.room():
        talk.say(replies.FULL)
        return
    state.sender = parsed.address
    talk.say(replies.SENDER)


async def rcpt(talk: Talk, argument: str) -> None:
    """RCPT: take a recipient that is ours, refuse any other here and now (never by a later bounce)."""
    state = talk.state
    if state.sender is None:
        raise Malformed(replies.ORDER)
    parsed = path.parse("TO:", argument)
    if not parsed.address:
        raise Malformed(replies.NOBODY)
    if parsed.parameters:
        raise Malformed(replies.UNKNOWN_PARAMETER)
    if len(state.recipients) >= talk.door.max_recipients:
        talk.say(replies.RECIPIENTS)
    elif not talk.opened.knows(parsed.address):
        talk.say(replies.UNKNOWN_RECIPIENT)
    elif state.sender == "" and state.recipients:
        talk.say(replies.REPORT_FOR_MANY)
    else:
        state.recipients.append(parsed.address)
        talk.say(replies.RECIPIENT)


async def data(talk: Talk, argument: str) -> None:
    """DATA: the mail itself."""
    if argument:
        raise Malformed(replies.NO_ARGUMENT)
    if not talk.state.recipients:
        raise Malformed(replies.NO_RECIPIENT)
    await talk.receive()


async def rset(talk: Talk, _argument: str) -> None:
    """RSET: forget the mail under way."""
    talk.state.idle_commands += 1
    talk.state.forget_mail()
    talk.say(replies.FORGOTTEN)


async def noop(talk: Talk, _argument: str) -> None:
    """NOOP."""
    talk.state.idle_commands += 1
    talk.say(replies.FINE)


async def vrfy(talk: Talk, _argument: str) -> None:
    """VRFY: tells nothing (RFC 5321 §3.5.3)."""
    talk.state.idle_commands += 1
    talk.say(replies.SEE)


async def help_(talk: Talk, _argument: str) -> None:
    """HELP."""
    talk.state.idle_commands += 1
    talk.say(replies.HELP)


async def quit_(talk: Talk, _argument: str) -> None:
    """QUIT."""
    talk.hang_up(replies.BYE)


_BOTH: dict[str, Command] = {
    "MAIL": mail,
    "RCPT": rcpt,
    "DATA": data,
    "RSET": rset,
    "NOOP": noop,
    "QUIT": quit_,
    "VRFY": vrfy,
    "HELP": help_,
    "STARTTLS": starttls,
    "AUTH": auth.auth,
}
_SMTP = _BOTH | {"EHLO": ehlo, "HELO": helo}
COMMANDS = {"smtp": _SMTP, "submission": _SMTP, "lmtp": _BOTH | {"LHLO": ehlo}}
"""What each kind of door understands."""
