"""Rules for columns: their definition, and every way to alter one that PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Constraint, Default, Fact, Index, Ownership, Typing
from ...names import Ident, Name, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .attached import remade
from .base import Rule, Sides, Work, change_options
from .column_types import (
    comparable,
    is_constrained,
    is_read_between,
    rewrite,
    set_type,
    takes_no_null,
    type_changes,
    type_hazards,
    using_expression,
)
from .definitions import STORAGE, column_definition, column_settings
from .foreign import change_foreign_options, left_out
from .identities import change_identity, narrow_identity
from .indexes import statistics_targets
from .inheritance import has_from_above, heirs_of, keeps
from .nulls import alter_null, change_not_null, handed_on, null_hazards, with_unproven, without_unproven
from .referring import in_turn
from .rows import is_parked, parked, unparked
from .serials import SERIALS
from .tables import DefaultRule
from .typed import move

# What must be dropped before a column's type can change, and be created again afterwards; PostgreSQL rebuilds
# indexes, constraints and statistics by itself.
IN_THE_WAY = frozenset(
    {"view", "materialized view", "trigger", "policy", "rule", "publication", "function", "default", "column"}
)


class ColumnRule(Rule[Column]):
    """ADD COLUMN with its default, DROP COLUMN, and ALTER COLUMN for what changes."""

    def create(self, fact: Column, members: Seq[Fact], sides: Sides) -> Work:
        default = next((member for member in members if isinstance(member, Default)), None)
        if fact.ident in sides.moved:
            return move(fact, default, sides)
        was = sides.have.facts.get(fact.ident)
        if isinstance(was, Column) and is_parked(was, sides):
            back = unparked(replace(fact, type=was.type), sides)
            rest = self.alter(was, fact, sides)
            said = DefaultRule().create(default, (), sides).statements if default else ()
            return Work([*back, *(rest.statements if rest else ()), *said], [rewrite(fact)])
        hazards = []
        no_null = (fact.not_null and fact.not_null_validated) or takes_no_null(fact, sides)
        if no_null and not (default or fact.identity or fact.generated):
            hazards.append(
                Hazard(
                    HazardKind.MAY_FAIL,
                    f"fails when {_table(fact)} has rows: {fact.ident} takes no null and has no default",
                    Doubt(Asks.ROWS, _table(fact)),
                )
            )
        if fact.generated and fact.not_null and fact.not_null_validated:
            message = f"fails when {fact.ident}, which is computed, is null for a row"
            hazards.append(Hazard(HazardKind.MAY_FAIL, message, Doubt(Asks.NULLS, fact.ident)))
        computed = fact.identity or (fact.generated and not fact.virtual) or (default and default.volatile)
        if computed or is_constrained(fact, sides):
            hazards.append(rewrite(fact))
        if kept := _computed_so_far(fact, sides):
            return Work([*_kept(kept, default), *column_settings(fact)], [rewrite(fact)])
        statement = sql.SQL("ALTER {}TABLE {} ADD COLUMN {}")
        foreign = sql.SQL("FOREIGN " if fact.foreign_options else "")
        definition = column_definition(fact, default)
        if any(isinstance(member, Ownership) for member in members):
            definition = column_definition(replace(fact, type=SERIALS[fact.type]), None)
        added = statement.format(foreign, _name(fact), definition)
        hazards = left_out(fact) if fact.of_foreign else hazards
        return Work([*handed_on(fact, sides), added, *column_settings(fact)], hazards)

    def drop(self, fact: Column, sides: Sides) -> Work:
        if fact.ident in sides.moved:
            return Work()  # it leaves its old place once it has its new one
        if is_parked(fact, sides):
            return Work(parked(fact, sides))
        hazards = [Hazard(HazardKind.DATA_LOSS, f"every value of {fact.ident} is lost")]
        heirs = heirs_of(fact, sides)
        kept = [heir for heir in heirs if keeps(heir, fact, sides)]
        # what an heir keeps as a column of its own, and has from the parent alone, must not go with the parent's
        only = any(has_from_above(heir, fact, sides) for heir in kept)
        drop = sql.SQL("ALTER TABLE {}{} DROP COLUMN {}")
        dropped = [drop.format(sql.SQL("ONLY " if only else ""), _name(fact), Name(fact.name))]
        for heir in heirs if only else ():
            if heir not in kept and has_from_above(heir, fact, sides):
                dropped.append(drop.format(sql.SQL(""), Name(*heir), Name(fact.name)))
        # what goes with its column leaves the NOT NULL of heirs behind as its own
        alone = (
            [alter_null(fact, "NO INHERIT")] if kept and fact.not_null_constraint and fact.not_null_heritable else []
        )
        return Work([*alone, *dropped, *handed_on(fact, sides)], [] if fact.generated or fact.of_foreign else hazards)

    def alter(self, have: Column, want: Column, sides: Sides) -> Work | None:
        if want.generated and have.generated != want.generated and not _expression_can_be_set(have, sides):
            return None
        if have.virtual != want.virtual or (have.virtual and not want.generated):
            return None
        if have.generated and want.generated and using_expression(have, want, sides):  # which PostgreSQL takes for none
            return None
        statements: list[sql.Composable] = []
        hazards: list[Hazard] = []
        lead = sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(_name(want), Name(want.name))

        def say(text: str, *parts: sql.Composable) -> None:
            statements.append(lead + sql.SQL(" ") + verbatim(text).format(*parts))

        if have.generated and not want.generated:
            say("DROP EXPRESSION")
        if have.identity and not want.identity:
            say("DROP IDENTITY")
        if type_changes(have, want):
            statements.extend(without_unproven(have, sides))
            statements.extend(narrow_identity(lead, have, want))
            statements.append(lead + sql.SQL(" ") + set_type(have, want, sides))
            statements.extend(_targets_of_indexes(want, sides))
            statements.extend(with_unproven(have, sides))
            hazards.extend(type_hazards(have, want, sides))
        if want.generated and have.generated != want.generated:
            say("SET EXPRESSION AS ({})", verbatim(want.generated))
            if not want.virtual:
                hazards.append(rewrite(want))
        if said := list(change_not_null(have, want, sides)):
            statements.extend(said)
            hazards.extend(null_hazards(have, want))
        statements.extend(change_identity(lead, have, want))
        moved = type_changes(have, want)  # the column then has its new type's storage and compression
        if want.storage != (None if moved else have.storage):
            say(f"SET STORAGE {STORAGE[want.storage or want.own_storage]}")
        if want.compression != (None if moved else have.compression):
            say("SET COMPRESSION " + (want.compression or "default"))
        if have.statistics != want.statistics:
            say(f"SET STATISTICS {-1 if want.statistics is None else want.statistics}")
        statements.extend(change_options(lead, have.options, want.options))
        foreign = sql.SQL("ALTER FOREIGN TABLE {} ALTER COLUMN {}").format(_name(want), Name(want.name))
        statements.extend(change_foreign_options(foreign, have, want))
        return Work(statements, [] if want.of_foreign else hazards)

    def blockers(self, have: Column, want: Column, sides: Sides) -> set[Ident]:
        if not type_changes(have, want):
            return set()
        if (have.schema, have.table) in sides.keyed_anew:
            return {have.parent}
        typing = sides.have.get(Typing, have.schema, have.table)
        cast = using_expression(have, want, sides) is None
        in_the_way = IN_THE_WAY if comparable(have, want) else IN_THE_WAY | {"constraint", "index"}
        found = {typing.ident} if typing else set()
        for column in _with_heirs(have.ident, sides):
            for ident in sides.have.needed_by.get(column, ()):
                # PostgreSQL casts a default, as it casts the rows
                casts_default = ident.kind == "default" and ident.path == column.path and cast and _same(ident, sides)
                # PostgreSQL rebuilds statistics, but for their target
                target = ident.kind == "statistics" and getattr(sides.have.facts[ident], "target", None) is not None
                stands = ident.kind in in_the_way and not casts_default and not _of_heir(column, ident)
                key = sides.have.facts[ident]
                unmet = isinstance(key, Constraint) and key.references and None in in_turn(key, sides)
                if stands or target or unmet or is_read_between(ident, sides):
                    found.add(ident)
                if isinstance(key, Constraint) and column.path[2] in key.include:
                    # PostgreSQL builds such a key anew, and drops none to which foreign keys refer
                    found.update(each for each in sides.have.needed_by.get(ident, ()) if each.kind == key.kind)
        return found.union(remade(_with_heirs(have.ident, sides), sides))


def _targets_of_indexes(column: Column, sides: Sides) -> Iterator[sql.Composable]:
    """Compose the statistics targets of a column's indexes, which PostgreSQL builds anew, without their targets."""
    columns = _with_heirs(column.ident, sides)
    for each in sorted({ident for name in columns for ident in sides.have.needed_by.get(name, ())}):
        index = sides.want.facts.get(each)
        if isinstance(index, Index) and each not in sides.made:
            yield from statistics_targets(index)


def _of_heir(column: Ident, dependent: Ident) -> bool:
    """Say whether a column is the same one of a partition or an heir, and no generated one beside it."""
    return dependent.kind == "column" and dependent.path[:2] != column.path[:2]


def _with_heirs(column: Ident, sides: Sides) -> Iterator[Ident]:
    """Give a column, and the same one of every table below its own, which changes its type together with it."""
    yield column
    for dependent in sides.have.needed_by.get(column, ()):
        if _of_heir(column, dependent):
            yield from _with_heirs(dependent, sides)


def _computed_so_far(column: Column, sides: Sides) -> Column | None:
    """Give a plain column that was a virtual one as a stored one, where its values can still be computed."""
    was = sides.have.facts.get(column.ident)
    if not (isinstance(was, Column) and was.virtual) or column.generated or column.identity or was.type != column.type:
        return None
    if not all(_same(need, sides) for need in sides.have.needs[was.ident] if need != was.parent):
        return None
    return replace(column, generated=was.generated)


def _kept(computed: Column, default: Default | None) -> Iterator[sql.Composable]:
    """Compose a stored column that forgets how it was computed, and keeps its values."""
    yield sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(_name(computed), column_definition(computed, None))
    lead = sql.SQL("ALTER TABLE {} ALTER COLUMN {}").format(_name(computed), Name(computed.name))
    yield lead + verbatim(" DROP EXPRESSION")
    if default:
        yield lead + verbatim(f" SET DEFAULT {default.expression}")


def _expression_can_be_set(have: Column, sides: Sides) -> bool:
    """Say whether SET EXPRESSION will do: it knows virtual columns from 18 on, but no checks beside them."""
    if not have.generated:
        return False
    if not have.virtual:
        return sides.have.version >= 170000
    table = Ident("table", (have.schema, have.table))
    checked = any(each.type == "c" for side in (sides.have, sides.want) for each in side.parts(table, Constraint))
    published = any(ident.kind == "publication" for ident in sides.have.needed_by.get(table, ()))
    return not checked and not published


def _same(ident: Ident, sides: Sides) -> bool:
    return sides.have.facts.get(ident) == sides.want.facts.get(ident)


def _name(column: Column) -> Name:
    return Name(column.schema, column.table)


def _table(column: Column) -> Ident:
    return Ident("table", (column.schema, column.table))
