"""Open prod and test for a command: settings and the project in; connections, both catalogs and the team out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .addresses import address_of
from .catalog import Catalog, Fact, Maker, read_catalog
from .catalog.own import own_tables
from .connect import ReadOnlyConnection, Side, WritableConnection, open_prod, open_test, refuse_same
from .diff import Kept, choose, keep
from .diff.choice import refuse_unmet
from .diff.leaving import Left, leave_out
from .diff.patterns import Pattern, parse, refuse_unmatched
from .diff.renaming import rename
from .diff.unsaid import as_models_say
from .names import Ident, some_of
from .progress import Progress
from .renames import Relation, Renames
from .version_tables import schema_and_name, version_tables, without_tables

if TYPE_CHECKING:
    from alembic.config import Config

    from .config import Settings
    from .team import Models, Team

logger = logging.getLogger(__name__)

_UNSAID = (
    "models cannot say the one that stays; drop it in a revision of its own, or leave the other one with --exclude {1}"
)


@dataclass(frozen=True)
class Choice:
    """What shall change, as the settings say, and what stays for it."""

    only: tuple[str, ...] = ()  # patterns
    exclude: tuple[str, ...] = ()
    keep_prod_only: bool = False
    kept: tuple[Ident, ...] = ()
    replaced: tuple[tuple[Ident, Ident], ...] = ()  # what only prod has and cannot be kept, and what is in its place


@dataclass(frozen=True)
class Pair:
    """What is compared: `want` has what was chosen, and what is kept because only `have` has it."""

    have: Catalog
    want: Catalog
    renames: Renames
    choice: Choice


@dataclass(frozen=True)
class Goal:
    """What prod is compared with: a whole schema, or what models say, who leave out what they cannot say."""

    catalog: Catalog
    models: Models | None = None

    def seen_from(self, have: Catalog) -> tuple[Catalog, set[Ident] | None]:
        """Give what it makes of `have`, and, for models, what they speak for."""
        if self.models is None:
            return self.catalog, None
        return as_models_say(have, self.models.catalog, self.models.before, self.models.schemas)


@dataclass(frozen=True)
class Sides:
    """Both databases, and the project that they belong to, if there is one."""

    prod: ReadOnlyConnection
    test: WritableConnection | None  # None: it is not needed, and nobody gave its URL
    have: Catalog  # all that is there, but Alembic's own table and krakn's
    want: Catalog  # empty where test is not what prod is compared with
    version_tables: frozenset[Relation]  # Alembic's own, on either side
    team: Team | None
    settings: Settings

    def pair(self, have: Catalog, goal: Goal, renames: Renames, *, strict: bool = True, reverse: bool = False) -> Pair:
        """Give `have`, which is prod or what becomes of it, and what is wanted of it: the goal, as far as it is chosen.

        A pattern that names nothing is an error, unless this is not `strict`. `reverse` swaps both sides.
        """
        wanted, said = goal.seen_from(have)
        have, want, along = self.filtered(have, wanted)
        if along and strict:
            logger.warning(
                "left out too, as it needs what env.py or the settings leave out and prod does not have: %s",
                some_of(along),
            )
        if reverse:
            have, want, renames = want, have, renames.inverse()
        only, exclude = self._patterns("only"), self._patterns("exclude")
        if strict:
            refuse_unmatched([*only, *exclude], [*have.facts, *want.facts])
        want = choose(have, want, only, exclude, renames)
        if said is not None:
            refuse_unmet(have if reverse else want, said, {**have.facts, **wanted.facts}, _UNSAID)
        settings = self.settings
        kept = Kept(want)
        if settings.keep_prod_only and not reverse:
            kept = keep(rename(have, want, renames).have, want)
        choice = Choice(settings.only, settings.exclude, settings.keep_prod_only, kept.kept, kept.replaced)
        return Pair(have, kept.want, renames, choice)

    def _patterns(self, name: Literal["only", "exclude"]) -> tuple[Pattern, ...]:
        return parse(getattr(self.settings, name), self.settings.origin(name))

    def filtered(self, have: Catalog, want: Catalog) -> Left:
        """Leave out of both sides what team and settings leave out."""
        left = self.team.filtered(have, want) if self.team else Left(have, want, ())
        if not (self.settings.schemas or self.settings.exclude_schemas):
            return left

        def wanted(fact: Fact) -> bool:
            schema = fact.ident.schema
            if schema is None:
                return True
            return (not self.settings.schemas or schema in self.settings.schemas) and (
                schema not in self.settings.exclude_schemas
            )

        more = leave_out(left.have, left.want, wanted)
        return more._replace(along=(*left.along, *more.along))


@contextmanager
def open_sides(
    settings: Settings, project: Config | None, progress: Progress, *, compares_test: bool = True
) -> Iterator[Sides]:
    """Open prod to read and test to write, make sure that they are two databases, and read both catalogs.

    Where test is not compared, only prod is read; test may then have no URL, and else serves for scratch databases.
    """
    prod_address = address_of(settings, Side.PROD)
    statement, lock = settings.statement_timeout, settings.lock_timeout
    with ExitStack() as stack:
        test_address = None
        if compares_test or settings.test_url:
            test_address = address_of(settings, Side.TEST)
        progress.step(f"connecting to prod at {prod_address.shown} (from {prod_address.origin}), read-only")
        prod = stack.enter_context(open_prod(prod_address, statement_timeout=statement, lock_timeout=lock))
        test = None
        if test_address is not None:
            progress.step(f"connecting to test at {test_address.shown} (from {test_address.origin})")
            test = stack.enter_context(open_test(test_address, statement_timeout=statement, lock_timeout=lock))
            refuse_same(prod, test)
        yield _read(prod, test, settings, project, progress, compares_test=compares_test)


def _read(
    prod: ReadOnlyConnection,
    test: WritableConnection | None,
    settings: Settings,
    project: Config | None,
    progress: Progress,
    *,
    compares_test: bool,
) -> Sides:
    team = None
    if project is not None:
        from .team import Team  # imports alembic, which two URLs alone do not need

        progress.step("asking the project's env.py for its options, and both databases for their revision")
        team = Team.meet(project, prod, test, settings, compares_test=compares_test)
    if test is not None and compares_test:
        progress.step("reading the catalogs of prod and test")
        catalogs = _both(prod, test, owners=settings.owners)
    else:
        progress.step("reading the catalog of prod")
        catalogs = _catalog_of(prod, owners=False), Catalog()
    schema, name = team.version_table if team else schema_and_name(settings.version_table)
    tables = frozenset[Relation]().union(*(version_tables(catalog, schema, name) for catalog in catalogs))
    own = tables.union(*map(own_tables, catalogs))
    have, want = (without_tables(catalog, own) for catalog in catalogs)
    return Sides(prod, test, have, want, tables, team, settings)


def _both(prod: ReadOnlyConnection, test: WritableConnection, *, owners: bool) -> tuple[Catalog, Catalog]:
    """Read both catalogs at the same time: the two servers do most of the work."""
    maker = Maker()
    with ThreadPoolExecutor(1) as pool:
        have = pool.submit(_catalog_of, prod, owners=owners, maker=maker)
        try:
            want = _catalog_of(test, owners=owners, maker=maker)
            return have.result(), want
        except BaseException:
            prod.cancel()  # or Ctrl-C would wait for all that prod has still to say
            raise


def _catalog_of(
    connection: ReadOnlyConnection | WritableConnection, *, owners: bool, maker: Maker | None = None
) -> Catalog:
    with connection.snapshot():
        return read_catalog(connection.ask, owners=owners, maker=maker)
