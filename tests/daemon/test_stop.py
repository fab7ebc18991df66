"""SIGTERM under load: what was acked is kept, what was begun is finished or given back uncounted, and the exit is 0."""

import time

from tests.daemon.history import check
from tests.daemon.senders import Senders, chain
from tests.kit.running import Desks
from tests.kit.sink import Sink


def test_a_stop_under_load_loses_nothing(desks: Desks, sink: Sink, store_url: str) -> None:
    """Stopped twice under load: exit 0 within seconds, no attempt left counted or open, nothing sent twice."""
    desk = desks(sink.port, store=store_url)
    senders = Senders(port=desk.port)
    desk.start()
    work = senders.send_all([chain(f"s{n}", 4) for n in range(150)], threads=8, pause=0.01)
    for _ in range(2):
        time.sleep(0.7)
        started = time.monotonic()
        assert desk.stop() == 0
        assert time.monotonic() - started < 20
        assert desk.rows("select id, state, attempts from inbound where done_at is null and attempts > 0") == []
        assert (
            desk.rows("select id, state from outbox where state = 'sending' or (state = 'queued' and attempts > 0)")
            == []
        )
        said = desk.said()
        assert '"event": "stopped"' in said and "Traceback" not in said
        desk.start()
    work.wait()
    desk.settle(120)
    check(senders.history(desk, sink, kills=0))
    assert max(row["attempts"] for row in desk.rows("select attempts from inbound")) == 1
