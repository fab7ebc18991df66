"""/metrics and /healthz on a real loopback port."""

import asyncio
import http.client
import json
import socket
from typing import Any

import pytest

from maild import metrics


class Page:
    """A server on a free port, and what it answers."""

    def __init__(self, health: dict[str, Any] | None = None) -> None:
        self.metrics = metrics.Metrics()
        self.health = health or {}

    def get(self, path: str, method: str = "GET") -> tuple[int, str, bytes]:
        """Ask for a page over a real connection."""

        def ask(port: int) -> tuple[int, str, bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()

        return self.ask(ask)

    def ask(self, client: Any) -> Any:
        """Run a blocking client against the server."""

        async def talk() -> Any:
            server = await metrics.serve("127.0.0.1", 0, self.metrics, lambda: self.health)
            port = server.sockets[0].getsockname()[1]
            try:
                return await asyncio.to_thread(client, port)
            finally:
                server.close()
                await server.wait_closed()

        return asyncio.run(talk())


def test_what_is_counted_is_shown() -> None:
    """Every count appears under its name in Prometheus' format."""
    page = Page()
    page.metrics.accepted()
    page.metrics.handled("opened", 0.02)
    page.metrics.handled("opened", 0.2)
    page.metrics.quarantined()
    page.metrics.sent("deferred")
    page.metrics.committed(0.003, 17)
    page.metrics.rules(ok=False)
    status, kind, body = page.get("/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    lines = body.decode().splitlines()
    for line in (
        "maild_mails_accepted_total 1.0",
        'maild_mails_handled_total{outcome="opened"} 2.0',
        "maild_mail_seconds_count 2.0",
        "maild_mails_quarantined_total 1.0",
        'maild_mails_sent_total{state="deferred"} 1.0',
        "maild_commit_jobs_total 17.0",
        "maild_rules_ok 0.0",
    ):
        assert line in lines


def test_health_says_what_the_daemon_says() -> None:
    """``/healthz`` is 200 with the daemon's words, and 503 when it says it is not well."""
    status, _, body = Page({"in_work": 3, "rules": "abc"}).get("/healthz")
    assert (status, json.loads(body)) == (200, {"ok": True, "in_work": 3, "rules": "abc"})
    assert Page({"ok": False}).get("/healthz")[0] == 503


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/", "GET", 404), ("/metrics", "POST", 405), ("/x?y", "GET", 404)]
)
def test_nothing_else_is_there(path: str, method: str, status: int) -> None:
    """Other pages and methods are refused."""
    assert Page().get(path, method)[0] == status


def test_two_daemons_in_one_process_do_not_meet() -> None:
    """Each has its own figures."""
    one, two = metrics.Metrics(), metrics.Metrics()
    one.accepted()
    assert b"maild_mails_accepted_total 1.0" in one.text()
    assert b"maild_mails_accepted_total 0.0" in two.text()


def test_a_hostile_client_gets_nothing_and_harms_nothing() -> None:
    """Garbage, an endless head and a client that hangs up: the next request is answered."""
    page = Page()

    def talk(port: int) -> int:
        for data in (b"\x00\xff\r\n\r\n", b"GET /" + b"x" * 100_000, b""):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
                try:
                    sock.sendall(data)
                    sock.shutdown(socket.SHUT_WR)
                    sock.recv(4096)
                except OSError:
                    pass
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        return connection.getresponse().status

    assert page.ask(talk) == 200
