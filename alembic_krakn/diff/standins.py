"""What stands in for another thing until that can be had without a long lock: indexes for keys, checks for NOT NULL."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from ..catalog import Column, Constraint, Index, IndexKey
from ..names import LONGEST_NAME, Name, text_of, verbatim
from .changes import Step, Verb


def has_index_to_join(key: Constraint) -> bool:
    """Say whether a constraint is a key that can take over an index."""
    return key.type in ("p", "u") and key.whole and not (key.period or key.inherited or key.parent_index)


def index_of(key: Constraint, name: str) -> Index:
    """Give the index of a key as one that stands by itself."""
    return Index(
        schema=key.schema,
        name=name,
        table=key.table,
        unique=True,
        nulls_not_distinct=key.nulls_not_distinct,
        keys=tuple(IndexKey(expression=text_of(Name(column)), column=column) for column in key.columns),
        include=key.include,
        options=key.options,
        tablespace=key.tablespace,
    )


def not_null_check(column: Column) -> str:
    """Give the definition of a check that no row is known to pass yet, and that takes no null from now on."""
    return f"CHECK (({text_of(Name(column.name))} IS NOT NULL)) NOT VALID"


def drop_concurrently(index: Index) -> Step:
    """Give the step that drops an index, if it is there."""
    statement = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(Name(index.schema, index.name))
    return Step(Verb.DROP, index.ident, have=index, statements=(text_of(statement),), concurrently=True)


def shortened(name: str) -> Iterator[str]:
    """Give a name that PostgreSQL does not cut, and more of its like for when it is taken."""
    head, _, tail = name.rpartition("_krakn_")
    number = 1
    while True:
        end = f"_krakn_{tail}{number if number > 1 else ''}"
        room = LONGEST_NAME - len(end.encode())
        yield head.encode()[:room].decode(errors="ignore") + end
        number += 1


def add_using(key: Constraint, index: Index) -> sql.Composed:
    """Compose what makes a key of an index, which takes the key's name."""
    timing = " DEFERRABLE" * key.deferrable + " INITIALLY DEFERRED" * key.deferred
    return sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {} USING INDEX {}{}").format(
        Name(key.schema, key.table),
        Name(key.name),
        sql.SQL("PRIMARY KEY" if key.type == "p" else "UNIQUE"),
        Name(index.name),
        verbatim(timing),
    )


def rename_index(built: Index, name: str) -> str:
    """Give the statement that gives an index its name."""
    return text_of(sql.SQL("ALTER INDEX {} RENAME TO {}").format(Name(built.schema, built.name), Name(name)))


__all__ = [
    "add_using",
    "drop_concurrently",
    "has_index_to_join",
    "index_of",
    "not_null_check",
    "rename_index",
    "shortened",
]
