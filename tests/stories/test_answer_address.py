"""An answer reaches somebody, or its writer hears of it before and after (law I13, I14)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit.desk import Desk, Letter, mail, rulebook

CAMILLA, ANNE = "camilla.dahl@fjordvik.example", "anne.solberg@fjordvik.example"
IT, SERVICE = "it@fjordvik.example", "servicetorg@fjordvik.example"
PER = "per.lund@bruker.example"


FILLED_IN = "Emne: Gatelys\n\nLyset ved Granveien 4 er borte."


def form(
    desk: Desk, *, sender: str = "no-reply@skjemaer.example", text: str = FILLED_IN, key: str = "f1", **more: str
) -> Letter:
    """Let a web form write; the notice that its agent got."""
    got = desk.write(mail(f"Kontaktskjema <{sender}>", SERVICE, "Nytt skjema", text, key=key, **more), SERVICE)
    assert got.plan.outcome == "new" and not got.plan.acked
    return got.to(ANNE)


def test_a_form_is_answered_where_its_agent_says(desk: Desk) -> None:
    """The notice says that nobody reads the sender, offers Reply-To, and the first line of the answer decides."""
    notice = form(desk, reply_to=f"Per Lund <{PER}>")
    above = notice.text.partition("Lyset ved")[0]
    assert "ingen leser no-reply@skjemaer.example" in above and f"til: {PER}" in above

    got = desk.answer(notice, f"til: {PER}\n\nHei Per, lyset er bestilt.")
    assert (got.plan.outcome, got.recipients) == ("answer", [PER])
    assert got.to(PER).text.strip() == "Hei Per, lyset er bestilt."
    case = desk.case(1042)
    assert case["answer_to"] == PER and PER in case["participants"]
    assert [(e["actor"], e["after"]) for e in case["events"] if e["what"] == "answer address"] == [
        ("anne.solberg", PER)
    ]
    assert [m["text"].strip() for m in case["messages"] if m["kind"] == "reply"] == ["Hei Per, lyset er bestilt."]

    back = desk.write(
        mail(PER, got.to(PER).reply_to, f"SV: {got.to(PER).subject}", "Takk, men når?", key="p"), got.to(PER).reply_to
    )
    assert (back.plan.outcome, back.plan.case) == ("entry", 1042)
    again = back.to(ANNE)
    assert PER in again.text and "ingen leser" not in again.text
    assert desk.answer(again, "På tirsdag.", step="2").recipients == [PER]


def raw(desk: Desk, header: str, text: str = "Hei, kranen drypper.", *, to: str = IT, sender: str = PER) -> Letter:
    """Let a mail with any From come in; the notice that its agent got."""
    head = f"{header}\nTo: {to}\nSubject: Kranen drypper\nMessage-ID: <{abs(hash(header))}@bruker.example>\n"
    got = desk.receive(f"{head}\n{text}\n".replace("\n", "\r\n").encode(), to, sender=sender)
    assert got.plan.outcome == "new" and [letter for letter in got.letters if not letter.kind.startswith("ack")]
    (notice,) = (letter for letter in got.letters if letter.kind == "assignment")
    return notice


SLOPPY = {
    "a comma in the name": (f"From: Lund, Per <{PER}>", PER),
    "brackets": (f"From: Per Lund [Eiendom] <{PER}>", PER),
    "an at sign in the name": (f"From: Per @ Lund Bygg <{PER}>", PER),
    "a colon in the name": (f"From: Resepsjon: Lund Bygg <{PER}>", PER),
    "a semicolon": (f"From: Per Lund; <{PER}>", PER),
    "no end": (f"From: Per Lund <{PER}", PER),
    "a comma behind": (f"From: Per Lund <{PER}>,", PER),
    "no angle brackets": (f'From: "Per Lund" {PER}', PER),
    "single quotes": (f"From: 'Lund, Per' <{PER}>", PER),
    "a quoted local part": ('From: "per lund"@bruker.example', '"per lund"@bruker.example'),
    "two dots": ("From: Per Lund <per..lund@bruker.example>", "per..lund@bruker.example"),
    "a dot before the at sign": ("From: Per Lund <per.lund.@bruker.example>", "per.lund.@bruker.example"),
    "an encoded name with a comma": (f"From: =?utf-8?Q?Lund,_P=C3=A5l?= <{PER}>", PER),
    "a comma, encoded in base64": (f"From: =?utf-8?B?THVuZCwgUMOlbA==?= <{PER}>", PER),
    "a Notes name": (f"From: CN=Per Lund/OU=Drift/O=Lund@LUND <{PER}>", PER),
    "a link to the address": (f"From: Per Lund <mailto:{PER}>", PER),
    "the address twice": (f"From: {PER}, Per Lund <{PER}>", PER),
    "two brackets": (f"From: Per Lund <<{PER}>>", PER),
    "a group": (f"From: Lund Bygg: {PER};", PER),
    "no From at all": ("X-Mailer: Skjema 2.1", PER),
    "two From fields": (f"From: Per Lund <{PER}>\nFrom: Per Lund <{PER}>", PER),
}


@pytest.mark.parametrize("kind", SLOPPY)
def test_a_sloppy_from_is_answered_at_its_one_address(one_url: str, kind: str) -> None:
    """Nothing is trusted that From does not say strictly; the agent is offered what stands there, and answers there."""
    header, address = SLOPPY[kind]
    desk = Desk(one_url)
    notice = raw(desk, header)
    case = desk.case(1042)
    assert (case["requester"], case["answer_to"], case["participants"]) in (("", "", []), (address, address, [address]))
    if case["requester"] == "":
        assert f"til: {address}\r\n" in notice.text and "så et svar hit når ingen" in notice.text
        refused = desk.answer(notice, "Hei, vi kommer i dag.")
        assert (refused.plan.outcome, refused.recipients) == ("refused", [CAMILLA])
    got = desk.answer(notice, f"til: {address}\n\nHei, vi kommer i dag.", step="2")
    assert (got.plan.outcome, got.recipients) == ("answer", [address])
    assert got.to(address).message["To"].addresses[0].addr_spec == address
    desk.close()


GROUPS = {
    "Google Groups": (
        f"From: \"'Per Lund' via IT\" <{IT}>\nX-Original-From: Per Lund <{PER}>\nX-Original-Sender: {PER}\n"
        "List-ID: <it.fjordvik.example>\nPrecedence: list"
    ),
    "Mailman, munged": (
        f"From: Per Lund via Orakel <{IT}>\nReply-To: Per Lund <{PER}>, Orakel <{IT}>\nList-Id: <it.fjordvik.example>"
    ),
    "Mailman, in Cc": f"From: Per Lund via Orakel <{IT}>\nCc: {CAMILLA}\nReply-To: Per Lund <{PER}>",
    "Google's own field": f"From: {IT}\nX-Google-Original-From: Per Lund <{PER}>",
    "a plus address of ours": f"From: Per Lund via IT <it+felles@fjordvik.example>\nReply-To: {PER}",
    "a signed form of ours": f"From: IT <it+1042.abcd@sak.fjordvik.example>\nReply-To: {PER}",
    "capitals": f"From: Per Lund <IT@Fjordvik.EXAMPLE>\nReply-To: {PER}",
}


@pytest.mark.parametrize("kind", GROUPS)
def test_a_group_that_writes_in_our_name_is_nobody(one_url: str, kind: str) -> None:
    """Our own address becomes no requester and no participant; the one who wrote to the group is offered."""
    desk = Desk(one_url)
    notice = raw(desk, GROUPS[kind], sender="it+bounces@fjordvik.example")
    case = desk.case(1042)
    assert (case["requester"], case["participants"], case["offers"]) == ("", [], [PER])
    assert "i vårt eget navn" in notice.text and f"til: {PER}\r\n" in notice.text
    assert desk.answer(notice, "Hei.").plan.outcome == "refused"
    assert desk.answer(notice, f"Til: Per Lund <{PER}>\n\nHei.", step="2").recipients == [PER]
    desk.close()


def test_members_of_a_group_are_no_burst(desk: Desk) -> None:
    """Twelve people write to a group within minutes: twelve cases, for the group's address is nobody's."""
    for at in range(12):
        who = f"medlem{at}@bruker.example"
        header = f"From: Medlem {at} via IT <{IT}>\nReply-To: {who}\nList-Id: <it.fjordvik.example>"
        raw(desk, header, text=f"Hei, dette er sak nummer {at} fra meg: {'abcdefghijkl'[at] * 5}", sender=IT)
    assert len(desk.numbers()) == 12


def test_people_behind_a_form_are_no_burst(desk: Desk) -> None:
    """Twelve people fill a form in within minutes: twelve cases; one who fills it in ten times is one case's matter."""
    for at in range(12):
        form(desk, key=f"k{at}", text=f"Sak {'abcdefghijkl'[at] * 6}", reply_to=f"person{at}@bruker.example")
    assert len(desk.numbers()) == 12


NOBODY = {
    "a scanner": "From: Skanner 3. etg <skanner3@bruker.example>",
    "a printer": "From: printer-b204@bruker.example",
    "voicemail": "From: Talepost <voicemail@tele.example>",
    "WordPress": "From: WordPress <wordpress@nettsted.example>",
    "a web server": "From: www-data <www-data@web01.nettsted.example>",
    "a host without a domain": "From: mfp <mfp@kopi2>",
    "SharePoint": "From: SharePoint Online <no-reply@sharepointonline.example>",
    "Danish": "From: svar-ikke@blanket.example",
    "Swedish": "From: Blankett <svara-inte@blankett.example>",
    "forwarded in a friendly name": "From: Per Lund <no-reply@videresend.example>",
}


@pytest.mark.parametrize("kind", NOBODY)
def test_an_answer_to_what_nobody_reads_is_refused_and_waits(one_url: str, kind: str) -> None:
    """The letter says what to write; the refused words go out, once, as soon as an address is named."""
    desk = Desk(one_url)
    notice = raw(desk, NOBODY[kind])
    assert "til: ADRESSE\r\n" in notice.text
    refused = desk.answer(notice, "Hei Per, se vedlagt plan.")
    assert (refused.plan.outcome, refused.recipients) == ("refused", [CAMILLA])
    letter = refused.to(CAMILLA)
    assert all(said in letter.text for said in ("Hei Per, se vedlagt plan.", "til: ADRESSE", "ingen adresse"))
    assert desk.case(1042)["messages"][-1]["text"].strip() == "Hei Per, se vedlagt plan."
    assert desk.case(1042)["status"] == "assigned"
    line = mail(CAMILLA, letter.reply_to, f"SV: {letter.subject}", f"til: {PER}", key="t", answers=letter.message_id)
    sent = desk.write(line, letter.reply_to)
    assert (sent.plan.outcome, sent.recipients) == ("answer", [PER])
    assert sent.to(PER).text.strip() == "Hei Per, se vedlagt plan."
    assert desk.case(1042)["status"] == "waiting_requester"
    again = desk.write(line.replace("<t@", "<t2@"), letter.reply_to)
    assert PER not in again.recipients
    desk.close()


def test_an_agent_may_insist_on_a_sender_nobody_seems_to_read(desk: Desk) -> None:
    """What looks like a machine's may be a person's: named in the first line it is written to."""
    notice = raw(desk, "From: Fax <faks@bruker.example>")
    assert desk.answer(notice, "til: faks@bruker.example\nHei.").recipients == ["faks@bruker.example"]
    assert desk.answer(notice, "Og en ting til.", step="2").recipients == ["faks@bruker.example"]


REPLY_TOS = {
    "several": ("a@bruker.example, Bo <b@bruker.example>", ["a@bruker.example", "b@bruker.example"]),
    "our own": (f"Servicetorget <{SERVICE}>", []),
    "nobody's too": ("ikke-svar@bruker.example", []),
    "an agent's": (CAMILLA, []),
    "a sloppy one": (f"Lund, Per <{PER}>", [PER]),
    "in capitals": ("Per.Lund@Bruker.EXAMPLE", [PER]),
    "a group": ("undisclosed-recipients:;", []),
}


@pytest.mark.parametrize("kind", REPLY_TOS)
def test_reply_to_is_offered_and_never_used(one_url: str, kind: str) -> None:
    """What a stranger writes there is nobody in the case; ours, agents' and no-replies are not even offered."""
    field, offers = REPLY_TOS[kind]
    desk = Desk(one_url)
    notice = form(desk, reply_to=field)
    case = desk.case(1042)
    assert (case["offers"], case["participants"]) == (offers, ["no-reply@skjemaer.example"])
    assert all(f"til: {offer}\r\n" in notice.text for offer in offers)
    assert desk.answer(notice, "Hei.").recipients == [ANNE]
    desk.close()


def test_addresses_in_the_text_of_a_form_are_offered(desk: Desk) -> None:
    """A form without Reply-To names its writer in a line: «E-post: …», in a table, in brackets or as a link."""
    text = f"Navn | Per Lund\nE-post: <{PER}>\nKopi=ola@bruker.example\nMelding: kontakt post@fjordvik.example"
    notice = form(desk, text=text)
    assert desk.case(1042)["offers"] == [PER, "ola@bruker.example", "post@fjordvik.example"]
    assert f"til: {PER}\r\ntil: ola@bruker.example\r\n" in notice.text


def test_a_person_who_asks_for_answers_elsewhere(desk: Desk) -> None:
    """From is answered as ever; the notice tells of Reply-To, and the first line sends there instead."""
    opened = desk.write(
        mail("kontakt@nettbutikk.example", IT, "Kunde", "Hei, hjelp meg.", key="r", reply_to=f"Per <{PER}>"), IT
    )
    notice = opened.to(CAMILLA)
    assert f"til: {PER}" in notice.text and "kontakt@nettbutikk.example" in notice.text
    assert desk.answer(notice, "Hei.").recipients == ["kontakt@nettbutikk.example"]
    assert desk.answer(notice, f"til: {PER}\nHei Per.", step="2").recipients == [PER]
    plain = desk.write(mail(PER, IT, "Egen", "Hei, meg igjen.", key="own", reply_to=PER), IT)
    assert "ber om svar" not in plain.letters[-1].text


def test_the_line_is_read_in_every_language_and_form(desk: Desk) -> None:
    """til, till and to; a name, brackets or a client's link around the address; capitals; with no colon when alone."""
    for at, line in enumerate(
        (
            f"til: {PER}",
            f"Till: Per Lund <{PER}>",
            f"TO: {PER.upper()}",
            f"to: {PER} <mailto:{PER}>",
            f"- til: {PER}",
            f"til {PER}",
            f"*til:* <{PER}>",
        )
    ):
        desk.later(minutes=11)
        notice = form(desk, key=f"l{at}", text=f"Sak {at}", reply_to=PER)
        got = desk.answer(notice, f"{line}\n\nHei.", step=f"l{at}")
        assert (got.plan.outcome, got.recipients) == ("answer", [PER]), line
        assert got.to(PER).text.strip() == "Hei."


def test_without_evidence_nobody_is_chosen(desk: Desk) -> None:
    """An unproven mail with such a line is held as any answer is; a yes to its question sends there."""
    notice = form(desk, reply_to=PER)
    held = desk.answer(notice, f"til: {PER}\n\nHei Per.", vouched="none")
    assert (held.plan.outcome, held.recipients) == ("held", [ANNE])
    assert desk.case(1042)["answer_to"] == "" and PER not in desk.case(1042)["participants"]
    question = held.to(ANNE)
    assert PER in question.text and "Hei Per." in question.text
    yes = mail(ANNE, question.reply_to, f"SV: {question.subject}", "JA", key="yes", answers=question.message_id)
    sent = desk.write(yes, question.reply_to)
    assert (sent.plan.outcome, sent.recipients) == ("answer", [PER]) and sent.to(PER).text.strip() == "Hei Per."
    assert desk.case(1042)["answer_to"] == PER
    other = form(desk, key="other", text="Noe annet", reply_to=PER)
    wrong = desk.answer(other, "Hei.", vouched="none").to(ANNE)
    yes = mail(ANNE, wrong.reply_to, f"SV: {wrong.subject}", "JA", key="yes2", answers=wrong.message_id)
    assert (desk.write(yes, wrong.reply_to).plan.outcome, desk.case(1043)["status"]) == ("refused", "assigned")


def test_a_customer_cannot_choose(desk: Desk) -> None:
    """The line of somebody who is no agent is text as any other."""
    opened = desk.send("M01", IT)
    ack = opened.to("kari.moen@fjordvik.example")
    got = desk.write(
        mail("kari.moen@fjordvik.example", ack.reply_to, f"SV: {ack.subject}", f"til: {PER}\nHei", key="c"),
        ack.reply_to,
    )
    assert got.plan.outcome == "entry" and desk.case(1042)["answer_to"] == "kari.moen@fjordvik.example"
    assert got.recipients == [CAMILLA]


def test_two_addresses_and_words_of_ours(desk: Desk) -> None:
    """Two addresses are refused with the reason; a department's is a hand-over, held as before; prose stays prose."""
    notice = form(desk, reply_to=PER)
    two = desk.answer(notice, f"til: {PER}, ola@bruker.example\nHei.")
    assert two.plan.outcome == "refused" and "én ny adresse" in two.to(ANNE).text
    assert desk.answer(notice, f"til: {IT}\nHei.", step="2").plan.outcome in ("held", "refused")
    prose = f"Til orientering: skriv gjerne til {PER} om dette."
    assert desk.answer(notice, prose, step="3").plan.outcome == "refused"
    assert desk.case(1042)["answer_to"] == ""


@pytest.mark.parametrize(
    ("language", "says", "verb"),
    [("no", "ingen leser", "til"), ("sv", "ingen läser", "till"), ("en", "nobody reads", "to")],
)
def test_every_language_says_so(store_url: str, language: str, says: str, verb: str) -> None:
    """Notice and refusal say why and what to write in the agent's language, in text and in HTML."""
    base = rulebook()
    agents = {name: replace(agent, language=language) for name, agent in base.agents.items()}
    desk = Desk(store_url, rules=replace(base, agents=agents))
    notice = form(desk, reply_to=PER)
    assert says in notice.text and f"{verb}: {PER}" in notice.text
    html = notice.message.get_body(("html",))
    assert html is not None and says in html.get_content() and f"{verb}: {PER}" in html.get_content()
    refused = desk.answer(notice, "Hei.").to(ANNE)
    assert f"{verb}: {PER}" in refused.text
    desk.close()


def test_an_address_alone_is_noted(desk: Desk) -> None:
    """A mail that only names the address sends nothing, and says so; the next answer goes there."""
    notice = form(desk, reply_to=PER)
    noted = desk.answer(notice, f"til: {PER}")
    assert (noted.plan.outcome, noted.recipients) == ("note", [ANNE]) and PER in noted.to(ANNE).text
    assert desk.answer(notice, "Hei Per.", step="2").recipients == [PER]


def test_a_confidential_cases_answer_shows_no_title(store_url: str) -> None:
    """Whoever is chosen to be answered sees of a confidential case what its requester would."""
    departments = rulebook().departments
    base = rulebook(departments={n: replace(d, confidential=n == "servicetorg") for n, d in departments.items()})
    desk = Desk(store_url, rules=base)
    notice = form(desk, reply_to=PER)
    sent = desk.answer(notice, f"til: {PER}\n\nHei.").to(PER)
    assert sent.subject == "[FK#1042]"
    desk.close()
