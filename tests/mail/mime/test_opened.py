"""Content that a program wrapped is opened: signatures, rich text, pictures and pieces of a page (law R25, R26)."""

import base64
import struct
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from maild.core.values.mail import Envelope, Mail
from maild.mail.mime import data_pictures, rtf, signed
from maild.mail.mime.attachments import content
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.mail.winmail import winmail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
WHEN = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def mail(raw: bytes) -> Mail:
    """Read a mail that came by SMTP."""
    sender = "siri@gard.example"
    return read(
        raw, Envelope(source="smtp", received=WHEN, sender=sender, recipients=("drift@havn.example",)), ReadOptions()
    )


def head(kind: str, encoding: str = "8bit") -> bytes:
    """Return the header of a mail of a type."""
    return (
        "From: Siri Gard <siri@gard.example>\nTo: drift@havn.example\nSubject: Porten\nMIME-Version: 1.0\n"
        f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n"
    ).encode()


# -- signatures ----------------------------------------------------------------------------------------------------

INNER = (
    b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Koden til port 4 er glemt.\r\nSiri\r\n--i\r\nContent-Type: application/pdf; name=kart.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi1rYXJ0\r\n--i--\r\n"
)


def der(tag: int, *pieces: bytes) -> bytes:
    """Return an element whose length is told."""
    body = b"".join(pieces)
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes(4, "big")
    return bytes((tag, 0x84)) + size + body


def ber(tag: int, *pieces: bytes) -> bytes:
    """Return an element whose length is not told."""
    return bytes((tag, 0x80)) + b"".join(pieces) + b"\0\0"


SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")


def wrapped(inner: bytes, *, streamed: bool = False) -> bytes:
    """Return what an opaque signature wraps, without signers."""
    make = ber if streamed else der
    pieces = (der(0x04, inner[at : at + 100]) for at in range(0, len(inner), 100))
    octets = ber(0x24, ber(0x24, next(pieces), next(pieces)), *pieces) if streamed else der(0x04, inner)
    body = make(0x30, der(0x02, b"\1"), make(0x31), make(0x30, DATA, make(0xA0, octets)), der(0x31))
    return make(0x30, SIGNED, make(0xA0, body))


def really_signed(inner: bytes) -> bytes:
    """Return what a library signs opaquely."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siri")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(WHEN).not_valid_after(WHEN + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    signer = pkcs7.PKCS7SignatureBuilder().set_data(inner).add_signer(certificate, key, hashes.SHA256())
    return signer.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def smime(data: bytes, kind: str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") -> bytes:
    """Return a mail that is nothing but something signed."""
    return head(kind, "base64") + base64.encodebytes(data)


@pytest.mark.parametrize("form", ["told", "streamed", "library", "twice"])
@pytest.mark.parametrize(
    "kind",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime; name=smime.p7m",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_the_words_in_an_opaque_signature_are_read(form: str, kind: str) -> None:
    """No key is needed; its files are files of the mail, and the whole is kept (law R25)."""
    twice = head("application/pkcs7-mime; name=smime.p7m", "base64") + base64.encodebytes(wrapped(INNER))
    made = {"told": wrapped(INNER), "streamed": wrapped(INNER, streamed=True), "library": really_signed(INNER)}
    raw = smime(made[form] if form in made else wrapped(twice), kind)
    found = mail(raw)
    assert found.own_text == "Koden til port 4 er glemt.\nSiri"
    files = {file.name: file for file in found.attachments}
    assert files["smime.p7m"].decoration
    if form != "twice":
        assert content(raw, files["kart.pdf"]) == b"%PDF-kart"


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80" + SIGNED,
        wrapped(INNER)[:60],
        b"\x30\x84\xff\xff\xff\xff" + SIGNED,
        der(0x30, bytes.fromhex("06092a864886f70d010703"), der(0xA0, der(0x30, b"\2\1\0"))),
        wrapped(b"%PDF-1.7 a signed document that is no mail"),
        ber(0x30, SIGNED, *[b"\x30\x80"] * 3000),
        b"",
    ],
)
def test_what_is_no_signed_mail_stays_closed(data: bytes) -> None:
    """Encrypted, broken, cut, nested without end, or a document."""
    found = mail(smime(data))
    assert found.own_text == ""
    assert [(file.name, file.decoration) for file in found.attachments] == [("smime.p7m", False)]


def test_signed_octets_are_read_as_far_as_they_are_whole() -> None:
    """Of a mail that was cut there is nothing, or what came before the cut."""
    data = wrapped(INNER, streamed=True)
    found = [signed.content(data[:end]) for end in range(len(data))]
    assert all(INNER.startswith(one) for one in found if one is not None)
    assert signed.content(data) == INNER


# -- rich text -----------------------------------------------------------------------------------------------------


def literal(text: bytes) -> bytes:
    """Return rich text in the compressed form, with nothing compressed."""
    body = b"".join(b"\0" + text[at : at + 8] for at in range(0, len(text), 8))
    return struct.pack("<IIII", len(body) + 12, len(text), 0x75465A4C, 0) + body


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_compressed_rich_text_is_decompressed(packed: str, text: bytes) -> None:
    """As MS-OXRTFCP shows it, with what refers to itself."""
    data = bytes.fromhex(packed)
    assert rtf.decompressed(data) == text
    assert all(text.startswith(rtf.decompressed(data[:end])) for end in range(len(data)))


WORDS = (
    b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset204 Arial Cyr;}}"
    b"{\\colortbl;\\red0\\green0\\blue0;}{\\*\\generator Riched20;}\\pard Porten er l\\'e5st.\\par\n"
    b"Kode \\{4\\}\\tab\\u8364?5\\line \\f1\\'cf\\'f0\\f0 \\u-10179?\\u-8704?\\par{\\pict 00ff}}"
)
PAGE = (
    b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0 Arial;}}{\\*\\htmltag64 <html><body>}"
    b"\\htmlrtf {\\htmlrtf0 {\\*\\htmltag64 <p>}\\htmlrtf \\par bort\\htmlrtf0 Porten er l\\'e5st "
    b"{\\*\\htmltag84 <b>}\\htmlrtf {\\b\\htmlrtf0 n\\'e5"
    b"{\\*\\htmltag92 </b>}\\htmlrtf }\\htmlrtf0 {\\*\\htmltag84 &lt;}4{\\*\\htmltag84 &gt;}{\\*\\htmltag72 </p>}"
    b"{\\*\\htmltag64 </body></html>}}"
)


def test_rich_text_is_words_or_the_page_it_was_made_from() -> None:
    """Without fonts, colours, pictures and what only dresses the page (law R25)."""
    words, page = rtf.read(WORDS), rtf.read(PAGE)
    assert words is not None
    assert page is not None
    assert words.text.strip() == "Porten er låst.\nKode {4}\t€5\nПр\U0001f600"
    assert page.is_page
    assert page.text == "<html><body><p>Porten er låst <b>nå</b>&lt;4&gt;</p></body></html>"


@pytest.mark.parametrize(("text", "said"), [(WORDS, "Porten er låst."), (PAGE, "Porten er låst nå<4>")])
def test_the_rich_text_of_a_winmail_is_read(text: bytes, said: str) -> None:
    """Where it is all the words there are."""
    data = winmail([], rich=literal(text))
    raw = head("application/ms-tnef; name=winmail.dat", "base64") + base64.encodebytes(data)
    assert mail(raw).own_text.split("\n")[0] == said


@pytest.mark.parametrize(
    "text", [b"", b"{\\rtf1", b"{\\rtf1" + b"{" * 5000, b"{\\rtf1 \\u99999999?\\'zz\\", b"{\\rtf1}}}}x"]
)
def test_broken_rich_text_never_fails(text: bytes) -> None:
    """Whatever it is."""
    assert rtf.decompressed(literal(text)) == text
    found = rtf.read(text)
    assert found is None or isinstance(found.text, str)


# -- pictures in a page --------------------------------------------------------------------------------------------

ESCAPED = base64.b64encode(PNG).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.mark.parametrize(
    "tag",
    [
        f'<img src="{URI}">',
        f"<IMG alt='x' SRC='{URI}'>",
        f"<img src={URI} width=10>",
        f'<img src="data:image/png;charset=utf-8;name=a.png;base64,{base64.encodebytes(PNG).decode()}">',
        f'<img src="data:image/png;base64,{ESCAPED}">',
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_a_picture_in_a_page_is_a_file(tag: str, encoding: str) -> None:
    """However it is written there, and however the page is encoded (law R26)."""
    import quopri

    page = f"<html><body>Dette kommer opp:<br>{tag}<br>Hva nå?</body></html>".encode()
    body = {"8bit": page, "base64": base64.encodebytes(page), "quoted-printable": quopri.encodestring(page)}[encoding]
    raw = head("text/html; charset=utf-8", encoding) + body
    found = mail(raw)
    assert found.own_text.replace("[x]", "").split() == ["Dette", "kommer", "opp:", "Hva", "nå?"]
    (file,) = found.attachments
    assert (file.type, file.inline, content(raw, file)) == ("image/png", True, PNG)


def test_a_page_beside_a_text_has_its_pictures_too() -> None:
    """Web mail writes both; what lies below a picture of five megabytes is still read."""
    big = base64.b64encode(PNG * 5000).decode()
    for page in (f'Se: <img src="{URI}"> her', f'Se: <img src="data:image/jpeg;base64,{big}"> her'):
        parts = f"--a\nContent-Type: text/plain\n\nSe: her\n--a\nContent-Type: text/html\n\n{page}\n--a--\n"
        found = mail(head('multipart/alternative; boundary="a"') + parts.encode())
        assert [file.type[:6] for file in found.attachments] == ["image/"]
        alone = mail(head("text/html") + page.encode())
        assert alone.own_text.split() == ["Se:", "her"]
        assert len(alone.attachments) == 1


def test_a_logo_in_the_signature_of_a_page_is_decoration() -> None:
    """As one that is attached (law R17)."""
    page = f'<p>Porten er låst.</p><div class="gmail_signature">Siri<br><img src="{URI}"></div>'
    assert [file.decoration for file in mail(head("text/html; charset=utf-8") + page.encode()).attachments] == [True]


@pytest.mark.parametrize(
    "page",
    [
        'Skriv <code>src="data:image/png;base64,"</code> i malen',
        '<img src="data:text/html;base64,PGI+">x',
        "<img src='data:image/svg+xml;utf8,<svg></svg>'>x",
        "data:image/png;base64,AAAA",
    ],
)
def test_what_is_no_picture_in_a_page_is_none(page: str) -> None:
    """Empty, of another type, not encoded, or only spoken of."""
    assert mail(head("text/html") + page.encode()).attachments == ()


def test_pictures_are_taken_out_in_order() -> None:
    """So that each is found again by its place."""
    page = b"".join(b'<img src="data:image/gif;base64,' + base64.b64encode(bytes((n,)) * 3) + b'">' for n in range(5))
    short, found = data_pictures.taken_out(page, 70)
    assert [one.data for one in found] == [bytes((n,)) * 3 for n in range(5)]
    assert short == b"".join(b'<img src="cid:data-%d.70">' % n for n in range(5))


# -- pages in pieces -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pages",
    [
        ["Port 4 er låst, port 5 er åpen. Bilde av port 4", "Bilde av port 5", "Siri"],
        ["Er port 4 låst eller er port 5 åpen?", "port 5 er åpen", "er port 4 låst", "Ja"],
        ["<p>Hei</p>", "<p>Hei på deg</p>", "<p>på deg</p>"],
    ],
)
@pytest.mark.parametrize("plain", [False, True], ids=["pages only", "a stub beside them"])
def test_every_page_between_pictures_is_shown(pages: list[str], plain: bool) -> None:
    """Whatever their words have in common (law R26)."""
    data = base64.b64encode(PNG).decode()
    picture = f"--m\nContent-Type: image/jpeg; name=p.jpg\nContent-Transfer-Encoding: base64\n\n{data}\n"
    pieces = picture.join(
        f"--m\nContent-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>\n" for page in pages
    )
    inner = f'Content-Type: multipart/mixed; boundary="m"\n\n{pieces}--m--\n'
    if plain:
        stub = "--s\nContent-Type: text/plain\n\n\n"
        raw = head('multipart/alternative; boundary="s"') + f"{stub}--s\n{inner}--s--\n".encode()
    else:
        raw = head('multipart/mixed; boundary="m"') + inner.partition("\n\n")[2].encode()
    found = mail(raw)
    words = [line for line in found.own_text.split("\n") if line.strip()]
    assert words == [page.replace("<p>", "").replace("</p>", "") for page in pages]
    assert len(found.attachments) == len(pages) - 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_piece_of_a_mail_is_a_file_and_costs_nothing(number: int) -> None:
    """A hundred kilobytes of one, which nobody can read without the others."""
    began = time.process_time()
    head_inside = b"From: siri@gard.example\nContent-Type: image/png\n\n" if number == 1 else b""
    kind = f'message/partial; id="a@gard.example"; number={number}; total=3'
    found = mail(head(kind) + head_inside + base64.encodebytes(PNG * 80))
    assert time.process_time() - began < 0.2
    assert [file.type for file in found.attachments] == ["message/partial"]
    assert found.own_text == ""


def test_the_same_text_as_a_page_is_shown_once() -> None:
    """By a program that calls its alternatives mixed."""
    parts = (
        "--m\nContent-Type: text/plain; charset=utf-8\n\nPorten er låst.\n- port 4\n- port 5\n--m\n"
        "Content-Type: text/html; charset=utf-8\n\n<p>Porten er <a href='https://havn.example/4'>låst</a>.</p>"
        "<ul><li>port 4</li><li>port 5</li></ul>\n--m--\n"
    )
    assert mail(head('multipart/mixed; boundary="m"') + parts.encode()).own_text.count("låst") == 1
