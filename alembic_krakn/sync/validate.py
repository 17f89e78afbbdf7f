"""The profile's `validate` queries in; what they find on both sides, and which of them fail, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ..connect import ReadOnlyConnection, WritableConnection
from ..errors import ProfileError
from ..names import text_of, verbatim
from .asking import own_path
from .problems import said
from .profile import Profile
from .profile_steps import CheckStep
from .stream import Driver
from .values import Relation

# Rows in any order, as text: a sum is a bigint on one side and a numeric on the other when the columns' types differ.
# Its bytes are those of one encoding; with SQL_ASCII nobody knows which one the text has.
_FOUND = """
    SELECT pg_catalog.count(*) AS rows, coalesce(pg_catalog.sum(pg_catalog.hash_record_extended(ROW(
        pg_catalog.convert_to(krakn_rows::pg_catalog.text, CASE pg_catalog.current_setting('server_encoding')
            WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)), 0)), 0)::pg_catalog.text AS checksum
    FROM ({}
) AS krakn_rows"""


@dataclass(frozen=True)
class Question:
    """One query, and its place in the profile."""

    place: str
    query: str
    no_rows: bool  # expected in test; else the same on both sides

    @property
    def statement(self) -> str:
        """Compose what counts its rows and adds up their hashes."""
        return text_of(sql.SQL(_FOUND).format(verbatim(self.query)))

    async def on(self, connection: Driver) -> tuple[int, str]:
        """Ask one side."""
        row = await connection.fetchrow(self.statement)
        assert row is not None
        return row["rows"], row["checksum"]

    def say(self, on_prod: tuple[int, str] | None, on_test: tuple[int, str]) -> str | None:
        """Say what is wrong, without the rows."""
        if on_prod is None:
            rows = "1 row" if on_test[0] == 1 else f"{on_test[0]} rows"
            return f"{self.place}: finds {rows} in test, where none were expected" if on_test[0] else None
        if on_prod == on_test:
            return None
        return f"{self.place}: gives {on_test[0]} rows in test and {on_prod[0]} in prod, and they are not the same"


def questions_of(profile: Profile, relations: Iterable[Relation]) -> tuple[Question, ...]:
    """List the queries of the whole and of those tables."""
    found = list(_questions(profile.validation, f"{profile.source}, validate"))
    for relation in relations:
        found += _questions(profile.rule_for(*relation).validation, profile.place(*relation, "validate"))
    return tuple(found)


def _questions(steps: tuple[CheckStep, ...], place: str) -> Iterator[Question]:
    for at, step in enumerate(steps, start=1):
        yield Question(f"{place}, number {at}" if len(steps) > 1 else place, step.query, step.no_rows)


def refuse_unaskable(
    questions: Iterable[Question], database: ReadOnlyConnection | WritableConnection, search_path: str
) -> None:
    """Let a database plan the queries that it will be asked, so that a slip is told before anything is loaded."""
    problems = []
    for question in questions:
        try:
            with own_path(database, search_path):
                # Prepared, as the protocol then takes one statement and no more.
                database.driver.execute(sql.SQL("EXPLAIN ") + verbatim(question.statement), prepare=True)
        except psycopg.Error as exc:
            who = database.side.value
            problems.append(f"{question.place}: expected a query that {who} can run; {said(exc, who)}")
    if problems:
        raise ProfileError("\n".join(problems))


__all__ = ["Question", "questions_of", "refuse_unaskable"]
