"""Which mails get an acknowledgement, as one table: the first row that matches wins (law A1, A2)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.acknowledgement.look import Row
from maild.core.acknowledgement.table import ROWS
from maild.core.arrivals.incoming import look
from maild.core.draft import MailDraft
from maild.core.facts import Counts, Facts
from maild.core.plan import ACKS, OpenBreaker, Plan
from maild.core.reasons.reason import Reason
from maild.core.rules.casetypes import CaseType, Field
from maild.core.rules.organisation import Caps
from maild.core.threads import tokens
from maild.core.threads.placement import place
from maild.core.threads.threading import evidence
from maild.core.values.mail import Calendar, Identity, Mail, Report
from maild.letters.shown import SHOWN
from maild.rulebook.patterns import Patterns
from tests.kit import make
from tests.kit.make import CAMILLA, DOMAIN, KARI, KEYS, NOW, REPLIES, STRANGER, acks, case, decided, facts, mail, of
from tests.kit.replies import BOUNCE, KNOWN, LOOP, RULES

H = tuple[str, str]
FOREIGN_BOUNCE = Report(kind="delivery-status", status="5.1.1", original_message_id="<x@elsewhere.example>")
INVITE = Calendar(method="REPLY", uid="u1@google.com", attendee=f"mailto:{make.signed_address()}")
TO_CAMILLA = (make.signed_address(1042, "answer", of=CAMILLA),)
REFERS: dict[str, Any] = {"in_reply_to": (make.signed_id(),)}


def auto(value: str) -> H:
    """An Auto-Submitted header."""
    return ("auto-submitted", value)


# row, outcome, acknowledged?, the mail
TABLE: list[tuple[str, str, bool, Mail]] = [
    ("endless", "quarantined", False, mail(received_count=100)),
    ("many hops", "new", False, mail(received_count=30)),
    ("many hops", "new", False, mail(received_count=99)),
    ("a person", "new", True, mail(received_count=29)),
    ("our own", "silent", False, mail(message_id=make.signed_id())),
    ("our own", "ignored", False, mail(loop=LOOP)),
    ("our own", "silent", False, mail(loop=LOOP, in_reply_to=(make.signed_id(),))),
    ("a person", "new", True, mail(loop=LOOP[:-1] + "a")),
    (
        "at a bounce address",
        "bounce",
        False,
        mail(to=(make.bounce_address(),), sender="", author=STRANGER, report=BOUNCE),
    ),
    ("at a bounce address", "bounce", False, mail(to=(make.bounce_address(),), author=STRANGER, report=FOREIGN_BOUNCE)),
    (
        "at a bounce address",
        "silent",
        False,
        mail(to=(make.bounce_address(),), author=STRANGER, headers=(auto("auto-replied"),)),
    ),
    ("at a bounce address", "silent", False, mail(to=(make.bounce_address(),), sender="", author=STRANGER)),
    (
        "at a bounce address",
        "unmatched",
        False,
        mail(to=(make.bounce_address(99),), sender="", author=STRANGER, report=BOUNCE),
    ),
    ("at a bounce address", "entry", False, mail(to=(make.bounce_address(),))),
    ("at a bounce address", "pending", False, mail(to=(make.bounce_address(),), author=STRANGER)),
    ("a delivery report", "bounce", False, mail(author="mailer-daemon@mx.example", sender="", report=BOUNCE)),
    (
        "a delivery report",
        "bounce",
        False,
        mail(report=replace(BOUNCE, original_message_id=None), mentions=(make.signed_id(),)),
    ),
    (
        "a delivery report",
        "unmatched",
        False,
        mail(author="mailer-daemon@mx.example", sender="", report=FOREIGN_BOUNCE),
    ),
    (
        "a delivery report",
        "unmatched",
        False,
        mail(report=replace(BOUNCE, original_message_id=make.signed_id()[:-9] + "x@a.b>")),
    ),
    ("a receipt", "silent", False, mail(report=Report(kind="disposition-notification"), **REFERS)),
    ("a receipt", "unmatched", False, mail(report=Report(kind="disposition-notification"))),
    ("a receipt", "unmatched", False, mail(report=Report(kind="feedback-report"))),
    ("from nobody", "silent", False, mail(sender="", **REFERS)),
    ("from nobody", "new", False, mail(sender="")),
    ("a person", "new", True, mail(sender=None)),
    (
        "answers our invitation",
        "pending",
        False,
        mail(calendar=INVITE, author=STRANGER, headers=(auto("auto-generated"),)),
    ),
    ("answers our invitation", "entry", False, mail(calendar=INVITE)),
    ("answers our invitation", "new", False, mail(calendar=replace(INVITE, attendee="", uid=make.signed_id(None)))),
    ("auto-submitted", "silent", False, mail(headers=(auto("auto-replied"),), **REFERS)),
    ("auto-submitted", "silent", False, mail(headers=(auto("auto-replied"),), author=STRANGER, **REFERS)),
    ("generated", "new", False, mail(headers=(auto("auto-generated"),))),
    ("generated", "entry", False, mail(headers=(auto("auto-generated"),), **REFERS)),
    ("generated", "entry", False, mail(headers=(auto("Auto-Generated; reason=rule"),), **REFERS)),
    ("generated", "entry", False, mail(headers=(auto("auto-generated (by a rule)"), ("x-loop", "x")), **REFERS)),
    ("generated", "entry", False, mail(headers=(auto("auto-forwarded"),), subject="Re: [FK#1042] x")),
    ("generated", "pending", False, mail(headers=(auto("auto-generated"),), author=STRANGER, **REFERS)),
    ("generated", "refused", False, mail(headers=(auto("auto-generated"),), author=CAMILLA, to=TO_CAMILLA)),
    ("auto-submitted", "silent", False, mail(headers=(auto("auto-generated"),), author=STRANGER, to=TO_CAMILLA)),
    ("auto-submitted", "silent", False, mail(headers=(auto("auto-generated"),), author=f"hr@{DOMAIN}", **REFERS)),
    ("auto-submitted", "silent", False, mail(headers=(auto("auto-generated"), auto("auto-replied")), **REFERS)),
    (
        "auto-submitted",
        "silent",
        False,
        mail(headers=(auto("auto-generated"),), subject="Automatisk svar: borte", **REFERS),
    ),
    ("auto-submitted", "new", False, mail(headers=(auto("auto-notified; owner-email=x@y.example"),))),
    ("auto-submitted", "new", False, mail(headers=(auto("No"), auto("auto-replied")))),
    ("auto-submitted", "ignored", False, mail(headers=(auto("auto-replied"),), author=CAMILLA)),
    ("generated", "new", False, mail(headers=(auto("auto-generated"),), author=CAMILLA)),
    ("a person", "new", True, mail(headers=(auto("no"),))),
    ("a person", "new", True, mail(headers=(auto("NO (really)"[:2]),))),
    ("nobody reads", "new", False, mail(author="mailer-daemon@mx.example")),
    ("nobody reads", "new", False, mail(author="Postmaster@mx.example".lower())),
    ("nobody reads", "new", False, mail(sender="owner-news@lists.example")),
    ("nobody reads", "new", False, mail(author="news-request@lists.example")),
    ("nobody reads", "new", False, mail(sender="news-bounces+kari=x.example@lists.example")),
    ("nobody reads", "new", False, mail(author="no-reply@shop.example")),
    ("nobody reads", "new", False, mail(author="ikke-svar@shop.example")),
    ("nobody reads", "new", False, mail(author="post.noreply+17@shop.example")),
    ("a person", "new", True, mail(author="norbert.reply@shop.example")),
    ("a list", "new", False, mail(headers=(("list-id", "<all.lists.example>"),))),
    ("a list", "new", False, mail(headers=(("list-unsubscribe", "<mailto:x@y.example>"),))),
    ("a list", "new", False, mail(headers=(("mailing-list", "contact x"),))),
    ("a list", "new", False, mail(headers=(("precedence", "Bulk"),))),
    ("a list", "new", False, mail(headers=(("precedence", "junk"),))),
    ("a list", "new", False, mail(headers=(("precedence", "auto_reply"),))),
    ("a list", "new", False, mail(headers=(("feedback-id", "a:b"), ("list-unsubscribe-post", "One-Click")))),
    ("a person", "new", True, mail(headers=(("precedence", "first-class"),))),
    ("a person", "new", True, mail(headers=(("feedback-id", "a:b"),))),
    ("suppresses answers", "new", False, mail(headers=(("x-auto-response-suppress", "All"),))),
    ("suppresses answers", "new", False, mail(headers=(("x-auto-response-suppress", "OOF, AutoReply"),))),
    ("a person", "new", True, mail(headers=(("x-auto-response-suppress", "OOF"),))),
    ("a person", "new", True, mail(headers=(("x-auto-response-suppress", "DR, RN"),))),
    ("a robot", "new", False, mail(headers=(("x-autoreply", "yes"),))),
    ("a robot", "new", False, mail(headers=(("x-loop", "kari"),))),
    ("a robot", "new", False, mail(headers=(("delivered-to", "Autoresponder"),))),
    ("a robot", "silent", False, mail(subject="Automatisk svar: borte til 7.12", **REFERS)),
    ("a robot", "new", False, mail(subject="Abwesenheitsnotiz: Urlaub")),
    ("a robot", "new", False, mail(subject="Réponse automatique : absent")),
    ("a person", "new", True, mail(subject="Automatisk svar fra skriveren virker ikke")),
    ("a calendar answer", "new", False, mail(calendar=Calendar(method="reply", uid="u2@outlook.example"))),
    ("a calendar answer", "entry", False, mail(calendar=Calendar(method="COUNTER", uid="u2"), **REFERS)),
    ("a person", "new", True, mail(calendar=Calendar(method="REQUEST", uid="u2"))),
    ("ourselves", "new", False, mail(author=f"hr@{DOMAIN}")),
    ("ourselves", "new", False, mail(author=f"helpdesk@{DOMAIN}")),
    ("ourselves", "new", False, mail(author=f"whatever@{REPLIES}")),
    ("ourselves", "new", False, mail(author="support@desk.peer.example")),
    ("an echo", "pending", False, mail(author=STRANGER, **REFERS)),
    (
        "an echo",
        "pending",
        False,
        mail(author=STRANGER, to=(make.signed_address(),), mentions=(make.signed_address(),)),
    ),
    ("an echo", "new", False, mail(author=STRANGER, mentions=(make.signed_address(),))),
    ("an echo", "new", False, mail(author=STRANGER, mentions=(make.signed_id(),), subject="Case 99")),
    ("a person", "new", True, mail(mentions=(make.signed_address(),))),
    ("an act", "answer", False, mail(author=CAMILLA, to=TO_CAMILLA, subject="Re: [FK#1042]")),
    ("an act", "held", False, mail(author=CAMILLA, subject="Re: [FK#1042]")),
    ("a person", "new", True, mail(author=CAMILLA)),
    ("blocked", "spam", False, mail(author="x@spam.example")),
    ("blocked", "spam", False, mail(sender="x@spam.example")),
    ("not trusted", "new", False, mail(verdict="fail", policy="reject")),
    ("not trusted", "new", False, mail(verdict="fail", policy="quarantine")),
    ("not trusted", "new", False, mail(author=None)),
    ("not trusted", "new", False, mail(sender="kari@-bad-")),
    ("a person", "new", True, mail(sender="kari@blåbær.example", author="kari@xn--blbr-roah.example")),
    ("a follow-up", "entry", False, mail(**REFERS)),
    ("a follow-up", "entry", False, mail(subject="Re: [FK#1042] Skriveren")),
    ("a follow-up", "pending", False, mail(author=make.LIV, subject="Re: x", in_reply_to=("<first@client.example>",))),
    ("not proven", "new", True, mail(verdict="none", author=STRANGER)),
    ("not proven", "new", True, mail(verdict="fail", policy="none", author=STRANGER)),
    ("not proven", "new", True, mail(verdict="unknown", author=STRANGER)),
    ("not proven", "new", True, mail(verdict="unknown")),
    ("a person", "new", True, mail()),
    ("a person", "new", True, mail(author=STRANGER, subject="[FK#1042] what is this")),
]


def row_of(plan: Plan) -> str:
    """Return the row that hit, from the plan's own trace."""
    hits = [line.rule.args[0] for line in plan.trace if line.hit and line.rule.code == "automatic reply"]
    assert len(hits) == 1 and isinstance(hits[0], Reason)
    return hits[0].code


def situation(given: Mail) -> Facts:
    """The facts of the table: Kari's case, a mail we sent her; Liv was copied on her first mail to a desk that asks."""
    if given.identity.address == make.LIV:
        seen = make.seen(addressees=frozenset({make.LIV}))
        return make.knowing(KNOWN, cases={1042: case(department="hr", group="hr-2")}, known=(seen,))
    return KNOWN


@pytest.mark.parametrize(
    ("row", "outcome", "acknowledged", "given_mail"),
    TABLE,
    ids=[f"{at}-{row}-{outcome}" for at, (row, outcome, _, _) in enumerate(TABLE)],
)
def test_the_table(row: str, outcome: str, acknowledged: bool, given_mail: Mail) -> None:
    """Each kind of evidence, from a participant or not, goes its way (law T3, T4); only entries get no other case."""
    plan = decided(given_mail, situation(given_mail), RULES)
    assert (row_of(plan), plan.outcome, bool(acks(plan))) == (row, outcome, acknowledged), plan.trace
    assert plan.acked is acknowledged and (plan.no_ack is None) is acknowledged


def test_the_table_is_large_enough() -> None:
    """The table holds at least 60 mails and meets every row but the caps' and the guesses', which have their own."""
    assert len(TABLE) >= 60 and [name for name, _, _ in ROWS] == ORDER
    assert {name for name, _, _ in ROWS} - {row for row, _, _, _ in TABLE} == {"guessing", "over a cap", "the breaker"}


# -- every pair of rows ---------------------------------------------------------------------------------------------

Change = Callable[[Mail, Facts], tuple[Mail, Facts]]


def header(*added: H) -> Change:
    """A row that a header alone makes match."""
    return lambda m, f: (replace(m, headers=(*m.headers, *added)), f)


def field(**changes: Any) -> Change:
    """A row that a field of the mail makes match."""
    return lambda m, f: (replace(m, **changes), f)


def written_by(address: str) -> Change:
    """A row that the author makes match; the return path stays."""
    return lambda m, f: (replace(m, identity=Identity(address=address, shown=address)), f)


def counted(**changes: Any) -> Change:
    """A row that counts make match."""
    return lambda m, f: (m, make.knowing(f, counts=replace(f.caps, **changes)))


def sent_to(*more: str) -> Change:
    """A row that a recipient makes match."""

    def change(m: Mail, f: Facts) -> tuple[Mail, Facts]:
        envelope = replace(m.envelope, recipients=(*more, *m.envelope.recipients))
        return replace(m, envelope=envelope), f

    return change


def returned_to(address: str) -> Change:
    """A row that the return path makes match."""
    return lambda m, f: (replace(m, envelope=replace(m.envelope, sender=address)), f)


def verdict(value: str, policy: str | None = None) -> Change:
    """A row that authentication makes match."""
    return lambda m, f: (
        replace(m, authentication=replace(m.authentication, verdict=value, policy=policy)),  # type: ignore[arg-type]
        f,
    )


# Each makes its row match, whatever else the mail is; several for a row where one excludes another row.
MARKS: list[tuple[str, Change]] = [
    ("endless", field(received_count=120)),
    (
        "guessing",
        lambda m, f: counted(strikes_hour=20)(*sent_to(f"it+1042.{'a' * tokens.TOKEN_LENGTH}@{REPLIES}")(m, f)),
    ),
    ("many hops", field(received_count=40)),
    ("our own", field(loop=LOOP)),
    ("our own", field(message_id=make.signed_id())),
    ("at a bounce address", sent_to(make.bounce_address())),
    ("a delivery report", field(report=BOUNCE)),
    ("a receipt", field(report=Report(kind="feedback-report"))),
    ("from nobody", returned_to("")),
    ("answers our invitation", field(calendar=INVITE)),
    ("auto-submitted", header(auto("auto-replied"))),
    ("generated", header(auto("auto-generated"))),
    ("nobody reads", returned_to("owner-x@lists.example")),
    ("a list", header(("list-id", "x"))),
    ("suppresses answers", header(("x-auto-response-suppress", "All"))),
    ("a robot", header(("x-loop", "x"))),
    ("a calendar answer", field(calendar=Calendar(method="REPLY", uid="other"))),
    ("ourselves", written_by(f"hr@{DOMAIN}")),
    ("an echo", lambda m, f: written_by(STRANGER)(*field(mentions=(make.signed_id(),))(m, f))),
    ("blocked", returned_to("x@spam.example")),
    ("not trusted", verdict("fail", "reject")),
    ("not trusted", returned_to("kari@-bad-")),
    ("not trusted", field(identity=Identity(address=None, shown="?", reason="two From"))),
    ("a follow-up", field(in_reply_to=("<first@client.example>",))),
    ("over a cap", counted(address_day=10)),
    ("the breaker", counted(all_10min=1000)),
    ("not proven", verdict("none")),
    ("a person", field()),
]
ORDER: list[str] = list(get_args(Row))


def matches(row: str, given: Mail, known: Facts) -> bool:
    """Tell whether a row matches a mail, whatever comes before it."""
    asks = make.asked(given, RULES)
    draft = MailDraft(make.came(given), asks, known, RULES)
    found = evidence(draft.mail, known, RULES)
    where = place(draft.mail, found, known, RULES, agent=asks.agent, department=asks.departments[0])
    seen = look(draft, found, where)
    return next(test for name, _, test in ROWS if name == row)(seen) is not None


@pytest.mark.parametrize("row", sorted({row for row, _ in MARKS}, key=ORDER.index))
def test_each_mark_alone_meets_its_row(row: str) -> None:
    """The marks below are right: alone, each leads to its own row."""
    for name, change in MARKS:
        if name == row:
            assert row_of(decided(*change(mail(), KNOWN), RULES)) == row


def test_of_every_pair_of_rows_the_earlier_wins() -> None:
    """For every two rows that can match one mail, in both orders of marking, the earlier row decides (law A2)."""
    met = set()
    for (one, first), (two, second) in itertools.permutations(MARKS, 2):
        given, known = second(*first(mail(), KNOWN))
        if one == two or not (matches(one, given, known) and matches(two, given, known)):
            continue
        winner = row_of(decided(given, known, RULES))
        earlier = min(one, two, key=ORDER.index)
        assert ORDER.index(winner) <= ORDER.index(earlier), (one, two, winner)
        if winner == earlier:
            met.add(frozenset({one, two}))
    names = {row for row, _ in MARKS}
    missing = {frozenset(pair) for pair in itertools.combinations(names, 2)} - met
    # What no one mail can be, because one field holds one value or the one row is the other's opposite:
    impossible = {frozenset(pair) for pair in IMPOSSIBLE}
    assert missing <= impossible, sorted(map(sorted, missing - impossible))


IMPOSSIBLE = [
    ("endless", "many hops"),
    ("a delivery report", "a receipt"),
    ("from nobody", "nobody reads"),
    ("from nobody", "blocked"),
    ("nobody reads", "blocked"),
    ("ourselves", "an echo"),
    ("not trusted", "not proven"),
    ("an echo", "a follow-up"),
    ("ourselves", "a follow-up"),
    ("auto-submitted", "generated"),
    ("generated", "ourselves"),
]


def test_an_agents_act_comes_after_robots_and_before_everything_else() -> None:
    """An agent's answer from an address that is also blocked, capped or unproven is still judged as an act."""
    answer = mail(author=CAMILLA, to=(make.signed_address(1042, "answer", of=CAMILLA),), subject="Re: [FK#1042]")
    for _, change in MARKS[-9:-1]:
        given, known = change(answer, KNOWN)
        if given.identity.address == CAMILLA:
            assert row_of(decided(given, known, RULES)) == "an act"


UNPROVEN: list[tuple[str, str | None, str, bool]] = [
    # verdict, policy, the desk's mode, do the caps for verdict none bind
    ("none", None, "headers", True),
    ("unknown", None, "headers", False),
    ("unknown", None, "none", False),
    ("none", None, "none", False),
]


# -- caps and breaker -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "changes", "acknowledged"),
    [
        ({"address_10min": 2}, {}, True),
        ({"address_10min": 3}, {}, False),
        ({"address_day": 9}, {}, True),
        ({"address_day": 10}, {}, False),
        ({"domain_hour": 60}, {"author": STRANGER}, False),
        ({"domain_hour": 59}, {"author": STRANGER}, True),
        ({"domain_hour": 9000}, {"author": KARI}, True),
        ({"domain_hour": 9000}, {"author": "a@allowed.example"}, True),
        ({"unauthenticated_address_day": 1}, {"author": STRANGER, "verdict": "none"}, False),
        ({"unauthenticated_address_day": 1}, {"author": STRANGER}, True),
        ({"unauthenticated_hour": 30}, {"author": STRANGER, "verdict": "none"}, False),
        ({"unauthenticated_hour": 29}, {"author": STRANGER, "verdict": "none"}, True),
        ({"unauthenticated_hour": 30}, {"author": STRANGER, "verdict": "unknown"}, True),
        ({"address_10min": 99, "address_day": 99}, {"author": CAMILLA}, True),
        ({"address_10min": 99}, {"author": CAMILLA, "verdict": "unknown"}, False),
    ],
)
def test_caps(counts: dict[str, int], changes: dict[str, Any], acknowledged: bool) -> None:
    """Each cap lets exactly so many pass; own and allowed domains and proven agents are not bound (law A5)."""
    rules = make.rulebook(caps=Caps(allow_domains=frozenset({"allowed.example"})))
    plan = decided(mail(**changes), facts(counts=Counts(**counts)), rules)
    assert plan.outcome == "new" and bool(acks(plan)) == acknowledged, plan.no_ack


@pytest.mark.parametrize(("verdict", "policy", "mode", "capped"), UNPROVEN)
def test_the_caps_for_verdict_none_bind_nobody_of_whom_nothing_is_known(
    verdict: str, policy: str | None, mode: str, capped: bool
) -> None:
    """Row 17: one a day and thirty an hour are for domains known to have nothing, not for mode none or unknown."""
    for counts in (Counts(unauthenticated_address_day=1), Counts(unauthenticated_hour=30)):
        given = mail(author=STRANGER, verdict=verdict, policy=policy)
        assert bool(acks(decided(given, facts(counts=counts), make.rulebook(trust=mode)))) != capped


def test_caps_are_counted_for_whoever_gets_the_ack() -> None:
    """Many authors with one return path are one victim: its address is what the caps count."""
    given = mail(author="x17@forged.example", sender="victim+17@vic.example", verdict="unknown")
    asks = make.asked(given).caps
    assert asks is not None
    assert (asks.ack_to, asks.ack_key, asks.ack_domain) == (
        "victim+17@vic.example",
        "victim@vic.example",
        "vic.example",
    )
    assert [ack.author_key for ack in acks(decided(given, facts()))] == ["victim@vic.example"]


def test_the_breaker_holds_acks_and_tells_the_operator_once() -> None:
    """Over the limit an ack is held and the operator told; while open, it is held untold; intake goes on (law A8)."""
    first = decided(mail(), facts(counts=Counts(all_10min=60)))
    assert [ack.held for ack in acks(first)] == [True] and of(first, OpenBreaker) == [OpenBreaker()]
    assert len(make.notices(first, "operator")) == 1 and first.outcome == "new"
    later = decided(mail(), facts(counts=Counts(breaker_open_since=NOW - timedelta(minutes=29))))
    assert [ack.held for ack in acks(later)] == [True] and not of(later, OpenBreaker)
    assert not make.notices(later, "operator")


def test_the_breaker_is_half_open_after_30_minutes() -> None:
    """Half-open: quiet again, it closes and the ack goes; still flooded, it opens anew (law A8)."""
    since = NOW - timedelta(minutes=30)
    quiet = decided(mail(), facts(counts=Counts(breaker_open_since=since, all_10min=5)))
    assert [ack.held for ack in acks(quiet)] == [False] and of(quiet, OpenBreaker) == [OpenBreaker(closed=True)]
    flooded = decided(mail(), facts(counts=Counts(breaker_open_since=since, all_10min=60)))
    assert [ack.held for ack in acks(flooded)] == [True] and of(flooded, OpenBreaker) == [OpenBreaker()]


def test_the_breaker_knows_a_busy_desk() -> None:
    """The limit is five times the usual, when that is more than the floor."""
    busy = Counts(all_10min=300, median_10min=61.0)
    assert [ack.held for ack in acks(decided(mail(), facts(counts=busy)))] == [False]
    assert [ack.held for ack in acks(decided(mail(), facts(counts=replace(busy, all_10min=305))))] == [True]


# -- the form of an acknowledgement ---------------------------------------------------------------------------------


def test_the_form_of_an_ack() -> None:
    """One recipient, null return path, auto-replied, an answer to that mail, from the alias written to (law A4)."""
    given = mail(to=(f"helpdesk@{DOMAIN}",), references=("<a@b>",), reply_to=(), name="Kari Moen")
    (ack,) = acks(decided(given, facts()))
    assert (ack.kind, ack.to, ack.return_path, ack.automatic) == ("ack", KARI, "", "auto-replied")
    assert (ack.in_reply_to, ack.references) == (given.message_id, ("<a@b>", given.message_id))
    assert (ack.from_address, ack.from_name, ack.once_key) == (f"helpdesk@{DOMAIN}", "IT-support", "ack:2000")
    token = tokens.verify_address(KEYS, str(ack.reply_to), NOW)
    assert token is not None and (token.case, token.audience, token.person) == (2000, "customer", tokens.person(KARI))


@pytest.mark.parametrize(
    ("changes", "to"),
    [
        ({"verdict": "pass", "sender": "srs0=17@mailer.example"}, STRANGER),
        ({"verdict": "unknown", "sender": "x@elsewhere.example"}, STRANGER),
        ({"verdict": "unknown", "sender": "x@other.example"}, "x@other.example"),
        ({"verdict": "none", "sender": None}, STRANGER),
        ({"verdict": "unknown", "sender": f"it@{DOMAIN}"}, None),
    ],
)
def test_who_gets_the_ack(changes: dict[str, Any], to: str | None) -> None:
    """From when it is aligned, else the return path; never Reply-To, never ourselves (law I4, A4)."""
    reply_to = (make.Mailbox(name="", address="victim@else.example"),)
    plan = decided(mail(author=STRANGER, reply_to=reply_to, **changes), facts())
    assert [ack.to for ack in acks(plan)] == ([to] if to else [])


@pytest.mark.parametrize(("verdict", "policy", "mode", "capped"), UNPROVEN)
@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Canary at canary.example", "Kari"),
        ("Skriveren", "Canary, ring 555 01 234"),
        ("canary " * 9, ""),
        ("x", "C@nary"),
    ],
)
def test_an_unproven_writers_words_that_lead_somewhere_are_not_shown(
    verdict: str, policy: str | None, mode: str, capped: bool, subject: str, name: str
) -> None:
    """A link, a domain, an address, a long number or 61 characters make it fixed text and the number: nothing
    of the mail is in the subject line, the greeting, the To field or the References (law A9).
    """
    references = ("<canary.example@canary>",)
    given = mail(
        "canary", author=STRANGER, verdict=verdict, policy=policy, subject=subject, name=name, references=references
    )
    (ack,) = acks(decided(given, facts(), make.rulebook(trust=mode)))
    assert (ack.kind, ack.subject, ack.to_name, ack.references) == ("ack-minimal", "[FK#2000]", "", ())
    assert ack.counts_as_unauthenticated == capped
    shown = {name: ack.values[name] for name in SHOWN["ack-minimal"] if name in ack.values}
    assert "nary" not in str((ack.subject, ack.to_name, shown))


@pytest.mark.parametrize(("verdict", "policy", "mode", "capped"), UNPROVEN)
def test_an_unproven_writers_harmless_words_are_shown_and_no_field_is_read_back(
    verdict: str, policy: str | None, mode: str, capped: bool
) -> None:
    """A short subject and name that lead nowhere stand in the ack; what was found in the text does not."""
    patterns = Patterns()
    find = patterns.add("[A-Z]-[0-9]{3}")
    kind = CaseType(id="it.incident", fields=(Field(name="asset_or_room", find=find, label={"no": "Rom"}),))
    rules = replace(
        make.rulebook(trust=mode),
        types={kind.id: kind},
        patterns=patterns.freeze(),
    )
    given = mail("Rom B-214", author=STRANGER, verdict=verdict, policy=policy, name="Ola Berg", references=("<a@b>",))
    (ack,) = acks(decided(given, facts(), rules))
    assert (ack.kind, ack.subject, ack.to_name) == ("ack", "[FK#2000] Skriveren virker ikke", "Ola Berg")
    assert (ack.values["quoted"], ack.values["requester"]) == ("Skriveren virker ikke", "Ola Berg")
    assert not ack.values.get("fields") and ack.references == () and ack.in_reply_to == given.message_id
    (proven,) = acks(
        decided(replace(given, authentication=replace(given.authentication, verdict="pass")), facts(), rules)
    )
    assert proven.values["fields"] == ("Rom: B-214",) and proven.references == ("<a@b>", given.message_id)


def test_a_domain_that_fails_gets_fixed_text_whatever_it_says() -> None:
    """A lenient policy lets a failing mail have an ack; its words are certainly not proven to be the author's."""
    (ack,) = acks(decided(mail(verdict="fail", policy="none", author=STRANGER), facts()))
    assert ack.kind == "ack-minimal" and ack.counts_as_unauthenticated


def test_what_waits_behind_the_breaker_obeys_the_same_law() -> None:
    """A held ack to an unproven writer shows no more than one that goes at once."""
    for subject, kind in (("Skriveren", "ack"), ("Se evil.example", "ack-minimal")):
        given = mail(author=STRANGER, verdict="unknown", subject=subject)
        (ack,) = acks(decided(given, facts(counts=Counts(all_10min=1000))))
        assert (ack.held, ack.kind) == (True, kind)


def test_the_number_of_an_old_case_goes_to_its_own_people_only() -> None:
    """An unproven reply to a case closed for good that comes by another's return path is not told of the old case."""
    old = facts(case(status="closed", closed_at=NOW - timedelta(days=90)))
    for sender, kind in ((KARI, "ack-reopened-late"), ("x@other.example", "ack-minimal")):
        plan = decided(mail(verdict="unknown", sender=sender, subject="Re: [FK#1042] x"), old)
        assert [ack.kind for ack in acks(plan)] == [kind]


# -- properties -----------------------------------------------------------------------------------------------------

MARKERS = (
    auto("auto-replied"), auto("auto-generated"), ("precedence", "bulk"), ("list-id", "<x>"), ("x-loop", "x"),
    ("x-auto-response-suppress", "All"), ("x-autoreply", "yes"), ("mailing-list", "x"),
    ("delivered-to", "autoresponder"),
)  # fmt: skip
HARMLESS = (auto("no"), ("precedence", "first-class"), ("x-mailer", "x"), ("feedback-id", "x"), ("x-priority", "1"))


@settings(max_examples=300)
@given(
    headers=st.lists(st.sampled_from(MARKERS + HARMLESS), max_size=4),
    marker=st.sampled_from(MARKERS),
    at=st.integers(0, 4),
    author=st.sampled_from([KARI, STRANGER, CAMILLA, None, "no-reply@x.example"]),
    verdict=st.sampled_from(["pass", "fail", "none", "unknown"]),
    sender=st.sampled_from(["=", "", None]),
    subject=st.sampled_from(["Hei", "Re: [FK#1042] x", "Automatisk svar: x"]),
)
def test_an_automatic_marker_never_brings_an_ack(
    headers: list[H], marker: H, at: int, author: str | None, verdict: str, sender: str | None, subject: str
) -> None:
    """Adding a marker of automatic mail, anywhere among the headers, never turns "no ack" into "ack" (law A3)."""
    plain = mail(author=author, verdict=verdict, sender=sender, subject=subject, headers=headers)
    marked = replace(plain, headers=(*headers[:at], marker, *headers[at:]))
    before, after = acks(decided(plain, KNOWN)), acks(decided(marked, KNOWN))
    assert not after, "a marked mail is never acknowledged"
    assert len(after) <= len(before)


def test_the_mail_servers_word_on_spam_counts_where_it_is_asked() -> None:
    """YES in the header that the desk names is spam; the same header elsewhere, or a no, changes nothing."""
    flagged, clean = ({"headers": (("x-spam-flag", word),)} for word in ("YES", "no"))
    rules = make.rulebook(spam_header="x-spam-flag")
    assert make.decided(mail(**flagged), make.facts(), rules).outcome == "spam"
    assert make.decided(mail(**clean), make.facts(), rules).outcome == "new"
    assert make.decided(mail(**flagged), make.facts()).outcome == "new"


CLOSED = facts(case(status="closed", closed_at=NOW - timedelta(days=90)))


KINDS_OF_ACK: list[tuple[str, dict[str, Any], Facts]] = [
    ("ack", {}, facts()),
    ("ack-minimal", {"verdict": "unknown", "subject": "Se evil.example"}, facts()),
    ("ack-linked", {"author": STRANGER, "subject": "[FK#1042] x"}, facts(case())),
    ("ack-reopened-late", {"subject": "Re: [FK#1042] x"}, CLOSED),
]


@pytest.mark.parametrize(("kind", "changes", "known"), KINDS_OF_ACK, ids=[kind for kind, _, _ in KINDS_OF_ACK])
def test_the_caps_of_an_address_bind_every_kind_of_ack(kind: str, changes: dict[str, Any], known: Facts) -> None:
    """Each kind of acknowledgement counts for its address, and none goes out when that address has had enough."""
    (ack,) = acks(decided(mail(**changes), known))
    assert (ack.kind, ack.author_key) == (kind, make.asked(mail(**changes)).caps.ack_key)  # type: ignore[union-attr]
    assert ack.author_key is not None and ack.automatic == "auto-replied" and not ack.paced
    for full in (Counts(address_10min=3), Counts(address_day=10)):
        assert not acks(decided(mail(**changes), make.knowing(known, counts=full)))


def test_the_kinds_of_ack_are_all_there() -> None:
    """The table above has every kind that acknowledges."""
    assert {kind for kind, _, _ in KINDS_OF_ACK} == ACKS


def test_of_a_long_field_the_beginning_is_read_back() -> None:
    """However long a value is that was found in the mail, a hundred letters of it stand in the acknowledgement."""
    patterns = Patterns()
    kind = CaseType(
        id="it.incident", fields=(Field(name="room", find=patterns.add("B-[0-9]+"), label={"no": "Rom"}),), label={}
    )
    rules = replace(RULES, types={kind.id: kind}, patterns=patterns.freeze())
    (ack,) = acks(decided(mail(f"Rom B-{'1' * 300}"), facts(), rules))
    assert ack.values["fields"] == (f"Rom: B-{'1' * 98}",)
