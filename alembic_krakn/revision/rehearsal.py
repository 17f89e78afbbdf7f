"""Run the team's pending revisions on a copy of prod's schema, and learn what each of them does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..catalog import Catalog, Owner, read_addresses
from ..connect import Address, WritableConnection, open_test
from ..errors import RevisionError
from ..names import Ident
from ..progress import Progress, Silent
from ..renames import Renames
from .environment import TeamOptions
from .filters import without_version_table
from .held import told_as
from .identities import renames_between
from .pending import HEADS, PendingRevision, pending, stamp, upgrades
from .running import StepFailed, run_steps
from .scratch import OTHERWISE, build
from .scripts import scripts_of

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import RevisionStep
    from alembic.script import ScriptDirectory

_LABELS = """
    SELECT e.oid::pg_catalog.int8 AS oid, 'pg_catalog.pg_type'::regclass::oid AS classid, e.enumtypid AS objid,
           e.enumlabel AS label
    FROM pg_catalog.pg_enum AS e
"""


@dataclass(frozen=True)
class Rehearsal:
    """What is there after all pending revisions, what each of them did, and what they renamed."""

    catalog: Catalog
    touched: Mapping[PendingRevision, frozenset[Ident]]  # what each created, altered or dropped, in their order
    renames: Renames
    made: frozenset[Ident]  # tables and columns that they made, although prod may have others of these names


def rehearse(
    config: Config,
    scratch: Address,
    have: Catalog,
    revisions: Sequence[str],
    options: TeamOptions,
    *,
    upto: Sequence[str] = HEADS,
    progress: Progress | None = None,
) -> Rehearsal:
    """Build prod's schema in the scratch database and run what is pending there, one revision after the other.

    Nothing else is reached: env.py runs on the scratch database, whatever URL it has. `have` is prod's catalog and
    `revisions` what its version table names; `upto` are the revisions to end at.
    """
    progress = progress or Silent()
    pending(scripts_of(config), revisions, upto)  # says what is wrong before anything is built
    with open_test(scratch) as reader:
        progress.step("building prod's schema in a scratch database")
        build(reader, have)
        stamp(reader, revisions, options)
        run = _Run(reader, options, progress, upto)
        try:
            run_steps(config, scratch, run.steps)
        except StepFailed as failed:
            raise RevisionError(
                f"pending revision {failed.revision.revision} ({failed.revision.path}) failed on an empty copy of"
                f" prod's schema with {failed.cause}; if it needs rows, or prod's schema is not what the revisions say,"
                f" put that right {OTHERWISE}"
            ) from None
    return Rehearsal(run.unchanged_as(have), run.touched, run.renames(), run.made())


@dataclass(frozen=True)
class _State:
    """The scratch database between two revisions."""

    catalog: Catalog
    addresses: Mapping[tuple[int, int, int], Ident]  # by classid, objid and objsubid
    labels: Mapping[int, tuple[Ident, str]]  # of enums, by PostgreSQL's own number


class _Run:
    """The pending revisions on their way through the scratch database."""

    def __init__(
        self, reader: WritableConnection, options: TeamOptions, progress: Progress, upto: Sequence[str]
    ) -> None:
        self.reader = reader
        self.options = options
        self.progress = progress
        self.upto = upto
        self.touched: dict[PendingRevision, frozenset[Ident]] = {}
        self.first = self.last = self._read()

    def steps(self, script: ScriptDirectory, revisions: tuple[str, ...]) -> Iterator[RevisionStep]:
        """Give the revisions one by one, and see what each has done."""
        for step in upgrades(script, revisions, self.upto):
            self.progress.step(f"running {step.revision.revision} in the scratch database")
            yield step
            before, self.last = self.last, self._read()
            self.touched[PendingRevision.of(step.revision)] = _touched(before.catalog, self.last.catalog)

    def _read(self) -> _State:
        with self.reader.snapshot():
            catalog, addresses = read_addresses(self.reader.ask)
            labels = {
                row["oid"]: (addresses[row["classid"], row["objid"], 0], row["label"])
                for row in self.reader.fetch(_LABELS)
                if (row["classid"], row["objid"], 0) in addresses
            }
            return _State(without_version_table(catalog, self.options), addresses, labels)

    def unchanged_as(self, have: Catalog) -> Catalog:
        """Give the catalog of the end, with prod's own facts for what no revision changed, and prod's owners."""
        found = told_as(have, self.first.catalog, self.last.catalog)
        owners = {each.ident: each for each in have.of(Owner) if each.on in found.facts}
        needs = {ident: have.needs[ident] & {*owners, *found.facts} for ident in owners if ident in have.needs}
        return replace(found, facts={**found.facts, **owners}, needs={**found.needs, **needs})

    def made(self) -> frozenset[Ident]:
        """List the tables and columns that were not there at the beginning, whatever they are called."""
        fresh = self.last.addresses.keys() - self.first.addresses.keys()
        idents = (self.last.addresses[address] for address in fresh)
        return frozenset(ident for ident in idents if ident.kind in ("table", "column"))

    def renames(self) -> Renames:
        """Compare PostgreSQL's own identities at the beginning and at the end: a name may change, an address stays."""
        was, now = self.first, self.last
        pairs = [(was.addresses[each], now.addresses[each]) for each in was.addresses.keys() & now.addresses.keys()]
        labels: dict[Ident, dict[str, str]] = {}
        for oid, (enum, label) in was.labels.items():
            if oid in now.labels:
                labels.setdefault(enum, {})[label] = now.labels[oid][1]
        return renames_between(pairs, labels)


def _touched(before: Catalog, after: Catalog) -> frozenset[Ident]:
    idents = before.facts.keys() | after.facts.keys()
    return frozenset(ident for ident in idents if before.facts.get(ident) != after.facts.get(ident))
