"""Deliver to a relay by SMTP: a few connections, kept open and used again.

aiosmtplib greets, encrypts and logs in; then :mod:`maild.channels.outgoing.session` takes the connection over, because
aiosmtplib's own protocol drops replies that arrive together, so it cannot pipeline.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal, cast

import aiosmtplib

from maild.channels.oauth2 import Tokens
from maild.channels.outgoing.session import Lost, Offers, Reply, Session
from maild.core.deliveries.delivery import Answer, Blame, Taken, flaw, is_path, judge, untold
from maild.core.deliveries.refusals import Stage, blame
from maild.core.errors import MaildError, Unusable

Tls = Literal["none", "opportunistic", "starttls", "implicit"]

PAUSE = 2.0
"""Seconds in which nobody knocks again after the relay was not to be had; each mail in between shares that answer."""
FEWER = 30.0
"""Seconds for which one connection less is tried when the relay turns away the next one but keeps the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds; together below the 15 minutes after which another process may take a claim over (RFC 5321 §4.5.3.2)."""

    connect: float = 30.0
    """From the first packet to greeted, encrypted and logged in."""
    command: float = 60.0
    """For the replies to MAIL, RCPT and DATA."""
    data: float = 600.0
    """For writing the message and the reply to its end."""
    idle: float = 10.0
    """Idleness after which a connection must prove that it is alive (RSET) before a mail is given to it."""


class Unreachable(Exception):
    """There is no connection to the relay, and why; ``refused`` when the relay itself said so, and for good."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class Relay:
    """The relay that takes what maild sends.

    ``tls`` is *none*, *opportunistic* (STARTTLS when offered, certificate not verified: better than nothing),
    *starttls* or *implicit* (both verified, never without). With a login, *opportunistic* means *starttls* unless the
    relay is this machine: a password never travels unprotected. ``tokens`` stand in for a password (XOAUTH2).
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: Tls = "opportunistic",
        username: str | None = None,
        password: str | None = None,
        tokens: Tokens | None = None,
        connections: int = 8,
        hostname: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._host, self._port, self._hostname = host, port, hostname
        self._username, self._password, self._tokens = username, password, tokens
        here = host in ("localhost", "127.0.0.1", "::1")
        if username is not None and not here:
            if tls == "none":
                raise Unusable(f"the relay {host}:{port} wants a login, and a password is not sent without TLS")
            tls = "starttls" if tls == "opportunistic" else tls
        self._tls: Tls = tls
        self._context = _context(tls) if ssl_context is None else ssl_context
        self._timeouts = timeouts or Timeouts()
        self._slots: asyncio.LifoQueue[Session | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._slots.put_nowait(None)
        self._live = 0
        self._opening = asyncio.Lock()
        self._down, self._refused = "", False
        self._down_until = 0.0
        self._not_before = 0.0
        """Connections opened before are not used again: the relay may have been set right since."""

    async def send(self, sender: str, recipient: str, data: bytes, taken: Taken = untold) -> Answer:
        """Try once to hand over one mail; ``sender`` "" is the null return path ``<>``. Never raises but cancellation.

        ``taken`` is told the relay's answer as soon as it says that it has the mail, before anything else runs.
        A kept-open connection that turns out dead before the message was sent is replaced within the same attempt,
        and so is one that refuses as if by how things are set up: a relay may keep to the set-up it was opened under.
        """
        wrong = _unsendable(sender, recipient, data)
        if wrong is not None:
            return Answer(state="failed", answer=wrong)
        for last in (False, True):
            try:
                session = await self._take()
            except Unreachable as error:
                whose: Blame = "all" if error.refused else "letter"
                return Answer(state="deferred", answer=str(error), relay=True, blame=whose)
            again = session.used > 0 and not last
            try:
                options = _options(session.offers, sender, recipient, data)
                if isinstance(options, Answer):
                    return options
                reply, stage = await session.deliver(sender, recipient, options, data, taken)
                whose = self._weigh(session, reply, stage)
            except Lost as lost:
                if again and lost.safe:
                    continue
                return Answer(state="deferred", answer=f"{lost} ({self._name()})")
            finally:
                self._give(session)
            if reply.code < 500 and whose != "denied":
                whose = "letter"  # it passes; but Postfix says 454 for ever to whom it does not relay for
            if again and stage != "end" and (reply.code == 421 or whose != "letter"):
                continue
            end = stage == "end"
            state = judge(reply.code, end=end)
            return Answer(state=state, answer=str(reply), blame=whose, message=end and state != "sent")
        raise AssertionError("the second try returns")

    def _weigh(self, session: Session, reply: Reply, stage: Stage) -> Blame:
        """Tell whose fault a reply is; when it may be the set-up's, no connection is used again that it could be of."""
        if reply.code < 400:
            return "letter"
        whose = blame(reply.code, reply.text, stage)
        if whose != "letter":
            session.quit()
            self._not_before = asyncio.get_running_loop().time()
        return whose

    async def reachable(self) -> bool:
        """Tell whether the relay is to be had now, without sending anything; it is asked, whatever it said before."""
        self._down_until = 0.0
        try:
            session = await self._take()
        except Unreachable:
            return False
        self._give(session)
        return True

    async def would_take(self, sender: str, recipient: str) -> bool:
        """Tell whether the relay would take a mail with this envelope now, on a new connection; nothing is sent."""
        self._down_until, self._not_before = 0.0, asyncio.get_running_loop().time()
        try:
            session = await self._take()
        except Unreachable:
            return False
        try:
            return await session.would_take(sender, recipient)
        finally:
            session.quit()
            self._give(session)

    async def close(self) -> None:
        """Say goodbye on every connection that is not in use."""
        while not self._slots.empty():
            session = self._slots.get_nowait()
            if session is not None:
                session.quit()
        await asyncio.sleep(0)

    def _name(self) -> str:
        return f"relay {self._host}:{self._port}"

    async def _take(self) -> Session:
        """Take a connection: the one used last, or a new one.

        Raises:
            Unreachable: when there is none and none can be made.

        """
        while True:
            session = await self._slots.get()
            try:
                if session is not None:
                    self._live -= 1
                    if not await self._alive(session):
                        session = None
                if session is None:
                    session = await self._open()
            except Unreachable:
                if self._live == 0:
                    self._slots.put_nowait(None)
                    raise
                asyncio.get_running_loop().call_later(FEWER, self._slots.put_nowait, None)
                continue
            except BaseException:
                self._slots.put_nowait(None)
                raise
            self._live += 1
            return session

    def _give(self, session: Session) -> None:
        if session.closed:
            self._live -= 1
        self._slots.put_nowait(None if session.closed else session)

    async def _alive(self, session: Session) -> bool:
        if session.closed:
            return False
        if session.opened < self._not_before:
            session.quit()
            return False
        if asyncio.get_running_loop().time() - session.idle_since < self._timeouts.idle:
            return True
        if await session.reset(within=5.0):
            return True
        session.abort("the relay closed the connection")
        return False

    async def _open(self) -> Session:
        """Connect, one at a time.

        Raises:
            Unreachable: with the reason; for a moment everybody gets the same one.

        """
        loop = asyncio.get_running_loop()
        async with self._opening:
            if loop.time() < self._down_until:
                raise Unreachable(self._down, refused=self._refused)
            try:
                async with asyncio.timeout(self._timeouts.connect):
                    return await self._connect()
            except (aiosmtplib.SMTPException, MaildError, OSError, ValueError) as error:
                if isinstance(error, aiosmtplib.SMTPAuthenticationError) and self._tokens is not None:
                    self._tokens.forget()
                self._refused = isinstance(error, aiosmtplib.SMTPResponseException) and 500 <= error.code < 600
                self._down = f"{self._name()}: {_reason(error)}"
                self._down_until = loop.time() + PAUSE
                raise Unreachable(self._down, refused=self._refused) from error

    async def _token(self) -> str:
        assert self._tokens is not None
        return await asyncio.to_thread(self._tokens.get)

    async def _connect(self) -> Session:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls == "implicit",
            start_tls={"starttls": True, "opportunistic": None}.get(self._tls, False),
            tls_context=self._context,
            username=self._username,
            password=self._password,
            oauth_token_generator=None if self._tokens is None else self._token,
            local_hostname=self._hostname,
            timeout=self._timeouts.connect,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                try:
                    await client.ehlo()
                except aiosmtplib.SMTPHeloError:
                    await client.helo()
        except BaseException:
            client.close()
            raise
        transport = cast("asyncio.Transport | None", client.transport)  # not one of uvloop's to isinstance
        if transport is None:
            raise ConnectionError("the relay closed the connection")
        has = client.supports_extension
        offers = Offers(
            pipelining=has("pipelining"),
            eight_bit=has("8bitmime"),
            utf8=has("smtputf8"),
            size=has("size"),
            most=_most(client.esmtp_extensions.get("size", "")),
        )
        return Session(transport, offers, command=self._timeouts.command, data=self._timeouts.data)


def _most(said: str) -> int:
    """Return how large a mail the relay says that it takes (RFC 1870 §4); 0 when it does not."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 18 else 0


def _context(tls: Tls) -> ssl.SSLContext | None:
    if tls == "none":
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _reason(error: BaseException) -> str:
    """Say what went wrong in one line, without anything secret."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return (
            f"the login was refused: {Reply(error.code, error.message.splitlines()[0][:200] if error.message else '')}"
        )
    text = " ".join(str(error).split())[:200]
    if isinstance(error, MaildError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _unsendable(sender: str, recipient: str, data: bytes) -> str | None:
    """Say why a mail can never go out, or None. These are our own faults, caught before the wire."""
    if not is_path(recipient) or (sender and not is_path(sender)):
        return "not sent: the address is not one that SMTP can carry"
    found = flaw(data)
    return f"not sent: the mail holds {found}" if found else None


def _options(offers: Offers, sender: str, recipient: str, data: bytes) -> bytes | Answer:
    """Return the parameters of MAIL; or the refusal when the relay lacks what the mail needs.

    RFC 6531 §3.2 and RFC 6152 §3: without the extension such a mail must not be sent.
    """
    if 0 < offers.most < len(data):
        said = f"552 5.3.4 the relay takes {offers.most} octets at most, and the mail has {len(data)}"
        return Answer(state="failed", answer=said)
    options = b" SIZE=%d" % len(data) if offers.size else b""
    if sender.isascii() and recipient.isascii() and data.isascii():
        return options
    head = data.partition(b"\r\n\r\n")[0]
    if not (sender.isascii() and recipient.isascii() and head.isascii()):
        if not offers.utf8:
            return Answer(state="failed", answer="5.6.7 the relay does not take internationalised mail (SMTPUTF8)")
        options += b" SMTPUTF8"
    if not data.isascii():
        if not offers.eight_bit:
            return Answer(state="failed", answer="5.6.3 the relay does not take 8-bit mail (8BITMIME)")
        options += b" BODY=8BITMIME"
    return options
