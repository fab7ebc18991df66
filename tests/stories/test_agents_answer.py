"""An agent answers from a mail client: what evidence lets the words out, and what is held (law E7, E8)."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.kit.desk import Desk, Letter, mail, rulebook

KARI, CAMILLA, DAVID = (f"{name}@fjordvik.example" for name in ("kari.moen", "camilla.dahl", "david.nilsen"))


def notice(desk: Desk) -> Letter:
    """Open a case; the assignment that its agent got."""
    return desk.send("M01", "it@fjordvik.example").to(CAMILLA)


def test_without_authentication_it_is_held_and_confirmed_once(desk: Desk) -> None:
    """An answer from an unauthenticated agent goes to nobody; the agent's confirmation sends it, once."""
    got = desk.answer(notice(desk), "Passordet er nullstilt.", vouched="none")
    assert (got.plan.outcome, got.recipients) == ("held", [CAMILLA])
    question = got.to(CAMILLA)
    assert "Passordet er nullstilt." in question.text
    yes = mail(CAMILLA, question.reply_to, f"Re: {question.subject}", "JA", key="yes", answers=question.message_id)
    confirmed = desk.write(yes, question.reply_to, vouched="none")
    assert (confirmed.plan.outcome, confirmed.recipients) == ("answer", [KARI])
    assert confirmed.to(KARI).text.strip() == "Passordet er nullstilt."
    twice = desk.write(yes.replace("<yes@", "<yes2@"), question.reply_to, vouched="none")
    assert KARI not in twice.recipients


@pytest.mark.parametrize("no", ["nei", "No.", "NEJ!", "ei"])
def test_a_no_discards_the_held_answer(desk: Desk, no: str) -> None:
    """Answered with a no, the held words reach nobody, then or later; the agent is told and the case remembers it."""
    got = desk.answer(notice(desk), "Send passordet ditt hit.", vouched="none")
    question = got.to(CAMILLA)
    answers, subject = question.message_id, f"Re: {question.subject}"
    said = mail(CAMILLA, question.reply_to, subject, no, key="no", answers=answers)
    refused = desk.write(said, question.reply_to, vouched="none")
    assert [(letter.kind, letter.to) for letter in refused.letters] == [("discarded", CAMILLA)]
    assert "Send passordet ditt hit." in refused.to(CAMILLA).text
    shown = desk.case(1042)
    assert [message["visibility"] for message in shown["messages"] if message["kind"] == "reply"] == ["silent"]
    assert [event["actor"] for event in shown["events"] if event["what"] == "discarded"] == ["camilla.dahl"]
    late = mail(CAMILLA, question.reply_to, subject, "JA", key="yes", answers=answers)
    assert desk.write(late, question.reply_to, vouched="none").recipients == [CAMILLA]
    assert all(
        "Send passordet" not in message["text"] for message in shown["messages"] if message["direction"] == "out"
    )


def test_an_unclear_answer_asks_again_and_loses_nothing(desk: Desk) -> None:
    """Neither yes nor no: the question comes again, and a yes to that one sends the words as they were."""
    got = desk.answer(notice(desk), "Passordet er nullstilt.", vouched="none")
    question = got.to(CAMILLA)
    unclear = mail(CAMILLA, question.reply_to, f"Re: {question.subject}", "Ja, men vent litt.", key="hm")
    again = desk.write(unclear, question.reply_to, vouched="none")
    assert (again.plan.outcome, [letter.kind for letter in again.letters]) == ("held", ["confirmation"])
    asked = again.to(CAMILLA)
    assert "verken et klart ja eller et klart nei" in asked.text and "Passordet er nullstilt." in asked.text
    yes = desk.write(
        mail(CAMILLA, asked.reply_to, f"Re: {asked.subject}", "JA", key="y"), asked.reply_to, vouched="none"
    )
    assert yes.recipients == [KARI] and yes.to(KARI).text.strip() == "Passordet er nullstilt."


def test_forged_mails_lock_no_agent_out(desk: Desk) -> None:
    """A stranger who writes in the agent's name causes three confirmations; the agent's own mail still gets one."""
    first = notice(desk)
    forged = [
        desk.write(mail(CAMILLA, "it@fjordvik.example", "[FK#1042]", f"Send penger {at}", key=f"f{at}"),
                   "it@fjordvik.example", vouched="none")
        for at in range(5)
    ]  # fmt: skip
    assert [one.recipients for one in forged] == [[CAMILLA]] * 3 + [[]] * 2
    own = desk.answer(first, "Passordet er nullstilt.", vouched="none")
    assert (own.plan.outcome, own.recipients) == ("held", [CAMILLA])
    asked = [desk.answer(first, f"Hei {at}.", vouched="none", step=str(at)).recipients for at in range(2, 6)]
    assert asked == [[CAMILLA]] * 2 + [[]] * 2, "her own mails are bound as before"


def test_an_answer_from_a_failing_domain_is_held(desk: Desk) -> None:
    """Whoever has seen the signed address but fails authentication sends nothing to the customer."""
    got = desk.answer(notice(desk), "Send penger.", vouched="fail")
    assert KARI not in got.recipients and got.plan.outcome in ("held", "pending")


def test_another_agent_with_somebody_elses_address_is_held(desk: Desk) -> None:
    """The signed address proves its own agent only."""
    got = desk.answer(notice(desk), "Hei.", agent=DAVID)
    assert (got.plan.outcome, got.recipients) == ("held", [DAVID])


def test_smtp_auth_is_evidence_enough(desk: Desk) -> None:
    """An agent who logged in may answer from any notice, whatever the domain's authentication says."""
    first = notice(desk)
    reply = mail(CAMILLA, first.reply_to, f"SV: {first.subject}", "Hei fra meg.", key="a")
    got = desk.write(reply, first.reply_to, vouched="none", login="camilla.dahl")
    assert (got.plan.outcome, got.recipients) == ("answer", [KARI])


def test_token_policy(store_url: str) -> None:
    """agents = "token": the agent's own signed address is enough where there is no authentication."""
    desk = Desk(store_url, rules=rulebook(agents="token", trust="none"))
    first = notice(desk)
    assert desk.answer(first, "Hei.").recipients == [KARI]
    desk.close()


def test_a_command_word_goes_to_nobody(desk: Desk) -> None:
    """A reply that begins with # is answered to the agent and reaches no customer."""
    got = desk.answer(notice(desk), "#lukk\n\nHei Kari, det er ordnet.")
    assert (got.plan.outcome, got.recipients) == ("refused", [CAMILLA])
    assert "#lukk" in got.to(CAMILLA).text


def test_an_internal_notice_answered_stays_internal(desk: Desk) -> None:
    """What an agent answers to a notice with a banner about a stranger is a note."""
    opened = desk.send("M01", "it@fjordvik.example")
    address = opened.to(KARI).reply_to
    pending = desk.send("stranger", address, reply_to=address)
    got = desk.answer(pending.to(CAMILLA), "Dette er ikke Kari.", step="3")
    assert (got.plan.outcome, got.letters) == ("note", ())
    assert desk.case(1042)["messages"][-1]["visibility"] == "internal"


def test_why_is_told_to_those_who_work_on_the_case(desk: Desk) -> None:
    """A notice passed on lets nobody of another house read how its case was decided; a colleague of the group may."""
    first, grete = notice(desk), "grete.hansen@fjordvik.example"
    asked = mail(grete, first.reply_to, f"SV: {first.subject}", "?hvorfor", key="why")
    got = desk.write(asked, first.reply_to)
    assert (got.plan.outcome, [letter.kind for letter in got.letters]) == ("refused", ["refusal"])
    colleague = mail(DAVID, first.reply_to, f"SV: {first.subject}", "?hvorfor", key="why2")
    assert [letter.kind for letter in desk.write(colleague, first.reply_to).letters] == ["why"]


def test_an_escaped_signed_address_reaches_no_customer(desk: Desk) -> None:
    """A link to an address may write its signs as ``%2B`` and ``%40``: it is the signed address all the same."""
    first = notice(desk)
    link = first.reply_to.replace("+", "%2B").replace("@", "%40")
    got = desk.answer(first, f"Hei! Svar her: mailto:{link}")
    assert (got.plan.outcome, got.recipients) == ("refused", [CAMILLA])


def with_the_notice(first: Letter, kind: str) -> str:
    """An answer by a mail client that attaches what it answers, as Outlook can be told to."""
    head = mail(CAMILLA, first.reply_to, f"SV: {first.subject}", "", key="att", answers=first.message_id).rstrip("\n")
    if kind == "message/rfc822":
        body = first.raw.decode().replace("\r\n", "\n")
    else:  # .msg holds text in UTF-16
        body = base64.encodebytes(b"\xd0\xcf\x11\xe0" + first.raw.decode().encode("utf-16-le")).decode()
    coding = "base64" if kind.startswith("application") else "8bit"
    return (
        f"{head}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nVi ser på det.\n\n--bb\n"
        f"Content-Type: {kind}\nContent-Transfer-Encoding: {coding}\n\n{body}\n--bb--\n"
    )


@pytest.mark.parametrize("kind", ["message/rfc822", "application/octet-stream"])
def test_an_attached_notice_reaches_no_customer(desk: Desk, kind: str) -> None:
    """An answer with the notice as a file would carry the agent's own signed address: it is refused, and says why."""
    first = notice(desk)
    got = desk.write(with_the_notice(first, kind), first.reply_to)
    assert (got.plan.outcome, got.recipients) == ("refused", [CAMILLA])
    assert "inneholder et brev fra maild selv" in got.to(CAMILLA).text


def test_an_attached_notice_that_was_held_becomes_a_note(desk: Desk) -> None:
    """Without proof the same mail is held; confirmed, it stays inside the house."""
    first = notice(desk)
    held = desk.write(with_the_notice(first, "message/rfc822"), first.reply_to, vouched="none")
    assert (held.plan.outcome, held.recipients) == ("held", [CAMILLA])
    question = held.to(CAMILLA)
    yes = mail(CAMILLA, question.reply_to, f"Re: {question.subject}", "JA", key="yes", answers=question.message_id)
    confirmed = desk.write(yes, question.reply_to)
    assert (confirmed.plan.outcome, confirmed.letters) == ("note", ())


def quoted(text: str) -> str:
    """A text with quote marks."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def outlook(text: str) -> str:
    """A text below the header that Outlook writes above what it answers."""
    return (
        f"Fra: IT-support <it@fjordvik.example>\nSendt: tirsdag 1. desember 2026 09:00\nTil: Camilla\nEmne: x\n\n{text}"
    )


@pytest.mark.parametrize("history", [quoted, outlook, str])
@pytest.mark.parametrize("vouched", ["pass", "none"])
def test_an_answer_of_a_file_alone_carries_nothing_of_the_notice(
    desk: Desk, history: Callable[[str], str], vouched: str
) -> None:
    """An agent who writes no word and attaches a file sends the file alone, at once or by a yes: no quoted notice."""
    first = notice(desk)
    head = mail(CAMILLA, first.reply_to, f"SV: {first.subject}", "", key="file", answers=first.message_id)
    got = desk.write(
        f"{head.rstrip()}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{history(first.text)}\n--bb\n"
        "Content-Type: application/pdf; name=veiledning.pdf\n"
        "Content-Disposition: attachment; filename=veiledning.pdf\n\n%PDF-1.4\n--bb--\n",
        first.reply_to,
        vouched=vouched,
    )
    if vouched == "none":
        question = got.to(CAMILLA)
        yes = mail(CAMILLA, question.reply_to, "Re: x", "JA", key="yes", answers=question.message_id)
        got = desk.write(yes, question.reply_to, vouched=vouched)
    assert (got.plan.outcome, got.recipients) == ("answer", [KARI])
    assert got.to(KARI).text.strip() == ""
    assert [part.get_filename() for part in got.to(KARI).message.iter_attachments()] == ["veiledning.pdf"]


def test_the_same_signed_answer_counts_once(desk: Desk) -> None:
    """A replayed answer is the same content: it is stored once and sent once (law E10)."""
    first = notice(desk)
    assert desk.answer(first, "Ordnet.").recipients == [KARI]
    again = desk.answer(first, "Ordnet.")
    assert (again.plan.outcome, again.letters) == ("duplicate", ())


def test_an_agents_out_of_office_never_speaks(desk: Desk) -> None:
    """An autoresponder that answers a notification is filed silently, whatever it quotes (law E15)."""
    first = notice(desk)
    text, answers = "Jeg er borte.\n\n> #close", first.message_id
    away = mail(CAMILLA, first.reply_to, "Borte", text, key="o", answers=answers, auto_submitted="auto-replied")
    got = desk.write(away, first.reply_to)
    assert (got.plan.outcome, got.letters) == ("silent", ())


@pytest.mark.parametrize("leak", ["signed address", "sentinel"])
def test_internal_text_does_not_leave(desk: Desk, leak: str) -> None:
    """An answer that carries parts of an internal notice in its own words is held (law E14)."""
    first = notice(desk)
    text = f"Se {first.reply_to}" if leak == "signed address" else "Hei X-Maild-Case: 1042"
    got = desk.answer(first, text)
    assert KARI not in got.recipients and got.plan.outcome in ("held", "refused")


def test_answer_takes_an_unassigned_case(store_url: str) -> None:
    """Whoever answers first gets a case that nobody has."""
    base = rulebook()
    groups = {name: replace(group, assign="group") for name, group in base.groups.items()}
    desk = Desk(store_url, rules=replace(base, groups=groups))
    opened = desk.send("M01", "it@fjordvik.example")
    assert opened.recipients == sorted([CAMILLA, DAVID, KARI]) and desk.case(1042)["assignee"] is None
    desk.answer(opened.to(DAVID), "Jeg tar den.")
    assert desk.case(1042)["assignee"] == "david.nilsen"
    desk.close()
