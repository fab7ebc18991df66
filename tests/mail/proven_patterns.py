"""The patterns of ``re`` that text from mail may meet, and why none takes more than linear time.

RE2 would do without this list (rules have it, for an admin writes what he likes), but it is slower on short texts, and
reading looks at some hundred of them for each mail. A new pattern goes here with its reason, or better is not made:
what cuts, splits or searches for a fixed word needs none. ``test_patterns.py`` attacks each with what it is made of.
"""

from __future__ import annotations

ANY_SIZE: dict[str, str] = {
    "one class of signs, or fixed words, with nothing before or behind a repeat: each place is looked at once": """
        channels/imap/box.py _UNFIT
        channels/smtp/data.py _DOT_LINE
        channels/outgoing/session.py _DOT_LINE _UNPRINTABLE
        core/robots/back.py _WORD _SENTENCE_BEFORE _SENTENCE_AFTER
        core/commands/agents.py _WRITTEN_PLUS _INTERNAL
        core/absences.py _HYPHEN
        core/arrivals/bursts.py _DIGITS _WORDS
        core/deliveries/refusals.py _HOST _SENDER _QUOTED
        core/acknowledgement/third_party.py _SIMPLE _ADVERTISES
        storage/statements.py _BARE_LIMIT
        core/values/words.py _WORD
        core/commands/yes_no.py _BREAKS
        mail/mime/attachments.py _BAD _PATH _FORBIDDEN
        mail/author/auth_results.py _ESCAPED _BRACKET
        mail/author/authentication.py _POLICY
        mail/mime/calendar.py _FOLD _MAILTO _ESCAPED_END _ESCAPED
        mail/mime/charset.py _KANA _HIGH _NO_BEGINNING _SAME _CONTROLS _ESCAPE
        letters/clean.py _NOT_IN_HEADER _LINE_END _NOT_IN_TEXT _SUSPECT _SURROGATE _PATH _NOT_IN_FILENAME
        mail/words/dates.py _WORDS
        mail/mime/decoding.py _UU_LINE _ESCAPED _RETURNS
        mail/words/device_lines.py _BEGINS
        letters/encode.py _TOKEN
        mail/words/filled.py _BLANK
        mail/mime/headers.py _LINE _LINE_ENDS _NO_BASE64 _QUOTED _ESCAPED _NO_PART_OF_ID
        mail/mime/html.py _MANY_ENDS
        mail/mime/html_marks.py _X
        mail/author/identity.py _CONTROL _BIDI _ESCAPED
        mail/words/language.py _UNREADABLE _LETTERS
        mail/words/lines.py _RUNS
        mail/mime/mentions.py _WRITTEN_PLUS _WRITTEN_AT
        mail/words/drawn.py _PAIR
        mail/words/attributed.py _UNSPACED _DIGIT _SAID_TO
        mail/words/quotes.py _HIDDEN
        mail/words/signatures.py _WWW _FIRST_PERSON
        mail/mime/structure.py _SPACES
        mail/mime/text.py _UNWANTED _NEWLINES _BREAKS
        rulebook/patterns.py _SURROGATE _ESCAPED
    """,
    "each repeat is of at most so many signs: the work at one place has a bound": """
        core/known_words/runs.py _ADDED _REWRITTEN _ESCAPED
        core/robots/back.py _ISO _DOTTED _SLASHED _DAY_MONTH _MONTH_DAY
        core/absences.py _ISO
        core/rules/casetypes.py _WHOLE _DECIMAL _ISO _DOTTED
        core/answers/offers.py _IN_TEXT _IN_HEADER _WHOLE
        core/commands/command_lines.py _SPAN _NUMBER _CODE
        core/deliveries/refusals.py _STATUS _DENIED
        core/deliveries/size.py _STATUS
        core/threads/tokens.py ADDRESS_SHAPE BOUNCE_SHAPE MESSAGE_ID_SHAPE
        core/values/words.py _PILE
        channels/imap/return_path.py _ADDRESS
        mail/mime/attachments.py _TYPE
        mail/reports/bounce.py _ID _ADDRESS
        mail/reports/bounce_prose.py _UNATTENDED _REPLY _COMMAND _LEADS _NAMED _ANY
        mail/mime/part_kinds.py _META
        mail/mime/charset.py _NAME _FAMILY
        mail/words/dates.py _TIME _ISO _DOTTED _CLOCK_AND_ZONE _ZONE_NAME _ZONE
        mail/words/device_lines.py _MODEL
        letters/enclose.py _TYPE
        letters/encode.py _MESSAGE_ID _DOMAIN
        mail/fallback.py _TAG _CHARSET
        mail/words/forward.py _ID
        mail/words/forward_headers.py _TIME _AT _ADDRESS
        mail/author/identity.py _ADDRESS_LIKE
        mail/mime/mentions.py _PLUS _PLUS_IN_FILE _ESCAPED_PLUS _ESCAPED_PLUS_IN_FILE _OURS _NOTICE
        mail/words/notes_header.py _DATE
        mail/words/attributed.py YEAR TIME
        mail/mime/structure.py _BROKEN_BOUNDARY
    """,
    "it begins only where a line or the text begins, or at a sign that it cannot pass, and passes each run once": """
        channels/imap/return_path.py _FIELD
        channels/smtp/path.py _MAILBOX _PATH _KEYWORD
        core/commands/agents.py _COMMAND
        core/rules/casetypes.py _NAMED
        core/deliveries/delivery.py _PATH
        core/rules/glance.py _ANY_OF_DOMAIN
        core/letters/reply_marker.py SENTINEL_LINE
        core/robots/robots.py _LOCAL _ATTENDED _SUBJECTS _ANY_SUBJECT
        core/rules/routing.py _CAPTURE
        core/robots/thanks.py _ANSWERED
        mail/mime/attachments.py _RESERVED _UU _YENC
        mail/author/auth_results.py _TOKEN
        mail/mime/body.py _ENRICHED
        mail/reports/bounce.py _STATUS _FIELD
        mail/reports/bounce_prose.py _CODE _FIELD _MESSAGE_ID _TO _HEADER_LINE
        mail/mime/calendar.py _LINE _PARTSTAT
        mail/caps.py _BLANK _END
        letters/clean.py _RESERVED
        mail/mime/decoding.py _PADDED _UU_BEGIN _YENC_LINE
        mail/words/device_lines.py START
        mail/mime/headers.py _FIELD _KNOWN _KNOWN_HERE _LEADING _PARAM _CHARSET_AND_LANGUAGE _ID
        mail/mime/html_cost.py _ATTRIBUTE
        mail/mime/html.py _LONG_NUMBER _BREAKING _ANY _PRE _TIGHT _HIDDEN _INDENT
        mail/mime/html_marks.py _BORDER
        mail/author/identity.py _QUOTED_SPEC _PLAIN_LOCAL
        mail/author/identity.py _SPEC _OWN _PHRASE _ANGLE _BARE _LIKE_FROM _FOLD _ANY_FOLD _NO_PART
        mail/words/lines.py _PREFIX
        letters/prove.py _EMPTY_GROUP
        mail/words/reply.py _BLANKS
        mail/words/signatures.py _CONTACT
        mail/mime/text.py _PICTURES_ALONE _PICTURES
        doctor/proof.py _DKIM _RECEIVED _TAG
        storage/runs.py _NOTE
    """,
    "it matches to the end of whatever it began, so that the next search begins behind it": """
        core/asks.py _ADDRESS
        core/robots/thanks.py _WORD
        mail/words/device_lines.py _WORDS
        mail/mime/headers.py _WORD
        mail/mime/data_pictures.py _SOURCE
        mail/mime/html_cost.py _MARKUP
        mail/mime/rtf.py _TOKEN
        mail/mime/html.py _DROPPED
        mail/author/identity.py _PIECE
        mail/words/attributed.py _WORD
    """,
}
"""Why, and the files and names; the attack shows that 20,000 letters take no longer than in proportion to 5,000."""

CUT: dict[str, tuple[int, str]] = {
    "core/answers/replying.py _ONE": (400, "a field whose length is looked at first"),
    "core/answers/whom.py _ROBOT": (64, "a local part, cut to what one may have"),
    "core/answers/whom.py _ATTENDED": (64, "a local part, cut to what one may have"),
    "core/answers/whom.py _MACHINE": (64, "a local part, cut to what one may have"),
    "core/deliveries/size.py _WORDS": (600, "the beginning of a server's answer"),
    "core/values/subject_prefixes.py _FIRST": (100, "the beginning of a subject"),
    "core/values/subject_prefixes.py _TAGGED": (100, "the beginning of a subject"),
    "core/robots/back.py _UNTIL": (60, "the sixty letters before a date"),
    "core/robots/back.py _TRAILING_DAY": (60, "the sixty letters before a date"),
    "core/acknowledgement/table.py _DOMAIN": (253, "what is longer is no domain, says its own beginning"),
    "core/absences.py _SUBSTITUTE": (201, "a line of at most away.MOST_LINE"),
    "core/absences.py _BETWEEN": (201, "a line of at most away.MOST_LINE"),
    "core/rules/casetypes.py _TIME": (200, "a value of at most casetypes.MOST_VALUE"),
    "core/reasons/words/__init__.py _GAP": (300, "a sentence of our own"),
    "core/acknowledgement/third_party.py _LEADS": (60, "what may be shown of an unproven writer, third_party.MOST"),
    "mail/mime/body.py _STUB": (600, "asked of a text that may be a stub only"),
    "mail/words/device_lines.py _LINK": (240, "lines of at most so many letters"),
    "letters/encode.py _PLAIN_WORD": (200, "a word of a header that clean_header has cut"),
    "letters/encode.py _ATOMS": (200, "a name that clean_header has cut"),
    "letters/encode.py _QUOTABLE": (200, "a name that clean_header has cut"),
    "letters/encode.py _DOT_ATOM": (320, "an address, whose length is looked at first"),
    "letters/encode.py _QUOTED": (320, "an address, whose length is looked at first"),
    "mail/words/forward.py _MAILTO": (2000, "a header block's value, which is cut as it is gathered"),
    "mail/words/forward.py _QUOTED": (1000, "the joined words of an attribution"),
    "mail/words/language.py _ADDRESSES": (800, "the beginning of a text, language.LONGEST"),
    "letters/prove.py _FIELD": (320, "fields that maild itself wrote, of short lines"),
    "letters/prove.py _MAILBOX": (998, "fields that maild itself wrote"),
    "letters/prove.py _BARE_MAILBOX": (998, "fields that maild itself wrote"),
    "mail/words/quotes.py _JOINED": (2000, "lines of at most so many letters"),
    "mail/words/signatures.py _PARTS": (200, "a line of a card, whose length is looked at first"),
    "mail/words/signatures.py _LIST_RULE": (200, "the beginning of a line"),
    "mail/mime/structure.py _TYPE": (300, "the beginning of a Content-Type"),
    "storage/runs.py _WHO": (300, "a name that maild itself gave a process"),
}
"""What looks at short texts only: the most letters that it is ever given, and who cuts."""

BUILT: dict[str, str] = {
    "core/commands/agents.py _private()": "one configured address, escaped: fixed words between look-arounds",
    "core/commands/agents.py public_words()": "one configured address, escaped: fixed words between look-arounds",
    "core/threads/threading.py _tag()": "the configured prefix, escaped, then at most nine digits",
    "core/threads/threading.py _bracketed_tag()": "the configured prefix, escaped, then at most nine digits",
    "letters/prove.py _header()": "the names that we wrote, over a header that we wrote",
    "rulebook/conditions.py _header()": "the name of a header in a rule file, not mail",
    "rulebook/conditions.py _globs()": "an admin's glob; fnmatch makes a pattern of it that never goes back past a *",
    "rulebook/patterns.py ?": "an admin's pattern is looked at, not mail",
}
"""What is made when the house runs, and so is not attacked here."""
