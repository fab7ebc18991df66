"""What the admin's listings show: the promised keys, times with offset, and the words of letters read back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from maild.core.values.mail import Attachment, Report
from maild.storage import show
from tests.kit import make
from tests.kit.make import KARI, NOW, acks, mail, notices
from tests.storage.corridor import Store

OSLO = ZoneInfo("Europe/Oslo")
FILE = Attachment(name="a.pdf", type="application/pdf", size=3, sha256="ab", start=1, end=5, encoding="base64")


@pytest.fixture
def store(connection: Connection) -> Store:
    """A case with an ack, a follow-up, an agent's answer and a stranger's linked case."""
    store = Store(connection)
    opened = store.take(mail(attachments=(FILE,), language="no"))
    (ack,), (told,) = acks(opened), notices(opened, "assignment")
    store.take(mail("Mer", to=(str(ack.reply_to),), subject="Re: x"), now=NOW + timedelta(hours=1))
    answer = mail("Svar", author=told.to, to=(str(told.reply_to),), subject=f"Re: {told.subject}")
    store.take(answer, now=NOW + timedelta(hours=2))
    store.take(mail("Hva er dette?", author=make.STRANGER, subject="[FK#1000]"), now=NOW + timedelta(hours=3))
    return store


def test_a_case_in_a_listing(store: Store) -> None:
    """A case has the promised keys; both sides of a link show it; filters keep what fits, newest first."""
    newest, oldest = show.cases(store.connection, OSLO)
    keys = "number subject department type status priority language requester participants group assignee tags linked"
    assert set(f"{keys} created updated".split()) <= set(oldest)
    assert (oldest["number"], oldest["status"], oldest["participants"]) == (1000, "waiting_requester", [KARI])
    assert oldest["linked"] == [{"number": 1001, "kind": "maybe"}] and newest["linked"] == [
        {"number": 1000, "kind": "maybe"}
    ]
    assert oldest["created"] == "2026-12-01T09:00:00+01:00"
    assert datetime.fromisoformat(str(oldest["updated"])) == NOW + timedelta(hours=2)
    for changes, numbers in (
        ({"status": "waiting_requester"}, [1000]),
        ({"department": "hr"}, []),
        ({"requester": make.STRANGER}, [1001]),
        ({"assignee": "camilla"}, [1000]),
        ({"limit": 1}, [1001]),
    ):
        assert [c["number"] for c in show.cases(store.connection, OSLO, **changes)] == numbers  # type: ignore[arg-type]


def test_one_case_whole(store: Store) -> None:
    """Its entries in order with files, its history, all of it ready for JSON; an unknown number is None."""
    shown = show.case(store.connection, OSLO, 1000)
    assert shown is not None and json.dumps(shown)
    keys = "direction kind visibility from to cc subject text folded message_id in_reply_to references date attachments"
    assert all(set(keys.split()) <= set(entry) for entry in shown["messages"])
    assert [(m["direction"], m["kind"], m["from"]) for m in shown["messages"]] == [
        ("in", "customer", KARI),
        ("out", "auto", "it@fjordvik.example"),
        ("in", "customer", KARI),
        ("out", "reply", make.CAMILLA),
    ]
    assert shown["messages"][0]["attachments"] == [
        {"name": "a.pdf", "type": "application/pdf", "size": 3, "sha256": "ab"}
    ]
    assert {"opened", "decided", "status"} <= {event["what"] for event in shown["events"]}
    assert all({"at", "actor", "what", "before", "after", "reason"} <= set(event) for event in shown["events"])
    assert show.case(store.connection, OSLO, 99) is None


def test_each_case_that_a_mail_opened_says_why_it_went_to_whom(connection: Connection) -> None:
    """A mail to two departments may open two cases: each one's history has the reason of its own assignment."""
    store = Store(connection)
    store.take(mail(to=("it@fjordvik.example", "okonomi@fjordvik.example"), language="no"))
    reasons = []
    for number in (1000, 1001):
        shown = show.case(store.connection, OSLO, number)
        assert shown is not None
        reasons += [event["assignment"] for event in shown["events"] if "assignment" in event]
    assert reasons == ["least open in it-1: 0", "next in oko-2 after nobody"]


def test_mails_in_and_out(store: Store) -> None:
    """Inbound and outbox rows have the promised keys and can be filtered by state."""
    first = show.inbound_list(store.connection, OSLO)[-1]
    assert {"id", "state", "reason", "sha256", "size", "source", "received", "case"} <= set(first)
    assert (first["state"], first["case"], first["outcome"]) == ("done", 1000, "new")
    assert len(show.inbound_list(store.connection, OSLO, state="accepted")) == 0
    whole = show.inbound(store.connection, OSLO, int(first["id"]))
    assert whole is not None and whole["events"] and show.inbound(store.connection, OSLO, 999) is None
    out = show.outbox_list(store.connection, OSLO)
    assert {"id", "case", "to", "subject", "message_id", "state", "attempts", "due", "error"} <= set(out[0])
    assert len(show.outbox_list(store.connection, OSLO, state="queued")) == len(out)
    assert len(show.outbox_list(store.connection, OSLO, limit=1)) == 1


def test_a_letters_words_are_read_from_its_bytes(store: Store) -> None:
    """An ack is kept once, in the outbox; the case shows its words all the same."""
    head = "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
    letter = f"{head}\r\n\r\nVi har mottatt saken å.\r\n".encode()
    store.connection.execute(
        text("update outbox_data set data = :d where outbox in (select id from outbox where kind = 'ack')"),
        {"d": letter},
    )
    shown = show.case(store.connection, OSLO, 1000)
    assert shown is not None and shown["messages"][1]["text"].strip() == "Vi har mottatt saken å."


def test_the_sum_of_the_store(store: Store) -> None:
    """Status counts cases, mails that wait, quarantine, reports about nothing, and loops."""
    foreign = Report(kind="delivery-status", status="5.0.0", original_message_id="<x@y>")
    store.take(mail("b", author="mailer-daemon@mx.example", sender="", report=foreign))
    store.take(mail("rundt", received_count=100))
    store.take(mail("ekko", author="hr@fjordvik.example"))
    summed = show.status(store.connection, OSLO)
    assert summed["cases"]["waiting_requester"] == 1 and summed["unmatched"] == 1 and summed["quarantined"] == 1
    assert summed["loops"] == 1 and summed["outbox"]["queued"] > 0 and summed["inbound"] == {}
    json.dumps(summed)


def test_facts_for_a_notice(store: Store) -> None:
    """The few facts a notice about a case needs."""
    found = show.case_row(store.connection, 1000)
    assert found is not None and (found["department"], found["assignee"]) == ("it", "camilla")
    assert show.case_row(store.connection, 99) is None


def test_reasons_have_words_and_a_code_and_older_words_stand(store: Store) -> None:
    """A program finds the code beside the words; what an older store says is shown as it stands there."""
    came = show.inbound_list(store.connection, OSLO)
    assert [(one["code"], one["reason"]) for one in came][-1] == ("a new case", "new case: nothing names a case")
    old = "row 6 of the table: header list-id"
    for table, column in (("inbound", "reason"), ("event", "reason"), ("message", "note"), ("outbox", "error")):
        store.connection.execute(text(f"update {table} set {column} = :old"), {"old": old})
    rows = json.dumps([["row 0, 0a, 1 of the table", False, ""], ["assignment", True, "next in it-1 after nobody"]])
    store.connection.execute(text("update event set trace = :rows where what = 'decided'"), {"rows": rows})
    shown = show.case(store.connection, OSLO, 1000)
    assert shown is not None and {(event["code"], event["reason"]) for event in shown["events"]} == {("", old)}
    assert shown["messages"][0]["note"] == old
    opened = next(event for event in shown["events"] if event["what"] == "opened")
    assert opened["assignment"] == "next in it-1 after nobody"
    decided = next(event for event in shown["events"] if event["what"] == "decided")
    assert decided["trace"] == json.loads(rows)
    assert {one["reason"] for one in show.inbound_list(store.connection, OSLO)} == {old}
    assert {one["error"] for one in show.outbox_list(store.connection, OSLO)} == {old}
