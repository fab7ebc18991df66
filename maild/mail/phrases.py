"""Why something is held, pending or odd, in the reader's language: ``decide`` gives its reasons in English.

A sentence that is not known here is shown as it is. The English ones stand in core/agents.py, placement.py,
threading.py, draft.py, opening.py and bursts.py; a test keeps the two together.
"""

from __future__ import annotations

import re
from functools import lru_cache

from maild.mail.templates import KIN

KNOWN: tuple[tuple[str, str, str], ...] = (
    # why an agent's mail is held or refused
    (
        "not enough evidence that the agent wrote this note",
        "det er ikke sikkert nok at det var du som skrev notatet",
        "det är inte säkert nog att det var du som skrev anteckningen",
    ),
    (
        "not enough evidence: the agent's own signed address is missing",
        "den kom ikke til den personlige svaradressen din",
        "det kom inte till din personliga svarsadress",
    ),
    (
        "not enough evidence: authentication of the sender's domain is missing",
        "avsenderdomenet er ikke bekreftet",
        "avsändarens domän är inte bekräftad",
    ),
    (
        "it was sent to an internal address and to another one: is it for the customer?",
        "den ble sendt både til en intern adresse og til en annen: er den til innmelderen?",
        "det skickades både till en intern adress och till en annan: är det till anmälaren?",
    ),
    ("the mail itself does not name {}", "e-posten nevner ikke selv {}", "mejlet nämner inte självt {}"),
    (
        "its date is more than {} hours off",
        "datoen i e-posten er mer enn {} timer feil",
        "datumet i mejlet är mer än {} timmar fel",
    ),
    (
        "{} answered after the notice you reply to",
        "{} svarte etter at du fikk varselet du svarer på",
        "{} svarade efter att du fick aviseringen du svarar på",
    ),
    (
        "it holds a command that maild does not know: {}",
        "den inneholder en kommando som maild ikke kjenner: {}",
        "det innehåller ett kommando som maild inte känner till: {}",
    ),
    (
        "its first line looks like a command that this desk cannot carry out yet",
        "første linje ser ut som en kommando som vi ikke kan utføre ennå",
        "första raden ser ut som ett kommando som vi inte kan utföra ännu",
    ),
    ("there is no text to send", "det er ingen tekst å sende", "det finns ingen text att skicka"),
    (
        "it holds a signed address that belongs to somebody",
        "den inneholder en personlig svaradresse",
        "det innehåller någons personliga svarsadress",
    ),
    (
        "it holds parts of an internal notice",
        "den inneholder deler av et internt varsel",
        "det innehåller delar av en intern avisering",
    ),
    (
        "only who works on a case is told how it was decided",
        "bare den som arbeider med saken, får vite hvordan den ble bestemt",
        "bara den som arbetar med ärendet får veta hur det bestämdes",
    ),
    (
        "the file {} is or holds a letter of maild's own",
        "filen {} er eller inneholder et brev fra maild selv",
        "filen {} är eller innehåller ett brev från maild självt",
    ),
    (
        "confirmed, it becomes an internal note",
        "bekreftet blir den et internt notat",
        "bekräftat blir det en intern anteckning",
    ),
    (
        "your answer was neither a clear yes nor a clear no",
        "svaret ditt var verken et klart ja eller et klart nei",
        "ditt svar var varken ett tydligt ja eller ett tydligt nej",
    ),
    (
        "you have said no to this e-mail before",
        "du har svart nei til denne e-posten før",
        "du har svarat nej till det här mejlet tidigare",
    ),
    (
        "it holds the address {}, which its readers may not know",
        "den inneholder adressen {}, som mottakerne ikke skal se",
        "det innehåller adressen {}, som mottagarna inte ska se",
    ),
    # where a mail belongs
    ("{}, which was an agent's", "{}, som var til en saksbehandler", "{}, som var till en handläggare"),
    (
        "{}, but the author takes no part",
        "{}, men avsenderen er ikke med i saken",
        "{}, men avsändaren är inte med i ärendet",
    ),
    (
        "was copied; an agent must admit the author",
        "avsenderen sto på kopi; en saksbehandler må slippe den inn",
        "avsändaren stod på kopia; en handläggare måste släppa in den",
    ),
    (
        "was copied by a mail that nothing proves; an agent must admit the author",
        "avsenderen sto på kopi av en e-post som ikke er bekreftet; en saksbehandler må slippe den inn",
        "avsändaren stod på kopia av ett mejl som inte är bekräftat; en handläggare måste släppa in den",
    ),
    (
        "was copied, but the case is confidential; an agent must admit the author",
        "avsenderen sto på kopi, men saken er fortrolig; en saksbehandler må slippe den inn",
        "avsändaren stod på kopia, men ärendet är konfidentiellt; en handläggare måste släppa in den",
    ),
    (
        "was copied, but is an address of our own; an agent must admit the author",
        "avsenderen sto på kopi, men er en av våre egne adresser; en saksbehandler må slippe den inn",
        "avsändaren stod på kopia, men är en av våra egna adresser; en handläggare måste släppa in den",
    ),
    (
        "was copied; the department admits nobody so",
        "avsenderen sto på kopi, men avdelingen slipper ingen inn på den måten",
        "avsändaren stod på kopia, men avdelningen släpper inte in någon på det sättet",
    ),
    (
        "signed address of case {}",
        "sendt til den personlige svaradressen for sak {}",
        "skickat till den personliga svarsadressen för ärende {}",
    ),
    ("answers our Message-ID of case {}", "svar på vår e-post i sak {}", "svar på vårt mejl i ärende {}"),
    (
        "bounce address of outgoing mail {}",
        "sendt til returadressen for utgående e-post {}",
        "skickat till returadressen för utgående mejl {}",
    ),
    (
        "holds our signed token of case {}",
        "siterer et brev fra oss i sak {}",
        "citerar ett brev från oss i ärende {}",
    ),
    ("answers {}", "svar på {}", "svar på {}"),
    ("subject names {}", "emnet nevner sak {}", "ämnet nämner ärende {}"),
    (
        "the address names {}, the references name {}: the address wins",
        "adressen gjelder sak {}, men e-posten svarer på sak {}: adressen teller",
        "adressen gäller ärende {}, men mejlet svarar på ärende {}: adressen räknas",
    ),
    (
        "same Message-ID as an earlier mail, other content",
        "samme meldings-ID som en tidligere e-post, men annet innhold",
        "samma meddelande-id som ett tidigare mejl, men annat innehåll",
    ),
    (
        "case {} was closed more than {} days ago",
        "sak {} ble lukket for mer enn {} dager siden",
        "ärende {} stängdes för mer än {} dagar sedan",
    ),
    ("forwarded to {}", "videresendt til {}", "vidarebefordrat till {}"),
    ("its text quotes our letter", "teksten siterer et brev fra oss", "texten citerar ett brev från oss"),
    ("its text names it", "teksten nevner den", "texten nämner det"),
    ("the same conversation (Thread-Index)", "samme samtale (Thread-Index)", "samma konversation (Thread-Index)"),
    ("the same title", "samme emne", "samma ämne"),
    (
        "burst: {} mails in 10 minutes look the same",
        "{} nesten like e-poster på ti minutter",
        "{} nästan likadana mejl på tio minuter",
    ),
    ("burst: {} mails in 10 minutes", "{} e-poster på ti minutter", "{} mejl på tio minuter"),
    ("automatic", "automatisk e-post", "automatiskt mejl"),
    # what the operator is told
    ("acknowledgements are held", "kvitteringer holdes tilbake", "bekräftelser hålls tillbaka"),
    ("many mails from one sender", "mange e-poster fra én avsender", "många mejl från en avsändare"),
    ("not delivered", "ikke levert", "inte levererat"),
    (
        "a letter could not be written from its template",
        "et brev kunne ikke skrives etter malen sin",
        "ett brev kunde inte skrivas efter sin mall",
    ),
    ("mail {} is in quarantine", "e-post {} er i karantene", "mejl {} är i karantän"),
    ("the new rules are refused", "de nye reglene er avvist", "de nya reglerna är avvisade"),
    ("the mailbox {} does not work", "postkassen {} virker ikke", "brevlådan {} fungerar inte"),
    ("the mailbox {} works again", "postkassen {} virker igjen", "brevlådan {} fungerar igen"),
    (
        "a mail in the mailbox {} cannot be taken",
        "en e-post i postkassen {} kan ikke hentes",
        "ett mejl i brevlådan {} kan inte hämtas",
    ),
)
"""English, bokmål, Swedish; ``{}`` stands for a name, a number or another known sentence."""

_LANGUAGES = {"no": 1, "sv": 2}
_TAGGED = re.compile(r"(\S+#\d+): (.+)")


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(piece) for piece in english.split("{}")))


_PATTERNS = tuple((_pattern(row[0]), row) for row in KNOWN)


MOST_PIECES = 20
"""Sentences in one reason; one that seems to have more quotes a stranger's text, and is left as it is."""


@lru_cache(maxsize=512)
def translated(reason: str, language: str) -> str:
    """Return a reason in a language; sentences joined by "; " one by one, unknown ones as they are."""
    column = _LANGUAGES.get(language) or _LANGUAGES.get(KIN.get(language, ""))
    if column is None or not reason:
        return reason
    if (tagged := _TAGGED.fullmatch(reason)) is not None:
        return f"{tagged[1]}: {translated(tagged[2], language)}"
    if (whole := _sentence(reason, language, column)) is not None:
        return whole
    pieces = reason.split("; ", MOST_PIECES)
    if len(pieces) > MOST_PIECES:
        return reason
    for end in range(len(pieces) - 1, 0, -1):  # a sentence may hold a semicolon itself
        if (head := _sentence("; ".join(pieces[:end]), language, column)) is not None:
            return f"{head}; {translated('; '.join(pieces[end:]), language)}"
    return reason if len(pieces) == 1 else f"{pieces[0]}; {translated('; '.join(pieces[1:]), language)}"


def _sentence(reason: str, language: str, column: int) -> str | None:
    for pattern, row in _PATTERNS:
        if (match := pattern.fullmatch(reason)) is not None:
            return row[column].format(*(translated(piece, language) for piece in match.groups()))
    return None
