"""The maildir: the embedded way out."""

import asyncio
import mailbox
import os
from pathlib import Path

import pytest

from maild.channels.outgoing.maildir import Maildir

MAIL = b"From: it@c.example\r\nSubject: hello\r\n\r\nbody\r\n.\r\n"


def test_mails_can_be_read_by_the_standard_library(tmp_path: Path) -> None:
    """Each mail is one file in new/, byte for byte, and Python's mailbox reads them all."""

    async def story() -> None:
        out = Maildir(tmp_path / "a" / "sent")
        answers = await asyncio.gather(*(out.send("", f"k{n}@a.example", MAIL + b"%d\r\n" % n) for n in range(50)))
        assert {answer.state for answer in answers} == {"sent"}
        assert await out.reachable()
        await out.close()

    asyncio.run(story())
    files = sorted((tmp_path / "a" / "sent" / "new").iterdir())
    assert {file.read_bytes() for file in files} == {MAIL + b"%d\r\n" % n for n in range(50)}
    assert not list((tmp_path / "a" / "sent" / "tmp").iterdir())
    box = mailbox.Maildir(tmp_path / "a" / "sent", create=False)
    assert len(box) == 50
    assert {message["Subject"] for message in box} == {"hello"}


def test_two_writers_never_take_the_same_name(tmp_path: Path) -> None:
    """Two writers into one folder lose nothing: every name is new."""

    async def story() -> None:
        first, second = Maildir(tmp_path), Maildir(tmp_path)
        await asyncio.gather(*(out.send("", "k@a.example", MAIL) for out in (first, second) for _ in range(40)))

    asyncio.run(story())
    assert len(list((tmp_path / "new").iterdir())) == 80


def test_what_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """A folder that is not one is not reachable and defers as the channel's own trouble; smuggling mail fails."""

    async def story() -> None:
        (tmp_path / "file").write_text("in the way")
        answer = await Maildir(tmp_path / "file" / "sent").send("", "k@a.example", MAIL)
        assert (answer.state, answer.relay) == ("deferred", True)
        assert not await Maildir(tmp_path / "file" / "sent").reachable()
        assert not await Maildir(tmp_path / "file").reachable()
        with pytest.raises(OSError, match=r"Not a directory|File exists"):
            Maildir(tmp_path / "file" / "sent").make()
        good = Maildir(tmp_path / "sent")
        assert await good.reachable()
        assert (await good.send("", "k@a.example", b"a\nb")).state == "failed"
        assert not (tmp_path / "sent").exists()

    asyncio.run(story())


def test_a_mail_is_on_disk_before_it_is_called_sent(tmp_path: Path) -> None:
    """A writer that is killed leaves nothing in new/ that is not whole: it is written in tmp/ first."""
    pid = os.fork()
    if pid == 0:
        # the child is killed by its own file size limit in the middle of writing
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        asyncio.run(Maildir(tmp_path).send("", "k@a.example", MAIL + b"x" * 5000))
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert not list((tmp_path / "new").iterdir())
    assert [file.stat().st_size for file in (tmp_path / "tmp").iterdir()] == [1000]
