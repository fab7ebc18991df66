"""Access tokens for mailboxes and relays: fetched, renewed in the middle, revoked, rotated, signed for."""

from __future__ import annotations

import asyncio
import base64
import http.server
import json
import stat
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from maild.channels.imap.account import Account, Login, Refused
from maild.channels.oauth2 import Grant, TokenRefused, Tokens, TokenUnreachable
from maild.daemon.polling import Polled, login_of
from tests.mailboxes.kit import mail, shelf, until
from tests.mailboxes.scripted import Bye, Server, Talk, bearer, give


@dataclass(eq=False)
class TokenServer:
    """A small authorisation server."""

    lasts: float = 3600
    refuses: str = ""
    status: int = 200
    rotates: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    good: dict[str, float] = field(default_factory=dict)
    """Tokens and until when they are good."""
    refresh: str = "first"

    def __post_init__(self) -> None:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = outer.answer(dict(urllib.parse.parse_qsl(body)))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    def answer(self, fields: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Answer a request for a token."""
        self.asked.append(fields)
        if self.refuses or self.status != 200:
            return self.status if self.status != 200 else 400, {"error": self.refuses, "error_description": "no\nmore"}
        if "refresh_token" in fields and fields["refresh_token"] != self.refresh:
            return 400, {"error": "invalid_grant"}
        token = f"token-{len(self.asked)}"
        self.good[token] = time.monotonic() + self.lasts
        found: dict[str, object] = {"access_token": token, "expires_in": self.lasts, "token_type": "Bearer"}
        if self.rotates:
            self.refresh = f"refresh-{len(self.asked)}"
            found["refresh_token"] = self.refresh
        return 200, found

    def accepts(self, mechanism: str, secret: str) -> bool:
        """Tell the mail server whether a token is good."""
        return mechanism == "XOAUTH2" and self.good.get(bearer(secret), 0) > time.monotonic()

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    """An authorisation server."""
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def grant(tokens: TokenServer, tmp_path: Path) -> Grant:
    """What Microsoft 365 wants: client credentials."""
    (tmp_path / "secret").write_text("s3cret\n")
    return Grant(token_url=tokens.url, client_id="app", client_secret=tmp_path / "secret", scope="mail/.default")


def test_a_token_is_kept_until_shortly_before_its_end(tokens: TokenServer, grant: Grant) -> None:
    """One request serves until five minutes before the end; then, or when it was refused, a new one is fetched."""
    at = 1000.0
    held = Tokens(grant, clock=lambda: at)
    assert held.get() == held.get() == "token-1"
    expected = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}
    assert tokens.asked == [expected | {"scope": "mail/.default"}]
    at += 3299
    assert held.get() == "token-1"
    at += 2
    assert held.get() == "token-2"
    held.forget()
    assert held.get() == "token-3"


@pytest.mark.parametrize(("status", "kind"), [(400, TokenRefused), (503, TokenUnreachable), (429, TokenUnreachable)])
def test_a_refusal_says_why_and_no_secret(
    tokens: TokenServer, grant: Grant, status: int, kind: type[Exception]
) -> None:
    """A refusal names the server's reason, a busy server is tried again later; the secret is in neither."""
    tokens.refuses, tokens.status = "invalid_client", status
    with pytest.raises(kind) as caught:
        Tokens(grant).get()
    assert "s3cret" not in str(caught.value)
    assert status != 400 or "invalid_client" in str(caught.value)


def test_a_new_refresh_token_replaces_the_old_one(tokens: TokenServer, grant: Grant, tmp_path: Path) -> None:
    """A server that rotates refresh tokens gets the newest each time, and the file holds it, for its owner only."""
    path = tmp_path / "refresh"
    path.write_text("first\n")
    tokens.rotates = True
    rotating = Grant(token_url=tokens.url, client_id="app", refresh_token=path)
    for number in (1, 2, 3):
        assert Tokens(rotating).get() == f"token-{number}"
        assert path.read_text().strip() == tokens.refresh == f"refresh-{number}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [fields["grant_type"] for fields in tokens.asked] == ["refresh_token"] * 3


def test_a_refresh_token_that_cannot_be_kept_still_serves(tokens: TokenServer, tmp_path: Path) -> None:
    """When the file cannot be replaced, the new refresh token is used until maild stops, not the dead one."""
    path = tmp_path / "refresh"
    path.write_text("first\n")
    (tmp_path / ".refresh.new").mkdir()
    tokens.rotates = True
    held = Tokens(Grant(token_url=tokens.url, client_id="app", refresh_token=path))
    assert held.get() == "token-1"
    held.forget()
    assert held.get() == "token-2"
    assert path.read_text() == "first\n"


def test_a_service_account_signs_for_the_mailbox(tokens: TokenServer, tmp_path: Path) -> None:
    """Google gets an assertion (RFC 7523) signed with the account's key, for the mailbox, to this audience."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"private_key": pem, "client_email": "desk@project.iam.example"}))
    grant = Grant(token_url=tokens.url, service_account=path, subject="it@desk.example", scope="https://mail/")
    assert Tokens(grant, clock=lambda: 1000.0).get() == "token-1"
    assert tokens.asked[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    head, claims, signature = tokens.asked[0]["assertion"].split(".")
    key.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(_decoded(claims)) == {
        "iss": "desk@project.iam.example", "sub": "it@desk.example", "scope": "https://mail/", "aud": tokens.url,
        "iat": 1000, "exp": 4600,
    }  # fmt: skip


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _account(server: Server) -> Account:
    return Account(name="it", host="127.0.0.1", port=server.port, tls="none", user="it@desk.example", poll=0.2)


def test_a_token_that_expires_in_the_middle_is_renewed(tokens: TokenServer, grant: Grant, tmp_path: Path) -> None:
    """When the server ends the connection because the token expired, the next one logs in with a fresh token."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, accepts=tokens.accepts)
        login, forget = login_of(Polled(account=_account(server), grant=grant))
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(_account(server), login=login, forget=forget)
            poller.start()
            await until(lambda: len(store.mails()) == 1)
            tokens.good.clear()  # the first token is good no more, though its time is not over
            server.mails[2] = mail(2)
            server.drop_all()
            await until(lambda: len(store.mails()) == 2, 30.0)
            await poller.stop()
            assert len(tokens.asked) == 2
            assert store.states()["it"]["error"] == ""
        server.close()

    asyncio.run(run())


def test_a_token_that_expires_in_the_middle_of_a_backlog_costs_no_mail(
    tokens: TokenServer, grant: Grant, tmp_path: Path
) -> None:
    """The server ends the session over the 50th of 100 mails, as Microsoft does: each is stored once, in order."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 101)}

        def expire(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
            if len(tokens.asked) > 1:
                give(talk, tag, uid, raw)
                return
            tokens.good.clear()
            talk.say("* BYE Session invalidated - AccessTokenExpired")
            raise Bye

        server = Server(mails=dict(mails), accepts=tokens.accepts, answers={50: expire})
        login, forget = login_of(Polled(account=_account(server), grant=grant))
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(_account(server), login=login, forget=forget)
            poller.start()
            await until(lambda: len(store.mails()) >= 100, 60.0)
            await until(lambda: not server.mails, 60.0)
            await poller.stop()
            assert list(store.mails().values()) == list(mails.values())
            assert len(tokens.asked) == server.logins == 2
        server.close()

    asyncio.run(run())


def test_a_token_revoked_in_the_middle_is_told_and_costs_no_mail(
    tokens: TokenServer, grant: Grant, tmp_path: Path
) -> None:
    """A consent taken away while mail is polled: nothing more is fetched, the operator hears why, nothing is lost."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, accepts=tokens.accepts)
        login, forget = login_of(Polled(account=_account(server), grant=grant))
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(_account(server), login=login, forget=forget)
            poller.start()
            await until(lambda: server.moved)
            tokens.good.clear()
            tokens.refuses = "invalid_grant"
            server.mails[2] = mail(2)
            # the open session may still give the second mail, as it may at any server until that notices
            server.drop_all()
            await until(lambda: any("invalid_grant" in reason for _, _, reason in store.alerts), 60.0)
            await poller.stop()
            assert server.logins == 1
            server.mails[3] = mail(3)
            tokens.refuses = ""
            await asyncio.to_thread(store.poller(_account(server), login=login, forget=forget).once)
            assert store.alerts[-1][1] == "the mailbox it works again"
            assert sorted(store.mails().values()) == [mail(1), mail(2), mail(3)]
        server.close()

    asyncio.run(run())


def test_a_revoked_consent_is_told_with_its_reason(tokens: TokenServer, grant: Grant, tmp_path: Path) -> None:
    """No token: no login is tried, the operator hears why; when tokens come again, so does the mail."""

    async def run() -> None:
        tokens.refuses = "invalid_grant"
        server = Server(mails={1: mail(1)}, accepts=tokens.accepts)
        login, forget = login_of(Polled(account=_account(server), grant=grant))
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(_account(server), login=login, forget=forget)
            poller.start()
            await until(lambda: store.alerts)
            assert "invalid_grant" in store.alerts[0][2]
            assert server.heard == []
            tokens.refuses = ""
            await until(lambda: len(store.mails()) == 1, 30.0)
            await until(lambda: store.alerts[-1][1] == "the mailbox it works again")
            await poller.stop()
        server.close()

    asyncio.run(run())


def test_a_refused_token_tells_the_mail_servers_reason(tokens: TokenServer, tmp_path: Path) -> None:
    """The mail server's own JSON about a refused token reaches the operator; the token does not."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, accepts=lambda mechanism, secret: False)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(_account(server), login=lambda: Login(user="it", secret="T0PSECRET", kind="bearer"))
            with pytest.raises(Refused, match="401") as caught:
                await asyncio.to_thread(poller.once)
            assert "T0PSECRET" not in str(caught.value)
        server.close()

    asyncio.run(run())
