"""Writing mail: what leaves is exactly what was meant (law W1, W4, W8)."""

import base64
import email
import email.utils
import re
import shutil
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.plan import Notice, NoticeKind
from maild.core.reasons.reason import because, both
from maild.letters import prove
from maild.letters.clean import clean_header
from maild.letters.shown import KINDS, LISTS, SHOWN, sample
from maild.letters.templates import load
from tests.kit.letters import LANGUAGES, LOOP, NOW, SHIPPED, TO_AGENT, notice, parsed, write

NAMES = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"]


def intended(kind: NoticeKind, *, multipart: bool) -> list[str]:
    """Say which headers a letter has, in order."""
    names = [name for name in NAMES if (kind, name) != ("ack-minimal", "References")]
    names += [] if kind == "answer" else ["Auto-Submitted", "X-Auto-Response-Suppress"]
    names += ["X-Maild-Case"] if kind in TO_AGENT - {"operator"} else []
    names += [] if kind == "answer" else ["X-Maild-Trace"]
    names += ["X-Maild-Loop", "MIME-Version", "Content-Type"]
    return names + ([] if multipart else ["Content-Transfer-Encoding"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_in_every_language_reads_back_as_meant(kind: NoticeKind, language: str) -> None:
    """Headers, recipients and text of every shipped letter are what the standard library reads from its bytes."""
    letter = write(notice(kind, language))
    message = parsed(letter)
    assert letter.fell_back is None
    assert message.keys() == intended(kind, multipart=message.is_multipart())
    assert [(a.display_name, a.addr_spec) for a in message["From"].addresses] == [("IT-støtte", "it@fjordvik.example")]
    assert [a.addr_spec for a in message["To"].addresses] == ["kari.moen@fjordvik.example"]
    assert [a.addr_spec for a in message["Reply-To"].addresses] == [notice(kind).reply_to]
    assert message["Subject"] == letter.subject
    assert "[FK#1042]" in letter.subject
    assert message["Date"].datetime == NOW and str(message["Date"]).endswith("+0100")
    assert message["X-Maild-Loop"] == LOOP
    assert message["X-Maild-Trace"] == (None if kind == "answer" else "55")
    assert message["Auto-Submitted"] == notice(kind).automatic
    assert not message.defects
    text = message.get_body(("plain",))
    assert text is not None and not text.defects
    assert len(text.get_content().strip()) > 5
    assert max(map(len, letter.data.split(b"\r\n"))) <= 100


def test_an_answer_holds_the_agents_words_and_nothing_else() -> None:
    """No automatic header, no line of ours, no agent's name or address: only what the agent wrote (law E17)."""
    words = "Hei Kari,\n\nprøv igjen nå.  \n\n> og dette?\nJa, det også.\n\tInnrykk\n.\nFrom her"
    values = {**sample("answer", "no"), "text": words, "agent_name": "Camilla Dahl"}
    letter = write(notice("answer", values=values))
    message = parsed(letter)
    assert message.get_content().replace("\r\n", "\n") == words + "\n"
    assert not [name for name in message if name.lower().startswith(("auto-", "x-auto", "list-", "precedence"))]
    assert b"Camilla" not in letter.data and b"X-Maild-Case" not in letter.data and b"X-Maild-Trace" not in letter.data


@pytest.mark.parametrize("kind", sorted(TO_AGENT - {"operator"}))
def test_letters_to_agents_begin_with_our_line(kind: NoticeKind) -> None:
    """What an agent's mail client quotes below the reply is cut at the line, in every letter an agent may answer."""
    for language in LANGUAGES:
        part = parsed(write(notice(kind, language))).get_body(("plain",))
        assert part is not None
        assert SENTINEL_LINE.match(part.get_content().splitlines()[0])


def test_references_are_ten_at_most_and_end_with_what_is_answered() -> None:
    """The thread's root and the newest nine: what Gmail and Thunderbird thread by; rubbish is left out."""
    ids = tuple(f"<{number}@nordlys.example>" for number in range(30))
    bad = ("<no at>", "plain", "<a@b>\r\nBcc: <x@y>", "<ø@b.example>", "<" + "a" * 500 + "@b.example>")
    message = parsed(write(notice("ack", references=(*bad, *ids), in_reply_to=ids[-1])))
    assert str(message["References"]).split() == [ids[0], *ids[-9:]]
    assert message["In-Reply-To"] == ids[-1]
    nothing = parsed(write(notice("ack", references=bad, in_reply_to=bad[2])))
    assert nothing["References"] is None and nothing["In-Reply-To"] is None


HOSTILE = st.one_of(
    st.text(
        st.one_of(
            st.sampled_from('\r\n\t\x00\x0b\x85\u2028\u202e\ud800"\\<>()[]:;,@=?_ .%åøß漢🙂aaaa'), st.characters()
        ),
        max_size=70,
    ),
    st.sampled_from(
        [
            "x\r\nBcc: alle@fjordvik.example",
            "=?utf-8?q?x=0D=0ABcc:_alle=40fjordvik.example?=",
            '"\r\n\r\n<script>',
            "a@b.example, c@d.example",
            "Kari <kari@evil.example>",
            "--=_",
            "漢字" * 100,
            "å" * 400,
            "a" * 400,
            "\u2028Bcc: x@y",
        ]
    ),
)


def hostile(kind: NoticeKind, subject: str, name: str, text: str) -> Notice:
    """Return a notice with text from mail in every place it may have."""
    values = {**sample(kind, "no"), "title": subject, "requester": name, "text": text, "quoted": subject}
    return notice(kind, subject=f"[FK#1042] {subject}", to_name=name, from_name=name or "IT", values=values)


ADDRESSES = {"From": "it@fjordvik.example", "To": "kari.moen@fjordvik.example", "Reply-To": notice("ack").reply_to}


@settings(max_examples=2000)
@given(subject=HOSTILE, name=HOSTILE, text=HOSTILE, kind=st.sampled_from(["ack", "assignment", "answer"]))
def test_no_text_from_mail_becomes_a_header_or_a_recipient(
    subject: str, name: str, text: str, kind: NoticeKind
) -> None:
    """Hostile subjects, names and texts: exactly the headers and recipients intended, in ASCII lines (law W2, W4)."""
    letter = write(hostile(kind, subject, name, text))
    message = email.message_from_bytes(letter.data)
    assert message.keys() == intended(kind, multipart=message.is_multipart())
    for field, address in ADDRESSES.items():
        assert [found for _, found in email.utils.getaddresses([message[field]])] == [address]
    assert letter.subject == clean_header(letter.subject)
    assert str(make_header(decode_header(message["Subject"]))) == letter.subject
    assert letter.data.isascii()
    assert letter.data.count(b"\r") == letter.data.count(b"\n") == letter.data.count(b"\r\n")
    assert max(map(len, letter.data.split(b"\r\n"))) <= 100
    assert letter.fell_back is None


@settings(max_examples=200)
@given(subject=HOSTILE, name=HOSTILE, text=HOSTILE, kind=st.sampled_from(["ack", "assignment", "answer"]))
def test_the_strictest_parser_reads_the_same(subject: str, name: str, text: str, kind: NoticeKind) -> None:
    """The standard library's newer parser, slower by far, finds the same headers, recipients and subject, no defect."""
    letter = write(hostile(kind, subject, name, text))
    message = parsed(letter)
    assert message.keys() == intended(kind, multipart=message.is_multipart())
    for field, address in ADDRESSES.items():
        assert [found.addr_spec for found in message[field].addresses] == [address]
    assert message["Subject"] == letter.subject
    assert not message.defects


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
def test_display_names_survive(name: str) -> None:
    """A name is read back as it was, cleaned (by the older parser: the newer one puts spaces between encoded words)."""
    field = email.message_from_bytes(write(notice("assignment", to_name=name)).data)["To"]
    shown, address = email.utils.parseaddr(field)
    assert str(make_header(decode_header(shown))) == clean_header(name, 64)
    assert address == "kari.moen@fjordvik.example"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a..b@docomo.example", '"a..b"@docomo.example'),
        ('"kari moen"@fjordvik.example', '"kari moen"@fjordvik.example'),
        ("kåre@blåbær.example", "kåre@blåbær.example"),
        ("it+1042.k7@fjordvik.example", "it+1042.k7@fjordvik.example"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a b@x.example", '"a b"@x.example'),
        ("a@b>,<c@d.example", '"a@b>,<c"@d.example'),
    ],
)
def test_unusual_addresses_are_written_as_one_address(address: str, written: str) -> None:
    """A local part is quoted where the grammar wants it (RFC 5321 §4.1.2), and never becomes two."""
    letter = write(notice("ack", to=address))
    assert letter.fell_back is None
    assert f"<{written}>\r\n".encode() in letter.data or f"To: {written}\r\n".encode() in letter.data


@pytest.mark.parametrize("address", ["", "nobody", "a@b@", "a@x y", "a@b\r\nBcc: x@y.example", "a\r\n@b.example"])
def test_an_address_that_is_none_names_nobody(address: str) -> None:
    """The envelope decides who gets a mail; the header of such a mail shows an empty group (RFC 5322 §3.4)."""
    message = parsed(write(notice("ack", to=address)))
    assert str(message["To"]) == "undisclosed-recipients:;" and "Bcc" not in message


@settings(max_examples=300)
@given(HOSTILE, HOSTILE)
def test_no_address_however_odd_stops_a_mail(local: str, domain: str) -> None:
    """Whatever stands for an address, there is a mail, with one recipient in its header or none."""
    letter = write(notice("ack", to=f"{local}@{domain}"))
    assert letter.fell_back is None
    assert email.message_from_bytes(letter.data).keys() == intended("ack", multipart=True)


SEVERAL_LINES = (
    "text",
    "held_text",
    "folded",
    "diagnostic",
    "reply_above",
    "sentinel_id",
    "number",
    "subject",
    "language",
)
LINES = "en\ntelefon: 1\r\nto\u2028tre\x85fire\u2029fem\x0bseks\tsju"


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_one_line_has_one_line(tmp_path: Path, kind: NoticeKind) -> None:
    """Names, titles, reasons, files, copies and all other values but texts come out on one line, whoever wrote them."""
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"no/{kind}.html.j2").unlink(missing_ok=True)
    names = [name for name in SHOWN[kind] if name not in SEVERAL_LINES]
    items = [
        f"{{% for one in {name} %}}<{name}={{{{ one }}}}>{{% endfor %}}"
        if name in LISTS
        else f"<{name}={{{{ {name} }}}}>"
        for name in names
    ]
    (tmp_path / f"no/{kind}.j2").write_text("{{ subject }}\n\n" + "\n".join(items) + "\n")
    values = {**sample(kind, "no"), **{name: (LINES, LINES) if name in LISTS else LINES for name in names}}
    if "reason" in names:
        values["reason"] = because("text", LINES) if kind == "operator" else LINES
    letter = write(notice(kind, values=values), load(tmp_path, LANGUAGES))
    assert letter.fell_back is None
    text = parsed(letter).get_content()
    for name in names:
        plain = "en telefon_ 1 to tre fire fem seks sju" if name == "attachments" else " ".join(LINES.split())
        assert re.findall(rf"<{name}=(en[^<>]*)>", text) == [plain] * (2 if name in LISTS else 1), name


MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("kind", ["ack", "assignment"])
def test_no_name_or_subject_turns_its_reader_around(kind: NoticeKind, mark: str) -> None:
    """None of the marks that set the direction of writing leaves in a subject, a name, a file's name or an address."""
    turned = f"faktura{mark}fdp.exe"
    values = {**sample(kind, "no"), "title": turned, "requester": turned, "quoted": turned, "text": "Hei"}
    values |= {"attachments": (turned,), "copies": (turned,), "recipients": (turned,), "fields": (turned,)}
    letter = write(notice(kind, subject=turned, to_name=turned, from_name=turned, values=values))
    message = parsed(letter)
    assert letter.fell_back is None
    told = [letter.subject, *(str(make_header(decode_header(message[name]))) for name in ("Subject", "From", "To"))]
    told += [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    assert "fakturafdp.exe" in told[0] and not any(sign in text for text in told for sign in MARKS)


def test_a_long_answer_is_never_cut_and_a_long_mail_is() -> None:
    """An agent's words go out whole however long; a customer's text is cut in the letter to the agent, and says so."""
    words = "ordene mine " * 100_000
    answer = write(notice("answer", values={**sample("answer", "no"), "text": words}))
    assert answer.fell_back is None
    assert parsed(answer).get_content().strip() == words.strip()
    told = write(notice("assignment", values={**sample("assignment", "no"), "text": '"&<' * 100_000}))
    assert told.fell_back is None and len(told.data) < 1_500_000
    part = parsed(told).get_body(("plain",))
    assert part is not None and "kortet ned" in part.get_content()


@pytest.mark.parametrize("kind", ["assignment", "follow-up", "confirmation", "refusal"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reader_of_an_answer_is_named_whole(kind: NoticeKind, language: str) -> None:
    """Sixty readers, and one whose address is as long as can be, are all in the letter: nobody hides behind a cut."""
    long = f"kari.moen@fjordvik.example.{'.'.join(['x' * 60] * 3)}.evil.example"
    people = (*(f"p{at}@x.example" for at in range(60)), long)
    letter = write(notice(kind, language, values={**sample(kind, language), "recipients": people}))
    assert letter.fell_back is None
    for part in parsed(letter).walk():
        if part.get_content_maintype() == "text":
            assert all(address in part.get_content() for address in people)


@pytest.mark.parametrize("kind", ["ack-minimal", "ack"])
def test_an_ack_to_a_stranger_or_in_a_confidential_case_shows_nothing_of_the_mail(kind: NoticeKind) -> None:
    """No name, title or text, in no header and no part, in the clear or encoded (law A9, W14)."""
    hidden = {"requester": "", "quoted": "", "title": ""}
    values = {**sample(kind, "no"), **hidden, "text": "KANARI", "held_text": "KANARI"}
    if kind == "ack-minimal":
        values = {**sample("ack", "no"), "requester": "", "title": "KANARI", "quoted": "KANARI", "text": "KANARI"}
    about = notice(
        kind,
        subject="[FK#1042]",
        to_name="KANARI",
        values=values,
        references=("<KANARI@x.example>",),
        in_reply_to="<a@b>",
    )
    if kind == "ack":
        about = notice(kind, subject="[FK#1042]", to_name="KANARI", values=values)
    for language in LANGUAGES:
        letter = write(about if language == "no" else notice(**_fields(about, language)))
        everything = letter.data + b"".join(
            part.get_payload(decode=True) for part in parsed(letter).walk() if not part.is_multipart()
        )
        found = base64.b64encode(b"KANARI")[:6]
        assert b"kanari" not in everything.lower() and found not in everything


def _fields(about: object, language: str) -> dict[str, object]:
    return {name: getattr(about, name) for name in about.__slots__} | {"language": language}  # type: ignore[attr-defined]


def test_html_parts_load_nothing_and_carry_our_mark() -> None:
    """No address, script, picture or style sheet is fetched; the mark is id, class and data attribute (law W8)."""
    for kind in ("ack", "assignment"):
        for language in LANGUAGES:
            about = notice(
                kind, language, values={**sample(kind, language), "text": '<img src="http://x/y.png">\nlinje'}
            )  # type: ignore[arg-type]
            part = parsed(write(about)).get_body(("html",))
            assert part is not None
            html = part.get_content()
            assert not re.search(r"(?i)<(?:img|script|link|style|iframe|form|a)\b|url\(|@import", html)
            for attribute in ("id", "class", "data-maild"):
                assert f'{attribute}="maild-reply-above"' in html
            assert kind == "ack" or "&lt;img src=&#34;http://x/y.png&#34;&gt;<br>" in html


def test_the_same_notice_gives_the_same_bytes() -> None:
    """Composing is pure: a retry or a replay writes the very same mail (law W7)."""
    assert write(notice("assignment")).data == write(notice("assignment")).data


def test_dates_are_written_as_the_standard_library_writes_them() -> None:
    """Every weekday and month, negative and odd zones (RFC 5322 §3.3)."""
    from maild.letters.encode import date

    for month in range(1, 13):
        moment = datetime(2026, month, month + 3, 23, 59, 1, tzinfo=UTC)
        for zone in ("+05:30", "-03:30", "+00:00", "+01:00"):
            local = moment.astimezone(datetime.fromisoformat(f"2026-01-01T00:00:00{zone}").tzinfo)
            assert date(local).decode() == f"Date: {email.utils.format_datetime(local)}\r\n"


GOOD = {
    "names": ["From", "To", "Subject"],
    "mailboxes": {"From": "a@b.example", "To": "c@d.example"},
    "boundary": "",
    "parts": 0,
}


@pytest.mark.parametrize(
    ("mail", "complaint"),
    [
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhei\r\n", None),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\nBcc: e@f.example\r\n\r\nhei\r\n", "not intended"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nBcc: e@f.example\r\nSubject: x\r\n\r\nhei\r\n", "not Subject"),
        (b"From: A <a@b.example>\r\nTo: c@d.example, e@f.example\r\nSubject: x\r\n\r\nhei\r\n", "To does not hold"),
        (b"From: A <a@b.example>\r\nTo: <c@d.example> <e@f.example>\r\nSubject: x\r\n\r\nhei\r\n", "To does not hold"),
        (b"From: x@y.example <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhei\r\n", "From does not hold"),
        (b"From: A <e@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhei\r\n", "From holds another"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\nBcc: e@f.example\r\n\r\nhei\r\n", "bare CR or LF"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhei\rhei\r\n", "bare CR or LF"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\x00\r\n\r\nhei\r\n", "control character"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n\r\n" + b"a" * 999 + b"\r\n", "998"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n \r\n\r\nhei\r\n", "not"),
        (b"To: c@d.example\r\nFrom: A <a@b.example>\r\nSubject: x\r\n\r\nhei\r\n", "not From"),
        (b"From: A <a@b.example>\r\nTo: c@d.example\r\nSubject: x\r\n", "not intended"),
    ],
)
def test_the_proof_sees_what_was_not_meant(mail: bytes, complaint: str | None) -> None:
    """Each thing that must never leave is named; a good mail passes."""
    found = prove.flaw(mail, **GOOD)  # type: ignore[arg-type]
    assert found is None if complaint is None else found is not None and complaint in found


def test_the_proof_counts_parts() -> None:
    """A part smuggled into a multipart, or a missing end, is seen."""
    head = b"From: a@b.example\r\n\r\n"
    mail = head + b"--X\r\n\r\nen\r\n--X\r\n\r\nto\r\n--X--\r\n"
    expect = {"names": ["From"], "mailboxes": {"From": "a@b.example"}, "boundary": "X", "parts": 2}
    assert prove.flaw(mail, **expect) is None  # type: ignore[arg-type]
    assert prove.flaw(mail.replace(b"to", b"to\r\n--X\r\n\r\ntre"), **expect) is not None  # type: ignore[arg-type]
    assert prove.flaw(mail[:-7], **expect) is not None  # type: ignore[arg-type]


def test_a_letter_says_why_in_its_own_language() -> None:
    """The reason of a refusal and the banner of a pending entry are in the letter's language."""
    values = {**sample("refusal", "sv"), "reason": because("no text to send")}
    assert (
        "Skäl: det finns ingen text att skicka" in parsed(write(notice("refusal", "sv", values=values))).get_content()
    )
    banner = both(because("takes no part", because("signed address", 12)), because("Message-ID used before"))
    text = parsed(write(notice("pending", "no", values={**sample("pending", "no"), "banner": banner}))).get_content()
    said = (
        "Grunn: sendt til den personlige svaradressen for sak 12, men avsenderen er ikke med i saken; samme meldings-ID"
    )
    assert said in " ".join(text.split())


@settings(max_examples=200)
@given(HOSTILE)
def test_a_strangers_words_in_a_reason_stay_in_its_line(hostile: str) -> None:
    """A file's name that a reason quotes adds no line, header or control to the letter."""
    values = {**sample("refusal", "no"), "reason": because("file of ours", hostile)}
    quiet = {**values, "reason": because("file of ours", "x")}
    letter, plain = (parsed(write(notice("refusal", "no", values=given))) for given in (values, quiet))
    assert letter.keys() == plain.keys()
    (line,) = [line for line in str(letter.get_content()).splitlines() if line.startswith("Grunn: filen ")]
    assert line == clean_header(line, 10_000) and len(line) <= 620
