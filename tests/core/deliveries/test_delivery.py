"""What becomes of an attempt, and when the next one is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.deliveries.delivery import GIVE_UP, LATE, flaw, is_late, is_path, judge, next_try

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_schedule_is_the_promised_one() -> None:
    """1 m 5 m 15 m 30 m 1 h 2 h, then every 4 h; once when it is late, once when it is given up."""
    at, tries = NOW, []
    for attempts in range(1, 100):
        due = next_try(attempts, NOW, at)
        if due is None:
            break
        tries.append(due - at)
        at = due
    assert [wait / MINUTE for wait in tries[:8]] == [1, 5, 15, 30, 60, 120, 9, 240]
    assert set(tries[7:-1]) == {timedelta(hours=4)}
    assert at == NOW + GIVE_UP
    assert len(tries) + 1 <= 40


@given(st.lists(st.floats(0, 1800), max_size=60), st.integers(-3600, 3600))
def test_however_slow_the_attempts_are(delays: list[float], skew: int) -> None:
    """The next try is later than now, never past five days, there are at most 40, and an agent is told at 4 h."""
    created = NOW + timedelta(seconds=skew)
    at, attempts, told = NOW, 0, None
    delay = iter(delays)
    while True:
        attempts += 1
        at += timedelta(seconds=next(delay, 0.1))
        if told is None and is_late(created, at):
            told = at
        due = next_try(attempts, created, at)
        if due is None:
            break
        assert at < due <= created + GIVE_UP
        at = due
    assert attempts <= 40
    assert told is not None and told - created <= LATE + timedelta(seconds=1800)


def test_a_clock_that_goes_back_delays_nothing_for_long() -> None:
    """With a clock set back by a year the next try is still one pause away."""
    back = NOW - timedelta(days=365)
    assert next_try(3, NOW, back) == back + timedelta(minutes=15)
    assert not is_late(NOW, back)


def test_only_the_relay_says_yes_and_only_about_this_mail_no() -> None:
    """Sent needs a 2xx to the end of DATA; failed needs a 5xx that is about the mail; all else is tried again."""
    ours = {500, 502, 503, 530, 534, 535, 538}
    for code in range(100, 1000):
        failed = 500 <= code < 600 and code not in ours
        assert judge(code, end=True) == ("sent" if 200 <= code < 300 else "failed" if failed else "deferred")
        assert judge(code, end=False) == ("failed" if failed else "deferred")


@given(st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a", b".", b"\0"])))
def test_no_bare_cr_or_lf_may_leave(parts: list[bytes]) -> None:
    """Bytes are good exactly when taking out the pairs leaves neither CR nor LF, and there is no NUL."""
    data = b"".join(parts)
    rest = data.replace(b"\r\n", b"")
    assert (flaw(data) is None) == (b"\r" not in rest and b"\n" not in rest and b"\0" not in rest)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("kari@a.example", True),
        ("o'brien+x=y@a.example", True),
        ('"kari moen"@a.example', True),
        ("bjørn@blåbær.example", True),
        ("b+12.abc@a.example", True),
        ("kari", False),
        ("", False),
        ("kari@", False),
        ("@a.example", False),
        ("kari@a.example> SIZE=1", False),
        ("kari@a.example\r\nDATA", False),
        ("kari@a.example\n", False),
        ("ka ri@a.example", False),
        ('"a\\"@b"@c.example', False),
        ("<kari@a.example>", False),
        ("kari@a.example\0", False),
        ("kari@a\u2028.example", False),
        ("x" * 400 + "@a.example", False),
    ],
)
def test_an_address_says_nothing_but_itself(address: str, good: bool) -> None:
    """What could end the command, begin another or add a parameter is no address."""
    assert is_path(address) is good
