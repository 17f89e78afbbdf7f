"""Steps that bring back an index or a key in; each built, or a sentence about the rows that stand against it, out."""

from __future__ import annotations

import asyncpg

from ...catalog import Constraint, Fact
from ...diff import Step
from ..broken import duplicates, orphans
from ..prepare import Ready
from ..stream import Driver
from ..values import Relation, shown


def table_of(step: Step) -> Relation | None:
    """Give the table of an index or a key that a step builds; None for all other steps."""
    return _home_of(step.want) if step.ident.kind in ("index", "constraint") and step.want else None


def _home_of(fact: Fact) -> Relation:
    return (fact.schema, fact.table)  # type: ignore[attr-defined]  # indexes and constraints have them


def is_foreign(fact: Fact | None) -> bool:
    """Tell whether it is a foreign key."""
    return isinstance(fact, Constraint) and fact.references is not None


async def build(test: Driver, step: Step, ready: Ready) -> str | None:
    """Build one, and say how many rows are against it, if any are."""
    query = _counting(step.want, ready)
    if query is None:
        await _run(test, step)
        return None
    try:
        async with test.transaction():
            await _run(test, step)
    except asyncpg.IntegrityConstraintViolationError:
        assert step.want is not None
        counted = await test.fetchrow(query)
        assert counted is not None
        return _say(step.want, counted, ready)
    return None


async def _run(test: Driver, step: Step) -> None:
    for statement in step.statements:
        await test.execute(statement)


def _counting(fact: Fact | None, ready: Ready) -> str | None:
    """Compose what counts the rows that break a key, if it is one."""
    if isinstance(fact, Constraint) and fact.references:
        return orphans(ready.test, fact)
    return duplicates(fact)


def _say(fact: Fact, counted: asyncpg.Record, ready: Ready) -> str:
    """Say how many rows break a key, and why that may be."""
    if not isinstance(fact, Constraint) or not fact.references:
        keys = f"{counted['keys']} key{'s' * (counted['keys'] != 1)}"
        return f"{fact.ident}: {counted['rows']} rows of {shown(_home_of(fact))} share {keys}{_masked(fact, ready)}"
    child, parent = shown((fact.schema, fact.table)), shown(fact.references)
    told = f"{fact.ident}: {counted['rows']} rows of {child} refer to rows of {parent} that are not there"
    planned = {table.test: table for table in ready.plan.tables}
    if (table := planned.get(fact.references)) and table.where:
        return f"{told}, as `where` leaves rows of {parent} out; give {child} a `where` that fits it"
    if (fact.schema, fact.table) not in planned:
        return f"{told}, as {child} keeps rows of test's own"
    return told


def _masked(fact: Fact, ready: Ready) -> str:
    names = getattr(fact, "columns", ()) or [key.column for key in getattr(fact, "keys", ())]
    masked = [
        f"{column.name} ({column.mask})"
        for table in ready.plan.tables
        if table.test == _home_of(fact)
        for column in table.columns
        if column.mask and column.name in names
    ]
    return f", where {', '.join(masked)} is masked" if masked else ""


__all__ = ["build", "is_foreign", "table_of"]
