"""A small DNS server on loopback: ``with Zone({("a.example", "TXT"): ["v=spf1 -all"]}) as zone: zone.resolver``."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SERVFAIL = "SERVFAIL"
SILENT = "SILENT"
"""As a record: fail, or say nothing at all."""


class Zone:
    """Names and their records, as text; may be changed while it serves. A long TXT may be a sequence in quotes."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]]) -> None:
        self.records = dict(records)
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.resolver = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Zone:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, peer = self._socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            question = query.question[0]
            name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
            self.asked.append((name, kind))
            found = self.records.get((name, kind), ())
            if SILENT in found:
                continue
            reply = dns.message.make_response(query)
            reply.flags |= dns.flags.RA
            if SERVFAIL in found:
                reply.set_rcode(dns.rcode.SERVFAIL)
            elif found:
                quoted = [_quoted(text) if kind == "TXT" else text for text in found]
                reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *quoted))
            elif not any(known == name for known, _ in self.records):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(reply.to_wire(), peer)


def _quoted(text: str) -> str:
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
