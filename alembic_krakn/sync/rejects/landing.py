"""Rows that COPY does not take in; those that test's table takes in it, the others kept with what each of them breaks.

The rows, masked as always, come as text into a temporary table. From there PostgreSQL takes them one block after the
other; a block that fails is divided until the rows that fail are alone. So every type, NOT NULL, CHECK, domain and
partition is asked in PostgreSQL's own way, and a table whose rows all fit never comes here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import asyncpg
from psycopg import sql

from ...catalog import Constraint, DomainConstraint, Index
from ...names import Ident, Name, comma, text_of, verbatim
from ..problems import condition_of
from ..stream import Driver
from ..values import ColumnPlan, Origin, Part, Relation, TablePlan, one_line, shown
from .account import Account, Offence
from .keep import Keep
from .tries import LANDING, MISFIT, Tries

_PLACE = ("krakn_table", "krakn_place")  # of prod's row
_LEFT_OUT = 200_000  # rows that a statement may name; they take 270 bytes each here


@dataclass(frozen=True)
class Landed:
    """What came of the rows of one part."""

    account: Account
    came: int
    rows: int  # that test's table took
    part: Part | None  # the same rows of prod without the rejected ones; None where they cannot be told apart


class Landing:
    """The temporary tables for the rows of one table; `cast_here` where prod's casts refuse some of them."""

    def __init__(self, table: TablePlan, keep: Keep, *, cast_here: bool) -> None:
        if cast_here:
            table = replace(table, columns=tuple(map(_uncast, table.columns)))
        self.table, self.keep, self.catalog, self.cast_here = table, keep, keep.catalog, cast_here
        places = [
            ColumnPlan(name, "text", Origin.EXPRESSION, select=verbatim(f"{column}::text"))
            for name, column in zip(_PLACE, ("tableoid", "ctid"), strict=True)
        ]
        sent = [replace(column, name=f"c{at}", binary=False) for at, column in enumerate(table.sent, 1)]
        self._placed = table.divisible and table.placed
        # All columns travel as text, and masks find theirs where they always are.
        self.plan = replace(
            table, test=("pg_temp", LANDING), columns=(*sent, *(places if self._placed else [])), partitioned=False
        )
        self._wanted = {column.name: column for column in self.catalog.columns(*table.test)}
        self._tries = Tries(table, self.plan, keep, cast_here=cast_here)

    async def prepare(self, test: Driver) -> None:
        """Make the table that takes everything."""
        columns = comma(sql.SQL("{} text").format(Name(column.name)) for column in self.plan.columns)
        create = sql.SQL("CREATE TEMPORARY TABLE {} (krakn_nth int8 GENERATED ALWAYS AS IDENTITY, {})").format(
            Name(LANDING), columns
        )
        await test.execute(text_of(create))
        await test.execute(
            "CREATE TEMPORARY TABLE krakn_misfit (krakn_row jsonb, landed int8, state text, broken text, empty text,"
            " unfit text, owner text[])"
        )

    async def go_on(self, test: Driver, part: Part) -> Landed:
        """Let test's table take what it can, and keep the rest."""
        await test.execute("CREATE UNIQUE INDEX ON pg_temp.krakn_landing (krakn_nth)")
        await test.execute(text_of(sql.SQL("DO {}").format(sql.Literal(text_of(self._tries.body())))))
        account = Account()
        causes = await test.fetch(
            "SELECT DISTINCT state, broken, empty, unfit, owner FROM pg_temp.krakn_misfit ORDER BY 1, 2, 3, 4, 5"
        )
        for cause in causes:
            offence = self._offence(cause)
            where = sql.SQL(" AND ").join(
                sql.SQL("{} IS NOT DISTINCT FROM {}").format(Name(name), sql.Literal(value))
                for name, value in cause.items()
            )
            rows = sql.SQL("SELECT krakn_row FROM pg_temp.{} WHERE {} AND krakn_row IS {} NULL")
            account.rejected[offence] += await self.keep.take(
                test, offence, rows.format(Name(MISFIT), where, sql.SQL("NOT"))
            )
            besides = rows.format(Name(MISFIT), where, sql.SQL(""))
            count = sql.SQL("SELECT pg_catalog.count(*) FROM ({}) AS krakn_rows").format(besides)
            account.besides[offence] += int(await test.fetchval(text_of(count)))
        rejected = int(await test.fetchval("SELECT pg_catalog.count(DISTINCT landed) FROM pg_temp.krakn_misfit"))
        all_rows = int(await test.fetchval("SELECT pg_catalog.count(*) FROM pg_temp.krakn_landing"))
        rest = await self._rest(test, part) if self._placed and rejected <= _LEFT_OUT else None
        await test.execute("DROP TABLE pg_temp.krakn_landing, pg_temp.krakn_misfit")
        return Landed(account, all_rows, all_rows - rejected, rest)

    async def _rest(self, test: Driver, part: Part) -> Part:
        """Give the part without the rows that were rejected, which prod knows by their places."""
        gone = await test.fetchrow(
            "SELECT pg_catalog.array_agg(krakn_table)::text, pg_catalog.array_agg(krakn_place)::text"
            " FROM pg_temp.krakn_landing WHERE krakn_nth IN (SELECT landed FROM pg_temp.krakn_misfit)"
        )
        if gone is None or gone[0] is None:
            return part
        tables, rows = gone
        stay = sql.SQL(
            "NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest({}::oid[]), pg_catalog.unnest({}::tid[]))"
            " AS krakn_gone (krakn_table, krakn_place) WHERE krakn_table = tableoid AND krakn_place = ctid)"
        ).format(sql.Literal(tables), sql.Literal(rows))
        return part.narrowed(stay)

    def _offence(self, cause: asyncpg.Record) -> Offence:
        """Say what rows break."""
        table, state, unfit = self.table.test, cause["state"], cause["unfit"]
        # A function that raises calls things as it likes, a value of the row among them.
        broken, empty = (cause["broken"] if self._known(cause) else None), cause["empty"]
        made_up = cause["broken"] and not broken
        if unfit:
            type_ = self._wanted[unfit].type
            if broken:
                return Offence(table, broken, f"the value of {unfit} breaks this constraint of {type_}")
            if made := self._wanted[unfit].generated:
                told = f"test computes {unfit} as {one_line(made)}, which fails ({condition_of(state)})"
                return Offence(table, f"{unfit} {type_}", told)
            value = "NULL in" if state == "23502" else "the value of"
            told = "" if state == "23502" else f" ({condition_of(state)})"
            return Offence(table, f"{unfit} {type_}", f"{value} {unfit} does not fit {type_}{told}")
        if state == "23502" and empty in self._wanted:
            return Offence(table, f"{empty} NOT NULL", f"{empty} is NULL")
        if state == "23514" and not broken and not made_up:
            if period := self._period():  # PostgreSQL does not name it
                return Offence(table, period.name, f"its range is empty, {one_line(period.definition)}")
            return Offence(table, "PARTITION BY", f"no partition of {shown(table)} takes it")
        if broken:
            reasons = {
                "23514": "{} does not hold",
                "23505": "another row has the same, {}",
                "23P01": "another excludes it, {}",
            }
            definition = self._definition(cause)
            if state[:2] != "23":
                return Offence(table, broken, f"{definition} fails ({condition_of(state)})")
            return Offence(table, broken, reasons.get(state, "{}").format(definition))
        return Offence(table, condition_of(state), f"test refuses it ({condition_of(state)})")

    def _period(self) -> Constraint | None:
        """Find a key WITHOUT OVERLAPS that is in place, as those of a partitioned table are not while rows come in."""
        keys = self.catalog.parts(Ident("table", self.table.test), Constraint)
        return next((key for key in keys if key.period and not key.references and not self.table.partitioned), None)

    def _constraint(self, cause: asyncpg.Record) -> Constraint | None:
        """Find the constraint of the table, or of a part of it, that a row breaks."""
        owner: Relation = tuple(cause["owner"] or self.table.test)
        found = (self.catalog.get(Constraint, *relation, cause["broken"]) for relation in (owner, self.table.test))
        return next(filter(None, found), None)

    def _known(self, cause: asyncpg.Record) -> bool:
        """Tell whether test has a constraint, an index or a domain's check of the name that is told."""
        others = {fact.name for fact in self.catalog.of(Index)} | {
            fact.name for fact in self.catalog.of(DomainConstraint)
        }
        return self._constraint(cause) is not None or cause["broken"] in others

    def _definition(self, cause: asyncpg.Record) -> str:
        fact = self._constraint(cause)
        return one_line(fact.definition) if fact else "a constraint of a type"


def _uncast(column: ColumnPlan) -> ColumnPlan:
    """Let a value travel as the text of what it is on prod; never where a mask is put on what it becomes."""
    if not column.cast_from or column.mask:
        return replace(column, cast_from="")
    return replace(column, select=verbatim("({})::text").format(Name(*column.source)))


__all__ = ["Landed", "Landing"]
