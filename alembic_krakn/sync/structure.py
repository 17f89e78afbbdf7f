"""Test's catalog and the plan in; what stands in the way of a load, and the statements around it, out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ..catalog import Catalog, Column, Constraint, Fact, Index, MaterializedView, Table
from ..diff import Step, plan
from ..names import Ident, Name, text_of
from .roots import roots_of
from .values import Relation, SyncPlan

# What may go together with an index or a key, because the same steps bring it back.
_GO_ALONG = frozenset({"comment", "clustering", "replica identity"})


@dataclass(frozen=True)
class Structure:
    """What happens to test's schema around a load; afterwards it is as before."""

    emptied: tuple[Relation, ...]  # every table that loses its rows, partitions among them
    neighbours: tuple[Relation, ...]  # other tables at either end of a foreign key of those
    truncate: str
    drop: tuple[str, ...]
    rebuild: tuple[Step, ...]  # indexes, keys, comments and so on
    keys: tuple[Step, ...]  # foreign keys, and what hangs on them
    forced: tuple[Relation, ...]  # tables whose row security binds their owner too, but for the time of the load
    views: tuple[Relation, ...]  # materialized views to refresh, in order


def structure_of(test: Catalog, sync: SyncPlan, *, indexed: bool = False) -> Structure:
    """Work out what is dropped before the load and rebuilt after it; what stays `indexed` loses foreign keys only."""
    roots = {*(table.test for table in sync.tables), *sync.emptied}
    emptied = {relation for relation, root in roots_of(test).items() if root in roots}
    foreign = [
        key for key in test.of(Constraint) if key.references and {(key.schema, key.table), key.references} & emptied
    ]
    neighbours = {end for key in foreign for end in ((key.schema, key.table), key.references) if end} - emptied
    forced = forced_of(test, emptied | neighbours)
    bare = bare_of(test, emptied, {key.ident for key in foreign}, forced, indexed=indexed)
    steps = plan(bare, test).steps
    last = {step.ident for step in steps if is_foreign(step.want)} | {
        step.ident for step in steps if step.want and step.want.parent and is_foreign(test.facts[step.want.parent])
    }
    return Structure(
        emptied=tuple(sorted(emptied)),
        neighbours=tuple(sorted(neighbours)),
        truncate=_truncate(test, roots),
        drop=tuple(statement for step in plan(test, bare).steps for statement in step.statements),
        rebuild=tuple(step for step in steps if step.ident not in last),
        keys=tuple(step for step in steps if step.ident in last),
        forced=forced,
        views=views_of(test, _reached(test, emptied)),
    )


def forced_of(test: Catalog, tables: set[Relation]) -> tuple[Relation, ...]:
    """List the tables among those whose row security binds their owner, who could not read or check all rows."""
    forced = ((table.schema, table.name) for table in test.of(Table) if table.force_row_security)
    return tuple(sorted(tables.intersection(forced)))


def bare_of(
    test: Catalog, emptied: set[Relation], foreign: set[Ident], forced: Collection[Relation], *, indexed: bool = False
) -> Catalog:
    """Give the catalog as it is while rows are loaded."""
    gone = set(foreign)
    for fact in test.facts.values():
        if not indexed and isinstance(fact, Index | Constraint) and (fact.schema, fact.table) in emptied:
            gone |= _droppable(test, fact, foreign)
    bare = test.keep(lambda fact: fact.ident not in gone)
    free = {
        table.ident: replace(table, force_row_security=False)
        for relation in forced
        if (table := bare.get(Table, *relation)) is not None
    }
    return replace(bare, facts={**bare.facts, **free}) if free else bare


def _droppable(test: Catalog, fact: Index | Constraint, foreign: set[Ident]) -> set[Ident]:
    """Give an index or key with all that goes along with it, or nothing where something else needs it."""
    table = test.get(Table, fact.schema, fact.table)
    if table is None or table.partition_of or table.inherits:
        return set()
    if isinstance(fact, Constraint) and (fact.type not in ("p", "u", "x") or fact.inherited):
        return set()
    if isinstance(fact, Index) and not fact.valid:
        return set()  # nobody can create an invalid index
    found, queue = set(), [fact.ident]
    while queue:
        ident = queue.pop()
        found.add(ident)
        for other in test.needed_by.get(ident, ()):
            if other not in found and other not in foreign:
                if other.kind not in _GO_ALONG and not _is_attached(test.facts[other], test.facts[ident]):
                    return set()
                queue.append(other)
    return found


def _is_attached(fact: Fact, above: Fact) -> bool:
    """Say whether that is the index or key of a partition which goes and comes with one of the table above it."""
    kinds = Index | Constraint
    return isinstance(fact, kinds) and isinstance(above, kinds) and fact.parent_index == (above.schema, above.name)


def is_foreign(fact: Fact | None) -> bool:
    """Tell whether it is a foreign key."""
    return isinstance(fact, Constraint) and fact.references is not None


def _truncate(test: Catalog, roots: Iterable[Relation]) -> str:
    """Compose one TRUNCATE of all; ONLY, as children of a table are tables of their own."""
    tables = {(table.schema, table.name): table for table in test.of(Table)}
    parts = [
        text_of(Name(*root)) if tables[root].partition_key else f"ONLY {text_of(Name(*root))}" for root in sorted(roots)
    ]
    return f"TRUNCATE {', '.join(parts)}" if parts else ""


def _reached(test: Catalog, emptied: set[Relation]) -> set[Ident]:
    """Give the emptied tables with all views and functions that read them, at any depth."""
    reached: set[Ident] = {Ident("table", relation) for relation in emptied}
    queue = list(reached)
    while queue:
        ident = queue.pop()
        parts = [part for part in test.children.get(ident, ()) if isinstance(test.facts[part], Column)]
        for other in (need for at in (ident, *parts) for need in test.needed_by.get(at, ())):
            if other not in reached and other.kind in ("view", "materialized view", "function"):
                reached.add(other)
                queue.append(other)
    return reached


def views_of(test: Catalog, among: Collection[Ident]) -> tuple[Relation, ...]:
    """List the materialized views among those that hold rows, each after those that it reads."""
    done: list[Relation] = []
    seen: set[Ident] = set()

    def visit(ident: Ident) -> None:
        if ident in seen:
            return
        seen.add(ident)
        for need in sorted(test.needs.get(ident, frozenset())):
            visit(need)
        view = test.facts.get(ident)
        if isinstance(view, MaterializedView) and view.populated and ident in among:
            done.append((view.schema, view.name))

    for view in test.of(MaterializedView):
        visit(view.ident)
    return tuple(done)


def lock_statement(structure: Structure, mode: str = "ACCESS EXCLUSIVE") -> str:
    """Compose the LOCK of every table that is touched, in one order for all runs."""
    relations = sorted({*structure.emptied, *structure.neighbours})
    tables = ", ".join(f"ONLY {text_of(Name(*relation))}" for relation in relations)
    return f"LOCK TABLE {tables} IN {mode} MODE"
