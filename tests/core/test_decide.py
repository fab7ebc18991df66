"""Deciding is total, pure and modest: any mail gets exactly one plan, and desks that answer each other fall silent."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.facts import (
    Arrival,
    CaseFacts,
    Counts,
    Facts,
    HeldMessage,
    LastAnswer,
    OutgoingFacts,
    RelatedCase,
    Status,
)
from maild.core.plan import AddMessage, OpenCase, Outcome, Plan
from maild.core.threads import tokens
from maild.core.values.mail import Attachment, Calendar, Mail, Report
from tests.kit import make
from tests.kit.make import (
    CAMILLA,
    DOMAIN,
    KARI,
    KEYS,
    LIV,
    NOW,
    REPLIES,
    STRANGER,
    case,
    decided,
    facts,
    mail,
    of,
    seen,
)

PEOPLE = [KARI, LIV, CAMILLA, STRANGER, None, f"it@{DOMAIN}", "no-reply@x.example", "postmaster@x.example"]
ADDRESSES = [
    f"it@{DOMAIN}",
    f"hr@{DOMAIN}",
    f"okonomi@{DOMAIN}",
    "nobody@else.example",
    f"postmaster@{DOMAIN}",
    make.signed_address(),
    make.signed_address(1043, "answer", of=CAMILLA),
    make.signed_address(1042, "internal"),
    make.signed_address(1042, "confirm", of=CAMILLA, reference=3),
    make.bounce_address(),
    make.bounce_address(99),
    f"it+1042.{'b' * 37}@{REPLIES}",
    f"it+9.{'a' * 37}@{REPLIES}",
    "",
    "@",
    "x@",
]
IDS = [
    make.signed_id(),
    make.signed_id(1043, "answer"),
    make.signed_id(None),
    "<first@client.example>",
    "<x@y>",
    "",
    "<>",
]
SUBJECTS = [
    "",
    "Hei",
    "Re: [FK#1042] x",
    "[FK#1042] [FK#1043]",
    "VS: [FK#1043]",
    "Automatisk svar: x",
    "[FK#999999999]",
]
HEADERS = [
    ("auto-submitted", "auto-replied"),
    ("auto-submitted", "no"),
    ("list-id", "x"),
    ("precedence", "bulk"),
    ("x-loop", "x"),
    ("thread-index", "A" * 40),
    ("x-auto-response-suppress", "All"),
    ("precedence", ""),
]
FILE = Attachment(name="a", type="a/b", size=1, sha256="x", start=0, end=1, encoding="identity")
REPORTS = [
    None,
    Report(kind="delivery-status", status="5.1.1", original_message_id=make.signed_id()),
    Report(kind="delivery-status"),
    Report(kind="disposition-notification"),
    Report(kind="feedback-report", status="x"),
]
CALENDARS = [
    None,
    Calendar(method="REPLY", uid=make.signed_id()),
    Calendar(method="", uid=""),
    Calendar(method="x", uid="y"),
]


@st.composite
def mails(draw: st.DrawFn) -> Mail:
    """Any mail that reading could hand over, odd ones most of all."""
    text = draw(
        st.sampled_from(["", "Hei", "#close", "Takk!", f"Se {CAMILLA} og [FK#1042]", "Ja"]) | st.text(max_size=80)
    )
    some = st.lists(st.sampled_from(ADDRESSES), max_size=3)
    envelope: dict[str, Any] = {
        "source": draw(st.sampled_from(["smtp", "submission", "imap", "inject"])),
        "login": draw(st.sampled_from([None, CAMILLA, "camilla", "x"])),
        "department": draw(st.sampled_from([None, "hr", "nowhere"])),
        "quiet": draw(st.booleans()),
        "peer": draw(st.sampled_from(["", "192.0.2.1"])),
    }
    if draw(st.booleans()):
        envelope["recipients"] = ()
    made = mail(
        text,
        author=draw(st.sampled_from(PEOPLE)),
        to=draw(some),
        cc=draw(some),
        subject=draw(st.sampled_from(SUBJECTS) | st.text(max_size=40)),
        verdict=draw(st.sampled_from(["pass", "fail", "none", "unknown"])),
        policy=draw(st.sampled_from([None, "none", "reject"])),
        sender=draw(st.sampled_from(["=", "", None, "x@y", "bounces@z.example", "nonsense"])),
        headers=draw(st.lists(st.sampled_from(HEADERS), max_size=3)),
        envelope=envelope,
        report=draw(st.sampled_from(REPORTS)),
        calendar=draw(st.sampled_from(CALENDARS)),
    )
    return replace(
        made,
        message_id=draw(st.sampled_from([*IDS, None])),
        in_reply_to=tuple(draw(st.lists(st.sampled_from(IDS), max_size=2))),
        references=tuple(draw(st.lists(st.sampled_from(IDS), max_size=4))),
        mentions=tuple(draw(st.lists(st.sampled_from([*IDS, *ADDRESSES]), max_size=3))),
        received_count=draw(st.sampled_from([0, 2, 30, 100])),
        loop=draw(st.sampled_from(["", "x", tokens.sign_loop(KEYS[0], make.INSTANCE)])),
        attachments=draw(st.sampled_from([(), (FILE,)])),
        date=draw(st.sampled_from([None, NOW, NOW - timedelta(days=9)])),
    )


@st.composite
def situations(draw: st.DrawFn) -> Facts:
    """Any facts that gathering could hand over."""
    statuses = st.sampled_from(get_args(Status))

    def one(number: int) -> Any:
        return case(
            number,
            status=draw(statuses),
            department=draw(st.sampled_from(["it", "hr", "okonomi", "gone"])),
            group=draw(st.sampled_from(["it-1", "hr-2", "gone"])),
            assignee=draw(st.sampled_from([None, "camilla", "gone"])),
            requester=draw(st.sampled_from([KARI, CAMILLA, ""])),
            participants=frozenset(draw(st.lists(st.sampled_from([KARI, LIV, CAMILLA, STRANGER]), max_size=3))),
            merged_into=draw(st.sampled_from([None, 1042, 1043, 1044, 7])),
            closed_at=draw(st.sampled_from([None, NOW, NOW - timedelta(days=99)])),
            confidential=draw(st.booleans()),
            references=tuple(draw(st.lists(st.sampled_from(IDS), max_size=2))),
        )

    cases = [one(number) for number in draw(st.sets(st.sampled_from([1042, 1043, 1044])))]
    held = HeldMessage(
        id=30,
        case=1042,
        agent=draw(st.sampled_from(["camilla", "gone"])),
        text=draw(st.sampled_from(["Hei", "#x", ""])),
        subject="x",
        message_id=None,
        references=(),
        inbound=3,
        done=draw(st.booleans()),
        internal=draw(st.booleans()),
    )
    outgoing = OutgoingFacts(
        id=77,
        case=draw(st.sampled_from([None, 1042, 5])),
        kind=draw(st.sampled_from(["ack", "operator", "assignment"])),
        to=draw(st.sampled_from([KARI, CAMILLA])),
        message_id=IDS[0],
        bounced=draw(st.booleans()),
        to_agent=draw(st.booleans()),
        created=draw(st.sampled_from([None, NOW - timedelta(hours=1)])),
    )
    number = st.sampled_from([0, 2, 20, 99999])
    arrival = Arrival(case=draw(st.sampled_from([None, 1042, 5])), at=NOW, subject_shape="", text_shape=())
    return facts(
        *cases,
        known=tuple(
            seen(found, draw(st.sampled_from([1042, 5])), author=KARI, addressees=frozenset({LIV})) for found in IDS[:5]
        ),
        duplicate=draw(st.sampled_from([None, None, None, make.earlier(inbound=1)])),
        arrivals=(arrival,) * draw(st.integers(0, 12)),
        counts=Counts(
            address_10min=draw(number),
            unauthenticated_hour=draw(number),
            domain_hour=draw(number),
            all_10min=draw(number),
            breaker_open_since=draw(st.sampled_from([None, NOW, NOW - timedelta(hours=1)])),
            confirmations_hour=draw(number),
            claims_hour=draw(number),
            strikes_hour=draw(number),
            burst_told=draw(st.booleans()),
        ),
        held=draw(st.sampled_from([{}, {3: held}])),
        outgoing=draw(st.sampled_from([{}, {77: outgoing}])),
        related=draw(st.sampled_from([(), (RelatedCase(number=9, title="Hei", conversation=""),)])),
        act_used=draw(st.booleans()),
        last_answers=draw(st.sampled_from([{}, {1042: LastAnswer(agent="gone", at=NOW)}])),
        outbox_ids=tuple(range(501, 501 + draw(st.sampled_from([64, 16])))),
    )


@settings(max_examples=300)
@given(
    given_mail=mails(),
    known=situations(),
    trust=st.sampled_from(["headers", "none"]),
    agents=st.sampled_from(["strict", "token"]),
)
def test_any_mail_gets_exactly_one_plan(given_mail: Mail, known: Facts, trust: str, agents: str) -> None:
    """Deciding never raises, is the same every time, and its plan keeps what holds for every plan (law A1, D3, W9)."""
    rules = make.rulebook(trust=trust, agents=agents)
    plan = decided(given_mail, known, rules)
    assert plan == decided(given_mail, known, rules), "pure"
    assert plan.outcome in get_args(Outcome) and plan.acked is (plan.no_ack is None)
    entries = of(plan, AddMessage)
    if plan.outcome in ("new", "entry", "pending", "silent", "answer", "note", "held", "refused"):
        assert entries and plan.case == entries[0].case, "law D3: an accepted mail ends in its case"
    if plan.outcome == "duplicate":  # a copy for another department may open a case there (law T12)
        opened = {change.number for change in of(plan, OpenCase)}
        assert all(entry.case in opened for entry in entries), "law D3: never two ends"
    if plan.outcome in ("unmatched", "ignored", "spam", "quarantined"):
        assert not entries, "law D3: never two ends"
    _modest(plan, given_mail, known, rules)


def _leads_to(number: int, case: CaseFacts, known: Facts) -> bool:
    """Tell whether merges lead from a case to another, also where they go in a circle, which no store should hold."""
    for _ in known.threads.cases:
        if case.merged_into == number:
            return True
        after = known.threads.cases.get(case.merged_into or 0)
        if after is None:
            return False
        case = after
    return False


def _modest(plan: Plan, given_mail: Mail, known: Facts, rules: Any) -> None:
    """What automatic mail, evidence and strangers may come to, as far as any plan shows it (law A4, T17, W14)."""
    assert len({n.outbox_id for n in plan.notices}) == len(plan.notices) <= len(known.outbox_ids)
    assert len({n.once_key for n in plan.notices}) == len(plan.notices)
    opened = {change.number for change in of(plan, OpenCase)}
    for notice in plan.notices:
        if notice.kind.startswith("ack"):
            assert given_mail.envelope.sender != "" and notice.return_path == "" and notice.case in opened
            assert notice.to == make.asked(given_mail, rules).caps.ack_to
        elif notice.kind == "answer":
            found = known.threads.cases[int(notice.case or 0)]
            assert notice.to in found.participants | {found.requester}, "law W14: answers go to participants only"
            assert given_mail.authentication.verdict != "fail" or given_mail.envelope.login is not None
        else:
            assert notice.to_agent and notice.automatic == "auto-generated" and notice.return_path
    for entry in of(plan, AddMessage):
        if entry.visibility == "public" and entry.case in known.threads.cases and entry.kind == "customer":
            found = known.threads.cases[entry.case]
            author = given_mail.identity.address
            joined = author in {change.address for change in plan.changes if hasattr(change, "address")}
            agents = rules.groups.get(found.group)
            # A merge unites who takes part: those of a case that lives on in this one are inside, too.
            united = [case for case in known.threads.cases.values() if _leads_to(found.number, case, known)]
            inside = any(author in case.participants or author == case.requester for case in (found, *united)) or (
                agents is not None and make.asked(given_mail, rules).agent in agents.members
            )
            inside = inside or make.asked(given_mail, rules).agent == found.assignee is not None
            assert inside or joined or (author is None and not found.requester), "law T17: nothing visible"


# -- desks that answer each other -----------------------------------------------------------------------------------


class ModelDesk:
    """One desk in a model of several: counts what a store would, remembers cases, and keeps its own caps."""

    def __init__(self, name: str) -> None:
        department = replace(make.DEPARTMENTS[1], address=f"it@{name}.example", aliases=())
        groups = (replace(make.GROUPS[1], assign="group", members=("camilla",)),)
        self.rules = make.rulebook(
            departments=(department,),
            groups=groups,
            reply_domain=f"sak.{name}.example",
            instance=name * 4,
            trust="none",
            operator=None,
        )
        self.address, self.name = department.address, name
        self.sent: list[tuple[datetime, str, str]] = []
        self.cases: dict[int, Any] = {}
        self.arrivals: list[tuple[str, Arrival]] = []
        self.held = 0

    def take(self, given_mail: Mail, now: datetime) -> list[Any]:
        """Decide about a mail at a time and keep what a store would; what it sends to non-agents."""
        asks = make.asked(given_mail, self.rules)

        def count(since: timedelta, at: int, value: str | None) -> int:
            return sum(1 for entry in self.sent if now - entry[0] < since and value in (None, entry[at]))

        counts = Counts(
            address_10min=count(timedelta(minutes=10), 1, asks.caps.ack_key or ""),
            address_day=count(timedelta(days=1), 1, asks.caps.ack_key or ""),
            domain_hour=count(timedelta(hours=1), 2, asks.caps.ack_domain or ""),
            all_10min=count(timedelta(minutes=10), 0, None),
        )
        recent = tuple(a for key, a in self.arrivals if key == asks.author_key and now - a.at < timedelta(minutes=10))
        number = 1000 + len(self.cases)
        known = facts(*self.cases.values(), now=now, number=number, counts=counts, arrivals=recent[-50:])
        plan = decided(given_mail, known, self.rules)
        for opened in of(plan, OpenCase):
            people = frozenset({opened.requester} - {""})
            self.cases[opened.number] = case(
                opened.number,
                department="it",
                group="it-1",
                assignee=None,
                requester=opened.requester,
                participants=people,
            )
        shape = Arrival(
            case=plan.case, at=now, subject_shape=given_mail.subject_shape, text_shape=given_mail.text_shape
        )
        self.arrivals.append((asks.author_key or "", shape))
        out = [notice for notice in plan.notices if not notice.to_agent and not notice.held]
        self.sent += [(now, str(n.author_key), n.to.rpartition("@")[2]) for n in out]
        return out


REWRITES = ("keep", "strip", "strip and noreply", "new subject", "alias")


def rewritten(notice: Any, sender: ModelDesk, how: str, step: int) -> Mail:
    """What a notice looks like after a hop that rewrites it: headers gone, another subject, another sender."""
    author = {"strip and noreply": f"noreply@{sender.name}.example", "alias": f"alias{step % 3}@{sender.name}.example"}
    bare = how != "keep"
    body = "Thank you, your request was registered." if how != "keep" else f"See {notice.reply_to} {notice.message_id}"
    return mail(
        body,
        author=author.get(how, notice.from_address),
        to=(
            notice.reply_to
            if how == "new subject" and notice.reply_to
            else f"it@{notice.to.rpartition('@')[2].removeprefix('sak.')}",
        ),
        sender="=" if bare else "",
        verdict="unknown",
        subject=f"Ticket {step}" if bare else notice.subject,
        headers=() if bare else (("auto-submitted", str(notice.automatic)),),
        in_reply_to=(),
        message_id=f"<{step}@{sender.name}.example>" if bare else notice.message_id,
        mentions=() if how in ("strip", "strip and noreply", "alias", "new subject") else (notice.message_id,),
    )


@settings(max_examples=30)
@given(
    names=st.integers(2, 4),
    rewrites=st.lists(st.sampled_from(REWRITES), min_size=1, max_size=4),
    delay=st.sampled_from([1, 20, 120]),
    fan=st.integers(1, 2),
)
def test_desks_that_answer_each_other_fall_silent(names: int, rewrites: list[str], delay: int, fan: int) -> None:
    """Whatever the hops between up to four desks rewrite, the caps bound it and it comes to rest (law A14)."""
    desks = {name: ModelDesk(name) for name in "abcd"[:names]}
    first = mail(author="it@b.example", to=("it@a.example",), verdict="unknown", subject="Ticket 0")
    waiting: deque[tuple[datetime, str, Mail]] = deque([(NOW, "a", first)])
    step, window = 0, timedelta(hours=24)
    while waiting and step < 400:
        at, name, given_mail = waiting.popleft()
        if at - NOW > window:
            continue
        for notice in desks[name].take(given_mail, at):
            for _ in range(fan):
                step += 1
                target = notice.to.rpartition("@")[2].removeprefix("sak.").split(".")[0]
                if target in desks:
                    how = rewrites[step % len(rewrites)]
                    answer = rewritten(notice, desks[name], how, step)
                    answer = make.at(answer, at + timedelta(seconds=delay))
                    waiting.append((at + timedelta(seconds=delay), target, answer))
    for desk in desks.values():
        for key in {entry[1] for entry in desk.sent}:
            times = [entry[0] for entry in desk.sent if entry[1] == key]
            assert len(times) <= 10, "at most 10 to one address in 24 hours"
            for one in times:
                assert sum(1 for other in times if timedelta(0) <= other - one < timedelta(minutes=10)) <= 3
    assert step < 400, "it comes to rest"


def test_two_desks_say_at_most_two_things() -> None:
    """Two desks with our own headers kept: an ack, and silence (law A14)."""
    a, b = ModelDesk("a"), ModelDesk("b")
    out = a.take(mail(author="it@b.example", to=("it@a.example",), verdict="unknown"), NOW)
    said = len(out)
    for hop in range(6):
        here, there = ((b, a), (a, b))[hop % 2]
        out = [n for notice in out for n in here.take(rewritten(notice, there, "keep", hop), NOW)]
        said += len(out)
    assert said == 1


def test_ten_thousand_forged_mails_write_to_thirty_an_hour() -> None:
    """Mails forged in many victims' names get 30 acks an hour together, none that leads anywhere (law A6, A9)."""
    acked = 0
    for at in range(2000):
        given_mail = mail(
            f"canary {at}",
            author=f"victim{at % 1000}@v{at % 50}.example",
            verdict="none",
            subject=("canary.example {}", "{} canary at evil.example", "canary, ring 555 01 {}")[at % 3].format(at),
            name="Canary",
        )
        plan = decided(given_mail, facts(counts=Counts(unauthenticated_hour=acked)))
        for ack in make.acks(plan):
            acked += 1
            assert ack.kind == "ack-minimal" and "canary" not in f"{ack.subject}{ack.to_name}".lower()
    assert acked == 30


def test_forged_state_headers_have_no_effect() -> None:
    """Whatever X-Maild-* or trust header a mail brings, its plan is the one it has without (law I12)."""
    plain = mail(author=STRANGER)
    expected = decided(plain, facts(case()))
    for name in ("case", "trace", "agent", "verdict", "audience", "visibility", "kind", "reply", "admin", "bypass"):
        for value in ("1042", "camilla"):
            forged = replace(plain, headers=((f"x-maild-{name}", value), ("authentication-results", "mx; dmarc=pass")))
            assert decided(forged, facts(case())) == expected
