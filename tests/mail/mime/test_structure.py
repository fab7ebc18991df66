"""Which parts are text and which are files, and where files lie in the raw mail."""

import base64
import hashlib

import pytest

from maild.mail.mime.attachments import content
from tests.kit.raw import files, mail, multi, part, reading, text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PLAIN = part("Hei, se vedlegget.", "Content-Type: text/plain; charset=utf-8")
HTML = part("<p>Hei, se <b>vedlegget</b>.</p>", "Content-Type: text/html; charset=utf-8")
PICTURE = part(
    base64.b64encode(PNG),
    "Content-Type: image/png; name=skjerm.png",
    "Content-Transfer-Encoding: base64",
    "Content-Disposition: attachment; filename=skjerm.png",
)
ATTACHED = part(
    "From: Ola <ola@z.example>\r\nSubject: Gammel sak\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\n"
    "#close\r\nhemmelig tekst",
    "Content-Type: message/rfc822",
)


def test_text_and_a_file() -> None:
    """A file is found by its place: the bytes there are the file's, and its hash is theirs."""
    raw = mail(multi("mixed", PLAIN, PICTURE))
    got = reading(raw)
    assert got.text == "Hei, se vedlegget." and files(got) == [("skjerm.png", len(PNG))]
    file = got.attachments[0]
    assert file.sha256 == hashlib.sha256(PNG).hexdigest() and file.type == "image/png" and not file.inline
    assert base64.b64decode(raw[file.start : file.end]) == PNG == content(raw, file)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_end(end: bytes) -> None:
    """CRLF, bare LF and bare CR read the same, and places stay true."""
    raw = mail(multi("mixed", PLAIN, PICTURE)).replace(b"\r\n", end)
    got = reading(raw)
    assert got.text == "Hei, se vedlegget." and files(got) == [("skjerm.png", len(PNG))]
    assert content(raw, got.attachments[0]) == PNG
    assert got.subject == "hei" and got.identity.address == "kari@x.example"


def test_alternative_prefers_the_text() -> None:
    """Of text and HTML the text is shown, and that there is HTML is known."""
    got = reading(mail(multi("alternative", PLAIN, HTML)))
    assert got.text == "Hei, se vedlegget." and got.has_html and not got.attachments


@pytest.mark.parametrize(
    "stub",
    [
        "",
        " \r\n\r\n",
        "This message requires an HTML capable mail program.",
        "Your email client does not support HTML messages",
        "Denne e-posten er i HTML",
    ],
)
def test_stub_text_gives_way_to_html(stub: str) -> None:
    """An empty text, or one that only says the message is elsewhere, gives way to the HTML."""
    page = "<p>Hei, skriveren i tredje etasje er ødelagt igjen og papiret sitter fast i den. Kan dere komme i dag?</p>"
    raw = mail(multi("alternative", part(stub, "Content-Type: text/plain"), part(page, "Content-Type: text/html")))
    got = reading(raw)
    assert got.own_text.startswith("Hei, skriveren i tredje etasje")
    assert stub.strip() not in got.own_text or not stub.strip()


def test_a_short_real_text_is_no_stub() -> None:
    """A short text is kept when the HTML says the same, or when it is not about HTML."""
    raw = mail(
        multi("alternative", part("Takk!", "Content-Type: text/plain"), part("<p>Takk!</p>", "Content-Type: text/html"))
    )
    assert reading(raw).text == "Takk!"


def test_text_around_a_picture_is_one_text() -> None:
    """Apple Mail cuts a text in two around a picture: both halves are the text, in order."""
    after = part("og her er resten.", "Content-Type: text/plain")
    got = reading(mail(multi("mixed", PLAIN, PICTURE, after)))
    assert got.text == "Hei, se vedlegget.\n\nog her er resten."


def test_empty_mail_with_a_file() -> None:
    """A mail of nothing but a file has an empty text and the file."""
    got = reading(mail(PICTURE))
    assert got.text == "" and files(got) == [("skjerm.png", len(PNG))]


def test_an_attached_mail_is_a_file_with_its_header_shown() -> None:
    """What an attached mail says is never the writer's text; who wrote it and about what is shown (law R13)."""
    got = reading(mail(multi("mixed", PLAIN, ATTACHED)))
    assert files(got)[0][0] == "Gammel sak.eml" and got.attachments[0].type == "message/rfc822"
    assert "hemmelig" not in got.text and "#close" not in got.text
    assert "From: Ola <ola@z.example>" in got.text and "Subject: Gammel sak" in got.text


def test_an_attached_mail_in_base64_is_read_too() -> None:
    """A mail attached in base64, which no standard allows and some programs do, is shown just so."""
    inner = ATTACHED.partition(b"\r\n\r\n")[2]
    wrapped = part(
        base64.encodebytes(inner), "Content-Type: message/rfc822; name=sak.eml", "Content-Transfer-Encoding: base64"
    )
    got = reading(mail(multi("mixed", PLAIN, wrapped)))
    assert files(got) == [("sak.eml", len(inner))] and "Subject: Gammel sak" in got.text


def test_signed_and_encrypted_stay_whole() -> None:
    """A signed mail shows its text and keeps the signature; an encrypted one keeps both its parts as files."""
    signature = part(
        b"MIIB", "Content-Type: application/pkcs7-signature; name=smime.p7s", "Content-Transfer-Encoding: base64"
    )
    signed = reading(mail(multi("signed", PLAIN, signature)))
    assert signed.text == "Hei, se vedlegget." and [name for name, _ in files(signed)] == ["smime.p7s"]
    control = part("Version: 1", "Content-Type: application/pgp-encrypted")
    secret = part("-----BEGIN PGP MESSAGE-----", "Content-Type: application/octet-stream; name=encrypted.asc")
    encrypted = reading(mail(multi("encrypted", control, secret)))
    assert encrypted.text == "" and [name for name, _ in files(encrypted)] == ["part-1.bin", "encrypted.asc"]


def test_boundaries_that_resemble_each_other() -> None:
    """A boundary that begins like another one is not taken for it."""
    inner = multi("alternative", PLAIN, HTML, boundary="=_b2")
    got = reading(mail(multi("mixed", inner, PICTURE, boundary="=_b")))
    assert got.text == "Hei, se vedlegget." and files(got) == [("skjerm.png", len(PNG))]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: multipart/mixed; boundary==_b\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n",
        b'Content-Type: multipart/mixed; boundary="other"\r\n\r\n',
        b"Content-Type: multipart/mixed;\r\n boundary='=_b'\r\n\r\n",
    ],
)
def test_broken_boundary_parameters(head: bytes) -> None:
    """A boundary without quotes, in wrong ones, not named at all or misnamed is still found."""
    body = multi("mixed", PLAIN, PICTURE).partition(b"\r\n\r\n")[2]
    got = reading(mail(head + body))
    assert got.text == "Hei, se vedlegget." and files(got) == [("skjerm.png", len(PNG))]


def test_unclosed_and_empty_multiparts() -> None:
    """A multipart cut off in the middle keeps what came; one without any part is its text."""
    whole = mail(multi("mixed", PLAIN, PICTURE))
    cut = reading(whole[: whole.index(b"--=_b--")])
    assert cut.text == "Hei, se vedlegget." and files(cut) == [("skjerm.png", len(PNG))]
    bare = reading(mail(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nBare tekst\r\n"))
    assert bare.text == "Bare tekst" and "a multipart without its boundary" in bare.defects


def test_header_without_blank_line() -> None:
    """When the blank line is forgotten, the text begins where the header ends; a stray line inside is passed over."""
    forgotten = reading(b"From: Kari <kari@x.example>\r\nSubject: hei\r\nSkriveren er tom.\r\n\r\nHilsen Kari\r\n")
    assert forgotten.subject == "hei" and forgotten.text.startswith("Skriveren er tom.")
    stray = reading(b"From: Kari <kari@x.example>\r\nsomething odd\r\nSubject: hei\r\n\r\nTekst\r\n")
    assert stray.subject == "hei" and stray.text == "Tekst"


def test_mbox_line_and_leading_blank_lines() -> None:
    """A leading mbox line, blank lines or a byte order mark do not hide the header; a field ``From  :`` is one."""
    for lead in (b"From kari@x Tue Dec  1 08:00:00 2026\r\n", b"\r\n\r\n", b"\xef\xbb\xbf", b">From x\r\n"):
        assert reading(lead + text("hei", "Subject: s")).subject == "s"
    assert reading(b"From  : Kari <kari@x.example>\r\nSubject: s\r\n\r\nhei").identity.address == "kari@x.example"


@pytest.mark.parametrize(
    ("encoding", "body", "size"),
    [
        ("base64", b"aGVp", 3),
        ("base64;", b"aGVp", 3),
        ('"BASE64"', b"aGVp", 3),
        ("base64", b"aGV", 2),
        ("base64", b"a!G?V p\r\n", 3),
        ("base64", b"aA==\r\naGVp\r\n", 4),
        ("base64", b"aGVpaGVp\r\naGU=\r\n_____________\r\nfooter from a list\r\n", 8),
        ("quoted-printable", b"h=65i=\r\n", 3),
        ("quoted-printable", b"100% =zz", 8),
        ("8bit", b"hei", 3),
        ("", b"hei", 3),
        ("x-nonsense", b"hei", 3),
        ("x-uuencode", b"begin 644 a\r\n#:&5I\r\n`\r\nend\r\n", 3),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes, size: int) -> None:
    """Every transfer encoding, however misspelt or broken, gives the bytes that can be read."""
    raw = mail(part(body, "Content-Type: application/x-a; name=a.bin", f"Content-Transfer-Encoding: {encoding}"))
    got = reading(raw)
    assert files(got) == [("a.bin", size)]
    assert len(content(raw, got.attachments[0])) == size


def test_uuencode_and_yenc_in_text_are_files() -> None:
    """A uuencoded and a yEnc block leave the text and are files with their names and bytes."""
    shifted = bytes((byte + 42) & 0xFF for byte in b"hei hei")
    body = b"For oss:\r\nbegin 644 notat.txt\r\n#:&5I\r\n`\r\nend\r\nog\r\n=ybegin line=128 size=7 name=to.bin\r\n"
    raw = text(body + shifted + b"\r\n=yend size=7\r\nslutt\r\n", "Content-Type: text/plain")
    got = reading(raw)
    assert files(got) == [("notat.txt", 3), ("to.bin", 7)]
    assert [content(raw, file) for file in got.attachments] == [b"hei", b"hei hei"]
    assert "begin 644" not in got.text and "For oss:" in got.text and "slutt" in got.text


def test_uuencode_in_an_encoded_text() -> None:
    """A block inside a text that is itself base64 is found again by its position in there."""
    body = b"For oss:\r\nbegin 644 notat.txt\r\n#:&5I\r\n`\r\nend\r\n"
    raw = text(base64.encodebytes(body), "Content-Type: text/plain", "Content-Transfer-Encoding: base64")
    got = reading(raw)
    assert files(got) == [("notat.txt", 3)] and content(raw, got.attachments[0]) == b"hei"
    assert got.text == "For oss:"


def test_a_named_text_is_shown_and_kept() -> None:
    """The only text of a mail is its text even when it has a name; a further named one is a file."""
    named = part(
        "Die Hasen", "Content-Type: text/plain; name=Hasen.txt", "Content-Disposition: inline; filename=Hasen.txt"
    )
    got = reading(mail(multi("mixed", named)))
    assert got.text == "Die Hasen" and files(got) == [("Hasen.txt", 9)]
    other = part(
        "notat", "Content-Type: text/plain; name=notat.txt", "Content-Disposition: attachment; filename=notat.txt"
    )
    got = reading(mail(multi("mixed", PLAIN, other)))
    assert got.text == "Hei, se vedlegget." and files(got) == [("notat.txt", 5)]


def test_flowed_text_is_joined() -> None:
    """format=flowed comes back as paragraphs, per quote depth; the signature line stays alone."""
    body = "Dette er en \r\nlang linje.\r\n> sitat som \r\n> fortsetter\r\n-- \r\nKari\r\n"
    got = reading(text(body, "Content-Type: text/plain; format=flowed"))
    assert got.text == "Dette er en lang linje.\n> sitat som fortsetter\n-- \nKari"
    japanese = reading(text("こん \r\nにちは\r\n", "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert japanese.text == "こんにちは"


def test_a_small_logo_in_the_signature_is_decoration() -> None:
    """A small picture that the HTML shows only in its signature is kept but is no file the writer sent (law R17)."""
    page = '<p>Se bildet: <img src="cid:skjerm@x"></p><div class="gmail_signature">Kari<br><img src="cid:logo@x"></div>'
    pictures = [
        part(
            base64.b64encode(PNG),
            f"Content-Type: image/png; name={name}.png",
            "Content-Transfer-Encoding: base64",
            f"Content-ID: <{name}@x>",
        )
        for name in ("skjerm", "logo")
    ]
    got = reading(mail(multi("related", part(page, "Content-Type: text/html"), *pictures)))
    assert [(file.name, file.inline, file.decoration) for file in got.attachments] == [
        ("skjerm.png", True, False),
        ("logo.png", True, True),
    ]


def test_alternatives_nobody_can_show_are_left() -> None:
    """An AMP variant is neither text nor file; a page that only repeats the text is not shown a second time."""
    amp = part("<html amp4email><body>Hei AMP</body></html>", "Content-Type: text/x-amp-html")
    got = reading(mail(multi("alternative", PLAIN, amp, HTML)))
    assert got.text == "Hei, se vedlegget." and not got.attachments
    mixed = reading(mail(multi("mixed", PLAIN, HTML)))
    assert mixed.text == "Hei, se vedlegget." and mixed.has_html


def test_apple_mails_nested_alternative() -> None:
    """Apple Mail puts pages and files of the second alternative into a mixed part: the files are kept, once."""
    inner = multi("mixed", HTML, PICTURE, part("<p>Hilsen</p>", "Content-Type: text/html"), boundary="=_c")
    got = reading(mail(multi("alternative", PLAIN, inner)))
    assert got.text == "Hei, se vedlegget." and files(got) == [("skjerm.png", len(PNG))]


def test_a_logo_beside_a_text_is_decoration_too() -> None:
    """When the text is shown, where the HTML has its pictures still says which of them is a signature's logo."""
    page = (
        '<p class=MsoNormal>Hei, se bildet: <img src="cid:skjerm@x"></p><p class=MsoNormal>&nbsp;</p>'
        "<p class=MsoNormal>-- </p><p class=MsoNormal>Kari Moen</p>"
        '<p class=MsoNormal><img src="cid:logo@x">Fjordvik</p>'
    )
    pictures = [
        part(
            base64.b64encode(PNG),
            f"Content-Type: image/png; name={name}.png",
            "Content-Transfer-Encoding: base64",
            f"Content-ID: <{name}@x>",
        )
        for name in ("skjerm", "logo")
    ]
    rich = multi("related", part(page, "Content-Type: text/html"), *pictures, boundary="=_r")
    got = reading(mail(multi("alternative", part("Hei, se bildet:\r\n\r\n-- \r\nKari Moen\r\nFjordvik"), rich)))
    assert [(file.name, file.decoration) for file in got.attachments] == [("skjerm.png", False), ("logo.png", True)]
    assert got.own_text == "Hei, se bildet:"
