"""The front room: what each command does, without printing; settings go in, plain results come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .catalog import Catalog, Fact, Table, read_catalog
from .connect import ReadOnlyConnection, Side, WritableConnection, open_prod, open_test, refuse_same, settle
from .diff import Plan, plan
from .names import Ident
from .progress import Progress, Silent

if TYPE_CHECKING:
    from alembic.config import Config

    from .config import Settings


@dataclass(frozen=True)
class PendingRevision:
    """A revision of the project that prod does not have yet."""

    revision: str
    message: str

    def __str__(self) -> str:
        return f'{self.revision} "{self.message}"' if self.message else self.revision


@dataclass(frozen=True)
class DiffResult:
    """What differs, and between which databases; without an Alembic project, nobody knows about revisions."""

    prod: str  # host:port/database
    test: str
    have: Catalog = field(repr=False)
    want: Catalog = field(repr=False)
    plan: Plan
    at: tuple[str, ...] | None = None  # the revisions that prod is at
    pending: tuple[PendingRevision, ...] | None = None
    # For each difference the pending revisions that explain it; what is missing is drift.
    explained: Mapping[Ident, tuple[PendingRevision, ...]] | None = None


def diff(settings: Settings, *, project: Config | None = None, progress: Progress | None = None) -> DiffResult:
    """Compare prod's schema with test's."""
    progress = progress or Silent()
    with _both(settings, progress) as (prod, test):
        have, want = _catalogs(prod, test, settings, progress)
        progress.step("comparing both schemas")
        return DiffResult(prod.address.shown, test.address.shown, have, want, plan(have, want))


@contextmanager
def _both(settings: Settings, progress: Progress) -> Iterator[tuple[ReadOnlyConnection, WritableConnection]]:
    """Open prod to read and test to write, and make sure that they are two databases."""
    prod_address = settle(settings.url("prod"), Side.PROD, origin=settings.origin("prod_url"))
    test_address = settle(settings.url("test"), Side.TEST, origin=settings.origin("test_url"))
    progress.step(f"connecting to prod at {prod_address.shown}, read-only")
    statement, lock = settings.statement_timeout, settings.lock_timeout
    with open_prod(prod_address, statement_timeout=statement, lock_timeout=lock) as prod:
        progress.step(f"connecting to test at {test_address.shown}")
        with open_test(test_address, statement_timeout=statement, lock_timeout=lock) as test:
            refuse_same(prod, test)
            yield prod, test


def _catalogs(
    prod: ReadOnlyConnection, test: WritableConnection, settings: Settings, progress: Progress
) -> tuple[Catalog, Catalog]:
    """Read both catalogs, without what the settings leave out and without Alembic's own table."""
    wanted = _wanted(settings)
    found = []
    for connection in (prod, test):
        progress.step(f"reading the catalog of {connection.side.value}")
        with connection.snapshot():
            found.append(read_catalog(connection.fetch).keep(wanted))
    return found[0], found[1]


def _wanted(settings: Settings) -> Callable[[Fact], bool]:
    schema, _, table = settings.version_table.rpartition(".")

    def wanted(fact: Fact) -> bool:
        where = fact.ident.schema
        if where is not None and (
            (settings.schemas and where not in settings.schemas) or where in settings.exclude_schemas
        ):
            return False
        return not (isinstance(fact, Table) and fact.name == table and schema in ("", fact.schema))

    return wanted
