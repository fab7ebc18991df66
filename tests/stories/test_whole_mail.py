"""``alt`` brings the whole of a customer's mail to the agent, and to nobody else (law G13)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit.desk import Desk, mail, rulebook

KARI, CAMILLA, GRETE = (f"{name}@fjordvik.example" for name in ("kari.moen", "camilla.dahl", "grete.hansen"))
IT = "it@fjordvik.example"
LONG = "Hei, se under.\n\n-- \nKari Moen\nSeksjon for vei\nTelefon 55 00 11 22"


@pytest.mark.parametrize(("language", "word"), [("no", "alt"), ("sv", "Allt."), ("no", "ALT!"), ("en", "alt")])
def test_the_whole_mail_comes_with_its_original(store_url: str, language: str, word: str) -> None:
    """What was folded away is in the letter, and the raw mail is its file, octet by octet."""
    base = rulebook()
    agents = {name: replace(agent, language=language) for name, agent in base.agents.items()}
    desk = Desk(store_url, rules=replace(base, agents=agents))
    notice = desk.write(mail(KARI, IT, "Veilys", LONG, key="v"), IT).to(CAMILLA)
    assert "Telefon 55 00 11 22" not in notice.text
    got = desk.answer(notice, word)
    assert (got.plan.outcome, got.recipients) == ("note", [CAMILLA])
    letter = got.to(CAMILLA)
    assert letter.kind == "whole" and "Telefon 55 00 11 22" in letter.text and "Hei, se under." in letter.text
    (file,) = letter.message.iter_attachments()
    assert file.get_filename() == "FK-1042.eml"
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes) and b"Message-ID: <v@client.example>\r\n" in content
    assert content.endswith(b"Telefon 55 00 11 22\r\n")
    assert desk.case(1042)["status"] == "assigned"
    back = desk.answer(letter, "Takk!", step="2")
    assert (back.plan.outcome, back.letters) == ("note", ())
    desk.close()


def test_it_is_the_mail_that_was_answered(desk: Desk) -> None:
    """In answer to the notice of the second mail it is the second, though a third has come; else the newest."""
    opened = desk.write(mail(KARI, IT, "Veilys", LONG, key="one"), IT)
    ack, notice = opened.to(KARI).reply_to, opened.to(CAMILLA)
    second = desk.write(mail(KARI, ack, "SV: [FK#1042] Veilys", "Nummer to", key="two"), ack).to(CAMILLA)
    desk.write(mail(KARI, ack, "SV: [FK#1042] Veilys", "Nummer tre", key="three"), ack)
    for asked, said, step in ((notice, "Hei, se under.", "a"), (second, "Nummer to", "b")):
        assert said in desk.answer(asked, "alt", step=step).to(CAMILLA).text
    plain = mail(CAMILLA, notice.reply_to, "SV: [FK#1042] Veilys", "alt", key="plain")
    assert "Nummer tre" in desk.write(plain, notice.reply_to).to(CAMILLA).text


def test_with_an_answer_below_both_happen(desk: Desk) -> None:
    """The customer gets the words and not the one above them; the agent gets the mail."""
    notice = desk.write(mail(KARI, IT, "Veilys", LONG, key="v"), IT).to(CAMILLA)
    got = desk.answer(notice, "alt\n\nHei Kari, vi ser på det.")
    assert got.recipients == [CAMILLA, KARI] and got.to(KARI).text.strip() == "Hei Kari, vi ser på det."
    assert got.to(CAMILLA).kind == "whole"


def test_no_proof_brings_nothing(desk: Desk) -> None:
    """A mail that only claims to be an agent's, or is another group's agent's, brings no mail."""
    notice = desk.write(mail(KARI, IT, "Veilys", LONG, key="v"), IT).to(CAMILLA)
    for author, to in ((CAMILLA, IT), (GRETE, IT)):
        forged = mail(author, to, "SV: [FK#1042] Veilys", "alt", key=f"x{author}", answers=notice.message_id)
        got = desk.write(forged, to, vouched="none")
        assert "whole" not in [letter.kind for letter in got.letters]
    customer = desk.write(mail(KARI, IT, "SV: [FK#1042] Veilys", "alt", key="k"), IT)
    assert customer.plan.outcome == "entry" and {letter.kind for letter in customer.letters} == {"follow-up"}


def test_prose_with_the_word_is_an_answer(desk: Desk) -> None:
    """Only the word alone in its line asks: "Alt er i orden", "Alt: ja" and "Alt?" go to the customer."""
    notice = desk.write(mail(KARI, IT, "Veilys", LONG, key="v"), IT).to(CAMILLA)
    for at, text in enumerate(("Alt er i orden.", "Alt: ja", "Alt?", "Hei!\n\nalt")):
        assert desk.answer(notice, text, step=str(at)).recipients == [KARI]
