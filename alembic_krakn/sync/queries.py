"""The profile's `from` queries in; the columns that each gives and the tables that it reads, without a row, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ..catalog import Column
from ..connect import ReadOnlyConnection
from ..errors import ProfileError
from ..names import verbatim
from .asking import own_path
from .problems import said
from .profile import Profile
from .values import Relation

_COLUMNS = """
    SELECT given.name, given.position::int AS position,
           format_type(t.oid, given.modifier) AS type,
           format_type(coalesce(b.oid, t.oid), NULL) AS base_type,
           t.typtype::text AS type_kind, t.typcategory::text AS category,
           t.typnamespace = 'pg_catalog'::regnamespace
               AND coalesce((SELECT e.typnamespace = 'pg_catalog'::regnamespace FROM pg_type AS e
                             WHERE e.oid = t.typelem), true) AS builtin
    FROM unnest(%s::text[], %s::oid[], %s::int[]) WITH ORDINALITY AS given (name, type, modifier, position)
    JOIN pg_type AS t ON t.oid = given.type
    LEFT JOIN LATERAL (
        WITH RECURSIVE under AS (
            SELECT t.oid, t.typtype, t.typbasetype
            UNION ALL
            SELECT u.oid, u.typtype, u.typbasetype
            FROM under JOIN pg_type AS u ON u.oid = under.typbasetype WHERE under.typtype = 'd')
        SELECT oid FROM under WHERE typtype <> 'd') AS b ON t.typtype = 'd'
    ORDER BY given.position
"""


@dataclass(frozen=True)
class Shape:
    """What a query gives, as prod's planner sees it."""

    columns: tuple[Column, ...]
    reads: frozenset[Relation]  # partitions by their own names
    rows: int  # about
    width: int  # of a row, in bytes


def read_shapes(prod: ReadOnlyConnection, profile: Profile, search_path: str) -> dict[Relation, Shape]:
    """Ask prod what each query of the profile gives, or tell of all that are none; no query is run."""
    shapes, problems = {}, []
    for relation in profile.named_tables:
        rule = profile.rule_for(*relation)
        if rule.from_ is None or rule.skip:
            continue
        place = profile.place(*relation, "from")
        try:
            shapes[relation] = _shape(prod, relation, rule.from_, search_path)
        except psycopg.Error as exc:
            problems.append(f"{place}: expected one SELECT, WITH or VALUES query that prod can run; {said(exc)}")
            continue
        names = [column.name for column in shapes[relation].columns]
        if "?column?" in names:
            problems.append(f"{place}: the query gives a column without a name; give it one with AS")
        elif twice := sorted({name for name in names if names.count(name) > 1}):
            problems.append(f"{place}: the query gives {', '.join(map(repr, twice))} more than once")
    if problems:
        raise ProfileError("\n".join(problems))
    return shapes


def _shape(prod: ReadOnlyConnection, relation: Relation, query: str, search_path: str) -> Shape:
    # Prepared, as the protocol then takes one statement and no more; inside FROM it can be nothing but a query.
    with own_path(prod, search_path):
        explain = sql.SQL("EXPLAIN (VERBOSE, FORMAT JSON) {}").format(verbatim(query))
        explained = prod.driver.execute(explain, prepare=True).fetchone()
        limited = sql.SQL("SELECT * FROM ({}\n) AS krakn_rows LIMIT 0").format(verbatim(query))
        cursor = prod.driver.execute(limited, prepare=True)
    assert explained is not None
    assert cursor.pgresult is not None
    places = range(cursor.pgresult.nfields)
    columns = prod.fetch(
        _COLUMNS,
        (
            [column.name for column in cursor.description or ()],
            [cursor.pgresult.ftype(at) for at in places],
            [cursor.pgresult.fmod(at) for at in places],
        ),
    )
    plan = explained["QUERY PLAN"][0]["Plan"]
    return Shape(
        tuple(Column(schema=relation[0], table=relation[1], **column) for column in columns),
        frozenset(_relations(plan)),
        int(plan["Plan Rows"]),
        int(plan["Plan Width"]),
    )


def _relations(plan: Mapping[str, Any]) -> Iterator[Relation]:
    """List the tables that a plan scans."""
    if "Relation Name" in plan:
        yield plan["Schema"], plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _relations(part)


__all__ = ["Shape", "read_shapes"]
