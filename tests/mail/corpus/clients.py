"""How real mail clients write answers: one writer per client format.

Each writer takes a :class:`Scene` and returns a :class:`Made`: the parts of the mail and what a reader must find.
"""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass, field
from datetime import datetime

from corpus.words import DAYS, LANGUAGES, MONTHS, Words

from maild.core.letters.reply_marker import sentinel

NAME, ADDRESS = "Servicetorget", "servicetorg@fjordvik.example"
SENT = datetime(2026, 11, 24, 10, 15)  # noqa: DTZ001 - what a client writes has no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who says what: the language, the writer's own lines and the history below them."""

    language: str
    own: tuple[str, ...]
    history: tuple[str, ...]
    subject: str
    width: int = 0
    """Column at which the client wraps its text part; 0 never."""
    name: str = NAME
    address: str = ADDRESS
    when: datetime = SENT

    @property
    def words(self) -> Words:
        """Return the language's words."""
        return LANGUAGES[self.language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A mail as a client made it."""

    subject: str
    plain: str | None
    html: str | None = None
    own: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    forwarded: bool = False
    extra: dict[str, str] = field(default_factory=dict)


def long_date(scene: Scene) -> str:
    """Return the date as a Nordic or German or English client writes it."""
    month = MONTHS[scene.language].split()[scene.when.month - 1]
    if scene.language == "en":
        return f"{month} {scene.when.day}, {scene.when.year}"
    dot = "" if scene.language == "sv" else "."
    return f"{scene.when.day}{dot} {month} {scene.when.year}"


def attribution(scene: Scene, form: str) -> str:
    """Fill a client's "On … X wrote:" line."""
    day = DAYS[scene.language].split()[scene.when.weekday()]
    return form.format(
        day=day[:3],
        date=long_date(scene),
        time=f"{scene.when:%H:%M}",
        name=scene.name,
        address=scene.address,
        short=f"{scene.when:%d.%m.%Y}",
        iso=f"{scene.when:%Y-%m-%d}",
    )


def outlook_date(scene: Scene) -> str:
    """Return the date of Outlook's header block."""
    return f"{DAYS[scene.language].split()[scene.when.weekday()]} {long_date(scene)} {scene.when:%H:%M}"


def block(scene: Scene, *, bold: bool = False) -> list[str]:
    """Return Outlook's header block."""
    labels = scene.words.labels
    values = (
        f"{scene.name} <{scene.address}>",
        outlook_date(scene),
        "Kari Moen <kari.moen@fjordvik.example>",
        None,
        scene.subject,
    )
    mark = "*" if bold else ""
    return [f"{mark}{label}:{mark} {value}" for label, value in zip(labels, values, strict=True) if value]


def wrapped(line: str, width: int) -> list[str]:
    """Wrap a line as a text client does."""
    return textwrap.wrap(line, width) if width and len(line) > width else [line]


def quoted(lines: tuple[str, ...]) -> list[str]:
    """Quote lines with ``>``."""
    return [f"> {line}" for line in lines]


def paragraphs(lines: tuple[str, ...]) -> str:
    """Return lines as HTML paragraphs."""
    return "".join(f"<div>{html.escape(line)}</div>" for line in lines)


def text_of(*parts: list[str]) -> str:
    """Return lines as a text part."""
    return "\n".join(line for part in parts for line in part) + "\n"


def _answer(scene: Scene, prefix: str = "Re") -> str:
    return f"{prefix}: {scene.subject}"


def gmail_web(scene: Scene) -> Made:
    """Gmail in a browser: attribution, quote marks, and gmail_quote around both in the HTML."""
    head = attribution(scene, scene.words.gmail)
    plain = text_of([*scene.own, ""], wrapped(head, scene.width), [""], quoted(scene.history))
    markup = (
        f'<div dir="ltr">{paragraphs(scene.own)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(head)}<br></div><blockquote class="gmail_quote"'
        f' style="margin:0px 0px 0px 0.8ex">{paragraphs(scene.history)}</blockquote></div>'
    )
    return Made(subject=_answer(scene), plain=plain, html=markup, own=scene.own, folded=scene.history)


def gmail_android(scene: Scene) -> Made:
    """Gmail on a telephone: HTML only, the history unprefixed inside a blockquote."""
    head = attribution(scene, scene.words.gmail)
    markup = (
        f'<p dir="ltr">{"<br>".join(map(html.escape, scene.own))}</p><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(head)}<br></div>'
        f'<blockquote class="gmail_quote">{paragraphs(scene.history)}</blockquote></div>'
    )
    return Made(subject=_answer(scene), plain=None, html=markup, own=scene.own, folded=scene.history)


def outlook_desktop(scene: Scene) -> Made:
    """Outlook for Windows: a header block, history without marks, Word's HTML."""
    plain = text_of([*scene.own, ""], block(scene), ["", *scene.history])
    rows = "<br>".join(
        f"<b><span>{html.escape(row.partition(':')[0])}:</span></b>{html.escape(row.partition(':')[2])}"
        for row in block(scene)
    )
    markup = (
        '<html><body><div class="WordSection1">'
        + "".join(f"<p class=MsoNormal>{html.escape(line)}<o:p></o:p></p>" for line in scene.own)
        + "<p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
        "padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>"
        + rows
        + "<o:p></o:p></p></div></div>"
        + "".join(f"<p class=MsoNormal>{html.escape(line)}<o:p></o:p></p>" for line in scene.history)
        + "</div></body></html>"
    )
    return Made(
        subject=_answer(scene, scene.words.answer), plain=plain, html=markup, own=scene.own, folded=scene.history
    )


def outlook_original(scene: Scene) -> Made:
    """Outlook in plain text: ``-----Original Message-----`` above the block."""
    plain = text_of([*scene.own, "", f"-----{scene.words.original}-----"], block(scene), ["", *scene.history])
    return Made(subject=_answer(scene, scene.words.answer), plain=plain, own=scene.own, folded=scene.history)


def outlook_web(scene: Scene) -> Made:
    """Outlook in a browser: appendonsend, a drawn line, divRplyFwdMsg; HTML alone."""
    rows = "<br>".join(
        f"<b>{html.escape(r.partition(':')[0])}:</b>{html.escape(r.partition(':')[2])}" for r in block(scene)
    )
    markup = (
        f'<div class="elementToProof">{paragraphs(scene.own)}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri">{rows}</font><div>&nbsp;</div></div><div>{paragraphs(scene.history)}</div>'
    )
    return Made(
        subject=_answer(scene, scene.words.answer), plain=None, html=markup, own=scene.own, folded=scene.history
    )


def outlook_mobile(scene: Scene) -> Made:
    """Outlook on a telephone: its advertisement, a drawn line and the block."""
    app = scene.words.outlook_app
    plain = text_of([*scene.own, "", app, "_" * 32], block(scene), ["", *scene.history])
    return Made(
        subject=_answer(scene, scene.words.answer),
        plain=plain,
        own=scene.own,
        folded=(app.partition("<")[0], *scene.history),
    )


def apple_mac(scene: Scene) -> Made:
    """Apple Mail on a Mac: the attribution is inside the quote marks."""
    head = attribution(scene, scene.words.apple)
    plain = text_of([*scene.own, ""], quoted((head, "", *scene.history)))
    markup = (
        f'<body>{paragraphs(scene.own)}<br><blockquote type="cite"><div>{html.escape(head)}</div>'
        f'<br class="Apple-interchange-newline"><div>{paragraphs(scene.history)}</div></blockquote></body>'
    )
    return Made(subject=_answer(scene), plain=plain, html=markup, own=scene.own, folded=scene.history)


def apple_phone(scene: Scene) -> Made:
    """Apple Mail on an iPhone: device line, attribution, quote marks."""
    head = attribution(scene, scene.words.apple)
    phone = scene.words.phone
    plain = text_of([*scene.own, "", phone, ""], quoted((head, "", *scene.history)))
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=(phone, *scene.history))


def thunderbird(scene: Scene) -> Made:
    """Thunderbird: attribution right above the quote marks."""
    head = attribution(scene, scene.words.thunderbird)
    plain = text_of([*scene.own, "", head], quoted(scene.history))
    markup = (
        f'<p>{"<br>".join(map(html.escape, scene.own))}</p><div class="moz-cite-prefix">{html.escape(head)}<br></div>'
        f'<blockquote type="cite" cite="mid:1@fjordvik.example">{paragraphs(scene.history)}</blockquote>'
    )
    return Made(subject=_answer(scene), plain=plain, html=markup, own=scene.own, folded=scene.history)


def thunderbird_bottom(scene: Scene) -> Made:
    """Thunderbird with the answer below the quote and a signature."""
    head = attribution(scene, scene.words.thunderbird)
    plain = text_of([head], quoted(scene.history), ["", *scene.own, "", "-- ", "Kari Moen", "Fjordvik kommune"])
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=(*scene.history, "Fjordvik kommune"))


def inline_answers(scene: Scene) -> Made:
    """Answers between quoted lines, as people who were asked two things write them."""
    head = attribution(scene, scene.words.thunderbird)
    first, second = scene.words.inline
    plain = text_of(
        [
            head,
            f"> {scene.history[0]}",
            f"> {scene.words.question}",
            first,
            f"> {scene.history[1]}",
            second,
            f"> {scene.words.closing}",
        ]
    )
    return Made(
        subject=_answer(scene),
        plain=plain,
        own=(first, second, scene.words.question),
        folded=(scene.history[0], scene.words.closing),
    )


def proton(scene: Scene) -> Made:
    """Proton Mail: its footer, attribution in the interface's language, quote marks."""
    head = attribution(scene, LANGUAGES["en"].gmail)
    plain = text_of(
        [*scene.own, "", "Sent with Proton Mail secure email.", ""],
        wrapped(head, scene.width),
        [""],
        quoted(scene.history),
    )
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=("Proton Mail", *scene.history))


def samsung(scene: Scene) -> Made:
    """Samsung's telephone: device line, a long dashed separator, block with a date and zone."""
    labels = scene.words.labels
    rows = [
        f"{labels[0]}: {scene.name} <{scene.address}>",
        f"{scene.words.date_label}: {scene.when:%d.%m.%Y  %H:%M}  (GMT+01:00)",
        f"{labels[2]}: kari.moen@fjordvik.example",
        f"{labels[4]}: {scene.subject}",
    ]
    plain = text_of(
        [*scene.own, "", "", scene.words.android, "", f"-------- {scene.words.original} --------"],
        rows,
        ["", *scene.history],
    )
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=(scene.words.android, *scene.history))


def roundcube(scene: Scene) -> Made:
    """Roundcube: the author first, an ISO date, quote marks."""
    head = attribution(scene, scene.words.roundcube)
    return Made(
        subject=_answer(scene),
        plain=text_of([*scene.own, "", head], quoted(scene.history)),
        own=scene.own,
        folded=scene.history,
    )


def zimbra(scene: Scene) -> Made:
    """Zimbra: a dashed separator with spaces, the block in another order."""
    labels = scene.words.labels
    rows = [
        f'{labels[0]}: "{scene.name}" <{scene.address}>',
        f'{labels[2]}: "Kari Moen" <kari.moen@fjordvik.example>',
        f"{labels[1]}: {outlook_date(scene)}:00",
        f"{labels[4]}: {scene.subject}",
    ]
    plain = text_of([*scene.own, "", f"----- {scene.words.original} -----"], rows, ["", *scene.history])
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=scene.history)


def notes(scene: Scene) -> Made:
    """Lotus/HCL Notes: a dashed attribution, then labels with the recipient first."""
    labels = scene.words.labels
    rows = [
        f"{labels[2]}: kari.moen@fjordvik.example",
        f"{labels[0]}: {scene.name} <{scene.address}>",
        f"{scene.words.date_label}: {scene.when:%d.%m.%Y %H:%M}",
        f"{labels[4]}: {scene.subject}",
    ]
    plain = text_of(
        [*scene.own, "", f'-----"{scene.name}" <{scene.address}> {scene.words.notes}: -----'],
        rows,
        ["", *scene.history],
    )
    return Made(subject=_answer(scene), plain=plain, own=scene.own, folded=scene.history)


def our_letter_in_outlook(scene: Scene) -> Made:
    """An answer to a letter of ours in Outlook, which rewrote our ids and classes and kept no header."""
    markup = (
        f'<div>{paragraphs(scene.own)}</div><div><br></div><div id="x_maild-reply-above" class="x_maild-reply-above"'
        f' data-maild="maild-reply-above"><p>{html.escape(sentinel(scene.language))}</p>'
        f"{paragraphs(scene.history)}</div>"
    )
    return Made(
        subject=_answer(scene, scene.words.answer), plain=None, html=markup, own=scene.own, folded=scene.history
    )


def our_letter_in_text(scene: Scene) -> Made:
    """The same in plain text, without quote marks or header: our own line is all there is."""
    plain = text_of([*scene.own, "", sentinel(scene.language), "", *scene.history])
    return Made(subject=_answer(scene, scene.words.answer), plain=plain, own=scene.own, folded=scene.history)


ANSWERS = (
    our_letter_in_outlook,
    our_letter_in_text,
    gmail_web,
    gmail_android,
    outlook_desktop,
    outlook_original,
    outlook_web,
    outlook_mobile,
    apple_mac,
    apple_phone,
    thunderbird,
    thunderbird_bottom,
    inline_answers,
    proton,
    samsung,
    roundcube,
    zimbra,
    notes,
)
