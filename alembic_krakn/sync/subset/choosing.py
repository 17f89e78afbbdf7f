"""A plan, the profile and prod in its snapshot in; which rows of which tables are chosen, and by which paths, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from psycopg import sql

from ...connect import behind_builtins
from ...errors import SyncError
from ...names import text_of
from ...progress import Progress
from ..asking import Prod
from ..before import Size
from ..values import Part, Paths, Relation, SyncPlan, TablePlan, shown
from .closure import MOST_ROWS, Closure, most
from .course import course_of
from .questions import Questions, enclosed
from .rowids import AtRows, Leaf, RowIds
from .values import Choice, Ground, Subset

_SET = """
    SELECT pg_catalog.set_config('search_path', %s, true), pg_catalog.set_config('cursor_tuple_fraction', %s, true),
           pg_catalog.set_config('statement_timeout', %s, true)
"""
PART = 20_000  # rows whose places stand in one statement


def choose(
    prod: Prod,
    plan: SyncPlan,
    ground: Ground,
    sizes: Mapping[Relation, Size],
    progress: Progress,
    statement_timeout: str,
) -> Subset:
    """Choose the rows of the tables that rules reduce, and of those around them."""
    course = course_of(ground)
    questions = Questions(prod.reader, ground)
    closure = Closure(ground, course, questions)
    if unseen := [shown(table.prod) for table in plan.tables if table.test in closure.rows and not table.placed]:
        raise SyncError(
            "prod: a part of prod is chosen by where its rows stand, and the role has no SELECT on tableoid and ctid of"
            f" {', '.join(unseen)}; grant these as well, or the whole table; nothing was changed"
        )
    if closure.rows:
        progress.step("choosing rows of prod")
        with _session(prod, statement_timeout):
            closure.close()
    alone = {table: ground.choices[table] for table in course.alone}
    remarks = (*plan.remarks, *_why_so_many(closure, ground, sizes))
    paths: dict[Relation, Paths] = {table: dict(each) for table, each in closure.paths.items()}
    paths |= {table: {choice.label: None} for table, choice in alone.items()}
    tables = tuple(_table(table, closure, alone) for table in plan.tables)
    return Subset(
        replace(plan, tables=tables, remarks=remarks, paths=paths),
        {
            table: parts_of(rows, questions.leaves(table), PART if ground.tables[table].divisible else MOST_ROWS)
            for table, rows in closure.rows.items()
        },
    )


def parts_of(rows: RowIds, leaves: tuple[Leaf, ...], size: int) -> tuple[Part, ...]:
    """Make parts of so many rows as a statement may name."""
    parts = tuple(Part(AtRows(batch, leaves), len(batch)) for batch in rows.batches(size))
    return parts or (Part(sql.SQL("false"), 0),)


@contextmanager
def _session(prod: Prod, statement_timeout: str) -> Iterator[None]:
    """Let the profile's SQL find what its author finds, and let PostgreSQL plan for answers that are read to their end.

    The settings are put back by hand: rolling back to a savepoint would also give up the locks on the tables.
    """
    prod.reader.fetch(_SET, (prod.search_path, "1", statement_timeout))
    yield
    usual = prod.reader.fetch("SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'")
    prod.reader.fetch(_SET, (behind_builtins(prod.search_path), "0.1", usual[0]["reset_val"]))


def _table(table: TablePlan, closure: Closure, alone: Mapping[Relation, Choice]) -> TablePlan:
    """Let a table's condition say what is chosen of it, where nothing else does."""
    if table.test in closure.rows:
        return replace(table, where=None)
    choice = alone.get(table.test)
    if choice is None or choice.sample is None:
        return table
    conditions = [part for part in (enclosed(choice.where), choice.sample) if part is not None]
    return replace(table, where=text_of(sql.SQL(" AND ").join(conditions)))


def _why_so_many(closure: Closure, ground: Ground, sizes: Mapping[Relation, Size]) -> Iterator[str]:
    """Remark that a subset is hardly smaller than the whole, when it is its paths that made it so."""
    chosen = sum(map(len, closure.rows.values()))
    whole = sum(sizes[table].rows for table in closure.rows)
    ruled = sum(closure.paths[table][ground.choices[table].label] for table in closure.rows)
    if chosen * 2 > whole and chosen > ruled * 2:
        yield (
            f"the subset has {chosen:,} of about {max(whole, chosen):,} rows in {len(closure.rows)} tables, and the"
            f" profile's rules chose {ruled:,} of them; {most(closure.paths)}"
        )


__all__ = ["choose", "parts_of"]
