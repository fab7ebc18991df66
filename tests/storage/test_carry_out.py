"""Carrying out a plan: what was written is what gather reads next, counters are exact, and guards take it all back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from maild.core.arrivals.bursts import text_shape
from maild.core.cause import MoveCase, ReleaseLetters
from maild.core.decide import decide
from maild.core.facts import CaseFacts
from maild.core.plan import SettleLetter
from maild.core.reasons.reason import because, load
from maild.core.values.mail import Attachment, Mail, Report
from maild.storage import inbound, outbox, show
from maild.storage.inbound import ClaimLost
from tests.kit import make
from tests.kit.make import CAMILLA, DAVID, DOMAIN, KARI, LIV, NOW, STRANGER, acks, mail, notices, of
from tests.storage.corridor import Store

FILE = Attachment(
    name="blåbær.pdf", type="application/pdf", size=3, sha256="ab", start=10, end=14, encoding="base64", content_id="c"
)


@pytest.fixture
def store(connection: Connection) -> Store:
    """A store of the sample organisation."""
    return Store(connection)


def reply(plan_notice: object, text_: str = "Mer om dette.", **changes: object) -> Mail:
    """What somebody answers to a letter of ours."""
    notice = plan_notice
    made = {
        "author": notice.to,  # type: ignore[attr-defined]
        "to": (notice.reply_to,),  # type: ignore[attr-defined]
        "subject": f"Re: {notice.subject}",  # type: ignore[attr-defined]
        "in_reply_to": (notice.message_id,),  # type: ignore[attr-defined]
        "references": (notice.message_id,),  # type: ignore[attr-defined]
    }
    return mail(text_, **(made | changes))  # type: ignore[arg-type]


def case_of(store: Store, number: int) -> CaseFacts:
    """Read a case as the next decision would."""
    probe = mail(subject=f"[FK#{number}]", author="probe@else.example")
    return store.facts(probe, 0)[1].threads.cases[number]


def test_a_new_case_reads_back_as_it_was_written(store: Store) -> None:
    """Case, participant, contact, thread, load, rotation and counter of a new case are what gather finds next."""
    first = mail(name="Kari Moen", attachments=(FILE,), language="no", cc=(LIV,))
    plan = store.take(first)
    (ack,), (told,) = acks(plan), notices(plan, "assignment")
    assert plan.case == 1000 and told.to == CAMILLA
    _, found = store.facts(reply(ack), 0)
    one = found.threads.cases[1000]
    assert (one.department, one.group, one.assignee, one.status) == ("it", "it-1", "camilla", "assigned")
    assert (one.requester, one.participants, one.alias) == (KARI, frozenset({KARI}), f"it@{DOMAIN}")
    assert (one.subject, one.language, one.type) == ("Skriveren virker ikke", "no", "it.incident")
    assert one.references == (first.message_id, ack.message_id) and one.last_message_id == first.message_id
    assert (
        found.number == 1001
        and found.assignment.load["camilla"] == 1
        and found.assignment.rotation == {"it-1": "camilla"}
    )
    assert found.threads.contact is not None
    assert (found.threads.contact.name, found.threads.contact.language) == ("Kari Moen", "no")
    assert found.threads.outgoing[ack.outbox_id].to == KARI and not found.threads.outgoing[ack.outbox_id].to_agent
    known = {
        seen.message_id: seen for seen in store.facts(mail(in_reply_to=(str(first.message_id),)), 0)[1].threads.known
    }
    assert known[str(first.message_id)].addressees == {f"it@{DOMAIN}", LIV}
    assert known[str(first.message_id)].author == KARI and known[str(first.message_id)].verdict == "pass"
    assert store.count("attachment") == 1 and store.count("message", '"case" = 1000') == 2


def test_a_follow_up_and_an_answer(store: Store) -> None:
    """Reply, agent's answer and reply again: thread, status, first response and times move as they should."""
    opened = store.take(mail())
    ack, told = acks(opened)[0], notices(opened, "assignment")[0]
    followed = reply(ack)
    assert store.take(followed, now=NOW + timedelta(hours=1)).outcome == "entry"
    answered = store.take(reply(told, "Prøv igjen."), now=NOW + timedelta(hours=2))
    assert answered.outcome == "answer" and answered.notices[0].to == KARI
    one = case_of(store, 1000)
    assert one.status == "waiting_requester"
    assert one.references[-2:] == (followed.message_id, answered.notices[0].message_id)
    assert store.value("select first_response from cases where number = 1000") is not None
    again = store.take(reply(answered.notices[0]), now=NOW + timedelta(hours=3))
    assert again.outcome == "entry" and case_of(store, 1000).status == "open"
    assert case_of(store, 1000).last_customer_at == NOW + timedelta(hours=3)
    kinds = store.connection.execute(text("select kind, visibility, direction from message order by id")).all()
    assert [tuple(kind) for kind in kinds] == [
        ("customer", "public", "in"),
        ("auto", "public", "out"),
        ("customer", "public", "in"),
        ("reply", "public", "out"),
        ("customer", "public", "in"),
    ]


def test_the_thread_keeps_the_first_mail_and_the_newest(store: Store) -> None:
    """After many entries the mail that opened the case is still known as the first: who was copied there may join."""
    first = mail(cc=("Liv.Strand@fjordvik.example",))
    opened = store.take(first)
    for at in range(15):
        store.take(reply(acks(opened)[0], f"mer {at}"), now=NOW + timedelta(hours=at + 1))
    thread = case_of(store, 1000).references
    assert len(thread) == 10 and thread[0] == first.message_id
    joined = store.take(mail(author=LIV, subject="SV: Skriveren", in_reply_to=(str(first.message_id),)))
    assert joined.outcome == "entry" and LIV in case_of(store, 1000).participants


def test_numbers_loads_and_rotation_are_exact(store: Store) -> None:
    """Through openings, answers, resolving, reopening and children, the counted loads are the cases' own."""
    for at in range(6):
        to = (f"it@{DOMAIN}", f"okonomi@{DOMAIN}") if at % 2 else (f"okonomi@{DOMAIN}",)
        store.take(mail(f"sak {at}", author=f"p{at}@x{at}.example", subject=f"Sak {at}", to=to))
    numbers = store.connection.execute(text("select number from cases order by number")).scalars().all()
    assert numbers == list(range(1000, 1009)) and store.loads() == store.true_loads()
    assert store.count("link", "kind = 'child'") == 3
    for number, status in ((1000, "resolved"), (1001, "closed")):
        assert store.say(MoveCase(case=number, status=status)).outcome == "done"  # type: ignore[arg-type]
    assert store.loads() == store.true_loads()
    back = store.take(mail(author="p0@x0.example", subject="[FK#1000] ikke løst", to=(f"okonomi@{DOMAIN}",)))
    assert back.case == 1000 and case_of(store, 1000).status == "open"
    assert store.value("select reopened_count from cases where number = 1000") == 1
    assert store.value("select resolved from cases where number = 1000") is None
    assert store.loads() == store.true_loads()


def test_the_same_content_again(store: Store) -> None:
    """The same content again is once; another department's copy is noted; other content is another case (law T13)."""
    first = mail()
    store.take(first)
    for at in range(20):
        assert store.take(replace(first, sha256=f"other trace {at}")).outcome == "duplicate"
    assert store.count("cases") == 1 and store.count("message") == 2
    hr = replace(first, envelope=replace(first.envelope, recipients=(f"hr@{DOMAIN}",)))
    assert store.take(hr).outcome == "duplicate" and case_of(store, 1000).noted_departments == ("hr",)
    assert make.lasting(store.take(hr)) == ()
    other = replace(first, content_hash="other content", own_text="helt annet")
    assert store.take(other).outcome == "new"
    note = store.value("select note from message where \"case\" = 1001 and kind = 'customer'")
    assert load(str(note)) == because("Message-ID used before")


def test_caps_count_what_was_sent(store: Store) -> None:
    """Three acks to one address in ten minutes, ten in a day; windows slide; counts are per person (law A5)."""
    rules = make.rulebook(departments=[replace(d, burst=0) for d in make.DEPARTMENTS])
    store = Store(store.connection, rules)
    sent = []
    for at in range(40):
        author = ("o.la@post.example", "ola+x@post.example", "ola@post.example")[at % 3]
        plan = store.take(mail(f"sak {at}", author=author, subject=f"S {at}"), now=NOW + timedelta(minutes=4 * at))
        sent.append(bool(acks(plan)))
    assert sum(sent) == 10
    assert all(sum(sent[at : at + 3]) <= 3 for at in range(38)) and sent[:3] == [True] * 3
    assert store.count("automatic_mail") == 10
    day = store.take(mail("neste dag", author="ola@post.example"), now=NOW + timedelta(days=1, minutes=3))
    assert acks(day), "the first ack has left the window"


def test_unproven_authors_share_a_cap(store: Store) -> None:
    """Thirty acks an hour go to authors without authentication, one a day to each, as the store counts (law A6)."""
    sent = [acks(store.take(mail(f"m {at}", author=f"v{at}@d{at}.example", verdict="none"))) for at in range(40)]
    assert sum(map(bool, sent)) == 30 and all(bool(ack) for ack in sent[:30])
    later = NOW + timedelta(hours=2)
    assert not acks(store.take(mail("igjen", author="v1@d1.example", verdict="none"), now=later))
    assert acks(store.take(mail("ny", author="w1@d1.example", verdict="none"), now=later))


def test_naming_a_number_is_counted(store: Store) -> None:
    """A stranger's first mail that names a case gets an ack, the second that day none, another number's does."""
    store.take(mail(author=KARI))
    store.take(mail("b", author=LIV, subject="Nytt"))
    for number, acked in ((1000, True), (1000, False), (1001, True)):
        plan = store.take(mail(f"{number} {acked}", author=STRANGER, subject=f"[FK#{number}]"))
        assert plan.outcome == "new" and bool(acks(plan)) == acked
    assert store.count("link", "kind = 'maybe'") == 3


def test_the_breaker_opens_holds_and_closes(store: Store) -> None:
    """Held acks wait in the outbox, released ones may go; the breaker's state survives in the store."""
    store = Store(store.connection, make.rulebook(caps=make.Caps(breaker_floor=5), trust="none"))
    plans = [store.take(mail(f"m {at}", author=f"v{at}@d{at}.example")) for at in range(8)]
    assert [ack.held for plan in plans for ack in acks(plan)] == [False] * 5 + [True] * 3
    assert store.count("outbox", "state = 'held'") == 3
    assert sum(len(notices(plan, "operator")) for plan in plans) == 1
    quiet = store.take(mail("etterpå", author="z@z.example"), now=NOW + timedelta(minutes=31))
    assert [ack.held for ack in acks(quiet)] == [False]
    assert store.value("select value from state where name = 'breaker_open_since'") == ""
    assert store.count("timer", "step = 'drop held' and state = 'pending'") == 3
    assert store.count("timer", "step = 'half-open' and state = 'cleared'") == 1, "a mail closed it before"
    assert len(of(store.say(ReleaseLetters()), SettleLetter)) == 3
    assert store.count("timer", "state = 'pending'") == 0 and store.count("outbox", "state = 'held'") == 0


def test_bursts_fold(store: Store) -> None:
    """300 mails from one sender make few cases, all are stored, and somebody hears of it once (law A7)."""
    plans = [store.take(mail(f"Alarm {at}", author="alarm@x.example", subject=f"Alarm {at}")) for at in range(300)]
    assert store.count("cases") == 9 and store.count("message", "kind = 'customer'") == 300
    assert sum(len(notices(plan, "operator")) for plan in plans) == 1
    assert store.count("message", "untold") == 290, "all but the nine that opened a case and the one told of at once"
    assert store.count("timer", "step = 'summary' and state = 'pending'") == 1
    different = [text_shape(f"{at} {at * 7} word{chr(97 + at % 26)} other{at}") for at in range(3)]
    assert len(set(different)) == 3
    later = store.take(mail("Alarm 1", author="alarm@x.example", subject="Alarm"), now=NOW + timedelta(minutes=11))
    assert later.outcome == "new"


@pytest.mark.parametrize("limit", [1, 2])
def test_a_burst_of_one_folds(store: Store, limit: int) -> None:
    """Where the second mail of ten minutes is a burst already, it enters the case of the first, and is told of once."""
    store = Store(store.connection, make.rulebook(departments=[replace(d, burst=limit) for d in make.DEPARTMENTS]))
    words = ("Skriveren er tom", "Jeg har glemt passordet mitt", "Får ikke åpnet døra i annen etasje")
    plans = [store.take(mail(text_, subject=text_)) for text_ in words]
    assert [plan.outcome for plan in plans] == ["new", "entry", "entry"]
    assert [len(notices(plan, "operator")) for plan in plans] == [0, 1, 0]
    assert store.take(mail("Ny sak", subject="Ny"), now=NOW + timedelta(minutes=11)).outcome == "new"


def test_guesses_are_counted_per_source(store: Store) -> None:
    """After 20 bad signed addresses within the hour the next ones are put aside with their bytes (law T16)."""
    guesses = [
        mail(f"g {at}", author=STRANGER, to=(f"it+1042.{'a' * 36}{chr(97 + at)}@{make.REPLIES}",)) for at in range(23)
    ]
    outcomes = [store.take(guess).outcome for guess in guesses]
    assert outcomes.count("quarantined") == 3 and outcomes[-3:] == ["quarantined"] * 3
    assert store.count("inbound", "state = 'quarantined' and done_at is not null and content_hash is null") == 3
    key = int(store.value("select min(id) from inbound where state = 'quarantined'"))
    assert inbound.requeue(store.connection, key, now=NOW), "not lost: an admin may run it again"
    elsewhere = replace(guesses[0], content_hash="x", envelope=replace(guesses[0].envelope, peer="198.51.100.1"))
    assert store.take(elsewhere).outcome != "quarantined"
    assert store.take(replace(guesses[1], content_hash="y"), now=NOW + timedelta(hours=2)).outcome != "quarantined"


def test_hops_loops_and_hints(store: Store) -> None:
    """100 hops: quarantine. Our own letter come back: counted. Same title or Thread-Index: a hint from the store."""
    assert store.take(mail(received_count=150)).outcome == "quarantined"
    index = "AdtQ0f7l2H1m3k9zRr6q0t5y7u9wXQ=="
    opened = store.take(mail(headers=(("thread-index", index),)))
    back = mail(message_id=acks(opened)[0].message_id, loop="", author=f"it@{DOMAIN}", subject="x")
    assert store.take(back).outcome == "silent"
    assert store.value("select value from counter where name = 'loops'") == 1
    hinted = store.take(mail("Samme igjen", subject="Re: Skriveren virker ikke"))
    threaded = store.take(mail("Annet", subject="Annet", headers=(("thread-index", index + "AA"),)))
    for plan in (hinted, threaded):
        assert f"FK#{opened.case}" in make.said(notices(plan, "assignment")[0].values["banner"])


def test_held_then_confirmed_once(store: Store) -> None:
    """A held answer keeps its files, is released once by its confirmation, and a replayed confirmation does nothing."""
    opened = store.take(mail())
    told = notices(opened, "assignment")[0]
    held = store.take(reply(told, "Løsningen er vedlagt.", verdict="unknown", attachments=(FILE,)))
    assert held.outcome == "held" and store.count("message", "visibility = 'held'") == 1
    asked = notices(held, "confirmation")[0]
    yes = reply(asked, "Ja", verdict="unknown")
    done = store.take(yes)
    assert done.outcome == "answer" and done.notices[0].attachments == (FILE,)
    assert done.notices[0].values["text"] == "Løsningen er vedlagt."
    assert store.count("message", "visibility = 'held'") == 0 and store.count("token_use") == 1
    again = store.take(replace(yes, content_hash="again"))
    assert again.outcome == "note" and not again.notices
    assert store.value("select first_response from cases where number = 1000") is not None


def test_confirmations_are_counted_per_agent(store: Store) -> None:
    """Three confirmations an hour, then held mails ask nobody; an hour later they do again."""
    told = notices(store.take(mail()), "assignment")[0]
    asked = [len(notices(store.take(reply(told, f"svar {at}", verdict="unknown")), "confirmation")) for at in range(5)]
    assert asked == [1, 1, 1, 0, 0]
    later = store.take(reply(told, "svar igjen", verdict="unknown"), now=NOW + timedelta(minutes=61))
    assert notices(later, "confirmation")


def test_an_act_is_used_once_in_the_transaction_of_its_effect(store: Store) -> None:
    """Replayed ten times with other unsigned headers, an answer is sent once; the row is the last guard (law E10)."""
    told = notices(store.take(mail()), "assignment")[0]
    answer = reply(told, "Prøv igjen.")
    assert store.take(answer).outcome == "answer"
    for at in range(10):
        replayed = replace(answer, content_hash=f"replay {at}", references=(f"<{at}@x>", *answer.references))
        assert store.take(replayed).outcome == "refused"
    assert store.count("outbox", "kind = 'answer'") == 1
    key = store.accept(answer)
    asks, found, _ = store.plan(replace(answer, content_hash="race"), key)
    blind = make.knowing(found, act_used=False, duplicate=None)

    plan = decide(make.came(answer, key), asks, blind, store.rulebook)
    with pytest.raises(IntegrityError), store.connection.begin_nested():
        store.carry_out(plan)
    assert store.count("outbox", "kind = 'answer'") == 1, "everything of it was taken back"


def test_two_agents_answer(store: Store) -> None:
    """From the store: David's answer to a notice older than Camilla's answer is held (law E13)."""
    rules = make.rulebook(groups=[replace(g, assign="group") for g in make.GROUPS])
    store = Store(store.connection, rules)
    opened = store.take(mail())
    letters = {notice.to: notice for notice in notices(opened, "assignment")}
    assert store.take(reply(letters[CAMILLA], "Mitt svar"), now=NOW + timedelta(minutes=5)).outcome == "answer"
    second = store.take(reply(letters[DAVID], "Mitt svar også"), now=NOW + timedelta(minutes=6))
    assert second.outcome == "held" and second.reason == because("answered meanwhile", "Camilla Dahl")


def test_bounces_are_recorded_once(store: Store) -> None:
    """A bounce marks its outgoing mail and tells the agent; the second of the same mail tells nobody."""
    told = notices(store.take(mail()), "assignment")[0]
    answer = store.take(reply(told, "Prøv igjen.")).notices[0]
    report = Report(kind="delivery-status", status="5.1.1", original_message_id=answer.message_id)
    bounces = [mail(f"b{at}", author="mailer-daemon@mx.example", sender="", report=report) for at in range(2)]
    first, second = (store.take(bounce) for bounce in bounces)
    assert (first.outcome, second.outcome) == ("bounce", "bounce")
    assert [n.to for n in first.notices] == [CAMILLA] and not second.notices
    assert store.value("select bounced from outbox where id = :id", id=answer.outbox_id) == "5.1.1"


def test_merged_cases_are_followed_over_several_merges(store: Store) -> None:
    """gather reads the survivors of merged cases, however many merges away."""
    opened = store.take(mail())
    for at in range(1, 4):
        store.take(mail(f"Nummer {at}", author=f"p{at}@x.example"))
        store.connection.execute(
            text("update cases set merged_into = :to, status = 'merged' where number = :of"),
            {"of": 999 + at, "to": 1000 + at},
        )
    entry = store.take(reply(acks(opened)[0]))
    assert (entry.outcome, entry.case) == ("entry", 1003)


def test_a_broken_promise_takes_everything_back(store: Store) -> None:
    """A once_key that exists, or a claim that was lost, undoes the whole plan: not one row of it stays."""
    given = mail()
    key = store.accept(given)
    _, _, plan = store.plan(given, key)
    tables = ("cases", "message", "event", "outbox", "outbox_data", "participant", "contact", "automatic_mail", "link")
    before = [store.count(table) for table in tables]
    counter = store.value("select value from counter where name = 'case'")
    twice = replace(plan, notices=(plan.notices[0], replace(plan.notices[1], once_key=plan.notices[0].once_key)))
    with pytest.raises(IntegrityError), store.connection.begin_nested():
        store.carry_out(twice)
    with pytest.raises(ClaimLost), store.connection.begin_nested():
        store.carry_out(plan, who="another daemon")
    assert [store.count(table) for table in tables] == before and not store.loads()
    assert store.value("select value from counter where name = 'case'") == counter
    assert store.carry_out(plan) == [] and store.count("cases") == 1


def test_letters_are_claimed_by_the_same_commit_but_held_ones_never(store: Store) -> None:
    """With a claim the letters' first attempt is recorded and they are returned to be sent; held ones stay."""
    given = mail()
    _, _, plan = store.plan(given, store.accept(given))
    held = replace(plan, notices=(replace(plan.notices[0], held=True), *plan.notices[1:]))
    sent = store.carry_out(held, claim=NOW + timedelta(minutes=15))
    assert [mail_.id for mail_ in sent] == [notice.outbox_id for notice in plan.notices[1:]]
    states = store.connection.execute(text("select state, attempts from outbox order by id")).all()
    assert [tuple(state) for state in states] == [("held", 0), ("sending", 1)]


def test_a_status_moves_with_its_times(store: Store) -> None:
    """Resolved and closed leave their times, reopening clears them and counts."""
    store.take(mail())
    for status, columns in (("resolved", (True, False)), ("closed", (True, True)), ("open", (False, False))):
        store.say(MoveCase(case=1000, status=status))  # type: ignore[arg-type]
        row = store.connection.execute(text("select resolved, closed from cases where number = 1000")).one()
        assert tuple(value is not None for value in row) == columns
    assert store.value("select reopened_count from cases where number = 1000") == 1


def test_every_decision_leaves_its_trace(store: Store) -> None:
    """The event of a decision holds every rule asked, hit or missed, and why an ack went or did not."""
    store.take(mail(headers=(("list-id", "x"),)))

    shown = show.case(store.connection, ZoneInfo("Europe/Oslo"), 1000)
    assert shown is not None
    decided = next(event for event in shown["events"] if event["what"] == "decided")
    rules = [line[0] for line in decided["trace"]]
    assert "automatic reply, mailing list" in rules and "acknowledgement" in rules
    missing = next(event for event in shown["events"] if event["what"] == "no acknowledgement")
    assert (missing["code"], missing["reason"]) == ("by row", "mailing list: header list-id")


def test_an_answer_waits_for_nobody_who_left(store: Store) -> None:
    """The list of participants is asked again when an answer is sent: who was removed gets nothing (law T18)."""
    opened = store.take(mail(cc=(LIV,)))
    joined = store.take(mail("Jeg også", author=LIV, subject="SV", in_reply_to=(opened_id(store),)))
    assert joined.outcome == "entry"
    answer = store.take(reply(notices(opened, "assignment")[0], "Prøv igjen."))
    assert {notice.to for notice in answer.notices} == {KARI, LIV}
    store.connection.execute(text("delete from participant where address = :who"), {"who": LIV})
    claimed = outbox.claim_due(store.connection, who="me", now=NOW + timedelta(hours=1), limit=50)
    assert claimed and LIV not in {mail_.recipient for mail_ in claimed if mail_.kind == "answer"}
    assert store.value("select state from outbox where kind = 'answer' and recipient = :who", who=KARI) == "queued"
    assert store.value("select state from outbox where kind = 'answer' and recipient = :who", who=LIV) == "dropped"
    assert store.count("event", "what = 'answer dropped'") == 1


def test_an_answer_whose_sender_died_waits_for_nobody_who_left(store: Store) -> None:
    """An attempt that nobody ended is no promise: the list of participants is asked before the next one, too."""
    opened = store.take(mail(cc=(LIV,)))
    store.take(mail("Jeg også", author=LIV, subject="SV", in_reply_to=(opened_id(store),)))
    store.take(reply(notices(opened, "assignment")[0], "Prøv igjen."))
    for later in (1, 2, 3):  # one of a lane at a time
        outbox.claim_due(store.connection, who="dead", now=NOW + timedelta(hours=later), limit=50)
        store.connection.execute(text("update outbox set state = 'sent', done_at = due where kind <> 'answer'"))
    assert store.value("select state from outbox where kind = 'answer' and recipient = :who", who=LIV) == "sending"
    store.connection.execute(text("delete from participant where address = :who"), {"who": LIV})
    claimed = outbox.claim_due(store.connection, who="me", now=NOW + timedelta(hours=9), limit=50)
    assert [mail_.recipient for mail_ in claimed if mail_.kind == "answer"] == [KARI]
    assert store.value("select state from outbox where kind = 'answer' and recipient = :who", who=LIV) == "dropped"


def opened_id(store: Store) -> str:
    """Return the Message-ID of the mail that opened the first case."""
    return str(store.value("select message_id from message where kind = 'customer' order by id"))
