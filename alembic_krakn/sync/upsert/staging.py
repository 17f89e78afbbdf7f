"""A table of test and rows in a temporary one beside it in; statements that make the first like the second out.

Changed rows are taken out before they are put in as they are now: two rows may exchange what must be unique, and a row
may move into another partition. Columns that do not travel keep what test has in them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg import sql

from ...names import Name, comma, names, text_of
from ..stream import Driver
from ..values import TablePlan
from .keys import Course
from .ranges import Span, inside

_STAGED = "krakn_staged"  # an alias: the rows of prod
_HAVE = "krakn_have"  # an alias: test's own
_NEW, _CHANGED, _SAME = 0, 1, 2


@dataclass(frozen=True)
class Stage:
    """The temporary table, which holds what prod has in those spans."""

    course: Course
    nth: int
    spans: tuple[Span, ...]

    @property
    def plan(self) -> TablePlan:
        """Give the plan of the table with the stage as what takes the rows."""
        return replace(self.course.table, staged=("pg_temp", f"krakn_stage_{self.nth}"))

    @property
    def _name(self) -> sql.Composable:
        return Name(*self.plan.target)

    @property
    def _same(self) -> sql.Composable:
        key = self.course.key
        return key.same(_HAVE, _STAGED) if key else sql.SQL("false")

    @property
    def _state(self) -> sql.Composable:
        """Name the column that tells what becomes of a row, as no column of the table is called."""
        taken, name = {column.name for column in self.course.table.columns}, "krakn_state"
        while name in taken:
            name += "_"
        return Name(name)

    @property
    def _sent(self) -> list[str]:
        return [column.name for column in self.course.table.sent]

    def create(self) -> str:
        """Compose the table, which has the types of the other one, and none of its constraints."""
        return text_of(
            sql.SQL(
                "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {}, NULL::pg_catalog.int2 AS {} FROM {}"
                " WITH NO DATA"
            ).format(
                Name(self.plan.target[1]),
                names([*self._sent, *self.course.kept]),
                self._state,
                self.course.table.in_test,
            )
        )

    async def repeated(self, test: Driver) -> tuple[int, int]:
        """Count the rows that share a key with others, and such keys."""
        if self.course.key is None:
            return 0, 0
        query = sql.SQL(
            "SELECT coalesce(pg_catalog.sum(n), 0)::pg_catalog.int8, pg_catalog.count(*) FROM"
            " (SELECT pg_catalog.count(*) AS n FROM {} GROUP BY {} HAVING pg_catalog.count(*) > 1) AS krakn_twice"
        ).format(self._name, names(self.course.key.columns))
        row = await test.fetchrow(text_of(query))
        assert row is not None
        return row[0], row[1]

    async def classify(self, test: Driver) -> tuple[int, int, int]:
        """Find out which rows are new and which have changed; count both, and the rows of test that prod lacks."""
        await test.execute(text_of(sql.SQL("ANALYZE {}").format(self._name)))
        if self.course.key:
            await test.execute(text_of(self._compare()))
        counts = await test.fetch(
            text_of(sql.SQL("SELECT {}, pg_catalog.count(*) FROM {} GROUP BY 1").format(self._state, self._name))
        )
        found = {row[0] or _NEW: row[1] for row in counts}
        vanished = 0
        if self.course.deletes:
            query = sql.SQL("SELECT pg_catalog.count(*) FROM {} AS {} WHERE {}")
            vanished = await test.fetchval(
                text_of(query.format(self.course.table.in_test, Name(_HAVE), self._vanished()))
            )
        return found.get(_NEW, 0), found.get(_CHANGED, 0), int(vanished)

    def _compare(self) -> sql.Composable:
        """Compose the UPDATE that marks the rows that test has, and takes over what does not travel."""
        mark: sql.Composable = sql.Literal(_SAME)
        if not self.course.appends:
            # Byte by byte, which needs no operator of the types and sees what an operator takes for equal.
            mark = sql.SQL("CASE WHEN pg_catalog.record_image_eq(ROW({}), ROW({})) THEN {} ELSE {} END").format(
                self._columns(_HAVE, self._sent), self._columns(_STAGED, self._sent), _SAME, _CHANGED
            )
        sets = [sql.SQL("{} = {}").format(self._state, mark)]
        sets += [sql.SQL("{0} = {1}.{0}").format(Name(name), Name(_HAVE)) for name in self.course.kept]
        return sql.SQL("UPDATE {} AS {} SET {} FROM {} AS {} WHERE {}").format(
            self._name, Name(_STAGED), comma(sets), self.course.table.in_test, Name(_HAVE), self._same
        )

    def _columns(self, alias: str, columns: list[str]) -> sql.Composable:
        return comma(sql.SQL("{}.{}").format(Name(alias), Name(column)) for column in columns)

    def _vanished(self) -> sql.Composable:
        return sql.SQL("{} AND NOT EXISTS (SELECT FROM {} AS {} WHERE {})").format(
            inside(self.course, self.spans, prod=False), self._name, Name(_STAGED), self._same
        )

    def given(self) -> list[sql.Composable]:
        """Compose the conditions of which one holds for the rows of test that prod gives, where that is not all."""
        if self.course.deletes:
            return [sql.SQL("true")]
        here = inside(self.course, self.spans, prod=False)
        # Not with OR: PostgreSQL would not join then, but search all that is staged for every row.
        there = sql.SQL("({}) AND EXISTS (SELECT FROM {} AS {} WHERE {})")
        return [sql.SQL("NOT ({})").format(here), there.format(here, self._name, Name(_STAGED), self._same)]

    def merge(self) -> list[str]:
        """Compose what makes the table of test like this one."""
        table, rows = Name(*self.course.table.test), self.course.table.in_test
        statements = []
        if self.course.deletes:
            statements.append(sql.SQL("DELETE FROM {} AS {} WHERE {}").format(rows, Name(_HAVE), self._vanished()))
        statements.append(
            sql.SQL("DELETE FROM {} AS {} USING {} AS {} WHERE {}.{} = {} AND {}").format(
                rows, Name(_HAVE), self._name, Name(_STAGED), Name(_STAGED), self._state, _CHANGED, self._same
            )
        )
        insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} WHERE {}")
        both = names([*self._sent, *self.course.kept])
        changed = sql.SQL("{} = {}").format(self._state, _CHANGED)
        new = sql.SQL("{} IS NULL").format(self._state)
        statements.append(insert.format(table, both, both, self._name, changed))
        statements.append(insert.format(table, names(self._sent), names(self._sent), self._name, new))
        return [text_of(statement) for statement in statements]


__all__ = ["Stage"]
