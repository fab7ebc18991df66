"""What an unproven writer's subject and name may carry to whoever gets the acknowledgement (law A9)."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maild.core.acknowledgement.third_party import LONG_NUMBER, MOST, may_show

SHOWN = """
HJELP!!!
Får ikke logget inn
Lysrøyr
Permisjon etter §12-5?
Inget nät i B-huset
Slutter 31.12
VPN keeps dropping + need second monitor
Vikar i morgen
Ny medarbeider 4. januar
Varsel
tips och trix: vikariepool
Skriveren på rom 204, 3. etasje
PC-0142 vil ikke starte
Møte kl 10:30
Tilgang til Visma/ERP
Feil: «access denied»
Kaldt på kontoret (17 °C)
Ärende till ekonomi – lön
Sähköposti ei toimi
Þjónusta óskast
Иванов Иван
李小龙
Kari Moen
O'Neill, Seán
Dr. Åse Müller-Øst
St. Olavs gate
Windows 11
B-214 og C-118
Er det noen der?

"""

HIDDEN = """
Se evil.example
Vinn på EVIL.EXAMPLE nå
http://localhost
hxxp evil
https:evil
www evil
skriv til meg@evil
ola＠evil
t.me/vinn
bit.ly/3xYz
evil。example
evil．example
evil｡example
evil·com
evil . com
evil dot com
evil punktum no
evil[.]com
evil (dot) com
evil [ . ] com
e​vil.com
evil​.com
evil.­com
evil.c̸om
пример.рф
xn--e1afmkfd.xn--p1ai
192.0.2.1
[2001:db8::1]
\\\\evil\\share
mailto:x
Ring 12345
Ring 555 01 234
Ring 555-01-234
Ring 5 5 5 0 1
Ring (555) 01.234
Ring ５５５０１２
Ring ٥٥٥٠١
Ring ①②③④⑤
+47 900
Faktura 20261187
Frist 2026-12-18
50% rabatt
Bare 99 kr = 99 €
Tjen $$$
Gratis 💰
Vinn ★
Live casino
Kjøp bitcoin
Skriv på WhatsApp
Klikk her
Click here
f.eks
bilde.png
kari.moen
"""


@pytest.mark.parametrize("text", SHOWN.split("\n"))
def test_what_people_write_is_shown(text: str) -> None:
    """Subjects and names as people write them lead nowhere."""
    assert may_show(text)


@pytest.mark.parametrize("text", [line for line in HIDDEN.split("\n") if line])
def test_what_leads_somewhere_is_not(text: str) -> None:
    """Links, domains, addresses, numbers to dial or pay to, and other signs of advertising, disguised or not."""
    assert not may_show(text)


def test_sixty_characters_and_no_more() -> None:
    """The length counts as it is written, and as it would be shown."""
    assert may_show("a" * MOST) and not may_show("a" * (MOST + 1))
    assert not may_show("\ufdfa" * 10), "one letter that is shown as eighteen"
    assert not may_show("a" * 30 + "\u200b" * 31)


def test_digits_count_until_a_letter_stands_between() -> None:
    """Four digits pass, five do not, whatever signs stand between."""
    assert may_show("1" * (LONG_NUMBER - 1)) and not may_show("1" * LONG_NUMBER)
    assert not may_show("1 2-3/4_5") and may_show("12 og 34 og 56")


WORDS = st.text(st.characters(categories=("Ll", "Lu")), min_size=1, max_size=12)


@settings(max_examples=300)
@given(
    before=WORDS,
    after=WORDS,
    label=st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True),
    top=st.sampled_from(["com", "example", "рф", "no", "xn--p1ai"]),
    dot=st.sampled_from([".", "．", "。", "｡", "․", "[.]", " . "]),
    unseen=st.sampled_from(["", "\u200b", "\u00ad", "\u2060", "\u202e"]),
    wide=st.booleans(),
)
def test_a_domain_is_found_wherever_and_however_it_stands(
    before: str, after: str, label: str, top: str, dot: str, unseen: str, wide: bool
) -> None:
    """Whatever stands around it, in wide letters, with another dot or with what is not seen inside: it is not shown."""
    domain = f"{label}{unseen}{dot}{unseen}{top}"
    if wide:
        domain = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in domain)
    assert not may_show(f"{before} {domain} {after}"[:MOST]) or len(f"{before} {domain}") > MOST


@settings(max_examples=300)
@given(
    digits=st.lists(st.characters(categories=("Nd",)), min_size=LONG_NUMBER, max_size=12),
    between=st.text(st.sampled_from(list(" .,-–/()_\u00a0\u200b")), max_size=2),
    around=WORDS,
)
def test_a_long_number_is_found_in_any_script(digits: list[str], between: str, around: str) -> None:
    """Five digits of any script, with signs or nothing between them, are not shown."""
    assert not may_show(f"{around} {between.join(digits)}"[: MOST + 1])


@settings(max_examples=500)
@given(st.text(max_size=80))
@example("İ" * 60)
def test_nothing_that_is_shown_holds_what_the_law_names(text: str) -> None:
    """Whatever is shown is short, and as mail clients read it holds no at sign, no link and no five digits in a row."""
    if may_show(text):
        plain = unicodedata.normalize("NFKC", text)
        assert len(text) <= MOST and len(plain) <= 2 * MOST
        assert not re.search(r"@|://|\d{5}|(?i:www)|[a-z0-9]\.[a-z]{2}", plain)


SIMPLE = [chr(number) for number in (*range(0x20, 0x7F), *range(0xC0, 0x100), 0x2013, 0x2014, 0x2019, 0xAB, 0xBB)]


@settings(max_examples=1000)
@given(st.text(st.sampled_from(SIMPLE) | st.sampled_from(list("0123.@ aw:/$")), max_size=MOST - 1))
def test_the_quick_look_says_what_the_thorough_one_says(text: str) -> None:
    """Something unseen at its end asks for the thorough look, and changes nothing."""
    assert may_show(text) == may_show(f"{text}\u2060")
