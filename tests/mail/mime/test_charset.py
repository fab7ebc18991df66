"""Bytes to letters: whatever a mail declares, a person can read it, and no byte is lost (law R8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.mail.mime import charset, headers
from maild.mail.mime.text import clean
from tests.kit.raw import reading, text

NORDIC = "Blåbærsyltetøy, ærlig talt på Åse"


@pytest.mark.parametrize(
    ("declared", "real"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-1", "latin-1"),
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "utf-8"),
        ("us-ascii", "latin-1"),
        ("utf-8", "latin-1"),
        ("windows-1252", "cp1252"),
        ("iso-8859-15", "iso8859-15"),
        ("x-unknown", "utf-8"),
        ("x-unknown", "cp1252"),
        ("idna", "utf-8"),
        ("zlib", "utf-8"),
        ("undefined", "latin-1"),
        ("rot13", "utf-8"),
        ("unicode_escape", "utf-8"),
        ("utf-8\x00", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("utf-8; format=flowed", "utf-8"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
        ("utf-16", "utf-16"),
        ("utf-7", "utf-7"),
        ("", "utf-8"),
        ("", "latin-1"),
    ],
)
def test_nordic_letters(declared: str, real: str) -> None:
    """Nordic text is read right in every declaration that is right, wrong, missing or hostile."""
    raw = text(NORDIC, f"Content-Type: text/plain; charset={declared}", charset=real)
    assert reading(raw).text == NORDIC


@pytest.mark.parametrize(
    ("declared", "real", "words"),
    [
        ("shift_jis", "cp932", "①件目のメール髙橋"),
        ("euc-jp", "euc_jp", "日本語のメール"),
        ("gb2312", "gb18030", "中文邮件镕"),
        ("big5", "big5", "中文郵件"),
        ("ks_c_5601-1987", "cp949", "한국어 메일 똠"),
        ("euc-kr", "cp949", "펲시맨"),
        ("koi8-r", "koi8-r", "Привет, мир"),
        ("windows-1251", "cp1251", "Привет, мир"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("windows-1256", "cp1256", "مرحبا"),
        ("tis-620", "cp874", "สวัสดี"),
        ("iso-8859-2", "iso8859-2", "Zażółć gęślą jaźń"),
        ("gb2312", "utf-8", "中文邮件"),
        ("iso-2022-jp", "iso2022_jp", "まみむめも ABC"),
    ],
)
def test_other_scripts(declared: str, real: str, words: str) -> None:
    """The world's charsets, in the sets their writers mean (Microsoft's)."""
    assert reading(text(words, f"Content-Type: text/plain; charset={declared}", charset=real)).text == words
    word = words.encode(real)
    assert charset.decode(word, declared) == words


def test_iso_2022_jp_with_microsofts_letters() -> None:
    """Circled digits and half-width kana, which the standard's set lacks, are read."""
    assert charset.decode(b"\x1b$B-!7oL\\\x1b(B x", "iso-2022-jp") == "①件目 x"
    assert charset.decode(b"\x1b(I1\x1b(B", "iso-2022-jp") == "ｱ"
    assert charset.decode(b"\x1b$B$^$_\x1b(B", None) == "まみ"


def test_a_broken_byte_breaks_one_letter() -> None:
    """One wrong byte in a long text costs that letter, not the text."""
    data = ("Bære " * 20).encode() + b"\xe5" + ("Øl " * 20).encode()
    assert charset.decode(data, "utf-8") == "Bære " * 20 + "å" + "Øl " * 20
    japanese = "メール".encode("cp932") * 20 + b"\xff"
    assert charset.decode(japanese, "shift_jis").startswith("メール" * 20)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Blåbær".encode(), "Blåbær"),
        ("Blåbær".encode("latin-1"), "Blåbær"),
        (b"=?utf-8?Q?Bl=C3=A5b=C3=A6r?=", "Blåbær"),
        (b"=?utf-8?Q?Bl=C3?=\r\n =?utf-8?Q?=A5b=C3=A6r?=", "Blåbær"),
        (b"=?UTF-8?B?QmzD?= =?UTF-8?B?pWLDpnI=?=", "Blåbær"),
        (b"=?utf-8?Q?Bl=C3=A5b=C3=A6r og mer?=", "Blåbær og mer"),
        (b"=?utf-8?Q?Bl=C3=A5b=C3=A6r", "Blåbær"),
        (b"=?iso-8859-1?Q?Bl=E5b=E6r?= =?utf-8?Q?_p=C3=A5?=", "Blåbær på"),
        (b"Re: =?utf-8?q?=C3=85se?= er syk", "Re: Åse er syk"),
        (b"=?utf-8*nb?Q?=C3=85se?=", "Åse"),
        (b"=?NONE?B?VEVTVA=?=", "TEST"),
        (b'"=?utf-8?Q?=C3=85se?="', '"Åse"'),
        (b"=?utf-8?Q?Hva=3F=20N=C3=A5?=", "Hva? Nå"),
        (b"a =?utf-8?Q?b?=c", "a bc"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x=40y.z?=", "a Bcc: x@y.z"),
        (b"=?utf-8?Q?a=00b?=", "ab"),
        (b"=?idna?B?YWJj?=", "abc"),
        (b"=?iso-2022-jp?B?GyRCJF4kXxsoQg==?=", "まみ"),
        (b"not =? an encoded ?= word", "not =? an encoded ?= word"),
        (b"folded\r\n\tvalue\r\n   here", "folded value here"),
        ("raw мир".encode("koi8-r"), "raw мир"),
    ],
)
def test_header_words(value: bytes, expected: str) -> None:
    """Encoded words in every broken form, bare 8-bit and folds come out as one clean line."""
    assert headers.text(value, "koi8-r" if b"raw " in value else None) == expected


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        (b'attachment; filename="plain.txt"', "filename", "plain.txt"),
        (b"attachment; filename=no quotes.txt", "filename", "no quotes.txt"),
        (b'attachment; filename="=?utf-8?Q?bl=C3=A5.txt?="', "filename", "blå.txt"),
        (b"attachment; filename==?utf-8?Q?bl=C3=A5.txt?=", "filename", "blå.txt"),
        (b'attachment; filename="=?utf-8?Q?bl=C3=A5?=\r\n =?utf-8?Q?b=C3=A6r.txt?="', "filename", "blåbær.txt"),
        (b"attachment; filename*=UTF-8''bl%C3%A5.txt", "filename", "blå.txt"),
        (b"attachment; filename*=iso-8859-1'no'bl%E5.txt", "filename", "blå.txt"),
        (b"attachment; filename*=\"UTF-8''bl%C3%A5.txt\"", "filename", "blå.txt"),
        (b"attachment; filename*0*=UTF-8''bl%C3;\r\n filename*1*=%A5b;\r\n filename*2=r.txt", "filename", "blåbr.txt"),
        (b'attachment; filename*1="r.txt"; filename*0="blaabae"', "filename", "blaabaer.txt"),
        (b"attachment; filename*0=UTF-8''bl%C3%A5; filename*1=.txt", "filename", "blå.txt"),
        (b"attachment; filename=\"a.txt\"; filename*=utf-8''bl%C3%A5.txt", "filename", "blå.txt"),
        ('attachment; filename="blå.txt"'.encode("latin-1"), "filename", "blå.txt"),
        (b'attachment; filename="with \\"quotes\\".txt"', "filename", 'with "quotes".txt'),
        (b'attachment; filename="open.txt', "filename", "open.txt"),
        (b"text/plain charset=utf-8", "charset", "utf-8"),
        (b'text/plain; charset="utf-8"; format=flowed', "format", "flowed"),
        (b'text/plain; CHARSET = "utf-8"', "charset", "utf-8"),
        (b"multipart/mixed; boundary=a=b=c", "boundary", "a=b=c"),
    ],
)
def test_parameters(value: bytes, name: str, expected: str) -> None:
    """Parameters in every form mail programs write them (RFC 2231, RFC 2047, and neither)."""
    assert headers.parameters(value)[1][name] == expected


CODECS = [
    "ascii", "big5", "big5hkscs", "cp037", "cp437", "cp500", "cp850", "cp852", "cp855", "cp857", "cp860", "cp861",
    "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp932", "cp949", "cp950", "cp1006", "cp1026",
    "cp1140", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "euc_jp",
    "euc_jis_2004", "euc_kr", "gb2312", "gbk", "gb18030", "hz", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2",
    "iso2022_jp_ext", "iso2022_kr", "latin_1", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6",
    "iso8859_7", "iso8859_8", "iso8859_9", "iso8859_10", "iso8859_11", "iso8859_13", "iso8859_14", "iso8859_15",
    "iso8859_16", "johab", "koi8_r", "koi8_t", "koi8_u", "kz1048", "mac_cyrillic", "mac_greek", "mac_iceland",
    "mac_latin2", "mac_roman", "mac_turkish", "ptcp154", "shift_jis", "shift_jis_2004", "shift_jisx0213", "utf_32",
    "utf_32_be", "utf_32_le", "utf_16", "utf_16_be", "utf_16_le", "utf_7", "utf_8", "utf_8_sig", "idna", "punycode",
    "undefined", "unicode_escape", "raw_unicode_escape", "zlib", "hex", "bz2", "rot13", "base64", "uu",
    "x-unknown", "", "no such charset", "utf-8\x00",
]  # fmt: skip
"""A hundred names a mail may declare, hostile and nonsensical ones among them (law R8)."""


@given(data=st.binary(max_size=300), name=st.sampled_from(CODECS))
def test_never_raises_and_always_clean(data: bytes, name: str) -> None:
    """Any bytes in any charset become text that both databases take: valid UTF-8 without NUL."""
    found = clean(charset.decode(data, name))
    assert "\x00" not in found and found.encode("utf-8").decode("utf-8") == found


@given(data=st.binary(max_size=200).map(lambda data: data.replace(b"=?", b"")))
def test_windows_1252_loses_nothing(data: bytes) -> None:
    """What is no UTF-8 is read letter by letter: as many letters as bytes."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert len(charset.decode(data, "iso-8859-1")) == len(data) or b"\x1b" in data


def test_html_says_its_charset_itself() -> None:
    """HTML without a declared charset is read in the one its own head names."""
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'
    page = f"<html><head>{meta}</head><body>Привет</body></html>"
    raw = text(b"", "Content-Type: text/html").replace(b"\r\n\r\n", b"\r\n\r\n" + page.encode("koi8-r"))
    assert reading(raw).text == "Привет"
