"""A client that vanishes after the final dot and sends again is served once (law D4)."""

import random
import socket
import threading
import time

from tests.daemon.history import Op, check
from tests.daemon.senders import Post, Senders, post
from tests.kit.running import Desks
from tests.kit.sink import Sink


def vanish(port: int, mail: Post, seconds: float) -> None:
    """Say everything up to the final dot, wait a moment, and cut the connection without reading the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        replies = client.makefile("rb")
        replies.readline()
        for line in ("EHLO gone.example", f"MAIL FROM:<{mail.sender}>", f"RCPT TO:<{mail.recipients[0]}>", "DATA"):
            client.sendall(line.encode() + b"\r\n")
            while replies.readline()[3:4] == b"-":
                pass
        client.sendall(mail.data + b".\r\n")
        time.sleep(seconds)
        if random.random() < 0.5:  # a reset, as a crashed machine or a firewall sends
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def test_a_vanished_client_is_served_once(desks: Desks, sink: Sink) -> None:
    """300 sessions cut 0 to 50 ms after the final dot, then sent again: each has exactly one effect, one ack."""
    desk = desks(sink.port)
    desk.start()
    chance = random.Random(6)
    senders = Senders(port=desk.port)
    mails = [post(f"v{number}") for number in range(300)]
    waits = {mail.key: chance.uniform(0, 0.05) for mail in mails}

    def work(part: list[Post]) -> None:
        for mail in part:
            senders.posts[mail.key] = mail
            senders.ops.append(Op(key=mail.key, what="send"))
            vanish(desk.port, mail, waits[mail.key])
            senders.ops.append(Op(key=mail.key, what="unknown"))
            senders.send([mail])

    threads = [threading.Thread(target=work, args=(mails[n::8],), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    desk.settle()
    history = senders.history(desk, sink)
    check(history)
    assert len(history.cases) == 300 and sum(op.what == "ack" for op in history.ops) == 300
    assert len(history.stored) > 300, "no first session was ever committed: the test cut too early"
