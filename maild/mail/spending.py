"""What one mail's reading may still use up, besides time: one budget that every step spends from (law R6).

A cap for each text is no cap for a mail of five hundred texts. When something is used up, a step goes on with less and
says so in ``defects``: the text is cut, what is left stays in a file. Where less would be wrong, it raises
:class:`~maild.mail.caps.Capped` and the next cheaper reading is taken. Steps ask once for a text, never for a letter.
"""

from __future__ import annotations

from maild.mail import caps

FIELDS = 20_000
"""Header fields of all parts together: five hundred parts have some three thousand."""
MATCHES = 4_000
"""Places looked at more closely, such as what has the shape of one of our addresses."""
BOXES = 5_000
"""Addresses of all address fields together."""
FILES = 1_000
"""Files inside texts and in Outlook's wrappings, all together."""
SOURCES = 16_000_000
"""Characters of texts that are not shown and only searched for our own addresses."""


class Spending:
    """The counts of one mail; ``defects`` says what was cut, each once."""

    __slots__ = ("boxes", "defects", "fields", "files", "html", "matches", "sources", "text")

    def __init__(self) -> None:
        self.text = caps.TEXT
        """Characters that may still be shown."""
        self.html = caps.HTML_TOGETHER
        """Characters of HTML that may still be turned into text."""
        self.sources = SOURCES
        self.fields = FIELDS
        self.matches = MATCHES
        self.boxes = BOXES
        self.files = FILES
        self.defects: dict[str, None] = {}

    def cut(self, defect: str) -> None:
        """Note that something was left out."""
        self.defects[defect] = None

    def take_text(self, characters: int) -> int:
        """Return how many of so many characters may be shown."""
        granted = min(characters, self.text)
        self.text -= granted
        return granted

    def take_html(self, characters: int) -> bool:
        """Tell whether so many characters of HTML may be turned into text."""
        self.html -= min(characters, caps.HTML)
        return self.html >= 0

    def take_source(self, text: str) -> str:
        """Return as much of a text as may still be searched."""
        granted = text[: max(self.sources, 0)]
        self.sources -= len(text)
        if len(granted) < len(text):
            self.cut("some texts that are not shown are searched in part")
        return granted

    def take_match(self) -> bool:
        """Tell whether one more place may be looked at."""
        self.matches -= 1
        return self.matches >= 0

    def take_fields(self, count: int) -> None:
        """Spend on the header fields of a part.

        Raises:
            caps.Capped: when the parts have more than a mail may have.

        """
        self.fields -= count
        if self.fields < 0:
            raise caps.Capped(f"parts with more than {FIELDS} header fields")

    def take_files(self, count: int) -> int:
        """Return how many of so many files that lie in a part are told of; the part itself always is."""
        granted = min(count, self.files)
        self.files -= granted
        if granted < count:
            self.cut(f"more than {FILES} files lie inside other parts")
        return granted

    def take_boxes(self, count: int) -> int:
        """Return how many of so many addresses of a field are kept."""
        granted = min(count, self.boxes)
        self.boxes -= granted
        if granted < count:
            self.cut(f"of more than {BOXES} addresses the rest is not read")
        return granted
