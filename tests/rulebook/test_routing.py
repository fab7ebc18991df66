"""Rules at work: what each condition means, which rule decides, and that any mail is decided, always the same way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.rules.organisation import Rulebook
from maild.core.rules.routing import Routed, route
from maild.core.values.mail import Attachment, Fold, Forwarded, Mailbox
from tests.kit import make
from tests.rulebook.kit import rulebook, sample

NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
DESK = "it@small.example"


def one_rule(folder: Path, when: str, then: str = 'priority = "high"') -> Rulebook:
    """The small desk with one rule before the rest."""
    rule = f'[[rule]]\nname = "asked"\nwhen = {{ {when} }}\nthen = {{ {then} }}\n\n'
    return rulebook(folder, {"rules/routing/it.toml": rule + '[[rule]]\nname = "rest"\nthen = { type = "general" }\n'})


def mail(text: str = "Hei", **changes: Any) -> Any:
    """A mail to the small desk's IT department."""
    given: dict[str, Any] = {"to": (DESK,), "author": "kari@lights.example", "subject": "Et spørsmål"} | changes
    return make.mail(text, **given)


def file(name: str, size: int = 1000, kind: str = "application/pdf", **more: Any) -> Attachment:
    """An attachment."""
    return Attachment(name=name, type=kind, size=size, sha256="", start=0, end=0, encoding="base64", **more)


def hits(book: Rulebook, one: Any, at: datetime = NOON) -> bool:
    """Whether the asked rule hits."""
    return "asked" in route(one, book, department="it", at=at).hits


CONDITIONS: list[tuple[str, Any, Any]] = [
    ('to = "it@small.example"', mail(), mail(to=("help@small.example",))),
    ('to = "it@small.example"', mail(to=("it+1042.x@small.example",)), mail(to=("desk@small.example",), cc=(DESK,))),
    ('to = "*@small.example"', mail(), mail(to=("it@other.example",))),
    ('cc = "it@small.example"', mail(to=("a@x.example",), cc=(DESK,)), mail()),
    ('role = "cc"', mail(to=("a@x.example",), cc=(DESK,)), mail()),
    ('from = "kari@lights.example"', mail(author="Kari@Lights.example"), mail(author=None)),
    ('from = ["*@lights.example"]', mail(), mail(author="kari@dark.example")),
    ('from_domain = "lights.example"', mail(author="a@mail.lights.example"), mail(author="a@northlights.example")),
    ('contact_tag = "vip"', mail(), mail(author="a@x.example")),
    ('organisation = "northern lights"', mail(), mail(author="a@x.example")),
    ('agreement = "Gold"', mail(), mail(author=None)),
    ('words = ["VPN", "tunnel*"]', mail("Mine tunneler er nede"), mail("Ingen vpner her")),
    ('subject_words = "vpn"', mail(subject="Vpn!"), mail("vpn")),
    ('text_words = "vpn"', mail("vpn"), mail(subject="vpn")),
    ("regex = 'faktura [0-9]+'", mail("se FAKTURA 12"), mail("se faktura")),
    ("subject_regex = '^haster'", mail(subject="Haster veldig"), mail(subject="Det haster", text="haster")),
    ("text_regex = 'på\\s+øya'", mail("vi er på øya"), mail(subject="på øya")),
    ('header = { X-Priority = "1*" }', mail(headers=[("x-priority", "1 (high)")]), mail(headers=[("x-priority", "3")])),
    ("header = { X-Priority = true }", mail(headers=[("x-priority", "3")]), mail()),
    ("header = { X-Priority = false }", mail(), mail(headers=[("x-priority", "3")])),
    ('not = { header = { X-Priority = "1*" } }', mail(headers=[("x-priority", "3")]), mail()),
    ('not = { from = "a@x.example" }', mail(), mail(author=None)),
    ('attachment = "*.PDF"', mail(attachments=(file("plan.pdf"),)), mail(attachments=(file("plan.doc"),))),
    (
        'attachment = { type = "image/*", larger = "1 MB" }',
        mail(attachments=(file("a.png", 2_000_000, "image/png"),)),
        mail(attachments=(file("a.png", 1000, "image/png"), file("b.pdf", 3_000_000))),
    ),
    ("has_attachment = true", mail(attachments=(file("a"),)), mail(attachments=(file("logo.png", decoration=True),))),
    ("has_attachment = false", mail(), mail(attachments=(file("a"),))),
    ('language = "en"', mail(language="en"), mail(language=None)),
    ('not = { language = "en" }', mail(language="no"), mail(language=None)),
    ("automatic = true", mail(headers=[("auto-submitted", "auto-generated")]), mail()),
    ("automatic = false", mail(), mail(headers=[("auto-submitted", "auto-generated")])),
    ("list = true", mail(headers=[("list-id", "<x.example>")]), mail()),
    ("authenticated = true", mail(), mail(verdict="unknown")),
    ("authenticated = false", mail(verdict="none"), mail()),
    ("reply = true", mail(in_reply_to=("<a@b>",)), mail()),
    ("forward = true", mail(forwarded=Forwarded(how="inline")), mail()),
    (
        'text_words = "gammelt"',
        mail(
            "se under", forwarded=Forwarded(how="inline"), folds=(Fold(kind="forwarded", text="noe gammelt", line=1),)
        ),
        mail("se under", folds=(Fold(kind="quote", text="noe gammelt", line=1),)),
    ),
    ("recipients = { least = 3 }", mail(cc=("a@x.example", "b@x.example")), mail()),
    ("recipients = { most = 1 }", mail(), mail(cc=("a@x.example",))),
    ('any = [{ words = "vpn" }, { from = "a@x.example" }]', mail(author="a@x.example"), mail()),
    ('all = [{ words = "vpn" }, { words = "nede" }]', mail("vpn er nede"), mail("vpn er oppe")),
    ('words = "vpn", not = { words = "løst" }', mail("vpn er nede"), mail("vpn er løst")),
    ('words = "vpn", from = "a@x.example"', mail("vpn", author="a@x.example"), mail("vpn")),
]


@pytest.mark.parametrize(("when", "yes", "no"), CONDITIONS, ids=[f"{n}: {c[0]}" for n, c in enumerate(CONDITIONS)])
def test_conditions(when: str, yes: Any, no: Any, tmp_path: Path) -> None:
    """Each condition takes the mail it means and leaves the other."""
    book = one_rule(tmp_path, when)
    assert hits(book, yes)
    assert not hits(book, no)


def test_opening_hours(tmp_path: Path) -> None:
    """``open_hours`` follows the department's calendar."""
    calendar = {"rules/calendar.toml": '[office]\ncountry = "NO"\nhours = { "mon-fri" = "08:00-15:30" }\n'}
    rulebook(tmp_path, calendar)
    book = one_rule(tmp_path, "open_hours = false")
    assert not hits(book, mail(), NOON)
    assert hits(book, mail(), NOON + timedelta(hours=8))
    assert hits(book, mail(), datetime(2026, 12, 25, 11, 0, tzinfo=UTC))


def test_rules_look_at_the_beginning_of_a_text(tmp_path: Path) -> None:
    """Words within the first 64 K letters of a text count, what stands further down decides nothing."""
    book = one_rule(tmp_path, 'text_words = "vpn"')
    assert hits(book, mail("a " * (32 * 1024 - 2) + "vpn"))
    assert not hits(book, mail("a " * (32 * 1024) + "vpn"))


@pytest.mark.parametrize(
    ("minute", "in_force"),
    [
        ("2026-11-30T22:59", False),
        ("2026-11-30T23:00", True),
        ("2026-12-31T22:59", True),
        ("2026-12-31T23:00", False),
    ],
)
def test_dates_begin_and_end_with_the_desks_day(tmp_path: Path, minute: str, in_force: bool) -> None:
    """An agreement, and a rule, from the first to the last of December holds from midnight to midnight at the desk."""
    dates = "valid_from = 2026-12-01, valid_until = 2026-12-31"
    known = f'[[organisation]]\nname = "L"\ndomains = ["lights.example"]\nagreement = [{{ name = "Gold", {dates} }}]\n'
    rules = (
        '[[rule]]\nname = "gold"\nwhen = { agreement = "Gold" }\nthen = { tags = ["gold"] }\ncontinue = true\n\n'
        f'[[rule]]\nname = "december"\n{dates.replace(", ", chr(10))}\nthen = {{ tags = ["december"] }}\n'
        'continue = true\n\n[[rule]]\nname = "rest"\nthen = { type = "general" }\n'
    )
    book = rulebook(tmp_path, {"rules/contacts.toml": known, "rules/routing/it.toml": rules})
    assert str(book.zone) == "Europe/Oslo"
    found = route(mail(), book, department="it", at=datetime.fromisoformat(minute).replace(tzinfo=UTC))
    assert found.tags == (("gold", "december") if in_force else ())


def test_a_rule_holds_only_between_its_dates(tmp_path: Path) -> None:
    """Both days are inside, in the desk's own time zone."""
    dates = "valid_from = 2026-12-01\nvalid_until = 2026-12-31"
    rule = f'[[rule]]\nname = "asked"\n{dates}\nwhen = {{ words = "vpn" }}\nthen = {{ priority = "high" }}\n'
    rest = '\n[[rule]]\nname = "rest"\nthen = { type = "general" }\n'
    book = rulebook(tmp_path, {"rules/routing/it.toml": rule + rest})
    for moment, there in (
        ("2026-11-30T22:59:59", False),
        ("2026-11-30T23:00:00", True),
        ("2026-12-31T22:59:59", True),
        ("2026-12-31T23:00:00", False),
    ):
        assert hits(book, mail("vpn"), datetime.fromisoformat(moment).replace(tzinfo=UTC)) is there


def several(folder: Path) -> Rulebook:
    """A small desk whose rules go on."""
    every = """
[[rule]]
name = "urgent"
continue = true
when = { words = "haster" }
then = { priority = "urgent", tags = ["haster"], fields = { account = "from all" }, watchers = "ann" }

[[rule]]
name = "to-desk"
when = { words = "feil adresse" }
then = { department = "desk" }
"""
    it = """
[[rule]]
name = "account"
continue = true
when = { regex = 'bruker (?P<user>[a-z]+)' }
then = { fields = { account = "{user}" }, tags = ["bruker"], priority = "low" }

[[rule]]
name = "known"
when = { field = { account = "kar*" } }
then = { type = "it.password", tags = ["kjent"] }

[[rule]]
name = "rest"
then = { type = "general", group = "it-1", watchers = ["bo"] }
"""
    return rulebook(folder, {"rules/routing/all.toml": every, "rules/routing/it.toml": it})


def routed(book: Rulebook, text: str) -> Routed:
    """Route a text to IT."""
    return route(mail(text), book, department="it", at=NOON)


def test_the_first_to_say_something_is_believed(tmp_path: Path) -> None:
    """Rules that continue add up; what one has said, a later one does not change; tags and watchers gather."""
    found = routed(several(tmp_path), "Haster! bruker ola")
    assert found.hits == ("urgent", "account", "rest")
    assert (found.type, found.group, found.priority) == ("general", "it-1", "urgent")
    assert found.tags == ("haster", "bruker")
    assert found.watchers == ("ann", "bo")
    assert found.fields == {"account": "from all"}


def test_later_rules_see_fields_of_earlier_ones(tmp_path: Path) -> None:
    """A capture of one rule decides whether a later one hits; without it the field is unknown."""
    book = several(tmp_path)
    assert routed(book, "bruker karmoe").type == "it.password"
    assert routed(book, "bruker karmoe").fields == {"account": "karmoe"}
    assert routed(book, "ingen").type == "general"


def test_a_move_takes_the_new_departments_defaults(tmp_path: Path) -> None:
    """A mail that a rule moves has the new department's group and type, and its own list is not asked."""
    found = routed(several(tmp_path), "feil adresse")
    assert (found.department, found.group, found.type, found.hits) == ("desk", "desk-1", "general", ("to-desk",))


def test_the_trace_tells_every_hit_and_miss(tmp_path: Path) -> None:
    """Every rule asked has a line, in order, with the place it stands and what it hit or missed on (law G1)."""
    trace = routed(several(tmp_path), "bruker ola").trace
    lines = [(make.said(line.rule), line.hit, make.said(line.detail)) for line in trace]
    assert lines[:5] == [
        ("routing/all.toml:2 urgent", False, "words: not haster"),
        ("routing/all.toml:8 to-desk", False, "words: not feil adresse"),
        ("routing/it.toml:2 account", True, '"bruker ola" in text'),
        ("routing/it.toml:8 known", False, "field account: not kar*"),
        ("routing/it.toml:13 rest", True, ""),
    ]


SAMPLE = sample()
_WORDS = st.sampled_from(
    [
        "vpn",
        "passord",
        "haster",
        "varsel",
        "faktura 20261187",
        "permisjon",
        "slutter 31. desember",
        "trenger en skjerm",
        "",
        "\x00",
        "tips och trix",
        "lønn",
        "byggesøknad",
        "(a+)+$",
        "{number}",
        "ål",
        "🙂",
    ]
)
_MAILS = st.builds(
    lambda text, subject, author, department, headers, files: mail(
        " ".join(text),
        subject=" ".join(subject),
        author=author,
        to=(department.address,),
        headers=headers,
        attachments=tuple(file(name) for name in files),
    ),
    st.lists(_WORDS | st.text(max_size=30), max_size=6),
    st.lists(_WORDS | st.text(max_size=20), max_size=3),
    st.sampled_from([None, "post@nordlys.example", "kari.moen@fjordvik.example", "x@y.example"]),
    st.sampled_from(list(SAMPLE.departments.values())),
    st.lists(st.tuples(st.sampled_from(["list-unsubscribe", "precedence", "x"]), st.text(max_size=10)), max_size=3),
    st.lists(st.text(max_size=10), max_size=2),
)


@settings(max_examples=150)
@given(_MAILS, st.datetimes(datetime(2020, 1, 1), datetime(2049, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_any_mail_has_one_department_type_and_group(one: Any, at: datetime) -> None:
    """Routing is total and says the same again: known department, type and group for whatever comes (law G1)."""
    department = SAMPLE.by_address[one.to[0].address]
    found = route(one, SAMPLE, department=department, at=at)
    assert found.department in SAMPLE.departments
    assert found.type in SAMPLE.types
    assert found.group in SAMPLE.groups
    assert found == route(one, SAMPLE, department=department, at=at)
    known = {rule.label for rules in SAMPLE.lists.values() for rule in rules}
    assert all(line.rule in known or line.rule.code == "field" for line in found.trace)


def test_to_is_found_by_envelope_when_hidden(tmp_path: Path) -> None:
    """A blind copy names the desk only in the envelope; it was still sent to it."""
    book = one_rule(tmp_path, 'to = "it@small.example"')
    hidden = make.mail("Hei", to=(DESK,), author="a@x.example")
    bare = make.mail("Hei", to=("team@x.example",), author="a@x.example", envelope={"recipients": (DESK,)})
    assert hits(book, hidden)
    assert hits(book, bare)
    assert bare.to == (Mailbox(name="", address="team@x.example"),)
