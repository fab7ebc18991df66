"""The admin's commands: they parse arguments and print (text or ``--json``); nothing else is done here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from maild.core.facts import Status

app = typer.Typer(
    help="maild: a ticketing desk that lives in the mail system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
inbound_app = typer.Typer(help="Mails that came in: list, show, requeue.", no_args_is_help=True)
outbox_app = typer.Typer(help="Mails that go out: list, retry, release, drop.", no_args_is_help=True)
rules_app = typer.Typer(help="The rules: test, explain, replay, schema.", no_args_is_help=True)
timers_app = typer.Typer(help="What is promised for a moment to come: list it, keep what is due.")
db_app = typer.Typer(help="The store's schema.", no_args_is_help=True)
app.add_typer(inbound_app, name="inbound")
app.add_typer(outbox_app, name="outbox")
app.add_typer(timers_app, name="timers")
app.add_typer(rules_app, name="rules")
app.add_typer(db_app, name="db")

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
InboundState = Literal["accepted", "slow", "reading", "done", "quarantined"]
OutboxState = Literal["queued", "held", "sending", "deferred", "sent", "failed", "dropped"]
DEFAULT_CONFIG = Path("config.toml")


@app.command()
def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the daemon until SIGTERM."""
    from maild.cli.run import run_daemon

    run_daemon(config)


@app.command()
def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Judge config, rules and templates: every error at once with file:line; exit 1 when there is one."""
    from maild.cli.check import print_check

    raise typer.Exit(print_check(config))


@app.command("read")
def read_mail(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A mail file; - reads standard input.")],
    json: Json = False,
) -> None:
    """Show how maild understands a mail: text, folds, files, who wrote it and why it thinks so."""
    from maild.cli.read import print_mail

    raise typer.Exit(print_mail(source, as_json=json))


@app.command("password")
def make_password(
    login: Annotated[str, typer.Argument(help="The agent's mail address.")],
) -> None:
    """Ask for a password and print the line for the submission door's password file."""
    from maild.cli.password import print_line

    print_line(login)


@app.command()
def demo() -> None:
    """Run a real daemon on a throw-away store, send the sample mails and tell the story."""
    from maild.cli.demo import run_demo

    raise typer.Exit(run_demo())


@app.command()
def inject(
    source: Annotated[
        str, typer.Argument(help="A mail file, an mbox, a maildir, or imap:ACCOUNT or imap:ACCOUNT/FOLDER.")
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    to: Annotated[
        str | None, typer.Option("--to", help="One of the desk's addresses, whatever the mail itself says.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Make cases, send nothing.")] = False,
    json: Json = False,
) -> None:
    """Take mails from files or an old mailbox as if they had just arrived; start it again after a break."""
    from maild.cli.inject import inject_files

    inject_files(source, config, to=to, quiet=quiet, as_json=json)


@app.command()
def doctor(
    config: ConfigPath = DEFAULT_CONFIG,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait until our own mail has come in.")] = 120.0,
    start: Annotated[bool, typer.Option("--start", help="When no daemon runs, run one for the proof.")] = False,
    json: Json = False,
) -> None:
    """Look at everything, send each department a mail of ours and wait for it; say what to do. Exit 1 on a problem."""
    from maild.cli.doctor import examine

    raise typer.Exit(examine(config, wait=wait, start=start, as_json=json))


@app.command("cases")
def list_cases(
    config: ConfigPath = DEFAULT_CONFIG,
    status: Annotated[Status | None, typer.Option(metavar="STATUS", help="Only this status: new, assigned, …")] = None,
    department: Annotated[str | None, typer.Option(help="Only this department.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only this agent's.")] = None,
    requester: Annotated[str | None, typer.Option(help="Only this address's.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, newest first.")] = None,
    json: Json = False,
) -> None:
    """List cases, newest first."""
    from maild.cli import listings

    listings.cases(
        config, as_json=json, status=status, department=department, assignee=assignee, requester=requester, limit=limit
    )


@app.command("case")
def show_case(
    number: Annotated[str, typer.Argument(help="The case number: 1042 or FK#1042.")],
    config: ConfigPath = DEFAULT_CONFIG,
    status: Annotated[str | None, typer.Option(help="Move the case to this status first.")] = None,
    json: Json = False,
) -> None:
    """Show one case whole: entries, files and history."""
    from maild.cli import listings

    listings.case(config, number, as_json=json, status=status)


@app.command("status")
def show_status(config: ConfigPath = DEFAULT_CONFIG, json: Json = False) -> None:
    """Sum up: what waits, what failed, what is open."""
    from maild.cli import listings

    listings.status(config, as_json=json)


@inbound_app.command("list")
def inbound_list(
    config: ConfigPath = DEFAULT_CONFIG,
    state: Annotated[
        InboundState | None, typer.Option(metavar="STATE", help="accepted, reading, done or quarantined.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, newest first.")] = None,
    json: Json = False,
) -> None:
    """List mails that came in, newest first."""
    from maild.cli import listings

    listings.inbound_list(config, as_json=json, state=state, limit=limit)


@inbound_app.command("show")
def inbound_show(
    key: Annotated[int, typer.Argument(metavar="ID")],
    config: ConfigPath = DEFAULT_CONFIG,
    raw: Annotated[bool, typer.Option("--raw", help="Print the mail itself, byte for byte.")] = False,
    json: Json = False,
) -> None:
    """Show one mail that came in: what became of it and why."""
    from maild.cli import listings

    listings.inbound_show(config, key, as_json=json, raw=raw)


@inbound_app.command("requeue")
def inbound_requeue(
    keys: Annotated[list[int], typer.Argument(metavar="ID")], config: ConfigPath = DEFAULT_CONFIG
) -> None:
    """Run quarantined mails again."""
    from maild.cli import listings

    listings.requeue(config, keys)


@outbox_app.command("list")
def outbox_list(
    config: ConfigPath = DEFAULT_CONFIG,
    state: Annotated[
        OutboxState | None,
        typer.Option(metavar="STATE", help="queued, held, sending, deferred, sent, failed or dropped."),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, newest first.")] = None,
    json: Json = False,
) -> None:
    """List mails that go out, newest first."""
    from maild.cli import listings

    listings.outbox_list(config, as_json=json, state=state, limit=limit)


_Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Which; none means all.")]


@outbox_app.command("retry")
def outbox_retry(keys: _Ids = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Try deferred (or named failed) mails again at once."""
    from maild.cli import listings

    listings.outbox_change(config, "retry", keys)


@outbox_app.command("release")
def outbox_release(keys: _Ids = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Send mails that the breaker held."""
    from maild.cli import listings

    listings.outbox_change(config, "release", keys)


@outbox_app.command("drop")
def outbox_drop(keys: _Ids = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Drop mails that the breaker held."""
    from maild.cli import listings

    listings.outbox_change(config, "drop", keys)


@timers_app.callback(invoke_without_command=True)
def timers_list(context: typer.Context, config: ConfigPath = DEFAULT_CONFIG, json: Json = False) -> None:
    """List what is promised for a moment to come; with `run`, keep what is due."""
    from maild.cli import timers

    if context.invoked_subcommand is None:
        timers.listing(config, as_json=json)


@timers_app.command("run")
def timers_run(
    config: ConfigPath = DEFAULT_CONFIG,
    now: Annotated[
        str | None,
        typer.Option("--now", metavar="TIME", help="As if it were this time: 2026-12-24T08:00, the desk's time zone."),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; nothing is changed.")] = False,
    json: Json = False,
) -> None:
    """Keep what is due, beside a daemon that runs or without one."""
    from maild.cli import timers

    raise typer.Exit(timers.run(config, now=now, dry=dry, as_json=json))


@db_app.command("upgrade")
def db_upgrade(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Bring the store to this version's schema."""
    from maild.cli import listings

    listings.upgrade(config)


@rules_app.command("test")
def rules_test(config: ConfigPath = DEFAULT_CONFIG, json: Json = False) -> None:
    """Run the examples inside the rule files; exit 1 when one does not come out as it says."""
    from maild.cli import rules

    raise typer.Exit(rules.test(config, as_json=json))


@rules_app.command("explain")
def rules_explain(
    file: Annotated[Path | None, typer.Argument(help="A mail file; - reads standard input.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    to: Annotated[
        str | None, typer.Option("--to", help="One of the desk's addresses, whatever the mail itself says.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="A mail on the store's state of now, as all else is; nothing is changed.")
    ] = False,
    timer: Annotated[
        int | None, typer.Option("--timer", metavar="ID", help="Instead of a mail: a promise, when it falls due.")
    ] = None,
    delivered: Annotated[
        int | None, typer.Option("--delivered", metavar="ID", help="… the relay's answer to this outgoing mail.")
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", metavar="TEXT", help="What the relay says: 550 5.1.1 no such user.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="NUMBER", help="… an admin gives this case a status.")
    ] = None,
    status: Annotated[Status | None, typer.Option("--status", metavar="STATUS", help="Which status.")] = None,
    outbox: Annotated[
        str | None, typer.Option("--outbox", metavar="WORDS", help="… maild outbox with these words: release 3 4.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what would become of a mail, a promise, an answer of the relay or a command, and why; nothing is changed."""
    from maild.cli import explain, rules

    cause = explain.asked(
        file=file,
        to=to,
        live=live,
        timer=timer,
        delivered=delivered,
        answer=answer,
        case=case,
        status=status,
        outbox=outbox,
    )
    if cause is None:
        assert file is not None
        rules.explain(config, file, to=to, as_json=json, live=live)
    else:
        explain.explain(config, cause, as_json=json)


@rules_app.command("replay")
def rules_replay(
    since: Annotated[str, typer.Option("--since", help="How far back: 30d, 12h, 2w.")] = "30d",
    rules: Annotated[Path | None, typer.Option("--rules", help="The folder of candidate rules.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Decide stored mail again with candidate rules; print only what would change. Nothing is written or sent."""
    from maild.cli import rules as commands

    commands.replay(config, since=since, rules=rules, as_json=json)


@rules_app.command("schema")
def rules_schema(
    out: Annotated[Path | None, typer.Option("--out", help="A folder to write one file each into.")] = None,
) -> None:
    """Print the JSON Schemas of config and rule files, for editors."""
    from maild.cli import rules

    rules.print_schema(out)


@app.command("reload")
def reload_rules(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Judge rules and letters, and ask the running daemon to take them."""
    from maild.cli import rules

    raise typer.Exit(rules.reload(config))
