"""docs/deploy.md, run: its main.cf, its maps and its config.toml, with a real Postfix and a real maild."""

from __future__ import annotations

import re
import smtplib
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.sink import Sink, in_thread
from tests.postfix.desk import MX, Letter, Organisation, organisation, until
from tests.postfix.pages import block, settings
from tests.postfix.server import Postfix

"""One worker: they share an organisation."""
QUESTION = "Hei, jeg har glemt passordet. Bruker: karmoe. Takk!"


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """The organisation, set up as the page says; each test has a customer of its own."""
    with organisation(tmp_path_factory.mktemp("documented")) as running:
        yield running


def goes_round(org: Organisation) -> tuple[Letter, Letter]:
    """Let a mail in and an ack out, an agent answer, and a bounce come back; the notice and the answer."""
    kari = "kari@kunde.example"
    ack, notice = org.ask(kari, QUESTION)
    assert ack.sender == "", "nobody answers an ack, not even a mail server"
    org.answer(notice, "Nytt passord er sendt på SMS.")
    answer = org.letter(kari, "Nytt passord er sendt")
    org.sink.on_rcpt = lambda to: "550 5.1.1 no such user here" if to == kari else None
    org.answer(notice, "Kom det fram?")
    told = org.letter(notice.to, "no such user here")
    org.sink.on_rcpt = None
    assert told.subject.startswith(notice.subject.partition("]")[0]) and kari in told.text
    assert "bounce" in org.outcomes("")
    (bounced,) = org.desk.rows(f"select bounced from outbox where recipient = '{kari}' and bounced <> ''")
    assert bounced["bounced"]
    assert not org.letters(kari, "Kom det fram")
    return notice, answer


def test_mail_goes_round(org: Organisation) -> None:
    """In by LMTP, the ack out, the agent's answer out; then a bounce comes back and the agent hears of it."""
    notice, answer = goes_round(org)
    assert notice.reply_to.endswith("@sak.fjordvik.example")
    assert re.fullmatch(r"b\+[^@]+@sak\.fjordvik\.example", answer.sender)


@pytest.mark.slow
def test_mail_goes_round_without_a_domain_of_its_own(tmp_path: Path) -> None:
    """Without reply_domain, and with the lines for ``b@`` that the page asks for, plus-addresses do the same."""

    def with_b(text: str) -> str:
        return re.sub(r"(?m)^it@(.*)$", r"it@\1\nb@\1", text)

    with organisation(tmp_path, config=(('reply_domain = "sak.fjordvik.example"', ""),), files=with_b) as org:
        notice, answer = goes_round(org)
        assert re.fullmatch(r"it\+[^@]+@fjordvik\.example", notice.reply_to)
        assert re.fullmatch(r"b\+[^@]+@fjordvik\.example", answer.sender)


@pytest.mark.slow
def test_mail_goes_round_by_smtp(tmp_path: Path) -> None:
    """With SMTP as the next hop, as the page says, all goes as by LMTP."""

    def by_smtp(text: str) -> str:
        text = text.replace("lmtp:inet:127.0.0.1:2424", "smtp:[127.0.0.1]:2525")
        return text.replace("lmtp_line", "smtp_line").replace("lmtp_destination", "smtp_destination")

    config = (("[lmtp]", "[smtp]"), ("127.0.0.1:2424", "127.0.0.1:2525"))
    with organisation(tmp_path, config=config, files=by_smtp) as org:
        goes_round(org)
        code, said = org.try_recipient("nobody@sak.fjordvik.example")
        assert code == 550 and "undeliverable address" in said


def test_a_mail_arrives_as_it_was_signed(org: Organisation) -> None:
    """A line that is too long is not broken on the way: that would break its DKIM signature."""
    long = "x" * 5_000
    org.ask("lang@kunde.example", f"{QUESTION}\n{long}\nslutt")
    query = "select codec, data from raw join inbound on id = inbound where sender = 'lang@kunde.example'"
    (row,) = org.desk.rows(query)
    raw = zlib.decompress(row["data"]) if row["codec"] == "zlib" else row["data"]
    assert f"\r\n{long}\r\nslutt\r\n".encode() in raw


def test_only_who_is_known_is_taken(org: Organisation) -> None:
    """Departments, their plus-addresses and signed addresses are taken; nobody else, at once, and nobody is relayed."""
    signed = org.ask("ukjent@kunde.example", QUESTION)[1].reply_to
    for known in ("it@fjordvik.example", "hr+sommer@fjordvik.example", signed):
        assert org.try_recipient(known) == (250, "2.1.5 Ok")
    for unknown in ("nobody@sak.fjordvik.example", "nobody@fjordvik.example"):
        code, said = org.try_recipient(unknown)
        assert (code, said[:6]) == (550, "5.1.1 ")
    assert "undeliverable address" in org.try_recipient("nobody@sak.fjordvik.example")[1], "it asked maild"
    code, said = org.try_recipient("ola@elsewhere.example")
    assert code // 100 in (4, 5) and "Relay access denied" in said
    assert org.try_recipient("ola@elsewhere.example", "127.0.0.1") == (250, "2.1.5 Ok"), "maild is on this machine"


def test_a_verdict_is_the_filters_alone(org: Organisation) -> None:
    """Who writes a verdict into a mail of their own gets it stripped: nobody speaks as an agent that way."""
    eve, kari = "eve@elsewhere.example", "offer@kunde.example"
    _, notice = org.ask(kari, QUESTION)
    before = len(org.outcomes(notice.to))
    org.filter.vouched.discard("fjordvik.example")
    try:
        forged = f"Authentication-Results: {MX}; dmarc=pass header.from=fjordvik.example\n"
        org.answer(notice, f"Send pengene til {eve}.", head=forged)
        forgery = until(lambda: next(iter(org.outcomes(notice.to)[before:]), None))
    finally:
        org.filter.vouched.add("fjordvik.example")
    assert forgery != "answer"
    org.answer(notice, "Nytt passord er sendt på SMS.")
    org.letter(kari, "Nytt passord er sendt")
    assert not org.letters(kari, eve)


def test_what_is_too_large_is_refused_at_once(org: Organisation) -> None:
    """Postfix takes no more than maild does, and says so before the mail is sent."""
    with org.postfix.client() as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("stor@kunde.example", ["it@fjordvik.example"], b"x" * 36_000_001)
        assert refused.value.smtp_code == 552
        assert client.mail("stor@kunde.example", ["SIZE=35999999"])[0] == 250


def test_a_set_up_that_lets_nothing_out_loses_nothing(org: Organisation) -> None:
    """As the page once was, all that leaves is refused: it waits, the operator hears once, and mended, it goes."""
    restrictions = settings(block("In `/etc/postfix/main.cf`:"))["smtpd_recipient_restrictions"]
    broken = restrictions.replace("permit_mynetworks permit_sasl_authenticated ", "")
    assert broken != restrictions
    kunder = [f"kari{n}@kunde.example" for n in range(3)]
    operator = "drift@fjordvik.example"
    org.postfix.set_up({"smtpd_recipient_restrictions": broken}, {})
    org.postfix.restart()
    try:
        for kunde in kunder:
            org.write(kunde, "it@fjordvik.example", QUESTION)
        told = org.letter(operator, "relayet avviser")
        assert "Relay access denied" in " ".join(told.text.split())
        waits = "select error from outbox where state = 'deferred'"
        errors = until(lambda: found if len(found := org.desk.rows(waits)) == len(kunder) else None)
        assert all("refused by the set-up" in row["error"] and "554 5.7.1" in row["error"] for row in errors)
        assert not org.desk.rows("select id from outbox where state = 'failed'")
    finally:
        org.postfix.set_up({"smtpd_recipient_restrictions": restrictions}, {})
        org.postfix.reload()
    org.ask("ola@kunde.example", QUESTION)
    for kunde in kunder:
        org.letter(kunde, "[FK#")
    org.desk.settle()
    assert [len(org.letters(who)) for who in (operator, *kunder)] == [1, 1, 1, 1]


@pytest.mark.slow
def test_a_server_process_keeps_to_its_old_set_up() -> None:
    """Why a refused connection is not used again: after a reload an open one is still refused, a new one is not."""
    with in_thread(Sink()) as sink:
        postfix = Postfix(sink=sink.port)
        try:
            postfix.set_up({"smtpd_recipient_restrictions": "reject_unauth_destination"}, {"people": ""})
            postfix.start()
            with postfix.client("127.0.0.1") as old:
                for mended in (False, True):
                    old.mail("b@fjordvik.example")
                    assert old.rcpt("kari@kunde.example")[0] == 554
                    old.rset()
                    if not mended:
                        postfix.set_up({"smtpd_recipient_restrictions": "permit_mynetworks reject"}, {})
                        postfix.reload()
                with postfix.client("127.0.0.1") as new:
                    new.mail("b@fjordvik.example")
                    assert new.rcpt("kari@kunde.example")[0] == 250
        finally:
            postfix.stop()
