"""Run revisions against no database: their modules and prod's catalog in; what they rename, and what is not read, out.

Each upgrade() gets real Operations on a real connection of SQLAlchemy's, behind which stands no database. So whatever
Alembic, a plugin or a revision makes of its operations arrives as the SQL that a database would have got, and there is
one place where it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..errors import RevisionError
from ..names import Ident
from ..renames import Renames
from .environment import TeamOptions
from .refusing import undisturbed

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

_NO_PARSER = (
    "the SQL of revisions cannot be read without the package postgast, of which there is no wheel for this platform;"
    " install it with a C compiler, or give scratch_url a server on which the revisions can run"
)


@dataclass(frozen=True)
class Recorded:
    """What revisions rename and make, as far as could be read."""

    renames: Renames
    made: frozenset[Ident] = frozenset()  # tables and columns
    unread: tuple[tuple[str, str], ...] = ()  # a revision, and why it was not read to its end
    whole: bool = False  # so they make nothing else


def recorded_renames(
    config: Config,
    revisions: Sequence[Script],
    have: Catalog,
    options: TeamOptions | None = None,
    *,
    search_path: str = "public",
) -> Recorded:
    """Say what `revisions`, in the order in which they run, make of the names in prod's catalog.

    Nothing is asked of any database, and none can be opened meanwhile. A revision that raises is read up to there.
    """
    try:
        from .hearing import Hearing
    except ImportError as exc:
        if exc.name != "postgast":
            raise
        raise RevisionError(_NO_PARSER) from None
    hearing = Hearing(have, search_path)
    with undisturbed():
        hearing.hear_all(config, revisions, options or TeamOptions())
    unread = tuple(hearing.unread)
    return Recorded(hearing.standing.renames(), hearing.standing.made(), unread, whole=hearing.whole and not unread)
