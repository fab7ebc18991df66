"""One click below an agent's letter, as mail programs send it."""

from __future__ import annotations

import pytest

from tests.kit.desk import Desk, Letter, mail

PIA = "pia.ness@kunde.example"
CAMILLA = "camilla.dahl@fjordvik.example"
IT = "it@fjordvik.example"
GMAIL = """MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="g"

--g
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit

{emoji}

Pia Ness {said}

--g
Content-Type: text/vnd.google.email-reaction+json; charset="UTF-8"

{{"version": 1, "emoji": "{emoji}"}}
--g
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: 8bit

<p style="font-size:50px">{emoji}</p><p>Pia Ness {said}</p>
--g--
"""
OUTLOOK = """MIME-Version: 1.0
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: 8bit

<html><body><table><tr><td><img alt="like" src="https://static.example/like.png" height=25 width=25></td>
<td><b>Pia Ness</b> <span>{said}</span></td></tr></table><hr><div id="divRplyFwdMsg"><b>Fra:</b> IT-support
&lt;it@fjordvik.example&gt;<br><b>Sendt:</b> tirsdag 1. desember 2026 09:00<br><b>Til:</b> Pia Ness<br>
<b>Emne:</b> [FK#1042] Mus</div><div>Den er byttet.</div></body></html>
"""
PLAIN = """MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit

{emoji}

Pia Ness {said}
<https://www.google.com/gmail/about/?utm_medium=et&utm_campaign=emojireactionemail#app>

Den tir. 1. des. 2026 kl. 09:00 skrev IT-support <it@fjordvik.example>:

> Den er byttet.
"""
RFC9078 = """MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"
Content-Disposition: reaction
Content-Transfer-Encoding: 8bit

{emoji}
"""


def answered(desk: Desk, status: str) -> Letter:
    """Pia's case, answered by Camilla, in a status."""
    opened = desk.write(mail(f"Pia Ness <{PIA}>", IT, "Mus", "Den hopper.", key="m"), IT)
    (notice,) = (letter for letter in opened.letters if letter.kind == "assignment")
    letter = desk.answer(notice, "Den er byttet.").to(PIA)
    if status != "waiting_requester":
        desk.set_status(1042, status)
    return letter


def click(letter: Letter, body: str) -> str:
    """The mail that a click below a letter sends."""
    head = f"From: Pia Ness <{PIA}>\nTo: {letter.reply_to}\nSubject: Re: {letter.subject}\nMessage-ID: <c@g.example>\n"
    return f"{head}In-Reply-To: {letter.message_id}\nReferences: {letter.message_id}\n{body}"


@pytest.mark.parametrize("status", ["waiting_requester", "resolved"])
@pytest.mark.parametrize(
    "body",
    [
        GMAIL.format(emoji="👍", said="reagerte via Gmail"),
        GMAIL.format(emoji="🥳", said="reagoi Gmailin kautta"),
        PLAIN.format(emoji="❤️", said="reagerade via Gmail"),
        OUTLOOK.format(said="reacted to your message:"),
        OUTLOOK.format(said="reagerte på meldingen din:"),
        RFC9078.format(emoji="👍"),
    ],
    ids=["gmail", "gmail-fi", "gmail, part lost", "outlook", "outlook-no", "rfc9078"],
)
def test_a_click_is_filed_as_thanks(desk: Desk, body: str, status: str) -> None:
    """The entry stands in the case, which stays as it is, and no agent is sent a notice of nothing (law T19)."""
    letter = answered(desk, status)
    clicked = desk.write(click(letter, body), letter.reply_to)
    assert (clicked.plan.outcome, clicked.plan.case, clicked.letters) == ("entry", 1042, ())
    case = desk.case(1042)
    assert case["status"] == status and case["reopened_count"] == 0 and case["messages"][-1]["from"] == PIA


def test_words_beside_the_emoji_are_heard(desk: Desk) -> None:
    """Somebody who writes below the emoji has written."""
    letter = answered(desk, "resolved")
    said = "reagerte via Gmail\n\nMen den nye hopper også. Kan dere komme?"
    heard = desk.write(click(letter, GMAIL.format(emoji="👍", said=said)), letter.reply_to)
    assert heard.recipients and desk.case(1042)["status"] == "open"
