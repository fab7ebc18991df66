"""Figures for Prometheus and the health answer, on a loopback port: ``GET /metrics`` and ``GET /healthz``.

Each :class:`Metrics` has its own registry, so several daemons may live in one process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PATIENCE = 5.0
"""Seconds a client has for its request."""
_LARGEST = 8192
"""Bytes of a request; nobody needs more to ask for a page."""


class Metrics:
    """What one daemon counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        one = self.registry
        self._accepted = Counter("maild_mails_accepted", "Mails taken over from a sender.", registry=one)
        self._handled = Counter("maild_mails_handled", "Mails decided, by outcome.", ["outcome"], registry=one)
        self._wait = Histogram(
            "maild_mail_seconds", "From accepting a mail to its committed outcome.", registry=one, buckets=_SECONDS
        )
        self._quarantined = Counter(
            "maild_mails_quarantined", "Mails set aside because no attempt could decide them.", registry=one
        )
        self._sent = Counter("maild_mails_sent", "Outgoing mails, by what became of the try.", ["state"], registry=one)
        self._commits = Histogram("maild_commit_seconds", "How long a commit took.", registry=one, buckets=_SECONDS)
        self._jobs = Counter("maild_commit_jobs", "Jobs that shared those commits.", registry=one)
        self._rules = Gauge("maild_rules_ok", "1: the rules in force are the files'; 0: a reload failed.", registry=one)
        self._rules.set(1)
        self._relay = Gauge(
            "maild_relay_ok", "1: the relay takes mail; 0: it refuses for good what it should take.", registry=one
        )
        self._relay.set(1)

    def committed(self, seconds: float, jobs: int) -> None:
        """Count a commit and the jobs in it; may be called from a writer's thread."""
        self._commits.observe(seconds)
        self._jobs.inc(jobs)

    def accepted(self) -> None:
        """Count a mail taken over."""
        self._accepted.inc()

    def handled(self, outcome: str, seconds: float) -> None:
        """Count a mail decided."""
        self._handled.labels(outcome).inc()
        self._wait.observe(seconds)

    def quarantined(self) -> None:
        """Count a mail set aside."""
        self._quarantined.inc()

    def sent(self, state: str) -> None:
        """Count a try to send."""
        self._sent.labels(state).inc()

    def rules(self, *, ok: bool) -> None:
        """Say whether the last reload of the rules went well."""
        self._rules.set(1 if ok else 0)

    def relay(self, *, ok: bool) -> None:
        """Say whether the relay refuses for good what it should take."""
        self._relay.set(1 if ok else 0)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


async def serve(host: str, port: int, metrics: Metrics, health: Callable[[], dict[str, Any]]) -> asyncio.Server:
    """Open the port.

    Raises:
        OSError: when it cannot be had.

    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                writer.write(_page(await _request(reader), metrics, health))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, host, port, limit=_LARGEST)


async def _request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Read a request's head; its method and path."""
    head = await reader.readuntil(b"\r\n\r\n")
    parts = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return (parts[0], parts[1].partition("?")[0]) if len(parts) == 3 else ("", "")


def _page(request: tuple[str, str], metrics: Metrics, health: Callable[[], dict[str, Any]]) -> bytes:
    method, path = request
    if method not in ("GET", "HEAD"):
        status, kind, body = "405 Method Not Allowed", "text/plain", b"only GET\n"
    elif path == "/metrics":
        status, kind, body = "200 OK", CONTENT_TYPE_LATEST, metrics.text()
    elif path == "/healthz":
        found = {"ok": True, **health()}
        status = "200 OK" if found["ok"] else "503 Service Unavailable"
        kind, body = "application/json", json.dumps(found, ensure_ascii=False).encode() + b"\n"
    else:
        status, kind, body = "404 Not Found", "text/plain", b"try /metrics or /healthz\n"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("ascii") + (b"" if method == "HEAD" else body)
