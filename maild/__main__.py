"""``python -m maild`` and the ``maild`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; what maild refuses is one message and exit 2, never a traceback."""
    from maild.cli import app
    from maild.core.errors import MaildError

    try:
        app()
    except MaildError as error:
        sys.stderr.write(f"maild: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
