"""Lanes: every mail is handed out once or left over, in order within its lane."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.channels.outgoing.lanes import Lanes
from maild.storage.letters_out import ToSend

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def mail(key: int, lane: int) -> ToSend:
    """Return a mail of a lane; odd lanes belong to no case."""
    return ToSend(
        id=key,
        case=None if lane % 2 else lane,
        recipient=f"k{lane}@a.example",
        return_path="",
        message_id="",
        data=b"x" * key,
        attempts=1,
        created=NOW,
        kind="ack",
        to_agent=False,
    )


@settings(max_examples=150)
@given(st.lists(st.one_of(st.tuples(st.just("add"), st.integers(0, 3)), st.tuples(st.booleans(), st.integers(0, 9)))))
def test_each_mail_has_one_end(steps: list[tuple[str | bool, int]]) -> None:
    """Mails are handed out one at a time per lane and in order, given up behind a failing one, or left over."""

    async def story() -> None:
        lanes, added, working, ended = Lanes(), 0, [], set()
        handed: list[ToSend] = []
        for what, number in steps:
            if what == "add":
                added += 1
                lanes.add(mail(added, number), NOW)
            elif working:
                one = working.pop(number % len(working))
                ended |= {one.id, *lanes.done(one, go_on=bool(what))}
            while not lanes._ready.empty():
                found = await lanes.next()
                assert found is not None and found[1] == NOW
                assert all(found[0].recipient != other.recipient for other in working), "one at a time"
                working.append(found[0])
                handed.append(found[0])
            alive = [key for key in range(1, added + 1) if key not in ended]
            assert (lanes.count, lanes.bytes) == (len(alive), sum(alive))
        for lane in range(4):
            mine = [one.id for one in handed if one.recipient == f"k{lane}@a.example"]
            assert mine == sorted(set(mine))
        lanes.close(2)
        assert [await lanes.next(), await lanes.next()] == [None, None]
        left = set(lanes.left())
        assert left | ended | {one.id for one in working} == set(range(1, added + 1))
        for one in working:
            assert not lanes.done(one, go_on=True)
        assert lanes._ready.empty(), "nothing is handed out after the end"

    asyncio.run(story())
