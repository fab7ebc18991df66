"""A notice that a server finds too big goes again without its files, which it names (law W15).

The bigger the mail the more it matters: a case that no agent ever hears of is lost. An answer to a customer is not
sent without its files; its agents are told that it did not arrive.
"""

from __future__ import annotations

from maild.core.draft import Draft
from maild.core.facts import CaseFacts
from maild.core.letters.notices import about_case
from maild.core.reasons.reason import Reason
from maild.core.threads import tokens


def said(reason: Reason) -> str:
    """Return the words of somebody else's that a reason holds."""
    return " ".join(part if isinstance(part, str) else said(part) for part in reason.args if not isinstance(part, int))


def has_files(data: bytes) -> bool:
    """Tell whether a letter of ours carries files."""
    return b"\nContent-Type: multipart/mixed;" in data[: 64 * 1024].partition(b"\r\n\r\n")[0]


def send_again(draft: Draft, letter: int, to: str, case: CaseFacts | None, *, key: str) -> bool:
    """Send a notice to an agent once more, without its files; False when it is none, or had none."""
    outgoing, data = draft.facts.threads.outgoing.get(letter), draft.facts.letter_data.get(letter)
    if case is None or outgoing is None or not outgoing.to_agent or data is None or not has_files(data):
        return False
    signed = tokens.verify_message_id(draft.facts.keys, outgoing.message_id)
    agent = draft.rulebook.agents.get(draft.rulebook.agent_by_address.get(to, ""))
    about = about_case(case, draft.rulebook)
    draft.writer.write(
        outgoing.kind,  # type: ignore[arg-type]
        about,
        to=to,
        to_name="" if agent is None else agent.name,
        audience="internal" if signed is None else signed.audience,
        once_key=f"light:{letter}:{key}",
        language=(None if agent is None else agent.language) or about.department.language,
        values={},
        to_agent=True,
        again=letter,
    )
    return True
