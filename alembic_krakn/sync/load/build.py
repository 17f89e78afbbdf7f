"""Steps that bring back an index or a key in; each built, or no rows changed and a word about those against it, out."""

from __future__ import annotations

import asyncpg
from psycopg import sql

from ...catalog import Constraint, Fact, Index
from ...checks.places import orphaned
from ...checks.rows import Rows
from ...diff import Step
from ...names import Name, text_of
from ..attempt import attempt
from ..prepare import Ready
from ..roots import roots_of
from ..stream import Driver
from ..values import Relation, shown


def table_of(step: Step) -> Relation | None:
    """Give the table of an index or a key that a step builds; None for all other steps."""
    return _home_of(step.want) if step.ident.kind in ("index", "constraint") and step.want else None


def _home_of(fact: Fact) -> Relation:
    return (fact.schema, fact.table)  # type: ignore[attr-defined]  # indexes and constraints have them


def drop(key: Constraint) -> str:
    """Compose what takes a key away that was built."""
    return text_of(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Name(key.schema, key.table), Name(key.name)))


async def build(test: Driver, step: Step) -> bool:
    """Build one, and tell whether the rows let it be built."""
    if isinstance(step.want, Index) and not step.want.unique:
        await _run(test, step)
        return True
    try:
        async with attempt(test):
            await _run(test, step)
    except asyncpg.IntegrityConstraintViolationError:
        return False
    return True


async def _run(test: Driver, step: Step) -> None:
    for statement in step.statements:
        await test.execute(statement)


async def against(test: Driver, key: Constraint, ready: Ready) -> str:
    """Say how many rows that must not be moved stand against a foreign key, and why that may be."""
    assert key.references is not None
    places = orphaned(key, Rows(ready.test, ready.test, ready.test))
    count = await test.fetchval(text_of(sql.SQL("SELECT pg_catalog.count(*) FROM ({}) AS krakn_rows").format(places)))
    child, parent = shown((key.schema, key.table)), shown(key.references)
    root = roots_of(ready.test).get((key.schema, key.table))
    why = f"as {child} keeps rows of test's own"
    if root in {table.test for table in ready.plan.tables}:
        why = "as they come so from prod, or stay in test without what they referred to"
    return f"{child}, {key.name}: {count} rows refer to rows of {parent} that are not there, {why}"


__all__ = ["against", "build", "drop", "table_of"]
