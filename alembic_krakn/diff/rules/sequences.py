"""Rules for sequences and for who owns them."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from psycopg import sql

from ...catalog import Column, Fact, Ownership, Sequence
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .base import Rule, Sides, Work
from .identities import continue_after, into_bounds, sequence_options


class SequenceRule(Rule[Sequence]):
    """CREATE SEQUENCE, and ALTER SEQUENCE for its options; never RESTART, the counter is prod's own.

    A new minimum above the counter moves it up, or PostgreSQL would refuse the minimum; so does a counter that never
    counted go where the new bounds begin.
    """

    keyword = "SEQUENCE"

    def create(self, fact: Sequence, members: Seq[Fact], sides: Sides) -> Work:
        parts: list[sql.Composable] = [
            sql.SQL("CREATE {}SEQUENCE {}").format(
                sql.SQL("UNLOGGED " if fact.persistence == "u" else ""), Name(fact.schema, fact.name)
            )
        ]
        if fact.type != "bigint":
            parts.append(verbatim(f" AS {fact.type}"))
        parts.extend(sql.SQL(" ") + option for option in sequence_options(fact, fact.type))
        return Work([sql.Composed(parts)])

    def alter(self, have: Sequence, want: Sequence, sides: Sides) -> Work:
        lead = sql.SQL("ALTER SEQUENCE {}").format(Name(want.schema, want.name))
        statements: list[sql.Composable] = []
        moved, beyond = into_bounds(Name(want.schema, want.name), (have, have.type), (want, want.type))
        said = [
            (have.type != want.type, f"AS {want.type}"),
            (have.increment != want.increment, f"INCREMENT BY {want.increment}"),
            # a change of type moves bounds that were the old type's own, so say them
            (have.minimum != want.minimum or have.type != want.type or moved, f"MINVALUE {want.minimum}"),
            (have.maximum != want.maximum or have.type != want.type or moved, f"MAXVALUE {want.maximum}"),
            (have.start != want.start, f"START WITH {want.start}"),
            (have.cache != want.cache, f"CACHE {want.cache}"),
            (have.cycle != want.cycle, "CYCLE" if want.cycle else "NO CYCLE"),
        ]
        hazards = []
        statements.extend(moved)
        if beyond:
            fails = f"fails when {want.ident} has counted beyond {beyond}"
            hazards.append(Hazard(HazardKind.MAY_FAIL, fails, Doubt(Asks.COUNTER, want.ident)))
        if changed := [text for needed, text in said if needed]:
            statements.append(lead + verbatim(" " + " ".join(changed)))
        if have.persistence != want.persistence:
            statements.append(
                sql.SQL("{} SET {}").format(lead, verbatim("UNLOGGED" if want.persistence == "u" else "LOGGED"))
            )
        return Work(statements, hazards)


class OwnershipRule(Rule[Ownership]):
    """ALTER SEQUENCE ... OWNED BY; a sequence that is new to an old column goes on behind the column's values."""

    def create(self, fact: Ownership, members: Seq[Fact], sides: Sides) -> Work:
        column = Ident("column", (fact.table_schema, fact.table, fact.column))
        owned = sql.SQL("ALTER SEQUENCE {} OWNED BY {}").format(
            Name(fact.schema, fact.sequence), Name(fact.table_schema, fact.table, fact.column)
        )
        was = sides.have.facts.get(column)
        if fact.parent not in sides.have.facts and isinstance(was, Column) and was.category == "N":
            return Work([owned, continue_after(was)])
        return Work([owned])

    def drop(self, fact: Ownership, sides: Sides) -> Work:
        return Work([sql.SQL("ALTER SEQUENCE {} OWNED BY NONE").format(Name(fact.schema, fact.sequence))])

    def alter(self, have: Ownership, want: Ownership, sides: Sides) -> Work:
        return self.create(want, (), sides)
