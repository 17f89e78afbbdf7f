"""Which rows break a key, a foreign key or an exclusion constraint: the constraint in, what counts such rows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from ..catalog import Constraint, Index
from ..names import Ident, Name, comma, verbatim
from .rows import Relation, Rows, needed_columns

COUNT = sql.SQL("SELECT pg_catalog.count(*) AS rows FROM {}")


@dataclass(frozen=True)
class Broken:
    """The count of the rows that break something, and what gives these rows with their keys."""

    count: sql.Composed
    keyed: sql.Composable
    reads: tuple[Relation, ...] = ()  # tables besides the constraint's own
    note: str = ""


def broken_key(fact: Constraint | Index, rows: Rows) -> Broken:
    """Find the rows of a unique key that another row has, too; for a primary key, those with a null as well."""
    assert fact.parent is not None
    parts, columns = parts_of(fact, rows)
    names = part_names(parts)
    primary = isinstance(fact, Constraint) and fact.type == "p"
    nulls_count = primary or fact.nulls_not_distinct
    given = [] if nulls_count else [sql.SQL("{} IS NOT NULL").format(part) for part in parts]
    source = {
        keyed: _source_of_parts(fact, rows, parts, columns, given, keyed=keyed, place=False) for keyed in (False, True)
    }
    nulls = [sql.SQL("{} IS NULL").format(name) for name in names] if primary else []
    count = sql.SQL(
        "SELECT coalesce(pg_catalog.sum(krakn_many), 0)::int8 AS rows FROM"
        " (SELECT pg_catalog.count(*) AS krakn_many FROM {} GROUP BY {} HAVING {}) AS krakn_groups"
    ).format(source[False], comma(names), _any([sql.SQL("pg_catalog.count(*) > 1"), *nulls]))
    keyed = sql.SQL(
        "(SELECT *, pg_catalog.count(*) OVER (PARTITION BY {}) AS krakn_many FROM {}) AS krakn_rows WHERE {}"
    ).format(comma(names), source[True], _any([sql.SQL("krakn_many > 1"), *nulls]))
    return Broken(count, keyed)


def excluding(fact: Constraint, rows: Rows) -> Broken:
    """Find the rows that another row excludes, by the constraint's own operators, or that are empty."""
    parts, columns = parts_of(fact, rows)
    one, other = (
        _source_of_parts(fact, rows, parts, columns, [], keyed=keyed, place=True, alias=alias)
        for keyed, alias in ((True, "krakn_one"), (False, "krakn_other"))
    )
    same = sql.SQL(" AND ").join(
        sql.SQL("krakn_one.{} {} krakn_other.{}").format(name, as_operator(operator), name)
        for name, operator in zip(part_names(parts), fact.operators, strict=True)
    )
    found = sql.SQL(
        "{} WHERE EXISTS (SELECT FROM {} WHERE {} AND (krakn_one.krakn_table, krakn_one.krakn_place)"
        " <> (krakn_other.krakn_table, krakn_other.krakn_place)){}"
    )
    empty = or_empty(fact, sql.SQL("krakn_one.{}").format(part_names(parts)[-1]))
    bare = _source_of_parts(fact, rows, parts, columns, [], keyed=False, place=True, alias="krakn_one")
    return Broken(COUNT.format(found.format(bare, other, same, empty)), found.format(one, other, same, empty))


def or_empty(fact: Constraint, part: sql.Composable) -> sql.Composable:
    """Compose what else stands against a key WITHOUT OVERLAPS or a foreign key with PERIOD: that its range is empty."""
    return sql.SQL(" OR pg_catalog.isempty({})").format(part) if fact.period else sql.SQL("")


def orphans(fact: Constraint, rows: Rows) -> Broken:
    """Find the rows that refer to one that is not there."""
    assert fact.references is not None
    table, parent = fact.parent, Ident("table", fact.references)
    there = rows.relation(parent)
    condition: sql.Composable = refers(fact)
    if there:
        condition += sql.SQL(" AND {}").format(refers_in_vain(fact, rows, parent))
    source = {
        keyed: rows.source(table, fact.columns, alias="krakn_child", keyed=keyed, only=not rows.whole(table))
        + sql.SQL(" WHERE ")
        + condition
        for keyed in (False, True)
    }
    note = "" if there else f"{parent} is new, and empty"
    return Broken(COUNT.format(source[False]), source[True], (there,) if there else (), note)


def refers(fact: Constraint) -> sql.Composed:
    """Compose when `krakn_child` refers to a row at all; with MATCH FULL one that is NULL in part does, and in vain."""
    word = " OR " if fact.match == "f" else " AND "
    child = (sql.SQL("krakn_child.{} IS NOT NULL").format(Name(column)) for column in fact.columns)
    return sql.SQL("({})").format(sql.SQL(word).join(child))


def refers_in_vain(fact: Constraint, rows: Rows, parent: Ident) -> sql.Composed:
    """Compose when no row of the referenced table is the one; with PERIOD, when such rows do not cover the whole."""
    source = rows.source(parent, fact.referenced_columns, alias="krakn_parent", only=not rows.whole(parent))
    pairs = list(zip(fact.referenced_columns, fact.operators, fact.columns, strict=True))
    same = [
        sql.SQL("krakn_parent.{} {} krakn_child.{}").format(Name(theirs), as_operator(operator), Name(ours))
        for theirs, operator, ours in (pairs[:-1] if fact.period else pairs)
    ]
    if not fact.period:
        return sql.SQL("NOT EXISTS (SELECT FROM {} WHERE {})").format(source, sql.SQL(" AND ").join(same))
    theirs, _, ours = pairs[-1]
    return sql.SQL(
        "((krakn_child.{} OPERATOR(pg_catalog.<@)"
        " (SELECT pg_catalog.range_agg(krakn_parent.{}) FROM {} WHERE {})) IS NOT TRUE{})"
    ).format(
        Name(ours),
        Name(theirs),
        source,
        sql.SQL(" AND ").join([*same, sql.SQL("true")]),
        or_empty(fact, sql.SQL("krakn_child.{}").format(Name(ours))),
    )


def parts_of(fact: Constraint | Index, rows: Rows) -> tuple[list[sql.Composable], list[str]]:
    """Give what the index behind a constraint holds, part by part, and the columns that it is made of."""
    if isinstance(fact, Index):
        texts = [f"({key.expression}){f' COLLATE {key.collation}' if key.collation else ''}" for key in fact.keys]
        return [verbatim(text) for text in texts], needed_columns(fact, rows.want)
    if fact.elements:
        return [verbatim(f"({element})") for element in fact.elements], needed_columns(fact, rows.want)
    return [Name(column) for column in fact.columns], list(fact.columns)


def part_names(parts: Sequence[sql.Composable]) -> list[Name]:
    """Give each part of an index a name that no column has."""
    return [Name(f"krakn_part_{number}") for number in range(1, len(parts) + 1)]


def _source_of_parts(
    fact: Constraint | Index,
    rows: Rows,
    parts: Sequence[sql.Composable],
    columns: Sequence[str],
    given: Sequence[sql.Composable],
    *,
    keyed: bool,
    place: bool,
    alias: str = "krakn_parts",
) -> sql.Composed:
    """Compose the FROM item with the parts as columns, of the rows that the index is about.

    They are columns of a query of its own because GROUP BY would take a number for a position.
    """
    assert fact.parent is not None
    source = rows.source(fact.parent, columns, keyed=keyed, place=place, only=not rows.whole(fact.parent))
    items: list[sql.Composable] = [
        sql.SQL("{} AS {}").format(part, name) for part, name in zip(parts, part_names(parts), strict=True)
    ]
    items += [sql.SQL("{}").format(name) for name in rows.key_names(fact.parent)] if keyed else []
    items += [sql.SQL("krakn_table, krakn_place")] if place else []
    conditions = [*given, *([verbatim(f"({fact.predicate})")] if fact.predicate else [])]
    where = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("")
    return sql.SQL("(SELECT {} FROM {}{}) AS {}").format(comma(items), source, where, Name(alias))


def as_operator(operator: str) -> sql.SQL:
    """Compose a qualified operator: OPERATOR(pg_catalog.=)."""
    return verbatim(f"OPERATOR({operator})")


def _any(conditions: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(" OR ").join(conditions)
