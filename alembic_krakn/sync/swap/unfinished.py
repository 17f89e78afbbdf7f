"""What earlier runs left beside test in; the database to fill, and whether it stays when that fails, out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg

from ...connect import Address, open_test
from ...errors import KraknError, SyncError, ValidationFailed
from ...progress import Progress
from ..prepare import Ready
from ..problems import RowRefused
from . import journal
from .beside import Neighbourhood
from .home import Home

_PATIENCE = 5  # seconds; a server that has heard of the DROP goes on with it


def begun(near: Neighbourhood, home: Home, ready: Ready, mark: str, progress: Progress) -> str:
    """Give the database to fill: the one to resume, or a new one; all other unfinished ones go."""
    found, test = None, ready.order.test
    for name, usable in near.unfinished().items():
        begun_for = _mark_of(test.with_database(name)) if ready.manner.resume and usable else None
        if begun_for not in (None, mark):
            raise SyncError(
                f"test: {name} cannot be resumed, as the profile, the mask key, a schema or krakn is another one now;"
                " sync without --resume, which drops it; nothing was changed"
            )
        if begun_for and found is None:
            found = name
        else:
            near.drop(name)
    if found is None:
        progress.step("creating a database beside test")
        found = near.create(home)
        with open_test(test.with_database(found)) as there:
            journal.begin(there, mark)
    return found


def _mark_of(there: Address) -> str | None:
    with open_test(there) as target:
        return journal.mark_of(target)


@contextlib.contextmanager
def dropped_if_useless(near: Neighbourhood, test: Address, name: str) -> Iterator[None]:
    """Drop the new database when filling it failed, unless another run can go on with what it has."""
    try:
        yield
    except KraknError as exc:
        count = _worth(test, name, exc)
        if not count:
            _drop(near, name)
            raise
        told = "1 table is" if count == 1 else f"{count} tables are"
        raise type(exc)(f"{exc}; {told} done, and --resume goes on with the others") from None
    except BaseException:
        _drop(near, name)
        raise


def _worth(test: Address, name: str, exc: KraknError) -> int:
    """Count the tables that need not be filled again; none where the same rows would fail again."""
    if isinstance(exc, ValidationFailed | RowRefused):
        return 0
    try:
        with open_test(test.with_database(name)) as there:
            return len(journal.finished(there))
    except (KraknError, psycopg.Error):  # the server is gone, or there is no room: the next run looks again
        return 0


def _drop(near: Neighbourhood, name: str) -> None:
    """Drop the new database, with patience for a server that may never answer; the next run drops it as well."""

    def drop() -> None:
        # What went wrong before says more than what goes wrong now.
        with contextlib.suppress(psycopg.Error):
            near.drop(name)

    dropping = threading.Thread(target=drop, daemon=True)
    dropping.start()
    dropping.join(_PATIENCE)


__all__ = ["begun", "dropped_if_useless"]
