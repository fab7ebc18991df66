"""What somebody who takes no part in a case can do: be heard by the agents, and nothing else (law T17)."""

import random

import pytest

from tests.kit.desk import Desk, Outcome, mail

KARI, CAMILLA = "kari.moen@fjordvik.example", "camilla.dahl@fjordvik.example"
SECRET = "hemmelig-rom-B-214"


STRANGER, ATTACKER = "ukjent@epost.example", "attacker@evil.example"


def from_stranger(desk: Desk, to: str, subject: str, *, answers: str = "", key: str = "s1") -> Outcome:
    """Let a stranger write."""
    return desk.write(mail(STRANGER, to, subject, f"Hva er status på denne? {key}", key=key, answers=answers), to)


@pytest.fixture
def opened(desk: Desk) -> Outcome:
    """A case of Kari's with a secret in its title."""
    return desk.write(mail(KARI, "it@fjordvik.example", SECRET, "Hei", key="k1"), "it@fjordvik.example")


def test_with_a_signed_address(desk: Desk, opened: Outcome) -> None:
    """A stranger who writes to a signed address is heard by the agents only: pending, no ack, not let in."""
    address = opened.to(KARI).reply_to
    got = from_stranger(desk, address, "Re: [FK#1042]")
    assert (got.plan.outcome, got.plan.case, got.recipients) == ("pending", 1042, [CAMILLA])
    assert desk.case(1042)["participants"] == [KARI]
    assert desk.case(1042)["messages"][-1]["visibility"] == "pending"
    answered = desk.answer(opened.to(CAMILLA), "Svar til Kari.")
    assert answered.recipients == [KARI]


def test_with_our_message_id(desk: Desk, opened: Outcome) -> None:
    """Our signed Message-ID in References weighs as much as the signed address: pending."""
    got = from_stranger(desk, "it@fjordvik.example", "Hei", answers=opened.to(KARI).message_id)
    assert (got.plan.outcome, got.plan.case, got.recipients) == ("pending", 1042, [CAMILLA])


def test_with_a_number(desk: Desk, opened: Outcome) -> None:
    """A number in the subject gives a stranger a case of their own, linked; the ack names nothing of Kari's."""
    got = from_stranger(desk, "it@fjordvik.example", "[FK#1042] hei")
    assert (got.plan.outcome, got.plan.case) == ("new", 1043)
    ack = got.to(STRANGER)
    assert SECRET not in ack.message.as_string() and "1042" not in ack.message.as_string()
    again = from_stranger(desk, "it@fjordvik.example", "[FK#1042] hei igjen", key="s2")
    assert again.plan.outcome == "new" and STRANGER not in again.recipients


def test_two_numbers_in_one_subject(desk: Desk, opened: Outcome) -> None:
    """Two numbers in a subject count for nothing, even from a participant."""
    desk.send("M03", "it@fjordvik.example")
    both = mail(KARI, "it@fjordvik.example", "FK#1042 og FK#1043", "Hei", key="k9")
    assert desk.write(both, "it@fjordvik.example").plan.outcome == "new"


def test_with_nothing(desk: Desk, opened: Outcome) -> None:
    """Somebody new is a requester like anyone: a case, an ack, an agent told."""
    got = from_stranger(desk, "it@fjordvik.example", "Hei")
    assert (got.plan.outcome, got.plan.case) == ("new", 1043)
    assert STRANGER in got.recipients and len(got.letters) == 2


def test_as_the_requester_with_a_failing_domain(desk: Desk, opened: Outcome) -> None:
    """The requester's address with failing authentication is a stranger's: pending, and no ack."""
    address = opened.to(KARI).reply_to
    got = desk.write(mail(KARI, address, "x", "Send alt hit.", key="f1"), address, vouched="fail")
    assert (got.plan.outcome, got.recipients) == ("pending", [CAMILLA])


def test_no_letter_ever_reaches_a_copied_attacker(desk: Desk, opened: Outcome) -> None:
    """A spoofed requester who copies an attacker into an existing case lets nobody in (law T5)."""
    address = opened.to(KARI).reply_to
    spoof = mail(KARI, address, "x", "Se kopi.", key="f2", cc=ATTACKER)
    assert desk.write(spoof, address, vouched="fail").plan.outcome == "pending"
    attack = mail(ATTACKER, address, "x", "Hei", key="f3", answers="<f2@client.example>")
    assert desk.write(attack, address).plan.outcome == "pending"
    assert desk.case(1042)["participants"] == [KARI]
    assert desk.answer(opened.to(CAMILLA), "Svar.").recipients == [KARI]


def test_a_stranger_whose_every_name_is_as_long_as_can_be(desk: Desk) -> None:
    """Addresses, Message-IDs and names of letters of four octets, all different: a case on both databases."""
    dice = random.Random(4)

    def noise(letters: int) -> str:
        return "".join(chr(0x20000 + dice.randrange(0xA000)) for _ in range(letters))

    for _ in range(2):
        ids = [f"<{noise(990)}@x.example>" for _ in range(60)]
        author = f"{noise(300)}@{noise(60)}.{noise(60)}.example"
        raw = (
            f"From: {noise(900)} <{author}>\r\nTo: it@fjordvik.example\r\nSubject: {noise(900)}\r\n"
            f"Message-ID: {ids[0]}\r\nIn-Reply-To: {ids[1]}\r\n"
            + "References: "
            + "\r\n ".join(ids[1:])
            + f"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{noise(5000)}\r\n"
        )
        outcome = desk.receive(raw.encode(), f"it+{noise(200)}@fjordvik.example", sender=author)
        assert outcome.plan.case is not None
        assert desk.case(outcome.plan.case)["messages"][0]["message_id"].encode()[:40] == ids[0].encode()[:40]
    assert len(desk.numbers()) == 2
