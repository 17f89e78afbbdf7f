"""Planned tables in; by which key the rows of each are told apart on both sides, and how they are compared, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from psycopg import sql

from ...catalog import Catalog, Column
from ...errors import ProfileError
from ...mask import CallMask
from ...names import Name, verbatim
from ..compared import hashed
from ..load.crew import explained
from ..order import Manner
from ..profile import Profile
from ..profile_text import table_line_for
from ..stream import Driver
from ..types import base
from ..values import ColumnPlan, Origin, Relation, SyncPlan, TablePlan, shown

# What keeps two rows of a table apart, with the operators of the index that does: those of another schema as well.
_UNIQUE = """
    SELECT n.nspname AS schema, c.relname AS table, i.indisprimary AS primary,
           array_agg(a.attname::text ORDER BY k.nth) AS columns,
           array_agg(ARRAY[os.nspname::text, o.oprname::text] ORDER BY k.nth) AS operators
    FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid
         AND i.indpred IS NULL AND i.indexprs IS NULL
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
    CROSS JOIN ROWS FROM (unnest(i.indkey), unnest(i.indclass)) WITH ORDINALITY AS k (attnum, class, nth)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
    JOIN pg_opclass AS oc ON oc.oid = k.class
    JOIN pg_amop AS am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
         AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
    JOIN pg_operator AS o ON o.oid = am.amopopr
    JOIN pg_namespace AS os ON os.oid = o.oprnamespace
    WHERE k.nth <= i.indnkeyatts
    GROUP BY 1, 2, 3, x.relname
    HAVING bool_and(a.attnotnull)
    ORDER BY 1, 2, i.indisprimary DESC, x.relname
"""
# The hash of these is the same for values that a person can tell apart: 1.0 and 1.00, 0 and -0.
_LOOSE = frozenset({"numeric", "real", "double precision", "jsonb"})
_FIXED = frozenset(
    """
    smallint,integer,bigint,real,double precision,date,timestamp without time zone,timestamp with time zone,uuid
    """.replace("\n    ", "").split(",")
)


Pair: TypeAlias = tuple[sql.Composable, sql.Composable]  # the same value, as prod and as test compute it


@dataclass(frozen=True)
class Term:
    """A column of a key, as both sides compute and order it."""

    on_prod: sql.Composable
    on_test: sql.Composable
    type: str
    fixed: bool  # every value takes the same room, so that many of them can be searched

    def read(self, text: sql.Composable) -> sql.Composable:
        """Compose a value out of its text."""
        tail = ' COLLATE "C"' if self.type == "text" else ""
        return verbatim(f"{{}}::{self.type}{tail}").format(text)


@dataclass(frozen=True)
class Key:
    """What tells the rows of a table of test apart."""

    columns: tuple[str, ...]
    operators: tuple[tuple[str, str], ...]  # schema and name of each column's equality

    def same(self, one: str, other: str) -> sql.Composable:
        """Compose that a row of one alias and a row of another have the same key."""
        return sql.SQL(" AND ").join(
            verbatim("{}.{} OPERATOR({}.{}) {}.{}").format(
                Name(one), Name(column), Name(schema), verbatim(operator), Name(other), Name(column)
            )
            for column, (schema, operator) in zip(self.columns, self.operators, strict=True)
        )


@dataclass(frozen=True)
class Course:
    """How one table is brought up to date."""

    table: TablePlan
    key: Key | None  # None: all of its rows are replaced, if any differs
    appends: bool = False  # rows that test has stay as they are
    deletes: bool = False  # rows that prod does not give go
    terms: tuple[Term, ...] = ()  # of the key; none where its order is not the same on both sides
    values: tuple[Pair, ...] = ()  # what is compared, on prod and on test
    compared: tuple[str, ...] = ()  # the columns that `values` are made of
    comparable: bool = True  # rows that differ, differ in `values`
    kept: tuple[str, ...] = field(default=())  # columns that do not travel and are test's own


async def keys_of(test: Driver, plan: SyncPlan, profile: Profile, mode: str) -> Mapping[Relation, Key | None]:
    """Find the key of every table, or say which tables have none that krakn can go by."""
    tables = [table.test for table in plan.tables]
    async with explained("looking for the keys of test's tables"):
        rows = await test.fetch(_UNIQUE, [schema for schema, _ in tables], [name for _, name in tables])
    found: dict[Relation, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["schema"], row["table"]), []).append(dict(row))
    keys: dict[Relation, Key | None] = {}
    refused = []
    for table in plan.tables:
        usable = [row for row in found.get(table.test, ()) if _usable(row["columns"], table, profile)]
        if profile.rule_for(*table.test).mode == "replace":
            keys[table.test] = None
        elif usable:
            operators = tuple((schema, name) for schema, name in usable[0]["operators"])
            keys[table.test] = Key(tuple(usable[0]["columns"]), operators)
        else:
            why = _why(found.get(table.test), table, profile)
            refused.append(f"{shown(table.test)} {why}; {table_line_for(table.test, 'mode: replace')}")
    if refused:
        raise ProfileError(
            "\n  ".join(
                [
                    f"{profile.source}: --mode {mode} tells rows apart by their keys, which it cannot do everywhere;"
                    " the line at the end of each would replace that table as a whole; nothing was changed:",
                    *refused,
                ]
            )
        )
    return keys


def _usable(columns: Sequence[str], table: TablePlan, profile: Profile) -> bool:
    """Tell whether the same row of prod has the same key in test every time."""
    sent = {column.name for column in table.sent}
    return not table.numbered and set(columns) <= sent and not _called(columns, table, profile)


def _called(columns: Sequence[str], table: TablePlan, profile: Profile) -> list[str]:
    """List the columns that a function of the profile's author masks; nobody knows what it makes of one next time."""
    rules = profile.rule_for(*table.test).columns
    return [name for name in columns if name in rules and isinstance(rules[name].mask, CallMask)]


def _why(keys: Sequence[Mapping[str, Any]] | None, table: TablePlan, profile: Profile) -> str:
    if not keys:
        return "has neither a primary key nor a unique index of columns that are NOT NULL"
    columns = keys[0]["columns"]
    if called := _called(columns, table, profile):
        return f"has a key of which a function masks {', '.join(called)}"
    made = sorted(set(columns) - {column.name for column in table.sent})
    return f"has a key that test makes itself ({', '.join(made or columns)})"


def course_of(table: TablePlan, key: Key | None, manner: Manner, test: Catalog) -> Course:
    """Decide what of a table is compared before anything travels."""
    wanted = {column.name: column for column in test.columns(*table.test)}
    columns = {column.name: column for column in table.sent}
    appends = manner.mode == "append" and key is not None
    mine = [columns[name] for name in key.columns] if key else []
    ordered = bool(mine) and all(column.prod_check is not None for column in mine) and not table.numbered
    values = {
        column.name: pair
        for column in (mine if appends else table.sent)
        if (pair := _exact(column, wanted[column.name]) or _constant(column, wanted[column.name]))
    }
    return Course(
        table,
        key,
        appends=appends,
        deletes=manner.delete_vanished or key is None,
        terms=tuple(_term(column, wanted[column.name]) for column in mine) if ordered else (),
        values=tuple(values.values()),
        compared=tuple(values),
        comparable=(ordered or key is None) and (appends or len(values) == len(columns)),
        kept=tuple(name for name, column in wanted.items() if name not in columns and not column.generated),
    )


def _term(column: ColumnPlan, want: Column) -> Term:
    """Compose what both sides order alike; text in the order of its bytes, as collations differ between servers."""
    assert column.prod_check is not None
    assert column.test_check is not None
    kind = base(want) if hashed(want) else "text"
    if kind in ("text", "character varying"):
        # As text even where it is varchar: records of several types cannot be compared.
        on_prod, on_test = (
            verbatim('({})::text COLLATE "C"').format(each) for each in (column.prod_check, column.test_check)
        )
        return Term(on_prod, on_test, "text", fixed=False)
    return Term(column.prod_check, column.test_check, kind, fixed=kind in _FIXED)


def _exact(column: ColumnPlan, want: Column) -> Pair | None:
    """Compose what differs as soon as a person could tell two values apart, where both sides can compute that."""
    if column.prod_check is None or column.test_check is None:
        return None
    if hashed(want) and base(want) in _LOOSE:
        on_prod, on_test = (verbatim("({})::text").format(each) for each in (column.prod_check, column.test_check))
        return on_prod, on_test
    return column.prod_check, column.test_check


def _constant(column: ColumnPlan, want: Column) -> Pair | None:
    """Compare what is the same in every row with what it shall be, which prod need not be asked."""
    name = Name(column.name)
    if column.mask == "nullify" or (column.origin is Origin.VALUE and column.text is None):
        return sql.SQL("true"), sql.SQL("({} IS NOT DISTINCT FROM NULL)").format(name)
    if column.mask or column.text is None:
        return None
    value = verbatim("({}::{})::text").format(sql.Literal(column.text), verbatim(want.type))
    return sql.SQL("true"), sql.SQL("(({})::text IS NOT DISTINCT FROM {})").format(name, value)


__all__ = ["Course", "Key", "Term", "course_of", "keys_of"]
