"""The envelope sender of polled mail: what its last mail server wrote on top, or unknown (law I7)."""

from __future__ import annotations

import pytest

from maild.channels.imap.return_path import return_path


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        ("Return-Path: <kari@x.example>\r\nSubject: a", "kari@x.example"),
        (
            "Received: from a by b; x\r\nreturn-path:\r\n <kari@x.example>\r\nReturn-Path: <eve@y.example>",
            "kari@x.example",
        ),
        ("Return-Path: <>\r\nReturn-Path: <eve@y.example>", ""),
        ("Subject: a", None),
        ("Return-Path: kari at x\r\nSubject: a", None),
        ("Subject: a\r\n\r\nReturn-Path: <eve@y.example>", None),
    ],
)
def test_the_topmost_return_path_is_the_envelope_sender(head: str, sender: str | None) -> None:
    """The first field of the header counts; ``<>`` is the null sender; none, or one that is no address, is unknown."""
    assert return_path(head.encode() + b"\r\n\r\nhei\r\n") == sender
