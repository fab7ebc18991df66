"""A person is nudged twice, paced, once for each promise; run on the package with the feature in it."""

import sys
from datetime import timedelta

import maild
from maild.core.cause import About
from maild.storage import upgrade
from maild.storage.engine import open_engine
from tests.kit import make
from tests.kit.promises import NOW, Promises


def main(url: str) -> None:
    """Tell the story on a store, and print what came of it."""
    engine = open_engine(url)
    upgrade.upgrade(engine)
    desk = Promises(engine)
    cases = [desk.take(make.mail(f"Sak {n} om noe", author=f"k{n}@kunde{n}.example")).case for n in range(70)]
    for case in cases:
        desk.promise(About(what="case", id=case or 0), "nudge", NOW + timedelta(days=2))  # type: ignore[arg-type]
    for days in (1, 2, 3, 4, 5, 6, 7):
        desk.keep(NOW + timedelta(days=days))
    print(maild.__file__)
    print(desk.rows("select count(*), count(distinct recipient) from outbox where once_key like 'nudge:%'"))
    print(desk.rows("select count(*) from outbox where once_key like 'nudge:%' group by due order by due"))
    print(desk.rows("select said, count(*) from timer where step = 'nudge' group by 1 order by 1"))
    print(desk.rows("select sum(count) from automatic_minute"))


main(sys.argv[1])
