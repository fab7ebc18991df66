"""Hot reload in a real daemon: new rules are taken whole, broken ones leave the old in force and tell the operator."""

import asyncio
import email
import io
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import policy
from pathlib import Path

from maild import logs
from maild.config import load as configs
from maild.config.judge import Config
from maild.daemon.reloading import WATCHED, pid_of
from maild.daemon.service import Daemon
from tests.rulebook.kit import ROOT, VALID

PATIENCE = 15.0
RULE = '[[rule]]\nname = "vpn"\nwhen = { words = "vpn" }\nthen = { type = "it.password" }\n\n'
REST = '[[rule]]\nname = "it-rest"\nthen = { type = "general" }\n'


def lay_out(folder: Path) -> Config:
    """A small desk that a daemon can run on."""
    shutil.copytree(VALID, folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "templates", folder / "templates")
    text = (
        (folder / "config.toml")
        .read_text()
        .replace('number_prefix = "SD"', 'number_prefix = "SD"\noperator = "op@x.example"')
    )
    (folder / "config.toml").write_text(text)
    return configs.load(folder / "config.toml")


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Daemon]:
    """A daemon at work."""
    daemon = Daemon(config)
    await daemon.start()
    try:
        yield daemon
    finally:
        await daemon.stack.aclose()


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.05)


def letters(folder: Path) -> list[str]:
    """The texts that went out."""
    found = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (folder / "sent" / "new").glob("*")
    ]
    return [str(message.get_body().get_content()) for message in found]


def ok(daemon: Daemon) -> bool:
    """What the metric says."""
    return b"maild_rules_ok 1.0" in daemon.metrics.text()


def test_a_changed_file_is_taken_whole_and_a_broken_one_not_at_all(tmp_path: Path) -> None:
    """Saved rules are in force within moments; broken ones change nothing but the metric, and are told once."""
    config = lay_out(tmp_path)
    rules = config.rules / "routing" / "it.toml"

    async def story() -> None:
        async with running(config) as daemon:
            first = daemon.corridor.rulebook.version
            rules.write_text(RULE + REST)
            await until(lambda: daemon.corridor.rulebook.version != first)
            second = daemon.corridor.rulebook.version
            assert [rule.name for rule in daemon.corridor.rulebook.lists["it"]] == ["vpn", "it-rest"]
            assert ok(daemon)
            rules.write_text(RULE.replace("type", "tpye") + REST)
            await until(lambda: not ok(daemon))
            await until(lambda: len(letters(tmp_path)) == 1)
            assert daemon.corridor.rulebook.version == second
            rules.write_text(RULE.replace("type", "tpye") + REST)
            await daemon.reloader.reload("again")
            rules.write_text(RULE + REST + "# right again\n")
            await until(lambda: ok(daemon))
            await until(lambda: daemon.corridor.rulebook.version != second)

    asyncio.run(story())
    told = letters(tmp_path)
    assert len(told) == 1
    assert 'routing/it.toml:4: rule "vpn" (then.tpye): unknown key, did you mean type?' in told[0]


def test_a_new_department_is_known_at_the_door(tmp_path: Path) -> None:
    """An address that a reload brings is accepted from then on, without a restart."""
    config = lay_out(tmp_path)
    departments = config.rules / "departments.toml"

    async def story() -> None:
        async with running(config) as daemon:
            assert not daemon._known("new@small.example")
            departments.write_text(departments.read_text().replace("help@small.example", "new@small.example"))
            await until(lambda: daemon._known("new@small.example"))
            assert not daemon._known("help@small.example")

    asyncio.run(story())


def test_an_example_that_fails_refuses_the_reload(tmp_path: Path) -> None:
    """Rules whose own examples do not come out are not taken."""
    config = lay_out(tmp_path)
    rules = config.rules / "routing" / "it.toml"

    async def story() -> None:
        async with running(config) as daemon:
            before = daemon.corridor.rulebook
            rules.write_text(RULE + '[[rule.example]]\nsubject = "VPN"\ntype = "general"\n\n' + REST)
            await until(lambda: not ok(daemon))
            assert daemon.corridor.rulebook is before

    asyncio.run(story())


def test_rules_and_letters_are_taken_together_or_not_at_all(tmp_path: Path) -> None:
    """A broken letter keeps new rules out, broken rules keep a new letter out, and both come in when both are right."""
    config = lay_out(tmp_path)
    rules, letter = config.rules / "routing" / "it.toml", config.templates / "no" / "ack.j2"
    right, good, broken = letter.read_text(), RULE + REST, RULE.replace("type", "tpye") + REST

    async def story() -> None:
        async with running(config) as daemon:
            await daemon.reloader.stop_watching()
            before = daemon.corridor
            for rule, text in ((good, right + "{{ requestor }}\n"), (broken, right + "\nHei igjen\n")):
                rules.write_text(rule)
                letter.write_text(text)
                assert not await daemon.reloader.reload("asked for") and not ok(daemon)
                assert daemon.corridor.rulebook is before.rulebook
                assert daemon.corridor.letters is before.letters
            rules.write_text(good)
            assert await daemon.reloader.reload("asked for") and ok(daemon)
            assert daemon.corridor.rulebook.version != before.rulebook.version
            assert daemon.corridor.letters.version != before.letters.version

    asyncio.run(story())


def test_the_log_says_what_came_of_a_reload(tmp_path: Path) -> None:
    """Each reload that is asked for has its line; so has what was refused and put back, also when nobody asks."""
    config, out = lay_out(tmp_path), io.StringIO()
    rules, letter = config.rules / "routing" / "it.toml", config.templates / "no" / "ack.j2"
    right = rules.read_text()

    def said() -> list[str]:
        found = [json.loads(line) for line in out.getvalue().splitlines()]
        return [line["event"] for line in found if line["room"] == "reload"]

    async def story() -> None:
        async with running(config) as daemon:
            reloader = daemon.reloader
            assert reloader is not None
            await reloader.stop_watching()
            await reloader.reload("asked for")
            assert said() == ["nothing changed"]
            await reloader.reload(WATCHED)
            assert said() == ["nothing changed"]
            letter.write_text(letter.read_text() + "\nHei igjen\n")
            await reloader.reload("asked for")
            assert said()[1:] == ["letters reloaded"]
            rules.write_text(RULE.replace("type", "tpye") + REST)
            await reloader.reload(WATCHED)
            rules.write_text(right)
            await reloader.reload(WATCHED)
            assert said()[2:] == ["rules refused", "nothing changed"]
            letter.write_text(letter.read_text() + "\nHa det\n")
            rules.write_text(RULE + REST)
            await reloader.reload(WATCHED)
            assert said()[4:] == ["letters reloaded", "rules reloaded"]

    logs.configure("json", "info", to=out)
    try:
        asyncio.run(story())
    finally:
        logs.configure()


def test_sighup_reloads(tmp_path: Path) -> None:
    """The signal that ``maild reload`` sends makes the daemon look at its files."""
    config = lay_out(tmp_path)

    async def story() -> None:
        async with running(config) as daemon:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, daemon.reloader.request)
            await daemon.reloader.stop_watching()
            assert pid_of(config) == os.getpid()
            before = daemon.corridor.rulebook.version
            (config.rules / "verbs.toml").write_text('[yes]\nwords = ["ja"]\n')
            await asyncio.sleep(1)
            assert daemon.corridor.rulebook.version == before
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: daemon.corridor.rulebook.version != before)
            loop.remove_signal_handler(signal.SIGHUP)
        assert pid_of(config) is None

    asyncio.run(story())
