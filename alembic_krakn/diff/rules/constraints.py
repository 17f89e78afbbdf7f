"""Rules for constraints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Constraint, Fact, Index, Inheritance
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .attached import (
    comes,
    goes_with_parent,
    held_by_parent,
    is_whole,
    made_by_parent,
    needs_name,
    over,
    rename,
    taken_over,
)
from .base import Rule, Sides, Work, change_options, options
from .indexes import attach


class ConstraintRule(Rule[Constraint]):
    """ADD CONSTRAINT and DROP CONSTRAINT; VALIDATE, and ALTER CONSTRAINT for when a foreign key is checked."""

    def create(self, fact: Constraint, members: Sequence[Fact], sides: Sides) -> Work:
        if taken_over(fact, sides):
            return Work([rename(fact), _using_index(fact)])
        if made_by_parent(fact, sides):
            return Work([rename(fact)] if needs_name(fact, sides) else [])
        statements: list[sql.Composable] = [
            sql.SQL("{} ADD CONSTRAINT {} {}").format(_lead(fact), Name(fact.name), _definition(fact))
        ]
        if not fact.whole:
            only = sql.SQL("ALTER TABLE ONLY {} ADD CONSTRAINT {} {}")
            statements = [only.format(Name(fact.schema, fact.table), Name(fact.name), _definition(fact))]
        if fact.type == "x" and fact.tablespace:
            statements.extend(_change_storage(replace(fact, tablespace=None), fact))
        above = over(fact, sides.want)
        if fact.parent_index and above and (isinstance(above, Index) or not comes(fact, sides)):
            statements.append(attach(fact, fact.parent_index))
        no_rows = fact.of_foreign or fact.parent not in sides.have.facts
        return Work(statements, [] if no_rows else _hazards(fact))

    def drop(self, fact: Constraint, sides: Sides) -> Work:
        detached = sides.detached(fact.schema, fact.table)
        goes = fact.parent in sides.made or fact.parent not in sides.want.facts
        if fact.type == "c" and fact.inherited and not detached and (goes or _stays_under(fact, sides)):
            return Work()  # it goes with the parent's, or with its table
        return Work([sql.SQL("{} DROP CONSTRAINT {}").format(_lead(fact), Name(fact.name))])

    def alter(self, have: Constraint, want: Constraint, sides: Sides) -> Work | None:
        if have.parent_index != want.parent_index and goes_with_parent(have, sides):
            return None
        have = replace(have, whole=have.whole or want.whole)  # it is whole as soon as the last partition has it
        if replace(have, inherited=want.inherited, parent_index=want.parent_index) == want:
            if have.type == "c" and have.inherited and not want.inherited and _stays_under(want, sides):
                # the parent's goes, or the table's own joins it
                add = sql.SQL("{} ADD CONSTRAINT {} {}")
                return Work([add.format(_lead(want), Name(want.name), _definition(want))])
            above = over(want, sides.want)
            alone = want.parent_index in sides.have_names or (above is not None and not is_whole(above))
            if want.parent_index and alone and not have.parent_index and _stays_under(want, sides):
                return Work([attach(want, want.parent_index)])  # to one that not all partitions have, or have had
            return Work()  # attaching the partition, or detaching it, does that
        if have.type == "f" and (work := _alter_foreign_key(have, want)):
            return work
        if not have.validated and have.enforced and _validated(have) == want:
            return Work(
                [sql.SQL("{} VALIDATE CONSTRAINT {}").format(_lead(want), Name(want.name))],
                [Hazard(HazardKind.MAY_FAIL, f"fails when a row breaks {want.ident}", Doubt(Asks.BREAKS, want.ident))],
            )
        if have.type in ("p", "u", "x") and _but_storage(have) == _but_storage(want):
            return Work(_change_storage(have, want))
        return None

    def around(self, fact: Constraint, sides: Sides) -> set[Ident]:
        """Give a check's copies in partitions and heirs, which take their comments along; and the index above that is
        no key: only with that goes a key which took over the partition's index.
        """
        if fact.type == "c":
            below = (table for table in sides.below.get(fact.parent.path, ()) if not sides.detached(*table))
            copies = (Ident(Constraint.kind, (*table, fact.name)) for table in below)
            return {copy for copy in copies if getattr(sides.have.facts.get(copy), "inherited", False)}
        above = over(fact, sides.have)
        if isinstance(above, Index) and fact.parent in sides.want.facts and goes_with_parent(fact, sides):
            return {above.ident}
        return held_by_parent(fact, sides)


def _using_index(fact: Constraint) -> sql.Composed:
    sort = "PRIMARY KEY" if fact.type == "p" else "UNIQUE"
    return sql.SQL("{} ADD CONSTRAINT {} {} USING INDEX {}").format(
        _lead(fact), Name(fact.name), verbatim(sort), Name(fact.name)
    )


def _stays_under(fact: Constraint, sides: Sides) -> bool:
    place = Ident(Inheritance.kind, (fact.schema, fact.table))
    return sides.have.facts.get(place) == sides.want.facts.get(place)


def _but_storage(fact: Constraint) -> Constraint:
    """Give a key without how its index is stored, which an exclusion constraint's definition tells too."""
    definition = re.sub(r" WITH \([^()]*\)", "", fact.definition) if fact.type == "x" else fact.definition
    return replace(fact, definition=definition, options=(), tablespace=None, inherited=False, parent_index=None)


def _change_storage(have: Constraint, want: Constraint) -> list[sql.Composable]:
    """Compose what stores the index of a key otherwise."""
    lead = sql.SQL("ALTER INDEX {}").format(Name(want.schema, want.name))
    statements = change_options(lead, have.options, want.options)
    if have.tablespace != want.tablespace:
        statements.append(sql.SQL("{} SET TABLESPACE {}").format(lead, Name(want.tablespace or "pg_default")))
    return statements


def _definition(fact: Constraint) -> sql.Composable:
    """Compose the definition; a key's storage parameters stand before DEFERRABLE, which the definition ends with."""
    if fact.type == "x":
        return verbatim(fact.definition)
    settings = []
    if fact.options:
        settings.append(sql.SQL(" WITH ({})").format(options(fact.options)))
    if fact.tablespace:
        settings.append(sql.SQL(" USING INDEX TABLESPACE {}").format(Name(fact.tablespace)))
    if not settings:
        return verbatim(fact.definition)
    tail = ""
    if fact.deferrable:
        tail = " DEFERRABLE INITIALLY DEFERRED" if fact.deferred else " DEFERRABLE"
    head = fact.definition.removesuffix(tail)
    return sql.Composed([verbatim(head), *settings, verbatim(tail)])


def _alter_foreign_key(have: Constraint, want: Constraint) -> Work | None:
    """Compose what ALTER CONSTRAINT can change: when a foreign key is checked and, from 18 on, whether it is."""
    if _but_timing(have) != _but_timing(want):
        return None
    if have.validated != want.validated if have.enforced == want.enforced else want.enforced and not want.validated:
        return None  # that it is enforced at last validates it
    statements: list[sql.Composable] = []
    lead = sql.SQL("{} ALTER CONSTRAINT {} ").format(_lead(want), Name(want.name))
    if (have.deferrable, have.deferred) != (want.deferrable, want.deferred):
        when = "DEFERRABLE" if want.deferrable else "NOT DEFERRABLE"
        when += " INITIALLY DEFERRED" if want.deferred else ""
        statements.append(lead + verbatim(when))
    if have.enforced != want.enforced:
        statements.append(lead + verbatim("ENFORCED" if want.enforced else "NOT ENFORCED"))
    return Work(statements, _hazards(want) if want.enforced and not have.enforced else [])


_TIMING = re.compile(r"( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT VALID| NOT ENFORCED)?$")


def _but_timing(fact: Constraint) -> Constraint:
    return replace(fact, definition=_TIMING.sub("", fact.definition))


def _validated(fact: Constraint) -> Constraint:
    return replace(fact, definition=fact.definition.removesuffix(" NOT VALID"))


def _lead(fact: Constraint) -> sql.Composed:
    return sql.SQL("ALTER TABLE {}").format(Name(fact.schema, fact.table))


_BREAKS = {
    "p": "two rows of {} have the same key, or one has a null in it",
    "u": "two rows of {} have the same key",
    "f": "a row of {} refers to a row that is not there",
    "c": "a row of {} does not pass the check",
    "x": "two rows of {} exclude each other",
}


def _hazards(fact: Constraint) -> list[Hazard]:
    if not fact.validated or not fact.enforced:
        return []
    table = Ident("table", (fact.schema, fact.table))
    breaks = f"fails when {_BREAKS[fact.type].format(table)}"
    fails = Hazard(HazardKind.MAY_FAIL, breaks, Doubt(Asks.BREAKS, fact.ident))
    if fact.type in "pux":
        waits = f"ACCESS EXCLUSIVE on {table} while the index is built: reads and writes wait"
        return [fails, Hazard(HazardKind.INDEX_BUILD, waits)]
    lock = f"SHARE ROW EXCLUSIVE on {table} and its reference" if fact.type == "f" else f"ACCESS EXCLUSIVE on {table}"
    return [fails, Hazard(HazardKind.LOCK, f"{lock} while every row is checked")]
