"""A plan and both catalogs in; how many of prod's rows test would refuse, and why, counted on prod, out; no value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import psycopg
from psycopg import sql

from ..catalog import Catalog, Column, Constraint, DomainConstraint
from ..checks.fit import Fit
from ..checks.rows import Unaskable
from ..connect import behind_builtins
from ..names import Ident, Name, comma, text_of, verbatim
from .asking import Prod
from .computed import inputs
from .missing import Missing, example
from .problems import said
from .profile_text import line_for
from .types import NUMBERS, STRINGS, base, enum_of, knows, path_of
from .values import LEFT_OUT, ColumnPlan, Origin, SyncPlan, TablePlan, one_line, shown

PATIENCE = "60s"  # for one question to prod about rows that failed
# Classes of SQLSTATE that say something of a value: extensions have no codes of their own, and limits.
_OF_VALUES = frozenset({"22", "XX", "54", "38"})


@dataclass(frozen=True)
class _Question:
    """What rows may be refused for."""

    why: str  # goes on after a number of rows
    query: sql.Composable  # gives that number
    line: str = ""  # of YAML, that would settle it
    by_failing: bool = False  # where there are such rows, prod fails to answer as test fails to take them


def gone_labels(plan: SyncPlan, prod: Prod, test: Catalog) -> list[Missing]:
    """Count the rows with labels of enums that test lacks, and that the profile maps to nothing."""
    return [
        missing
        for table in plan.tables
        for missing in _answers(table, [q for c in table.sent for q in _gone(table, c, test)], prod, patience="0")
    ]


def unfit(plan: SyncPlan, prod: Prod, test: Catalog) -> list[Missing]:
    """Count the rows that break a NOT NULL or CHECK, or whose values a new type does not take."""
    return [
        missing
        for table in plan.tables
        for missing in _answers(table, list(_questions(table, prod.catalog, test)), prod, patience=PATIENCE)
    ]


def _answers(table: TablePlan, questions: Sequence[_Question], prod: Prod, patience: str) -> Iterator[Missing]:
    for question in questions:
        try:
            with prod.reader.driver.transaction():
                prod.reader.fetch(
                    "SELECT pg_catalog.set_config('search_path', %s, true),"
                    " pg_catalog.set_config('statement_timeout', %s, true)",
                    (prod.path_for(table), patience),
                )
                (row,) = prod.reader.fetch(question.query)
                _back(prod)
        except psycopg.Error as exc:
            other = question.by_failing and (exc.sqlstate or "")[:2] not in _OF_VALUES
            if not (prod.reader.driver.closed or other):
                yield Missing(f"{shown(table.test)}: rows that {question.why} could not be counted ({said(exc)})")
            continue
        if row["count"]:
            yield Missing(f"{shown(table.test)}: {row['count']} of prod's rows {question.why}", question.line)


def _back(prod: Prod) -> None:
    """Put the settings of a question back, which the end of a savepoint keeps."""
    prod.reader.fetch(
        "SELECT pg_catalog.set_config('search_path', %s, true),"
        " pg_catalog.set_config('statement_timeout', reset_val, true)"
        " FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'",
        (behind_builtins(prod.search_path),),
    )


def _spelt_alike(label: str, known: Sequence[str]) -> str | None:
    """Find the same label in another spelling; one that only looks alike may mean the contrary: paid, unpaid."""
    word = _letters(label)
    words = {_letters(each): each for each in known if _letters(each)[:1] == word[:1] != ""}
    return next((words[each] for each in get_close_matches(word, words, 1, cutoff=0.85)), None)


def _letters(label: str) -> str:
    return re.sub(r"[\W_]", "", label).casefold()


def _gone(table: TablePlan, column: ColumnPlan, test: Catalog) -> Iterator[_Question]:
    want = test.get(Column, *table.test, column.name)
    assert want is not None
    enum = enum_of(test, want)
    for label in column.gone:
        near = _spelt_alike(label, enum.labels if enum else ()) or "..."
        yield _Question(
            f"have {label!r} in {column.name}, a label that {column.type} of test lacks",
            _counted(table, sql.SQL("({})::text = {}").format(column.select, sql.Literal(label))),
            line_for(
                table.test,
                column.name,
                f"map: {{{json.dumps(label, ensure_ascii=False)}: {json.dumps(near, ensure_ascii=False)}}}",
            ),
        )


def _questions(table: TablePlan, prod: Catalog, test: Catalog) -> Iterator[_Question]:
    """List what test's table refuses and prod's does not."""
    have = {column.name: column for column in prod.columns(*table.prod)} if not table.from_query else {}
    wanted = {column.name: column for column in test.columns(*table.test)}
    for column in table.sent:
        want = wanted[column.name]
        was = have.get(column.source[0]) if len(column.source) == 1 else None
        given = column.origin in (Origin.FILL, Origin.VALUE)
        if want.not_null and not (given or (was and was.not_null) or column.masker):
            yield _Question(
                f"have NULL in {column.name}, which is NOT NULL in test",
                _counted(table, sql.SQL("({}) IS NULL").format(column.select)),
                line_for(table.test, column.name, f"fill: {example(want, test)}"),
            )
        if was and not column.mask and not column.mapped and _differ(was, want, prod, test):
            yield from _refused(table, was, want, prod, test)
    yield from _computed(table, wanted, prod, test)
    yield from _checks(table, wanted, prod, test)


def _computed(table: TablePlan, wanted: dict[str, Column], prod: Catalog, test: Catalog) -> Iterator[_Question]:
    """Ask for rows that test cannot compute a column of, where nothing of test's own is needed to compute it."""
    have = {column.name: column for column in prod.columns(*table.prod)} if not table.from_query else {}
    for column in wanted.values():
        if column.generated is None or column.virtual:
            continue
        was, made_of = have.get(column.name), inputs(test, column)
        if was and (was.generated, was.type, was.not_null) == (column.generated, column.type, column.not_null):
            continue
        if {need.kind for need in test.needs.get(column.ident, frozenset())} <= {"column", "table"} and (
            rows := _arriving(table, made_of, wanted, prod)
        ):
            made = verbatim(f"({column.generated})::{column.type}")
            none, any_ = "pg_catalog.count(*) FILTER (WHERE {} IS NULL)", "pg_catalog.count({}) * 0"
            count = sql.SQL(none if column.not_null else any_).format(made)
            how = f"computed in test as {one_line(column.generated)}"
            null = f"leave NULL in {column.name}, which is NOT NULL and {how}"
            yield _Question(
                null if column.not_null else f"hold values of which {column.name} cannot be {how}",
                sql.SQL("SELECT {} AS count FROM ({}) AS krakn_row").format(count, rows),
                by_failing=True,
            )


def _arriving(
    table: TablePlan, columns: Sequence[str], wanted: dict[str, Column], prod: Catalog
) -> sql.Composable | None:
    """Compose those columns of prod's rows as test will have them; None where a mask or test itself makes one."""
    sent = {column.name: column for column in table.sent}
    if any(name not in sent or sent[name].mask or sent[name].origin in LEFT_OUT for name in columns):
        return None
    values = (sql.SQL("{} AS {}").format(_typed(sent[name], wanted[name], prod), Name(name)) for name in columns)
    return table.rows_of_prod(comma(values))


def _differ(have: Column, want: Column, prod: Catalog, test: Catalog) -> bool:
    """Tell whether a type may refuse values of another one; what enums lack is told before."""
    if have.type == want.type and base(have) == base(want):
        return _constraints(prod, have) != _constraints(test, want)
    if have.type_kind == "e":
        return False
    if base(have) == base(want):
        return True
    return base(have) in STRINGS or base(want) in STRINGS or (base(have) in NUMBERS and base(want) in NUMBERS)


def _constraints(catalog: Catalog, column: Column) -> set[str]:
    domain = Ident("domain", path_of(column.type))
    return {each.definition for each in catalog.parts(domain, DomainConstraint)}


def _refused(table: TablePlan, have: Column, want: Column, prod: Catalog, test: Catalog) -> Iterator[_Question]:
    """Ask for values of prod's column that do not become ones of test's."""
    why = f"hold a value in {want.name} that does not fit {want.type}"
    try:
        found = Fit(want=test, prod=prod).refused(Name(have.name), base(have), want.type)
    except Unaskable:
        # As it travels; where prod does not know the type, nobody knows before.
        tried = verbatim("(({})::text)::{}").format(Name(have.name), verbatim(want.type))
        count = sql.SQL("pg_catalog.count({}) * 0 AS count").format(tried)
        yield _Question(why, table.rows_of_prod(count), by_failing=True)
        return
    if text_of(found) != "false":
        yield _Question(why, _counted(table, found))


def _checks(table: TablePlan, wanted: dict[str, Column], prod: Catalog, test: Catalog) -> Iterator[_Question]:
    """List test's CHECK constraints that prod's table does not have, on columns that arrive as they are."""
    same = {
        constraint.expression
        for constraint in prod.parts(Ident("table", table.prod), Constraint)
        if constraint.type == "c" and constraint.validated and constraint.enforced
    }
    unchanged = all(column.plain and column.source == (column.name,) for column in table.sent)
    for constraint in test.parts(Ident("table", table.test), Constraint):
        if constraint.type != "c" or not constraint.enforced or constraint.expression is None:
            continue
        computed = [wanted[name] for name in constraint.columns if wanted[name].generated]
        made_of = [name for column in computed for name in inputs(test, column)]
        columns = sorted({*constraint.columns, *made_of} - {column.name for column in computed})
        rows = _arriving(table, columns, wanted, prod)
        if rows is None or (unchanged and constraint.expression in same):
            continue
        if computed:
            more = comma(
                verbatim(f"({column.generated})::{column.type} AS {{}}").format(Name(column.name))
                for column in computed
            )
            rows = sql.SQL("SELECT *, {} FROM ({}) AS krakn_row").format(more, rows)
        # Rows with NULL where it must not be are told by themselves.
        there = [sql.SQL("{} IS NOT NULL").format(Name(name)) for name in columns if wanted[name].not_null]
        yield _Question(
            f"break constraint {constraint.name}: {one_line(constraint.definition)}",
            sql.SQL("SELECT pg_catalog.count(*) AS count FROM ({}) AS krakn_row WHERE {}").format(
                rows, sql.SQL(" AND ").join([verbatim(f"({constraint.expression}) IS FALSE"), *there])
            ),
        )


def _typed(column: ColumnPlan, want: Column, prod: Catalog) -> sql.Composable:
    assert column.select is not None
    return verbatim("({})::{}").format(column.select, verbatim(want.type)) if knows(prod, want) else column.select


def _counted(table: TablePlan, condition: sql.Composable) -> sql.Composable:
    return table.rows_of_prod(sql.SQL("pg_catalog.count(*) FILTER (WHERE {}) AS count").format(condition))
