"""Rules for collations."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from ...catalog import Collation, Column, Fact
from ...names import Ident, Name, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work
from .columns import IN_THE_WAY


class CollationRule(Rule[Collation]):
    """CREATE COLLATION; nothing of one can be altered, so its columns move over to a new one of the same name."""

    keyword = "COLLATION"

    def create(self, fact: Collation, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([_create(fact)])

    def alter(self, have: Collation, want: Collation, sides: Sides) -> Work | None:
        columns = _columns(have, sides)
        if not columns:
            return None
        # steps of their own have dropped the others by then, or given them another collation
        columns = [column for column in columns if have.ident in sides.want.needs.get(column.ident, ())]
        aside = have.name.encode()[:50].decode(errors="ignore") + "__krakn_old"  # a name has 63 bytes
        rename = sql.SQL("ALTER COLLATION {} RENAME TO {}").format(Name(have.schema, have.name), Name(aside))
        drop = sql.SQL("DROP COLLATION {}").format(Name(have.schema, aside))
        move = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {} COLLATE {}")
        moves = [
            move.format(
                Name(column.schema, column.table),
                Name(column.name),
                verbatim(column.type),
                Name(want.schema, want.name),
            )
            for column in columns
        ]
        hazards = [
            Hazard(
                HazardKind.LOCK,
                f"ACCESS EXCLUSIVE on {column.parent} while its indexes on {column.name} are built anew",
            )
            for column in columns
        ]
        return Work([rename, _create(want), *moves, drop], hazards)

    def blockers(self, have: Collation, want: Collation, sides: Sides) -> set[Ident]:
        columns = _columns(have, sides)
        on_columns = {ident for column in columns for ident in sides.have.needed_by.get(column.ident, ())}
        others = {
            ident
            for ident in sides.have.needed_by.get(have.ident, ())
            if ident.kind != "column" or _is_computed(sides.have.facts[ident])
        }
        return {ident for ident in on_columns if ident.kind in IN_THE_WAY} | others


def _create(fact: Collation) -> sql.Composable:
    return sql.SQL("CREATE COLLATION {} ({})").format(Name(fact.schema, fact.name), verbatim(fact.parameters))


def _columns(fact: Collation, sides: Sides) -> list[Column]:
    """List the columns of that collation that have a definition and values of their own, and a table that stays."""
    facts = (sides.have.facts[ident] for ident in sorted(sides.have.needed_by.get(fact.ident, ())))
    columns = [fact for fact in facts if isinstance(fact, Column) and fact.collation and not _is_computed(fact)]
    return [
        column
        for column in columns
        if (column.schema, column.table) not in sides.keyed_anew
        and (not column.inherited or sides.detached(column.schema, column.table))
    ]


def _is_computed(fact: Fact) -> bool:
    return isinstance(fact, Column) and fact.generated is not None
