"""Prove a migration in scratch databases: run it there and back; what does not come out as it should comes out here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic.runtime.migration import MigrationStep

from ..catalog import Catalog, Fact, View
from ..connect import Address, open_test
from ..diff import without_leftovers
from ..names import Ident, verbatim
from .environment import TeamOptions
from .failures import explain
from .held import build_like, read, tells_alike, told_as
from .pending import stamp, upgrades
from .running import StepFailed, run_steps
from .scratch import build
from .scripts import scripts_of

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import RevisionStep
    from alembic.script import ScriptDirectory

Scratch = Callable[[], AbstractContextManager[Address]]


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as it should be; None where it is not there."""

    ident: Ident
    found: Fact | None
    expected: Fact | None


@dataclass(frozen=True)
class Proof:
    """What a migration did in a scratch database."""

    up: tuple[Mismatch, ...] = ()
    down: tuple[Mismatch, ...] | None = None  # None: nobody went back
    failed: str | None = None  # what raised

    @property
    def holds(self) -> bool:
        """Say whether all came out as it should."""
        return not (self.up or self.down or self.failed)


@dataclass(frozen=True)
class Claim:
    """What a migration says of itself: it turns the schema `start` into `goal`."""

    start: Catalog
    goal: Catalog


def whole(start: Catalog, have: Catalog, want: Catalog) -> Claim:
    """Give the claim of a plan from `have` to `want`: what of `start` they leave out stays as it is."""
    start, have, want = (catalog.without_owners() for catalog in (start, have, want))  # a scratch has other roles
    start, have = without_leftovers(start, want), without_leftovers(have, want)
    aside = start.facts.keys() - have.facts.keys()
    facts = {**{ident: start.facts[ident] for ident in aside}, **want.facts}
    needs = {**{ident: start.needs.get(ident, frozenset()) for ident in aside}, **want.needs}
    goal = replace(want, facts=facts, needs={ident: each & facts.keys() for ident, each in needs.items()})
    return Claim(start, goal)


def prove_files(
    config: Config,
    files: Sequence[Path],
    claim: Claim,
    have: Catalog,
    at: Sequence[str],
    options: TeamOptions,
    scratch: Scratch,
) -> Proof:
    """Build prod's schema `have` in a scratch database, run what is pending and the new files, and go back as far.

    The files' revisions stand one on the other; a prod `at` its revisions has neither them nor the pending ones.
    """
    script = scripts_of(config)
    paths = {path.resolve() for path in files}
    new = [each.revision for each in script.walk_revisions() if Path(each.path).resolve() in paths]  # the last first
    seen: dict[str, Catalog] = {}
    with scratch() as address, open_test(address) as reader:
        build(reader, have)
        stamp(reader, at, options)
        seen["built"] = read(reader, options)

        def steps(script: ScriptDirectory, revisions: tuple[str, ...]) -> Iterator[RevisionStep]:
            for step in upgrades(script, revisions, new[:1]):
                if step.revision.revision in new and "before" not in seen:
                    seen["before"] = read(reader, options)
                yield step
            seen["after"] = read(reader, options)
            for revision in new:
                yield MigrationStep.downgrade_from_script(script.revision_map, script.get_revision(revision))
            seen["back"] = read(reader, options)

        failed = None
        try:
            run_steps(config, address, steps)
        except StepFailed as problem:
            failed = str(problem)
    up = _against_goal(seen["after"], seen["built"], have, claim, options, scratch) if "after" in seen else ()
    down = _mismatches(seen["back"], seen["before"], seen["before"]) if "back" in seen else None
    return Proof(up, down, failed)


def prove_sql(script: str, claim: Claim, options: TeamOptions, scratch: Scratch) -> Proof:
    """Build the start in a scratch database and run a script of SQL on it."""
    with scratch() as address, open_test(address) as reader:
        build(reader, claim.start)
        built = read(reader, options)
        try:
            for statement in _statements(script):
                reader.execute(verbatim(statement))
        except psycopg.Error as problem:
            return Proof(failed=f"the SQL failed with {explain(problem)}")
        found = read(reader, options)
    return Proof(_against_goal(found, built, claim.start, claim, options, scratch))


def _statements(script: str) -> list[str]:
    """Take a script apart, as psql does: some statements run only by themselves."""
    try:
        import postgast
    except ImportError:  # there is no wheel for this platform
        return [script]
    return list(postgast.split(script))


def _against_goal(
    found: Catalog, built: Catalog, have: Catalog, claim: Claim, options: TeamOptions, scratch: Scratch
) -> tuple[Mismatch, ...]:
    """Compare what came out with the goal, both as one server tells it."""
    if tells_alike(claim.goal, found):
        return _mismatches(told_as(have, built, found), claim.goal, claim.start)
    with scratch() as address:
        return _mismatches(found, build_like(address, claim.goal, options), claim.start)


def _mismatches(found: Catalog, expected: Catalog, start: Catalog) -> tuple[Mismatch, ...]:
    return tuple(
        Mismatch(ident, found.facts.get(ident), expected.facts.get(ident))
        for ident in sorted(found.facts.keys() | expected.facts.keys())
        if not _same(found.facts.get(ident), expected.facts.get(ident), start.facts.get(ident))
    )


def _same(found: Fact | None, expected: Fact | None, start: Fact | None) -> bool:
    if isinstance(found, View) and isinstance(expected, View) and expected == start:
        # It stays for prod's sake, over columns that change: what its own become is not known before.
        return replace(found, columns=expected.columns) == expected
    return found == expected


__all__ = ["Claim", "Mismatch", "Proof", "prove_files", "prove_sql", "whole"]
