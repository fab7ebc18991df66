"""verbs.toml: the words of a desk's own that mean a verb, beside those that come with maild."""

from __future__ import annotations

from maild.config.toml_file import tell, unknown
from maild.core.rules.verb_words import SHIPPED, VERBS
from maild.core.values.words import fold
from maild.rulebook.files import Files
from maild.rulebook.type_shapes import VerbShape


def read(files: Files) -> dict[str, str]:
    """Read and judge verbs.toml: the verb by each word, folded.

    The shipped words hold whatever the file says, so that no file of an older maild lets a command out to a customer;
    a word that the file gives another verb has that one.
    """
    judged = files.judged("verbs.toml", dict[str, VerbShape])
    if judged is None:
        return dict(SHIPPED)
    document, shapes = judged
    found: dict[str, str] = {}
    for verb, shape in shapes.items():
        if verb not in VERBS:
            files.wrong(document, (verb,), unknown(verb, VERBS, kind="verb"))
        for place, word in enumerate(shape.words):
            folded = fold(word).strip()
            if folded in ("", "#"):
                files.wrong(document, (verb, "words", place), f"found {tell(word)}, expected a word")
            elif folded in found:
                files.wrong(document, (verb, "words", place), f"{word} means {found[folded]} already")
            found[folded] = verb
    return {**SHIPPED, **found}
