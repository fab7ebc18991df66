"""format=flowed put back into paragraphs (RFC 3676)."""

from __future__ import annotations


def unwrap(text: str, *, delsp: bool = False) -> str:
    """Join flowed lines of the same quote depth; stuffing is undone, the signature line stands alone."""
    out: list[str] = []
    paragraph: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        signature = body == "-- "
        flows = body.endswith(" ") and not signature
        if flows and delsp:
            body = body[:-1]
        if open_depth == depth and not signature:
            paragraph.append(body)
        else:
            out.append("".join(paragraph))
            paragraph = [(">" * depth + " " if depth else "") + body]
        open_depth = depth if flows else None
    out.append("".join(paragraph))
    return "\n".join(out[1:])
