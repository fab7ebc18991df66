"""How real mail clients pass a mail on: one writer per client format."""

from __future__ import annotations

import html

from corpus.clients import Made, Scene, block, long_date, outlook_date, paragraphs, quoted, text_of


def _forward(scene: Scene, prefix: str, lines: list[str]) -> Made:
    plain = text_of([*scene.own, ""], lines)
    return Made(subject=f"{prefix}: {scene.subject}", plain=plain, own=(*scene.own, *scene.history), forwarded=True)


def forward_outlook(scene: Scene) -> Made:
    """A forward by Outlook: the same block as an answer; only the subject tells."""
    return _forward(scene, scene.words.forward, [*block(scene), "", *scene.history])


def forward_gmail(scene: Scene) -> Made:
    """A forward by Gmail: its English separator, localised From, English other labels."""
    rows = [
        "---------- Forwarded message ---------",
        f"{scene.words.labels[0]}: {scene.name} <{scene.address}>",
        f"Date: {outlook_date(scene)}",
        f"Subject: {scene.subject}",
        "To: <kari.moen@fjordvik.example>",
        "",
        "",
    ]
    return _forward(scene, "Fwd", [*rows, *scene.history])


def forward_apple(scene: Scene) -> Made:
    """A forward by Apple Mail: everything inside quote marks."""
    labels = scene.words.labels
    rows = (
        scene.words.begin,
        "",
        f"{labels[0]}: {scene.name} <{scene.address}>",
        f"{labels[4]}: {scene.subject}",
        f"{scene.words.date_label}: {long_date(scene)} {scene.when:%H:%M:%S} CET",
        f"{labels[2]}: kari.moen@fjordvik.example",
        "",
    )
    return _forward(scene, "Fwd", quoted((*rows, *scene.history)))


def forward_thunderbird(scene: Scene) -> Made:
    """A forward by Thunderbird: subject first, tabs after the labels."""
    labels = scene.words.labels
    rows = [
        f"-------- {scene.words.forwarded} --------",
        f"{labels[4]}: \t{scene.subject}",
        f"{scene.words.date_label}: \tTue, {scene.when:%d} Nov {scene.when:%Y %H:%M:%S} +0100",
        f"{labels[0]}: \t{scene.name} <{scene.address}>",
        f"{labels[2]}: \tkari.moen@fjordvik.example",
        "",
        "",
    ]
    return _forward(scene, "Fwd", [*rows, *scene.history])


def _rows(rows: list[str]) -> str:
    return "<br>".join(f"<b>{html.escape(r.partition(':')[0])}:</b>{html.escape(r.partition(':')[2])}" for r in rows)


def forward_outlook_web(scene: Scene) -> Made:
    """A forward by Outlook in a browser: HTML alone, marked as an answer is; only the subject tells."""
    markup = (
        f'<div>{paragraphs(scene.own)}</div><div id="appendonsend"></div><hr tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr">{_rows(block(scene))}<div>&nbsp;</div></div>{paragraphs(scene.history)}'
    )
    return Made(
        subject=f"{scene.words.forward}: {scene.subject}",
        plain=None,
        html=markup,
        own=(*scene.own, *scene.history),
        forwarded=True,
    )


def forward_thunderbird_html(scene: Scene) -> Made:
    """A forward by Thunderbird in HTML: the header is a table."""
    labels = scene.words.labels
    rows = (
        (labels[4], html.escape(scene.subject)),
        (scene.words.date_label, f"Tue, {scene.when:%d} Nov {scene.when:%Y %H:%M:%S} +0100"),
        (labels[0], f"{scene.name} &lt;{scene.address}&gt;"),
        (labels[2], "kari.moen@fjordvik.example"),
    )
    table = "".join(f'<tr><th align="RIGHT" nowrap>{label}: </th><td>{value}</td></tr>' for label, value in rows)
    markup = (
        f'<p>{"<br>".join(map(html.escape, scene.own))}</p><div class="moz-forward-container"><br><br>'
        f'-------- {scene.words.forwarded} --------<table class="moz-email-headers-table"><tbody>{table}</tbody>'
        "</table>"
        f"<br><br>{paragraphs(scene.history)}</div>"
    )
    return Made(
        subject=f"Fwd: {scene.subject}", plain=None, html=markup, own=(*scene.own, *scene.history), forwarded=True
    )


FORWARDS = (
    forward_outlook_web,
    forward_thunderbird_html,
    forward_outlook,
    forward_gmail,
    forward_apple,
    forward_thunderbird,
)
