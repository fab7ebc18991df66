"""The store's schema version: upgrade an older one, refuse a newer one, know the present one.

Alembic is imported only when there is something to do; a daemon that starts on a present store pays one query.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from maild.core.errors import Unusable
from maild.storage.engine import reading

HEAD = "0009"
"""The newest schema version this code knows."""
VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")


def version(engine: Engine) -> str | None:
    """Return the store's schema version, or None for an empty store."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return str(connection.execute(text("select version_num from alembic_version")).scalar())


def upgrade(engine: Engine, *, to: str = HEAD) -> bool:
    """Bring the store to HEAD (or to an older version, for a store to begin a test with); True when something was done.

    Raises:
        Unusable: when the store was written by a newer maild.

    """
    found = version(engine)
    if found == to:
        return False
    if found is not None and found not in VERSIONS:
        raise Unusable(
            f"the store has schema version {found}, which is newer than this maild knows ({HEAD}); use a newer maild"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    return True
