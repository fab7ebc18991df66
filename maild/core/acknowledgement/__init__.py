"""Whether a mail gets an automatic answer, and what that promises."""
