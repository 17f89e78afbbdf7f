"""A plan and the profile in; the conditions, expressions and values of the profile that a server cannot take, out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
from psycopg import sql

from ..connect import ReadOnlyConnection, WritableConnection
from ..errors import ProfileError
from ..names import Name, verbatim
from .adapt import spelt, text_literal
from .problems import condition_of, said
from .profile import Profile
from .values import SyncPlan, TablePlan


def refuse_slips(prod: ReadOnlyConnection, plan: SyncPlan, profile: Profile, search_path: str) -> None:
    """Let prod plan what the profile says in SQL, piece by piece, so that a slip is told by the line it stands in."""
    problems = []
    for table in plan.tables:
        for keys, what, statements in _pieces(table, profile):
            try:
                for statement in statements:
                    with prod.driver.transaction(force_rollback=True):
                        prod.take_path(search_path)
                        # Prepared, as the protocol then takes one statement and no more.
                        prod.driver.execute(sql.SQL("EXPLAIN ") + statement, prepare=True)
            except psycopg.Error as exc:
                if prod.driver.closed:
                    raise
                place = profile.place(*table.test, *keys)
                problems.append(f"{place}: expected {what} that prod can compute; {said(exc)}")
    if problems:
        raise ProfileError("\n".join(problems))


def _pieces(table: TablePlan, profile: Profile) -> Iterator[tuple[tuple[str, ...], str, list[sql.Composable]]]:
    """Give each piece as a statement of its own, with the keys that lead to it."""
    rule, bare = profile.rule_for(*table.test), replace(table, where=None)
    if rule.where:
        rows = bare.rows_of_prod(sql.SQL(""))
        yield ("where",), "a condition", [rows + sql.SQL(" WHERE ") + text for text in _alone(rule.where)]
    # What an expression over several rows does not go together with.
    itself: sql.Composable = next(map(Name, table.read), sql.SQL("tableoid"))
    if table.from_query:
        itself = sql.SQL("krakn_rows")
    for name, column in rule.columns.items():
        if column.expr:
            values = [sql.SQL("{}, {}").format(text, itself) for text in _alone(column.expr)]
            yield ("columns", name, "expr"), "an expression", [bare.rows_of_prod(each) for each in values]


def _alone(text: str) -> list[sql.Composable]:
    """Write it with parentheses, and without, as `a) OR (b` closes them; a comment at its end ends with the line."""
    return [verbatim(f"{text}\n"), verbatim(f"({text}\n)")]


def refuse_misfits(test: WritableConnection, plan: SyncPlan, profile: Profile) -> None:
    """Let test read the values that the profile has for columns."""
    problems = []
    for table in plan.tables:
        rules = profile.rule_for(*table.test).columns
        for column in table.columns:
            rule = rules.get(column.name)
            for key in ("value", "fill"):
                value = getattr(rule, key, None)
                if value is None or column.mask:
                    continue
                try:
                    with test.driver.transaction(force_rollback=True):
                        test.fetch(sql.SQL("SELECT {}::{}").format(text_literal(value), verbatim(column.type)))
                except psycopg.Error as exc:
                    if test.driver.closed:
                        raise
                    place = profile.place(*table.test, "columns", column.name, key)
                    why = condition_of(exc.sqlstate or "")
                    problems.append(f"{place}: {spelt(value)!r} does not fit type {column.type} of test ({why})")
    if problems:
        raise ProfileError("\n".join(problems))


__all__ = ["refuse_misfits", "refuse_slips"]
