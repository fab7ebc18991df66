"""``maild doctor``: each department proved both ways, and a plain sentence about everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from maild.doctor import findings as doctor
from maild.doctor import net
from tests.conftest import free_port
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink, certificate, in_thread
from tests.kit.stub_dns import SERVFAIL, Zone
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.test_real_daemon import IMAP

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """Makes desks; no process outlives the test."""
    made = Desks(folder=tmp_path)
    yield made
    made.close()


def ask(desk: RunningDesk, *arguments: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Ask the doctor; exit status and findings by what they are about."""
    done = desk.run("doctor", "--json", *arguments)
    assert done.stdout, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout):
        found.setdefault(finding["about"], []).append(finding)
    return done.returncode, found


def test_departments_are_proved_by_mailbox_and_by_door(desks: Desks, dovecot: Dovecot) -> None:
    """A mail of ours goes out by the relay and comes in by the mailbox, silently: no case, no ack, no alarm."""
    with in_thread(Sink(on_data=lambda taken: dovecot.put("proof", [taken.data]))) as relay:
        desk = desks(relay.port, extra=IMAP.format(port=dovecot.port, user="proof", folder="INBOX", after="move"))
        (desk.folder / "imap-password").write_text("hemmelig\n")
        desk.start()
        status, found = ask(desk, "--wait", "30")
        for department in ("it", "hr"):
            (finding,) = found[f"department {department}"]
            assert finding["level"] == "ok", finding
            assert "by the mailbox it" in finding["what"]
        assert found["mailbox it"][0]["level"] == "ok"
        assert status == 0, found
        assert len(relay.mails) == 2
        assert desk.rows("select count(*) as n from cases")[0]["n"] == 0
        assert desk.rows("select count(*) as n from outbox")[0]["n"] == 0
        assert desk.stop() == 0


def test_with_no_daemon_one_may_be_started_for_the_proof(desks: Desks) -> None:
    """Without a daemon nothing is proved, and said so; with --start it is, here by the desk's own SMTP door."""
    port = free_port()
    desk = desks(port, port=port)
    status, found = ask(desk)
    assert (status, found["departments"][0]["level"]) == (0, "warning")
    status, found = ask(desk, "--start", "--wait", "30")
    assert status == 0
    assert [found[f"department {name}"][0]["level"] for name in ("it", "hr")] == ["ok", "ok"]
    assert "came in by smtp" in found["department it"][0]["what"]


def test_a_way_that_does_not_lead_back_is_a_problem(desks: Desks) -> None:
    """The relay takes the mail and it never comes in: said after the wait, with what to do; exit 1."""
    with in_thread(Sink()) as relay:
        desk = desks(relay.port)
        desk.start()
        status, found = ask(desk, "--wait", "2")
        (finding,) = found["department it"]
        assert (status, finding["level"]) == (1, "problem")
        assert finding["do"]
        relay.on_rcpt = lambda address: "550 5.7.1 not you"
        _, found = ask(desk, "--wait", "2")
        assert "550 5.7.1 not you" in found["department it"][0]["what"]
        text = desk.run("doctor", "--wait", "1")
        assert text.returncode == 1
        assert "department it" in text.stdout
        assert desk.stop() == 0


def test_a_broken_rule_is_a_problem_of_its_own(desks: Desks) -> None:
    """Files are judged as by `maild check`, each problem with file and line."""
    desk = desks(1)
    (desk.folder / "rules" / "groups.toml").write_text('[it-1]\ndepartment = "ti"\n')
    status, found = ask(desk)
    assert status == 1
    assert any("groups.toml:2" in finding["what"] for finding in found["rules"])


def test_a_maildir_relay_is_said_to_send_nothing(desks: Desks) -> None:
    """With a maildir nothing leaves: a warning, no problem."""
    desk = desks(1)
    desk.config.write_text(desk.config.read_text().replace("smtp://127.0.0.1:1", "maildir:store/sent"))
    status, found = ask(desk)
    assert (status, found["relay"][0]["level"]) == (0, "warning")
    assert "Nothing leaves" in found["relay"][0]["what"]


@pytest.mark.parametrize("name", ["sent", "sent/new", "."])
def test_a_maildir_that_cannot_be_one_is_a_problem(desks: Desks, name: str) -> None:
    """Where a file stands in the maildir's way: doctor, check and run all say so; nothing is started and deferred."""
    desk = desks(1)
    desk.config.write_text(desk.config.read_text().replace("smtp://127.0.0.1:1", "maildir:out/sent"))
    path = desk.folder / "out" / name
    shown = path.relative_to(desk.folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path.rmdir()
    path.touch()
    line = next(n for n, text in enumerate(desk.config.read_text().splitlines(), 1) if text.startswith("relay"))
    said = f"config.toml:{line}: outgoing.relay: the maildir cannot be used: {shown} is a file, expected a folder"
    status, found = ask(desk, "--start")
    (finding,) = found["relay"]
    assert (status, finding["level"], finding["what"]) == (1, "problem", said)
    for word, code in (("check", 1), ("run", 2)):
        done = desk.run(word)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False)
    assert not desk.database.exists()


def test_the_dns_of_our_domains_is_read(tmp_path: Path) -> None:
    """MX, SPF, DMARC and the DKIM key of a selector that was seen: there, missing, or published twice."""
    records = {
        ("a.example", "MX"): ["10 mx.a.example."],
        ("a.example", "TXT"): ["v=spf1 -all"],
        ("_dmarc.a.example", "TXT"): ["v=DMARC1; p=none"],
        ("s1._domainkey.a.example", "TXT"): ["v=DKIM1; p=abc"],
        ("b.example", "TXT"): ["v=spf1 -all", "v=spf1 ~all"],
        ("c.example", "MX"): [SERVFAIL],
    }
    with Zone(records) as zone:
        domains, selectors = ["a.example", "b.example", "c.example"], [("s1", "a.example")]
        found = {
            finding.about: finding.level for finding in net.names(domains, selectors=selectors, resolver=zone.resolver)
        }
    assert found == {
        "MX of a.example": "ok", "SPF of a.example": "ok", "DMARC of a.example": "ok", "DKIM of a.example (s1)": "ok",
        "MX of b.example": "warning", "SPF of b.example": "problem", "DMARC of b.example": "warning",
        "DKIM of b.example": "warning", "DNS of c.example": "warning",
    }  # fmt: skip


def test_certificates_are_looked_at_until_they_end(tmp_path: Path) -> None:
    """Of a door's certificate the end is read from its file; in its last weeks it is a warning, then a problem."""
    _, path = certificate(tmp_path)
    ends = net._own(path, path.with_suffix(".key"))
    assert timedelta(days=1) < ends - datetime.now(UTC) <= timedelta(days=2)
    for left, level in ((timedelta(days=60), "ok"), (timedelta(days=3), "warning"), (timedelta(0), "problem")):
        assert net._judged("x", lambda: ends, ends - left).level == level


def test_an_untrusted_relay_or_one_that_is_away_is_a_problem(tmp_path: Path) -> None:
    """A certificate of no known authority, and a host that does not answer: each one sentence, no traceback."""
    context, _ = certificate(tmp_path)
    with in_thread(Sink(tls=context)) as relay:
        finding = net._judged("x", lambda: net._relay("localhost", relay.port, implicit=False), NOW)
        assert (finding.level, "not to be trusted" in finding.what) == ("problem", True), finding
    finding = net._judged("x", lambda: net._relay("127.0.0.1", free_port(), implicit=True), NOW)
    assert (finding.level, "could not be looked at" in finding.what) == ("problem", True), finding


@pytest.mark.parametrize(("off", "level"), [(0, "ok"), (-100, "ok"), (-300, "problem"), (300, "problem")])
def test_the_clock_is_compared_with_the_mail_servers(off: int, level: str) -> None:
    """Two minutes are allowed either way; the time the mail took is nobody's fault."""
    came = NOW + timedelta(seconds=30)
    assert doctor.clock(NOW + timedelta(seconds=off), sent=NOW, came=came).level == level


def test_without_a_stamp_the_clock_is_plainly_not_compared() -> None:
    """No dated Received field: said, not guessed."""
    assert "No other clock" in doctor.clock(None, sent=NOW, came=NOW).what


def test_what_waits_in_the_store_is_said() -> None:
    """Quarantine and failed mail are problems, held mail a warning, each with its command; a refusing relay too."""
    fault = {"refuses": "mail to other domains", "since": "2026-12-01 08:00", "answer": "554 5.7.1 no"}
    status = {"quarantined": 2, "failed": 1, "unmatched": 3, "outbox": {"held": 4}, "relay_faults": [fault]}
    found = {finding.about: finding for finding in doctor.store(status)}
    assert [found[name].level for name in ("quarantined", "failed", "unmatched", "outbox", "relay")] == [
        "problem", "problem", "warning", "warning", "problem",
    ]  # fmt: skip
    assert all(finding.do for finding in found.values())
