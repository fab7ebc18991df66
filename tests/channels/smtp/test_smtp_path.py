"""The arguments of MAIL and RCPT are read strictly where it matters and kindly where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.channels.smtp import replies
from maild.channels.smtp.path import Malformed, check_mail, parse

GOOD = {
    "<kari@example.org>": "kari@example.org",
    " <kari@example.org>": "kari@example.org",
    "< kari@example.org >": "kari@example.org",
    "kari@example.org": "kari@example.org",
    "<>": "",
    "<Postmaster>": "Postmaster",
    "<@a.example,@b.example:kari@example.org>": "kari@example.org",
    "<a..b.@docomo.example>": "a..b.@docomo.example",
    '<"kari moen"@example.org>': '"kari moen"@example.org',
    '<"a>b\\"@c"@example.org>': '"a>b\\"@c"@example.org',
    "<kari@[192.0.2.1]>": "kari@[192.0.2.1]",
    "<kari@[IPv6:2001:db8::1]>": "kari@[IPv6:2001:db8::1]",
    "<bjørn@blåbær.example>": "bjørn@blåbær.example",
    "<b+12=x.y@desk.example>": "b+12=x.y@desk.example",
}


@pytest.mark.parametrize("text", GOOD)
def test_addresses_are_read(text: str) -> None:
    """Brackets and a source route go, the address stays as written (RFC 5321 §4.1.2, appendix C)."""
    assert parse("TO:", f"to:{text}").address == GOOD[text]
    assert parse("TO:", f"TO:{text} A=1 B").parameters == {"A": "1", "B": ""}


NONSENSE = """
< | <a@b | <a@b>c | <a@b><c@d> | <a> | <@b> | <a@> | <a@b@c> | <a b@c> | <a@b c> | <a@.b> | <a@b.> | <a@b..c> | <a,b@c>
<"a@b> | a@b> | <<a@b>> | <a@b> =1 | <a@b> A= | <a@b> A=1 a=2 | <a@b> A_B | <a@[b> | <:a@b>
"""


@pytest.mark.parametrize("text", ["", *NONSENSE.replace("\n", "|").strip("|").split("|")])
def test_what_is_no_path_is_a_syntax_error(text: str) -> None:
    """A client that writes nonsense is told so with 501, which changes nothing."""
    text = text.strip()
    with pytest.raises(Malformed) as caught:
        parse("FROM:", "FROM:" + text)
    assert str(caught.value) in replies.PERMANENT["syntax"]
    assert str(caught.value).startswith("501 ")


@pytest.mark.parametrize("text", ["<" + "a" * 257 + "@b>", "<a@" + "b" * 256 + ">", "<" + "å" * 129 + "@b>"])
def test_overlong_addresses_are_refused(text: str) -> None:
    """Local part and domain are bounded in octets."""
    with pytest.raises(Malformed, match="too long"):
        parse("FROM:", "FROM:" + text)


@given(st.text(max_size=40), st.text(st.characters(categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1), st.text())
def test_no_control_character_gets_through(before: str, control: str, after: str) -> None:
    """NUL, CR, LF, escapes, bidi controls and octets that are no UTF-8 are refused wherever they stand."""
    with pytest.raises(Malformed):
        parse("FROM:", f"FROM:<{before}{control}{after}@example.org>")


@given(st.text(st.sampled_from('<>@"\\ ,:;.[]abø='), max_size=30))
def test_whatever_is_read_is_one_clean_address(text: str) -> None:
    """An address that is taken is printable, has no bracket outside quotes, and reads as itself again."""
    try:
        address = parse("FROM:", f"FROM:{text}").address
    except Malformed:
        return
    assert address.isprintable()
    if address:
        assert parse("FROM:", f"FROM:<{address}>").address == address


def test_parameters_of_mail_are_judged() -> None:
    """SIZE over the limit is refused early; AUTH is accepted when logins are (RFC 4954 §5); the rest is not offered."""
    check_mail({"SIZE": "100", "BODY": "8bitmime", "SMTPUTF8": "", "AUTH": "<>"}, max_size=100, auth=True)
    for parameters, reply in (
        ({"SIZE": "101"}, replies.TOO_BIG),
        ({"SIZE": "-1"}, replies.BAD_VALUE),
        ({"SIZE": "٣"}, replies.BAD_VALUE),
        ({"SIZE": "9" * 21}, replies.BAD_VALUE),
        ({"BODY": "BINARYMIME"}, replies.BAD_VALUE),
        ({"SMTPUTF8": "1"}, replies.BAD_VALUE),
        ({"AUTH": "<>"}, replies.UNKNOWN_PARAMETER),
        ({"MT-PRIORITY": "3"}, replies.UNKNOWN_PARAMETER),
    ):
        with pytest.raises(Malformed) as caught:
            check_mail(parameters, max_size=100, auth=False)
        assert str(caught.value) == reply
