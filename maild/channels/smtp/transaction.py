"""A mail that is whole: judged, stored, answered for."""

from __future__ import annotations

import asyncio

from maild.channels.smtp import data, replies
from maild.channels.smtp.data import Body
from maild.channels.smtp.talk import Talk
from maild.core.errors import StoreFull
from maild.core.values.mail import Envelope


async def finish(talk: Talk, body: Body) -> str:
    """Judge and store a mail; the reply."""
    if body.refused is not None:
        return body.refused
    raw = body.take()
    if data.hops(raw) >= data.MOST_HOPS:
        return replies.LOOPING
    return await _store(talk, raw)


async def _store(talk: Talk, raw: bytes) -> str:
    """Commit, however long it takes us and whatever the client does meanwhile; the reply."""
    state, opened = talk.state, talk.opened
    assert state.sender is not None
    envelope = Envelope(
        source=talk.door.kind,
        received=opened.now(),
        sender=state.sender,
        recipients=tuple(dict.fromkeys(state.recipients)),
        peer=talk.peer,
        helo=state.helo,
        login=state.login,
    )
    task = opened.commit(envelope, raw)
    await asyncio.wait({task})  # cancelling this wait does not cancel the task
    if task.cancelled():
        return replies.OUR_FAULT
    error = task.exception()
    return replies.stored(task.result()) if error is None else refusal(error)


def refusal(error: BaseException) -> str:
    """Answer a fault of ours: always temporary, and nothing of its text (law S3)."""
    return replies.FULL if isinstance(error, StoreFull) else replies.OUR_FAULT


def conclude(talk: Talk, reply: str) -> None:
    """Answer a mail: once, or on LMTP once for each recipient (RFC 2033 §4.2)."""
    state = talk.state
    for _ in state.recipients if talk.door.kind == "lmtp" else (None,):
        talk.say(reply)
    state.forget_mail()
    if reply[0] == "2":
        state.forgive()
    elif reply[0] == "5":
        state.errors += 1
