"""Test's schema in; the same built in an empty database, bare, and what is to be built when the rows are there, out."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from ...catalog import (
    Catalog,
    Constraint,
    EventTrigger,
    Publication,
    RewriteRule,
    Table,
    Trigger,
    UserMapping,
    read_catalog,
)
from ...catalog.own import own_tables
from ...connect import ConnectionLost, WritableConnection, behind_builtins
from ...diff import Plan, Step, plan
from ...errors import SyncError
from ...names import Ident, verbatim
from ..load.build import table_of
from ..structure import Structure, bare_of, forced_of, is_foreign, views_of
from ..values import Relation
from . import journal


@dataclass(frozen=True)
class Site:
    """What is built, and in what order."""

    whole: Catalog  # as it shall be in the end, owners among it
    bare: Catalog  # as it is while rows come in
    structure: Structure


def site_of(whole: Catalog, emptied: tuple[Relation, ...], undone: set[Relation]) -> Site:
    """Part test's schema into what comes before the rows of the `undone` tables, and what comes after."""
    known = {(table.schema, table.name) for table in whole.of(Table)}
    tables = known & undone
    foreign = {
        key.ident
        for key in whole.of(Constraint)
        if key.references and {(key.schema, key.table), key.references} & tables
    }
    # Of finished tables as well: their rows are read, for keys that refer to them and where sequences shall stand.
    forced = forced_of(whole, known)
    # Owners come last: whoever they are, until then the tables are ours. So do publications: a table that one of them
    # publishes takes no UPDATE or DELETE without a replica identity, and one of all tables publishes krakn's own.
    bare = bare_of(whole.without_owners(), tables, foreign, forced).keep(
        lambda fact: not isinstance(fact, EventTrigger | Publication | RewriteRule | Trigger)
    )
    steps = plan(bare, whole).steps
    structure = Structure(
        emptied=emptied,
        neighbours=(),
        truncate="",
        drop=(),
        rebuild=tuple(step for step in steps if table_of(step) and not is_foreign(step.want)),
        keys=tuple(step for step in steps if is_foreign(step.want)),
        forced=forced,
        views=views_of(whole, whole.facts.keys()),
    )
    return Site(whole, bare, structure)


def read_whole(connection: WritableConnection) -> Catalog:
    """Read a schema with its owners."""
    with connection.snapshot():
        return read_catalog(connection.ask, owners=True)


def refuse_incomplete(whole: Catalog) -> None:
    """Refuse to build anew what krakn does not see all of."""
    secret = [
        str(fact.ident)
        for fact in whole.facts.values()
        if getattr(fact, "secrets", ()) or (isinstance(fact, UserMapping) and fact.foreign_options is None)
    ]
    unknown = [f"{count} {kind}" for kind, count in sorted(whole.uncompared.items()) if count]
    if unknown or secret:
        what = ", ".join([*unknown, *(f"secrets of {name}" for name in secret)])
        raise SyncError(
            f"test: --swap builds the schema anew, and test has what krakn does not read ({what});"
            " sync without --swap; nothing was changed"
        )


def build(target: WritableConnection, goal: Catalog, search_path: str) -> Plan:
    """Turn whatever is in a database into that schema, and give the plan that did it.

    The role's search path on test is for what functions of indexes and checks call; all names in a plan are qualified.
    """
    now = _without_new(read_whole(target), goal)
    found = plan(now if _owned(goal) else now.without_owners(), goal)
    target.execute("SET check_function_bodies = off")
    target.fetch("SELECT pg_catalog.set_config('search_path', %s, false)", (behind_builtins(search_path),))
    for step in found.steps:
        _run(target, step)
    return found


def prove(target: WritableConnection, whole: Catalog) -> None:
    """Make sure that the schema is the one that was to be built."""
    if odd := plan(_without_new(read_whole(target), whole), whole).changes:
        told = ", ".join(str(change.ident) for change in odd[:5]) + (", ..." if len(odd) > 5 else "")
        raise SyncError(
            f"krakn did not build all of test's schema ({told}); please report this, and sync without --swap;"
            " test is as it was"
        )


def _without_new(now: Catalog, goal: Catalog) -> Catalog:
    """Leave out what is krakn's own where the goal knows nothing of it: tables that came with the rows, the journal."""
    new = {Ident("table", table) for table in own_tables(now)} - goal.facts.keys()
    return now.keep(lambda fact: fact.ident not in new and fact.ident.schema != journal.SCHEMA)


def _owned(goal: Catalog) -> bool:
    return goal != goal.without_owners()


def _run(target: WritableConnection, step: Step) -> None:
    try:
        for statement in step.statements:
            target.execute(verbatim(statement))
    except ConnectionLost:
        raise
    except psycopg.Error as exc:
        said = str(exc.diag.message_primary or type(exc).__name__)
        raise SyncError(
            f"test: {step.ident} cannot be built in the new database: {said}; sync without --swap, which leaves the"
            " schema alone; test is as it was"
        ) from None


__all__ = ["Site", "build", "prove", "read_whole", "refuse_incomplete", "site_of"]
