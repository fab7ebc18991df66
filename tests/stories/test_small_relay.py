"""A notice that the relay finds too big goes again without its file, and the group hears (law W15)."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from maild.journey import delivered
from maild.storage import outbox
from tests.kit import desk as kit
from tests.kit.desk import AGENTS, Desk, Letter, Outcome, rulebook

JAN = "jan.eide@bruker.example"
CAMILLA, DAVID, OPERATOR = "camilla.dahl@fjordvik.example", "david.nilsen@fjordvik.example", "drift@fjordvik.example"
IT = "it@fjordvik.example"
LIMIT = 1_000_000
SIZES = [
    "552 5.3.4 Message size exceeds fixed limit",
    "552 5.3.4 the relay takes 10485760 octets at most, and the mail has 12400000",
    "552-5.2.3 Your message exceeded the size limits of this server",
    "554 5.2.3 STOREDRV.Deliver: message too large for this recipient",
    "550 5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size",
    "552 Message too big",
    "550 Message size exceeds maximum size allowed",
    "523 the message is too large",
]


@dataclass
class Small(Desk):
    """A desk whose relay takes mails up to a size."""

    says: str = SIZES[0]
    refused: int = 0

    def _deliver(self) -> Iterator[Letter]:
        while True:
            with self.engine.begin() as connection:
                claimed = outbox.claim_due(connection, who="story", now=self.now, limit=64)
                if not claimed:
                    return
                big = {sent.id for sent in claimed if len(sent.data) > LIMIT}
                self.refused += len(big)
                results = [
                    outbox.Result(id=sent.id, state="failed", answer=self.says)
                    if sent.id in big
                    else outbox.Result(id=sent.id, state="sent", answer="250 ok")
                    for sent in claimed
                ]
                delivered.settle(
                    connection,
                    self.corridor,
                    list(zip(claimed, results, strict=True)),
                    who="story",
                    now=self.now,
                )
            for sent in claimed:
                if sent.id not in big:
                    yield Letter(sent.kind, sent.recipient, sent.return_path, sent.data, kit._parse(sent.data))


def with_file(
    desk: Desk, *, name: str = "plan.pdf", text: str = "Hei, her er planen.", size: int = 1_200_000
) -> Outcome:
    """Let Jan send a file of random bytes."""
    content = base64.encodebytes(random.Random(7).randbytes(size)).decode()
    mail = (
        f"From: Jan Eide <{JAN}>\nTo: {IT}\nSubject: Plan for skolen\nMessage-ID: <plan{size}@bruker.example>\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n--bb\nContent-Type: application/pdf\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}\nContent-Transfer-Encoding: base64\n\n"
        f"{content}--bb--\n"
    )
    return desk.write(mail, IT)


@pytest.mark.parametrize("says", SIZES)
def test_it_goes_again_at_once_without_the_file(store_url: str, says: str) -> None:
    """The agent gets the same notice with the file's name and size; the group is told; the operator need not be."""
    desk = Small(store_url, says=says)
    got = with_file(desk, size=1_100_000)
    assert desk.refused == 1
    notice = got.to(CAMILLA)
    assert notice.kind == "assignment" and "Hei, her er planen." in notice.text
    assert "plan.pdf (1,1 MB)" in notice.text and len(notice.raw) < 20_000
    assert [part.get_filename() for part in notice.message.iter_attachments()] == []
    assert [(letter.kind, letter.to) for letter in got.letters if letter.to in (DAVID, OPERATOR)] == [
        ("undelivered", DAVID)
    ]
    assert "uten filene" in got.to(DAVID).text
    events = [event["reason"] for event in desk.case(1042)["events"] if event["what"] == "not delivered"]
    assert len(events) == 1 and "without the files" in str(events)
    answer = desk.answer(notice, "Takk, planen er mottatt.")
    assert (answer.plan.outcome, answer.recipients) == ("answer", [JAN])
    desk.close()


def test_an_agent_alone_in_the_group_hears(store_url: str) -> None:
    """With nobody else in the group the notice without the file is all that goes out."""
    base = rulebook()
    alone = replace(base, groups=base.groups | {"it-1": replace(base.groups["it-1"], members=("camilla.dahl",))})
    desk = Small(store_url, rules=alone)
    got = with_file(desk)
    assert got.recipients == [CAMILLA, JAN] and "plan.pdf" in got.to(CAMILLA).text
    desk.close()


def test_every_member_of_a_shared_queue_gets_it(store_url: str) -> None:
    """Where the whole group was told, each gets the notice again, and no letter about the others'."""
    base = rulebook()
    shared = replace(base, groups=base.groups | {"it-1": replace(base.groups["it-1"], assign="group")})
    desk = Small(store_url, rules=shared)
    got = with_file(desk)
    assert sorted((letter.kind, letter.to) for letter in got.letters if letter.to != JAN) == [
        ("assignment", CAMILLA),
        ("assignment", DAVID),
    ]
    assert got.to(CAMILLA).reply_to != got.to(DAVID).reply_to
    desk.close()


@pytest.mark.parametrize("language", ["no", "sv", "en"])
def test_whatever_the_letter_is_written_in(store_url: str, language: str) -> None:
    """Umlauts, Japanese, a name of other letters, a letter in HTML beside text: all come through unchanged."""
    agents = {name: replace(agent, language=language) for name, agent in AGENTS.items()}
    desk = Small(store_url, rules=replace(rulebook(), agents=agents))
    text = "Blåbærøl på «Østre» – 日本語のテキストです\n\n.\nFrom her\n" + "lang " * 400
    notice = with_file(desk, name="%C3%A5rsplan%20%E2%82%AC.pdf", text=text).to(CAMILLA)
    flat = " ".join(notice.text.split())
    assert " ".join(text.split()) in flat and "årsplan €.pdf (1" in flat
    desk.close()


@pytest.mark.parametrize(
    "says", ["552 5.2.2 mailbox full, size limit exceeded", "550 5.1.1 no such user", "554 5.7.1 rejected"]
)
def test_a_refusal_that_is_not_about_size_is_told_as_ever(store_url: str, says: str) -> None:
    """A full mailbox, an unknown user, a rule of theirs: nothing is sent again."""
    desk = Small(store_url, says=says)
    got = with_file(desk, size=1_100_000)
    assert [letter.kind for letter in got.letters if letter.to in (CAMILLA, DAVID)] == ["undelivered"]
    desk.close()


def test_an_answer_to_a_customer_keeps_its_file(store_url: str) -> None:
    """It is not sent without what it speaks of: its agents are told that it did not arrive."""
    desk = Small(store_url)
    notice = with_file(desk, size=1000).to(CAMILLA)
    content = base64.encodebytes(random.Random(3).randbytes(1_100_000)).decode()
    head = kit.mail(CAMILLA, notice.reply_to, f"SV: {notice.subject}", "", key="big", answers=notice.message_id)
    body = (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=cc\n\n--cc\n\nHei, se filen.\n--cc\n"
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=svar.pdf\n"
        f"Content-Transfer-Encoding: base64\n\n{content}--cc--\n"
    )
    got = desk.write(head.rstrip("\n") + "\n" + body, notice.reply_to)
    assert got.plan.outcome == "answer"
    assert [letter.kind for letter in got.letters] == ["undelivered"]
    desk.close()


def test_a_report_of_the_agents_own_server_counts_too(store_url: str) -> None:
    """The relay took it and the next server did not: by its report the notice goes again, once."""
    desk = Desk(store_url)
    notice = with_file(desk, size=200_000).to(CAMILLA)
    assert len(list(notice.message.iter_attachments())) == 1
    for key, expected in (("r1", ["assignment"]), ("r2", [])):
        report = (
            f"From: MAILER-DAEMON@post.example\nTo: {notice.return_path}\nSubject: Undelivered\n"
            f"Message-ID: <{key}@post.example>\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=rr\n\n--rr\n\nToo big.\n--rr\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; post.example\n\n"
            f"Final-Recipient: rfc822; {CAMILLA}\nAction: failed\nStatus: 5.2.3\n"
            "Diagnostic-Code: smtp; 552 5.2.3 message exceeds the size limit\n--rr--\n"
        )
        got = desk.receive(report.replace("\n", "\r\n").encode(), notice.return_path, sender="")
        assert got.plan.outcome == "bounce"
        assert [letter.kind for letter in got.letters if letter.to == CAMILLA] == expected
        if expected:
            assert "plan.pdf" in got.to(CAMILLA).text and not list(got.to(CAMILLA).message.iter_attachments())
    desk.close()
