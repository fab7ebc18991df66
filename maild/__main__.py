"""``python -m maild`` and the ``maild`` command."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; what maild refuses is one message and exit 2, never a traceback."""
    gc.set_threshold(50_000, 20, 20)  # to look for garbage among modules being loaded took a tenth of a command's time
    from typer import Abort, BadParameter

    from maild.cli import app
    from maild.cli.harmless import plain
    from maild.config.places import UMASK
    from maild.core.errors import MaildError

    os.umask(UMASK)
    refused: type[Exception] = BadParameter.__mro__[2]  # whatever the command line itself refuses
    try:
        code = app(standalone_mode=False)
    except MaildError as error:
        sys.stderr.write(f"maild: {plain(str(error).removeprefix('maild: '))}\n")
        sys.exit(2)
    except Abort:
        sys.exit(130)
    except refused as error:
        said = getattr(error, "format_message", error.__str__)()
        sys.stderr.write(f"maild: {plain(said.replace('Value error, ', ''))}\n" if said else "")
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
