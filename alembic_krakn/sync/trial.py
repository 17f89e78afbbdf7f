"""A column of test that needs a value in; a value that its type and its checks take, tried out on test, out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ..catalog import Catalog, Column, Constraint, Default, DomainConstraint
from ..connect import WritableConnection
from ..names import Ident, Name, comma, text_of, verbatim
from .types import enum_of, is_string, path_of

# By pg_type's category: what is tried first. All that is here is tried for every type in the end.
_FIRST = {
    "B": ("false", "true"),
    "N": ("0", "1", "-1", "10", "100", "1000"),
    "S": ("unknown", "x", "", "X", "0", "x@example.org", "https://example.org", "00000", "en"),
    "D": ("2000-01-01", "2000-01-01 00:00+00", "00:00", "1970-01-01", "2100-01-01"),
    "T": ("0", "1 day"),
    "I": ("127.0.0.1", "10.0.0.0/8"),
    "U": ("00000000-0000-0000-0000-000000000000", "{}", "[]", "null", "\\x", "0/0", "00:00:00:00:00:00", "<x/>"),
    "A": ("{}", "{0}", "{x}", "{false}", "{2000-01-01}", "{00000000-0000-0000-0000-000000000000}"),
    "R": ("empty", "{}", "[0,1)", "[2000-01-01,2000-01-02)"),
    "G": ("(0,0)", "((0,0),(1,1))", "<(0,0),1>", "{1,0,0}", "[(0,0),(1,1)]"),
    "V": ("0", "", "1"),
    "C": tuple(f"({',' * count})" for count in range(16)),
}
_MOST = 200  # values to try for one column
# What is different in each row, made of its number $n, by category; the first that checks and type take is used.
_NUMBERED = {
    "S": ("'x' || $n", "$n::text", "pg_catalog.md5($n::text)", "'X' || $n", "'x' || $n || '@example.org'"),
    "N": ("$n::text",),
    "D": ("('2000-01-01'::timestamp + $n * '1 second'::interval)::text", "('2000-01-01'::date + $n::integer)::text"),
    "U": ("pg_catalog.md5($n::text)", "'\\x' || pg_catalog.md5($n::text)", "$n::text"),
    "A": ("'{' || $n || '}'",),
}


@dataclass(frozen=True)
class Trial:
    """Tries values on test, in a transaction that only reads."""

    reader: WritableConnection  # inside a snapshot
    test: Catalog

    def constant(self, column: Column, known: Mapping[str, str]) -> str | None:
        """Find a text that the column takes, where `known` columns of its row have these texts."""
        texts = self._texts(column)
        for strict in (True, False):
            for text in texts:
                if self._fits(column, text, known, strict=strict):
                    return text
        return None

    def numbered(self, column: Column, known: Mapping[str, str]) -> str | None:
        """Find an expression of a row's number $n that is a text for the column, another one in each row."""
        for expression in _NUMBERED.get(column.category, ()):
            texts = [self._ask(f"SELECT {expression.replace('$n', f'({n}::bigint)')} AS found") for n in (1, 2)]
            values = {str(self._value(column, text)) for text in texts if isinstance(text, str)}
            if len(values) > 1 and all(self._fits(column, str(text), known) for text in texts):
                return expression
        return None

    def smallest(self, relation: tuple[str, str], columns: Iterable[str]) -> list[str] | None:
        """Give the smallest key that is in a table of test, as texts."""
        names = list(map(Name, columns))
        query = sql.SQL("SELECT ARRAY[{}] AS found FROM {} ORDER BY {} LIMIT 1").format(
            comma(sql.SQL("{}::text").format(name) for name in names),
            Name(*relation),
            comma(names),
        )
        found = self._ask(text_of(query))
        return list(map(str, found)) if isinstance(found, list) else None

    def _texts(self, column: Column) -> list[str]:
        found = list(self._likely(column))
        for texts in (_FIRST.get(column.category, ()), *_FIRST.values()):
            found += texts
        return list(dict.fromkeys(found))[:_MOST]

    def _likely(self, column: Column) -> Iterator[str]:
        """List what the column itself speaks of: its default, its labels, what its checks name."""
        default = self.test.get(Default, column.schema, column.table, column.name)
        if default and isinstance(made := self._ask(f"SELECT ({default.expression})::text AS found"), str):
            yield made
        if column.category == "V" and (length := re.search(r"\((\d+)\)", column.type)):
            yield "0" * int(length[1])
        if enum := enum_of(self.test, column):
            yield from enum.labels
            return
        checks = [check.definition for check in self._checks(column)]
        domain = Ident("domain", path_of(column.type))
        checks += [check.definition for check in self.test.parts(domain, DomainConstraint)]
        if not checks:
            return
        yield from _FIRST.get(column.category, ())
        for text in re.findall(r"'((?:[^']|'')*)'", " ".join(checks)):
            yield text.replace("''", "'")
        for number in map(int, re.findall(r"(?<![\w.])\d{1,9}(?![\w.])", " ".join(checks))):
            yield from (str(number), str(number + 1), str(number - 1), str(-number))
            if is_string(column) and number <= 1000:
                yield from ("x" * number, "x" * (number + 1), "0" * number, "X" * number)

    def _checks(self, column: Column) -> list[Constraint]:
        table = Ident("table", (column.schema, column.table))
        return [
            check
            for check in self.test.parts(table, Constraint)
            if check.type == "c" and check.enforced and check.expression and column.name in check.columns
        ]

    def _value(self, column: Column, text: str) -> object:
        value = verbatim("{}::{}").format(sql.Literal(text), verbatim(column.type))
        return self._ask(text_of(sql.SQL("SELECT ({})::text AS found").format(value)))

    def _fits(self, column: Column, text: str, known: Mapping[str, str], *, strict: bool = False) -> bool:
        """Tell whether a column takes a text whole, and no check fails of which all columns are known.

        When it is `strict`, a check of columns that are not known must not fail either, with NULL in their place.
        """
        texts = {**known, column.name: text}
        wanted = {each.name: each for each in self.test.columns(column.schema, column.table)}
        checks = [check for check in self._checks(column) if strict or set(check.columns) <= texts.keys()]
        names = sorted({column.name, *(name for check in checks for name in check.columns)})
        row = comma(
            verbatim("{}::{} AS {}").format(sql.Literal(texts.get(name)), verbatim(wanted[name].type), Name(name))
            for name in names
        )
        conditions: list[sql.Composable] = [verbatim(f"(({check.expression}) IS NOT FALSE)") for check in checks]
        if is_string(column) or column.category == "V":  # a cast cuts off or fills up, where COPY refuses
            conditions.append(verbatim("({}::text = {})").format(Name(column.name), sql.Literal(text)))
        conditions.append(sql.SQL("{} IS DISTINCT FROM NULL").format(Name(column.name)))
        query = sql.SQL("SELECT {} AS found FROM (SELECT {}) AS krakn_row")
        return self._ask(text_of(query.format(sql.SQL(" AND ").join(conditions), row))) is True

    def _ask(self, query: str) -> object:
        """Run a query that may fail, and give what it finds."""
        try:
            with self.reader.driver.transaction():
                rows = self.reader.fetch(query)
        except psycopg.Error:
            if self.reader.driver.closed:
                raise
            return None  # the server refuses it, which is an answer
        return rows[0]["found"] if rows else None
