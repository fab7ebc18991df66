"""Whoever runs maild sees which SQLite keeps the store, and is warned of one that may damage it."""

from __future__ import annotations

import json
import sqlite3

import pytest

from maild.storage import sqlite
from tests.conftest import LIBRARIES
from tests.kit.running import Desks
from tests.kit.sink import Sink


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: "bundled" if one.bundled else "system")
def test_start_status_and_doctor_name_the_library(desks: Desks, sink: Sink, library: sqlite.Library) -> None:
    """The log of the start, ``status`` and ``doctor`` say its version and whose it is, and warn of a vulnerable one."""
    desk = desks(sink.port, library="bundled" if library.bundled else "system")
    named = f"SQLite {library.version} ({'came with maild' if library.bundled else chr(39).join(('the system', 's'))})"
    desk.start()
    lines = list(desk.lines())
    assert [line["database"] for line in lines if line["event"] == "store"] == [named]
    warned = [line for line in lines if line["event"] == "check" and "can damage a store" in line["problem"]]
    assert bool(warned) is library.vulnerable
    status = desk.maild("status")["store"]
    assert status == {
        "name": "SQLite", "version": library.version, "bundled": library.bundled, "vulnerable": library.vulnerable,
    }  # fmt: skip
    first = desk.run("status").stdout.splitlines()[0]
    assert first.startswith(f"store        {named}") and ("can damage a store" in first) is library.vulnerable
    done = desk.run("doctor", "--json", "--wait", "0.1")
    [finding] = [one for one in json.loads(done.stdout) if one["about"] == "database"]
    assert finding["level"] == ("warning" if library.vulnerable else "ok") and named in finding["what"]
    assert ("pysqlite3" in finding["do"]) is library.vulnerable
    assert desk.stop() == 0


def test_the_system_has_a_library_to_fall_back_on() -> None:
    """Both libraries were looked at above: the one that came with maild, and Python's own."""
    assert [one.module for one in LIBRARIES if not one.bundled] == [sqlite3]
