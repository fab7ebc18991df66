"""A web form whose sender an admin named opens cases of those who fill it in, and does nothing more (law I15)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maild.core.rules.organisation import Person, Rulebook
from tests.kit.desk import Desk, Outcome, mail, rulebook

CAMILLA, ANNE = "camilla.dahl@fjordvik.example", "anne.solberg@fjordvik.example"
IT, SERVICE, FORM = "it@fjordvik.example", "servicetorg@fjordvik.example", "skjema@nett.example"
EVA = "eva.lie@bruker.example"


def knowing(sender: str = FORM) -> Rulebook:
    """The desk of the stories, with one form."""
    return replace(rulebook(), contacts={sender: Person(address=sender, identity="reply-to")})


@pytest.fixture
def forms(store_url: str) -> Desk:
    """A desk that knows a form."""
    return Desk(store_url, rules=knowing())


def filled(desk: Desk, reply_to: str | None, *, sender: str = FORM, vouched: str = "pass", key: str = "f") -> Outcome:
    """Let the form write."""
    more = {} if reply_to is None else {"reply_to": reply_to}
    text = f"Melding: benken i parken er knust ({key})"
    return desk.write(mail(f"Skjema <{sender}>", SERVICE, "Skjema", text, key=key, **more), SERVICE, vouched=vouched)


def test_the_case_is_theirs_and_the_answer_reaches_them(forms: Desk) -> None:
    """Requester and participant are who Reply-To names; the agent answers as ever, and their reply is an entry."""
    opened = filled(forms, f"Eva Lie <{EVA}>")
    case = forms.case(1042)
    assert (case["requester"], case["participants"], case["answer_to"]) == (EVA, [EVA], EVA)
    assert not opened.plan.acked and opened.recipients == [ANNE], "whoever fills a form in may name anybody"
    notice = opened.to(ANNE)
    assert EVA in notice.text and FORM in notice.text and "til: " not in notice.text.partition("Melding")[0]
    sent = forms.answer(notice, "Hei Eva.")
    assert sent.recipients == [EVA]
    back = sent.to(EVA).reply_to
    entry = forms.write(mail(EVA, back, f"SV: {sent.to(EVA).subject}", "Takk for svar, men når?", key="b"), back)
    assert (entry.plan.outcome, entry.plan.case) == ("entry", 1042)


@pytest.mark.parametrize(
    "reply_to",
    [
        None,
        f"{EVA}, ola@bruker.example",
        f"Lie, Eva <{EVA}>",
        "Publikum: ;",
        "no-reply@bruker.example",
        SERVICE,
        "it+1042.abc@sak.fjordvik.example",
        "eva lie",
    ],
)
def test_anything_but_one_strict_address_names_nobody(forms: Desk, reply_to: str | None) -> None:
    """Several, sloppy, ours, nobody's, or none: then the mail is its sender's, as without the rule."""
    filled(forms, reply_to)
    assert forms.case(1042)["requester"] == FORM


@pytest.mark.parametrize("vouched", ["pass", "none", "fail"])
def test_a_forged_form_is_not_believed(forms: Desk, vouched: str) -> None:
    """A mail in the form's name whose domain fails does not get it; the verdict is asked before Reply-To is."""
    filled(forms, EVA, vouched=vouched)
    assert forms.case(1042)["requester"] == (FORM if vouched == "fail" else EVA)


def test_only_the_named_sender_gets_it(forms: Desk) -> None:
    """Another address of the same domain, with a tag or a like name, is read by its From."""
    for at, sender in enumerate(("skjema2@nett.example", "skjema+x@nett.example", "skjema@nett.example.evil.example")):
        filled(forms, EVA, sender=sender, key=f"s{at}")
        assert forms.case(1042 + at)["requester"] == sender
    filled(forms, EVA, sender="Skjema@Nett.example", key="caps")
    assert forms.case(1045)["requester"] == EVA


def test_a_form_enters_no_open_case_and_acts_for_nobody(forms: Desk) -> None:
    """Filled in with a customer's or an agent's address and a case's number, it opens a case of its own."""
    filled(forms, EVA)
    for at, person in enumerate((EVA, CAMILLA, ANNE)):
        text = mail(FORM, SERVICE, "SV: [FK#1042] Skjema", "løst", key=f"n{at}", reply_to=person)
        got = forms.write(text, SERVICE)
        assert got.plan.outcome == "new" and got.plan.case == 1043 + at
    away = forms.write(mail(FORM, IT, "x", "borte 3.–14.12", key="away", reply_to=CAMILLA), IT)
    assert away.plan.outcome == "new"
    assert forms.case(1042)["status"] == "assigned" and len(forms.case(1042)["messages"]) == 1


def test_many_people_fill_in_the_same_form(forms: Desk) -> None:
    """Fifteen within minutes are fifteen cases."""
    for at in range(15):
        filled(forms, f"person{at}@bruker.example", key="abcdefghijklmno"[at] * 9)
    assert len(forms.numbers()) == 15
