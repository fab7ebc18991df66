"""Whoever copies himself in somebody else's name is let in nowhere (law T5)."""

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.kit.desk import DEPARTMENTS, Desk, Outcome, mail, rulebook

KARI, LIV, CAMILLA = (f"{name}@fjordvik.example" for name in ("kari.moen", "liv.strand", "camilla.dahl"))
SECRET = "hemmelig-rom-B-214"
EVE = "eve@evil.example"

CLAIMS = {
    "dmarc none": "Authentication-Results: mx.fjordvik.example; dmarc=none header.from=fjordvik.example\n",
    "no verdict": "",
    "unknown": "Authentication-Results: mx.fjordvik.example; dmarc=temperror header.from=fjordvik.example\n",
    "about another": "Authentication-Results: mx.fjordvik.example; dmarc=pass header.from=evil.example\n",
    "fail": "Authentication-Results: mx.fjordvik.example; dmarc=fail (p=none) header.from=fjordvik.example\n",
    "fail, rejected": "Authentication-Results: mx.fjordvik.example; dmarc=fail (p=reject) "
    "header.from=fjordvik.example\n",
    "another server": "Authentication-Results: mx.evil.example; dmarc=pass header.from=fjordvik.example\n",
    "below a relay": "Received: from evil.example by evil.example; Tue, 1 Dec 2026 09:00:00 +0100\n"
    "Authentication-Results: mx.fjordvik.example; dmarc=pass header.from=fjordvik.example\n",
}
"""What stands above a forged mail: never a pass for Kari's domain that counts."""
INTO = ("a new case", "by number", "by her own mail", "by both")
COPIED = (EVE, "Eve@Evil.Example", "eve+desk@evil.example", "EVE+Desk@evil.example")
"""How the forged mail copies her."""
WRITES = (
    f"Eve <{EVE}>",
    f'"Kari Moen" <{EVE.upper()}>',
    f'"{KARI}" <{EVE}>',
    "eve+desk@evil.example",
    '"Liv Strand (leder)" <Eve+Desk@EVIL.example>',
)
"""How she writes herself when she answers."""
BY = ("In-Reply-To", "References", "both", "both and the number", "number alone")
HER_OWN = ("pass", "none", "unknown", "fail")
VARIANTS = list(itertools.product(CLAIMS, INTO, COPIED, WRITES, BY, HER_OWN))


def forged(desk: Desk, variant: tuple[str, ...], at: int, number: int, first: str) -> tuple[Outcome, Outcome]:
    """Let Eve write in Kari's name with herself in copy, and then answer that mail."""
    claim, into, copied, writes, by, own = variant
    key = f"<forged-{at}@fjordvik.example>"
    subject = f"[FK#{number}] {SECRET}" if into in ("by number", "by both") else f"Ny sak {at}"
    answers = first if into in ("by her own mail", "by both") else ""
    text = mail(f"Kari Moen <{KARI}>", "it@fjordvik.example", subject, f"Se kopi {at}.", key=f"x{at}", cc=copied)
    text = text.replace(f"<x{at}@client.example>", key)
    text = (f"In-Reply-To: {answers}\n" if answers else "") + text
    opened = desk.receive((CLAIMS[claim] + text).replace("\n", "\r\n").encode(), "it@fjordvik.example", sender=KARI)
    named = number if into != "a new case" else opened.plan.case or number
    subject = f"Re: [FK#{named}] x" if "number" in by else f"Re: Ny sak {at}"
    more = {"in_reply_to": key} if by != "References" and by != "number alone" else {}
    more |= {"references": key} if by not in ("In-Reply-To", "number alone") else {}
    answer = mail(writes, "it@fjordvik.example", subject, f"Send meg alt {at}", key=f"eve{at}", **more)
    return opened, desk.write(answer, "it@fjordvik.example", vouched=own)


def nobody_joined(desk: Desk) -> None:
    """Hold the promise over every case of the desk: Kari's are Kari's alone, and Eve's hold nothing of hers."""
    for number in desk.numbers():
        case = desk.case(number)
        assert case["participants"] == ([case["requester"]] if case["requester"] else []), number
        public = {
            m["from"].lower() for m in case["messages"] if m["visibility"] == "public" and m["kind"] == "customer"
        }
        assert public <= {case["requester"].lower()}, number


@pytest.mark.parametrize("mode", ["headers", "none"])
def test_forged_copies_let_nobody_in(store_url: str, mode: str) -> None:
    """A hundred forged copies in each mode (forty on PostgreSQL), all kinds of proof but a pass: nobody takes part in
    anybody's case, no word of Kari's reaches Eve, and the agent's answer, whatever notice it answers, goes to Kari.
    """
    desk = Desk(store_url, rules=rulebook(trust=mode, agents="token"))
    opened = desk.write(mail(KARI, "it@fjordvik.example", SECRET, SECRET, key="k1"), "it@fjordvik.example")
    number, notice = opened.plan.case or 0, opened.to(CAMILLA) if CAMILLA in opened.recipients else opened.letters[-1]
    dice = random.Random(mode)
    told, became = [*opened.letters], Counter[str]()
    for at, variant in enumerate(dice.sample(VARIANTS, 100 if desk.url.startswith("sqlite") else 40)):
        desk.later(minutes=dice.choice((1, 11)))
        first, second = forged(desk, variant, at, number, "<k1@client.example>")
        told += [*first.letters, *second.letters]
        became[second.plan.outcome] += 1
        assert second.plan.outcome in ("pending", "new", "entry"), variant
        assert second.plan.outcome != "entry" or second.plan.case not in (number, first.plan.case), variant
    assert became["pending"] > 10 and became["new"] > 5, "the forgeries are of many kinds"
    nobody_joined(desk)
    assert not [letter for letter in told if "evil" in letter.to.lower() and SECRET in letter.message.as_string()]
    answered = desk.answer(notice, "Svar til Kari.", agent=notice.to)
    assert answered.recipients == [KARI]
    desk.close()


def test_nobody_is_let_into_a_confidential_case(store_url: str) -> None:
    """What the requester's proven mail copies is let in where the case is open, and asked about where it is not."""
    departments = DEPARTMENTS | {"hr": replace(DEPARTMENTS["hr"], confidential=True)}
    desk = Desk(store_url, rules=rulebook(departments=departments))
    for at, (department, outcome) in enumerate((("it", "entry"), ("hr", "pending"))):
        to = f"{department}@fjordvik.example"
        opened = desk.write(mail(KARI, to, f"Sak {at}", "Hei", key=f"c{at}", cc=LIV.title()), to)
        joined = desk.write(
            mail(LIV, to, f"SV: Sak {at}", "Og jeg.", key=f"l{at}", answers=f"<c{at}@client.example>"), to
        )
        assert (joined.plan.outcome, joined.plan.case) == (outcome, opened.plan.case)
        assert (LIV in desk.case(opened.plan.case or 0)["participants"]) == (outcome == "entry")
        (told,) = joined.letters
        assert told.kind == ("follow-up" if outcome == "entry" else "pending")
        assert (f"{KARI}, {LIV}" in told.text) == (outcome == "entry")
    assert "fortrolig" in told.text
    desk.close()


WHO = {
    "no": "går svaret fra IT-support til: ",
    "sv": "går svaret från IT-support till: ",
    "en": "your answer goes from IT-support to: ",
}


@pytest.mark.parametrize("language", WHO)
def test_the_notice_says_who_gets_the_answer(store_url: str, language: str) -> None:
    """Before and after somebody joins, each notice names every address that the answer to it goes to, and none else."""
    base = rulebook()
    agents = {name: replace(agent, language=language) for name, agent in base.agents.items()}
    desk = Desk(store_url, rules=replace(base, agents=agents))
    opened, joined = desk.send("M01", "it@fjordvik.example"), desk.send("M22", "it@fjordvik.example")
    for notice, people in ((opened.to(CAMILLA), KARI), (joined.to(CAMILLA), f"{KARI}, {LIV}")):
        assert f"{WHO[language]}{people}\n" in notice.text.replace("\r\n", "\n")
    html = opened.to(CAMILLA).message.get_body(("html",))
    assert html is not None and KARI in html.get_content().rpartition("</p>")[0].rpartition("<p")[2]
    assert desk.answer(joined.to(CAMILLA), "Ordnet.").recipients == [KARI, LIV]
    desk.close()


def test_a_name_in_copy_hides_no_address(store_url: str) -> None:
    """Whoever is copied under the name of another address is shown with his own."""
    desk = Desk(store_url)
    long = f"{LIV} {'x' * 250}"
    for at, (name, shown) in enumerate(((LIV, f"{LIV} <{EVE}>"), (long, f"{long[:60]} <{EVE}>"))):
        copied = mail(KARI, "it@fjordvik.example", f"Hei {at}", "Hei", key=f"n{at}", cc=f'"{name}" <{EVE}>')
        (notice,) = (one for one in desk.write(copied, "it@fjordvik.example").letters if one.kind == "assignment")
        assert f"Kopi til: {shown}" in notice.text
    desk.close()
