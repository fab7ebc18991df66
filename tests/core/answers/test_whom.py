"""Which addresses an answer reaches nobody at, and which ones a mail offers instead (law I13, I14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.answers.offers import in_field, in_text, is_whole, offered
from maild.core.answers.replying import one_address
from maild.core.answers.whom import nobody_reads
from maild.core.commands.command_lines import addressees, asks_whole, taken_apart
from maild.core.values.mail import Mailbox
from tests.kit import make

PER = "per.lund@bruker.example"


@pytest.mark.parametrize(
    "local",
    [
        *(
            "no-reply",
            "noreply",
            "do_not_reply",
            "NoReply+abc",
            "bestilling-noreply",
            "ikke-svar",
            "svar-ikke",
            "svara-ej",
        ),
        *("mailer-daemon", "nyheter-bounces", "www-data", "wordpress", "scanner2", "skanner-1etg", "mfp.b204", "kopi3"),
        *("printer_rom4", "voicemail", "fax", "apache2", "keine-antwort", "nepasrepondre"),
    ],
)
def test_nobody_reads_a_machines_address(local: str) -> None:
    """A sender that says so, a program, a device, whatever is set apart behind it."""
    assert nobody_reads(f"{local}@bruker.example")


@pytest.mark.parametrize(
    "local",
    [
        *(
            "per.lund",
            "postmaster",
            "owner-foreldre",
            "styret-request",
            "kopistad",
            "scanlon",
            "printzlau",
            "faxe",
            "post",
        ),
        *(
            "skriverud",
            "mfparker",
            "wordpressguru",
            "cronhjort",
            "reply",
            "svar",
            "kontakt",
            "info",
            "skjema",
            "noreen",
        ),
    ],
)
def test_people_and_attended_addresses_are_read(local: str) -> None:
    """Names that only begin like a machine's, and the offices that people do write from."""
    assert not nobody_reads(f"{local}@bruker.example")


@pytest.mark.parametrize(
    "address", ["root@kopi2", "mfp@localhost", "x@a.localdomain", "x@y.invalid", "@a.example", "per"]
)
def test_no_mail_goes_to_a_host_without_a_domain(address: str) -> None:
    """A name of one label, or of the last resort, is nowhere that a mail could go."""
    assert nobody_reads(address)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("E-post: per.lund@bruker.example.", (PER,)),
        ("E-post=per.lund@bruker.example", (PER,)),
        ("<PER.Lund@Bruker.Example>", (PER,)),
        ("[per.lund@bruker.example](mailto:per.lund@bruker.example)", (PER,)),
        ("skål@bruker.example og pål.lund@bruker.example", ()),
        ("per.lund @ bruker.example", ()),
        ("a@b", ()),
        ("'per.lund@bruker.example'", (PER,)),
    ],
)
def test_addresses_are_found_in_a_text(text: str, found: tuple[str, ...]) -> None:
    """Whole ones alone, in lower case: never the end of one that begins with other letters."""
    assert in_text(text) == found


@given(st.text(max_size=300))
def test_what_is_found_can_be_sent_to(text: str) -> None:
    """Whatever a stranger writes, what is offered is one plain address."""
    for address in (*in_text(text), *in_field(text), *in_field(f"{text}@a.example <{PER}>")):
        assert is_whole(address) and "\n" not in address and not set(address) & set("<>\\")


def test_never_more_than_a_few_and_never_ours() -> None:
    """A mail that names a hundred addresses offers five, and none of a department, an agent or the reply domain."""
    text = " ".join([*(f"a{n}@bruker.example" for n in range(100))])
    mail = make.mail(f"{make.CAMILLA} it@{make.DOMAIN} x@{make.REPLIES} {text}", author="no-reply@bruker.example")
    assert offered(mail, make.RULEBOOK) == tuple(f"a{n}@bruker.example" for n in range(5))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (PER, PER),
        (f"Per Lund <{PER}>", PER),
        (f'"Lund, Per" <{PER}>', PER),
        (f"Lund, Per <{PER}>", None),
        (f"{PER}, {PER}", None),
        (f"Per: {PER};", None),
        (f"per@x.example <{PER}>", None),
        (f"Per <{PER}> x", None),
    ],
)
def test_a_strict_reply_to(value: str, found: str | None) -> None:
    """One plain address, with a plain or quoted name; anything that two readers could read in two ways is none."""
    mail = make.mail(headers=(("reply-to", value),), reply_to=(Mailbox(name="", address=PER),))
    assert one_address(mail) == found
    twice = make.mail(headers=(("reply-to", value), ("reply-to", value)), reply_to=(Mailbox(name="", address=PER),))
    assert one_address(twice) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"til: {PER}", (PER,)),
        (f"til:{PER}", (PER,)),
        (f"Til Per Lund: {PER}", ()),
        (f"Til: Per Lund, {PER}", (PER,)),
        (f"til: {PER} er adressen hennes", ()),
        (f"Til orientering har jeg skrevet til {PER}", ()),
        (f"til: {PER}?", ()),
        (f"> til: {PER}", ()),
        (f"#til: {PER}", ()),
        (f"til: {make.CAMILLA}", ()),
        (f"til: it@{make.DOMAIN}", ()),
        ("til: it-net-2", ()),
        ("til: per@", ()),
        (f"fra: {PER}", ()),
    ],
)
def test_which_lines_name_whom_an_answer_is_for(line: str, found: tuple[str, ...]) -> None:
    """The verb, then an address at the end, with at most a name before it; never an agent or a department."""
    assert addressees(line, make.RULEBOOK) == found


def test_several_lines_at_the_top() -> None:
    """The address, other commands and the question for the whole mail are told apart; the words begin below them."""
    said = taken_apart(f"til: {PER}\nalt\nløst\n\nHei.\ntil: x@y.example", "general", make.RULEBOOK)
    assert (said.to, said.whole, said.commands, said.below) == ((PER,), True, ("løst",), "Hei.\ntil: x@y.example")
    assert not asks_whole("alt?", make.RULEBOOK) and asks_whole("*Alt*", make.RULEBOOK)
