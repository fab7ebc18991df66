"""What the commands of a conversation work on: its state, and the few things it can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from maild.channels.smtp.door import Door, OpenDoor


@dataclass(slots=True, kw_only=True)
class State:
    """How far a client has come."""

    secure: bool = False
    """TLS is on."""
    helo: str = ""
    login: str | None = None
    sender: str | None = None
    """The return path of the mail under way; ``""`` is ``<>``, None is no mail."""
    recipients: list[str] = field(default_factory=list)
    errors: int = 0
    commands: int = 0
    idle_commands: int = 0
    logins: int = 0
    """Failed ones."""

    def forget_mail(self) -> None:
        """Forget the envelope."""
        self.sender, self.recipients = None, []

    def forget_client(self) -> None:
        """Forget what was said before TLS (RFC 3207 §4.2)."""
        self.helo, self.login = "", None
        self.forget_mail()

    def forgive(self) -> None:
        """A mail came in: the counts begin anew."""
        self.errors = self.commands = self.idle_commands = 0


class Talk(Protocol):
    """One conversation."""

    state: State
    peer: str

    @property
    def opened(self) -> OpenDoor:
        """What all conversations of the door share."""
        ...

    @property
    def door(self) -> Door:
        """What the door was told to be."""
        ...

    def say(self, reply: str) -> None:
        """Queue a reply; it goes out when no further command waits (RFC 2920 §3.2)."""
        ...

    async def ask(self, challenge: str) -> bytes:
        """Say something and read the next line."""
        ...

    def hang_up(self, reply: str) -> None:
        """Say a last word and close."""
        ...

    async def start_tls(self) -> None:
        """Speak TLS from here."""
        ...

    async def receive(self) -> None:
        """Say 354, take the mail and answer for it."""
        ...


def wrong(talk: Talk, reply: str) -> None:
    """Say that the client erred, and count it."""
    talk.say(reply)
    talk.state.errors += 1
