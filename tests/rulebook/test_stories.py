"""The rulebook in the whole corridor, on both databases: sample mails routed, cases spread, decisions explained."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maild.config import load as configs
from maild.core.plan import OpenCase
from maild.core.rules.organisation import Agent
from maild.core.values.mail import Envelope
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.replay.replay import Scratch, beside
from maild.storage.traces import trace_rows
from tests.kit.desk import LETTERS, Desk, mail
from tests.rulebook.kit import ROOT, sample

SAMPLE = sample()
EXPECTED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "M01": (("it",), {"type": "it.password", "group": "it-1", "assignee": "camilla.dahl"}),
    "M03": (("it",), {"type": "it.incident", "group": "it-1"}),
    "M06": (("vaktmester",), {"type": "vm.repair", "assignee": "frode.bakken"}),
    "M07": (("hr",), {"type": "hr.leave", "assignee": "grete.hansen", "confidential": True, "priority": "high"}),
    "M08": (("it",), {"type": "it.incident", "group": "it-1", "language": "sv"}),
    "M09": (("hr", "it"), {"type": "hr.offboarding", "department": "hr", "noted_departments": ["it"]}),
    "M17": (("it",), {"type": "it.incident", "language": "en"}),
    "M21": (("hr",), {"type": "general", "group": "hr-2", "confidential": True}),
    "M24": (("okonomi",), {}),
}
INVOICE = mail(
    "post@nordlys.example",
    "servicetorg@fjordvik.example",
    "Videresend: VS: Feil i faktura 20261187",
    "Vi er trukket for november to ganger",
    key="m05",
)
CONTRIBUTION = mail(
    "eva.kund@epost.example",
    "servicetorg@fjordvik.example",
    "tips och trix: vikariepool",
    "Vi lägger två beställningsorsaker, Extraordinär sjuk och VAB, så blir det rätt.",
    key="m25",
)
BUILDING = mail(
    "byggherre@epost.example",
    "servicetorg@fjordvik.example",
    "=?iso-8859-1?Q?Byggesak_Strandveien_4?=",
    'Vedlagt.\n--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="plan.pdf"\n\nplan\n--x--',
    key="m10",
    content_type="multipart/mixed; boundary=x",
    mime_version="1.0",
).replace("Vedlagt.\n", "--x\n\nVedlagt.\n")


@pytest.fixture
def desk(store_url: str) -> Any:
    """The sample organisation on an empty store."""
    made = Desk(
        store_url,
        rules=replace(SAMPLE, desk=replace(SAMPLE.desk, trust="headers", reply_domain="sak.fjordvik.example")),
    )
    yield made
    made.close()


def addresses(*departments: str) -> list[str]:
    """Where departments get mail."""
    return [SAMPLE.departments[name].address for name in departments]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_sample_mails_go_where_they_should(desk: Desk, name: str) -> None:
    """Each mail of the sample organisation has the type, group and person that the organisation wants."""
    to, wanted = EXPECTED[name]
    outcome = desk.send(name, *addresses(*to))
    if name == "M24":
        assert (outcome.plan.outcome, outcome.letters, desk.numbers()) == ("spam", (), [])
        return
    case = desk.case(1042)
    assert {key: case[key] for key in wanted} == wanted
    assert outcome.plan.acked


def test_a_mail_to_the_wrong_department_is_moved(desk: Desk) -> None:
    """An invoice sent to the service desk is a case of the economy department, its number read, its letters theirs."""
    outcome = desk.write(INVOICE, *addresses("servicetorg"))
    case = desk.case(1042)
    assert (case["department"], case["type"], case["assignee"]) == ("okonomi", "oko.invoice", "jonas.wiik")
    assert case["fields"] == {"invoice_no": "20261187"}
    assert case["tags"] == ["drift-gull"]
    assert outcome.to("post@nordlys.example").message["From"].addresses[0].addr_spec == "okonomi@fjordvik.example"
    assert "1042" in outcome.to("jonas.wiik@fjordvik.example").subject


def test_tags_of_a_contribution(desk: Desk) -> None:
    """A Swedish contribution is tagged, goes to the service desk, and is thanked in Swedish."""
    outcome = desk.write(CONTRIBUTION, *addresses("servicetorg"))
    case = desk.case(1042)
    assert (case["tags"], case["type"], case["language"]) == (["tips-och-trix"], "general", "sv")
    assert "Ärendet har nummer" in outcome.to("eva.kund@epost.example").text


def test_a_building_permit_with_its_files(desk: Desk) -> None:
    """A building matter with an attachment stays a general case of the service desk, and is tagged."""
    desk.write(BUILDING, *addresses("servicetorg"))
    case = desk.case(1042)
    assert (case["type"], case["group"], case["tags"]) == ("general", "servicetorg-1", ["byggesak"])
    assert case["messages"][0]["attachments"][0]["name"] == "plan.pdf"


def test_the_event_records_which_rules_decided(desk: Desk) -> None:
    """Every decision's event names the rulebook's version, and the rule that hit."""
    desk.send("M01", *addresses("it"))
    with desk.engine.connect() as connection:
        rows = connection.exec_driver_sql("select trace from event where what = 'decided'").scalars().all()
    assert len(rows) == 1
    assert SAMPLE.version in str(rows[0])
    assert "it-password" in str(rows[0])


def test_explain_says_what_the_daemon_did(desk: Desk) -> None:
    """For every sample mail, explaining it on the same state gives the decision's trace, byte for byte (law G5)."""
    paths = sorted((ROOT / "demo" / "mails").glob("M*.eml"))
    assert len(paths) >= 10
    for path in paths:
        to, _ = EXPECTED.get(path.stem, (("it",), {}))
        with beside(desk.engine, desk.corridor) as ask:
            text = path.read_text("utf-8").replace("{reply_to}", "it@fjordvik.example")
            options = ReadOptions(trust="headers", authserv_id=desk.mx, received_by="maild.fjordvik.example")
            head = text.partition("From: ")[2].partition("\n")[0]
            author = head.partition("<")[2].partition(">")[0] or head.strip()
            domain = author.rpartition("@")[2]
            vouched = f"Authentication-Results: {desk.mx}; dmarc=pass header.from={domain}\n"
            raw = (vouched + text).replace("\n", "\r\n").encode()
            envelope = Envelope(
                source="smtp", received=desk.now, sender=author.lower(), recipients=tuple(addresses(*to))
            )
            explained = ask(read(raw, envelope, options), desk.now)
        done = desk.receive(raw, *addresses(*to), sender=author.lower())
        assert trace_rows(explained) == trace_rows(done.plan)
        assert (explained.outcome, explained.acked, explained.no_ack, explained.reason) == (
            done.plan.outcome,
            done.plan.acked,
            done.plan.no_ack,
            done.plan.reason,
        )


def test_a_hundred_cases_are_spread_evenly_over_a_restart(store_url: str) -> None:
    """Four agents, one away, one capped at 5: the rest differ by one at most, with a restart in the middle."""
    names = ("camilla.dahl", "david.nilsen", "anne.solberg", "bilal.ahmed")
    agents: dict[str, Agent] = dict(SAMPLE.agents)
    agents["anne.solberg"] = replace(agents["anne.solberg"], absent=True)
    agents["bilal.ahmed"] = replace(agents["bilal.ahmed"], load_cap=5)
    group = replace(SAMPLE.groups["it-1"], members=names, assign="round_robin", prefer=())
    rest = tuple(replace(rule, then=replace(rule.then, assign=None, prefer=None)) for rule in SAMPLE.lists["it"])
    groups, lists = {**SAMPLE.groups, "it-1": group}, {**SAMPLE.lists, "it": rest}
    rules = replace(SAMPLE, agents=agents, groups=groups, lists=lists)
    desk = Desk(store_url, rules=rules)
    got: list[str | None] = []
    for number in range(100):
        if number == 50:
            desk.close()
            desk = Desk(store_url, rules=rules, now=desk.now)
        text = mail(f"p{number}@x{number}.example", "it@fjordvik.example", f"Sak {number}", "Hei", key=f"n{number}")
        outcome = desk.write(text, "it@fjordvik.example")
        got += [one.assignee for one in outcome.plan.changes if isinstance(one, OpenCase)]
    spread = Counter(got)
    assert sum(spread.values()) == 100
    assert (spread["anne.solberg"], spread["bilal.ahmed"]) == (0, 5)
    assert abs(spread["camilla.dahl"] - spread["david.nilsen"]) <= 1
    desk.close()


def test_a_scratch_store_never_touches_the_real_one(tmp_path: Path) -> None:
    """Deciding on a scratch store leaves no file behind, and what it decides is what the corridor decides (law G5)."""
    config = configs.load(ROOT / "config.toml")
    config = replace(config, keys=tmp_path / "key")
    store = Scratch(config, SAMPLE, LETTERS)
    raw = (ROOT / "demo" / "mails" / "M01.eml").read_bytes()
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    envelope = Envelope(
        source="smtp", received=at, sender="kari.moen@fjordvik.example", recipients=("it@fjordvik.example",)
    )
    plan = store.decide(read(raw, envelope, ReadOptions()), now=at)
    again = store.decide(read(raw, envelope, ReadOptions()), now=at)
    assert (plan.outcome, again.outcome) == ("new", "duplicate")
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key"]


@pytest.mark.parametrize(
    ("language", "line"),
    [("no", "Type: Glemt passord"), ("sv", "Typ: Glömt lösenord"), ("en", "Type: Forgotten password")],
)
def test_an_agent_reads_the_types_label(store_url: str, language: str, line: str) -> None:
    """A letter to an agent calls a case's type by its name for people, in the letter's language, never by its id."""
    agents = {key: replace(agent, language=language) for key, agent in SAMPLE.agents.items()}
    desk = Desk(store_url, rules=replace(SAMPLE, agents=agents))
    letter = desk.send("M01", *addresses("it")).to("camilla.dahl@fjordvik.example")
    desk.close()
    html = letter.message.get_body(("html",))
    assert line in letter.text.splitlines() and html is not None
    assert line.partition(": ")[2] in html.get_content()
    assert "it.password" not in letter.text + html.get_content()


def test_the_acknowledgement_promises_and_reads_back(desk: Desk) -> None:
    """It says when an answer comes, counted in opening hours, and what was understood, in the writer's language."""
    text = desk.send("M01", *addresses("it")).to("kari.moen@fjordvik.example").text
    assert "Du får svar innen i dag kl. 13:00." in text
    assert "Brukernavn: karmoe" in text
    assert "stengt" not in text


def test_on_a_holiday_it_says_when_we_are_back(desk: Desk) -> None:
    """A closed day has its own words: its name, when the department is back, and the promise from then on."""
    desk.now = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    text = desk.send("M08", *addresses("it")).to("anders.ek@fjordvik.example").text
    assert "Vi har stängt (Julaften) och är tillbaka måndag 28 december kl. 08:00." in text
    assert "Du får svar senast måndag 28 december kl. 12:00." in text


def test_a_confidential_acknowledgement_reads_nothing_back(desk: Desk) -> None:
    """What HR gets is not repeated in the letter, though the promise is made."""
    text = desk.send("M09", *addresses("hr", "it")).to("tor.vik@fjordvik.example").text
    assert "2026-12-31" not in text
    assert "Du får svar innen" in text


def test_an_absence_by_mail_lasts_over_a_restart(store_url: str) -> None:
    """An agent who says by mail that they are away gets no case until they are back, whatever restarts meanwhile."""
    rules = replace(SAMPLE, desk=replace(SAMPLE.desk, trust="headers"))
    desk = Desk(store_url, rules=rules)
    line = "borte 1.–4.12 stedfortreder david.nilsen"
    text = mail("camilla.dahl@fjordvik.example", "it@fjordvik.example", "Fravær", line, key="away")
    outcome = desk.write(text, "it@fjordvik.example")
    assert (outcome.plan.outcome, desk.numbers(), outcome.letters) == ("ignored", [], ())
    desk.close()
    desk = Desk(store_url, rules=rules, now=desk.now)
    got: list[Any] = []
    for number in range(4):
        if number == 3:
            desk.later(days=5)
        outcome = desk.write(
            mail(f"a@x{number}.example", "it@fjordvik.example", f"Passord {number}", "Hei", key=f"k{number}"),
            "it@fjordvik.example",
        )
        got += [one.assignee for one in outcome.plan.changes if isinstance(one, OpenCase)]
    assert got == ["david.nilsen"] * 3 + ["camilla.dahl"]
    desk.close()


@pytest.mark.parametrize("ask", ["?hvorfor", "?Why\n\nHilsen Camilla"])
def test_an_agent_who_asks_why_is_told(desk: Desk, ask: str) -> None:
    """A reply of ``?hvorfor`` brings the decision's trace to the agent, and nothing to the customer (law G9)."""
    notice = desk.send("M01", *addresses("it")).to("camilla.dahl@fjordvik.example")
    outcome = desk.answer(notice, ask)
    assert (outcome.plan.outcome, outcome.recipients) == ("note", ["camilla.dahl@fjordvik.example"])
    text = outcome.letters[0].text
    assert "✔ routing/it.toml:3 it-password: «logget inn» i emnet" in text
    assert "· routing/all.toml:18 haster: words: ingen av haster" in text
    assert "✔ automatisk svar, menneske: et menneske skrev" in text and f"✔ regler: {SAMPLE.version}" in text
    assert desk.case(1042)["status"] == "assigned"
    thanks = desk.answer(outcome.letters[0], "Takk, da forstår jeg hvorfor jeg fikk den.", step="2")
    assert (thanks.plan.outcome, thanks.recipients) == ("note", []), "what answers it stays in the house"


def test_a_notice_says_how_urgent_it_is_until_when_and_who_else_got_it(desk: Desk) -> None:
    """The priority when it is not the usual one, when the requester should have an answer, and the Cc."""
    urgent = desk.send("M07", *addresses("hr")).to("grete.hansen@fjordvik.example")
    assert "Prioritet: høy" in urgent.text and "Svarfrist: " in urgent.text
    usual = desk.send("M01", *addresses("it")).to("camilla.dahl@fjordvik.example")
    assert "Prioritet" not in usual.text and "Svarfrist: " in usual.text
    assert "Kopi til: Liv" in usual.text


def test_a_forger_is_not_told_why(desk: Desk) -> None:
    """Without proof the question is held like any other act, and the trace goes nowhere."""
    notice = desk.send("M01", *addresses("it")).to("camilla.dahl@fjordvik.example")
    outcome = desk.answer(notice, "?why", vouched="fail")
    assert outcome.plan.outcome == "held"
    assert all("routing/" not in letter.text for letter in outcome.letters)
