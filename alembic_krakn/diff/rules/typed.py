"""Rules for typed tables: what CREATE TABLE ... OF says, and columns that move to where the type has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Composite, Default, Fact, Typing
from ...names import Ident, Name, verbatim
from .base import Rule, Sides, Work
from .column_types import rewrite, using_expression
from .definitions import column_definition, column_settings, generation
from .identities import change_identity
from .nulls import change_not_null, null_clause


class TypingRule(Rule[Typing]):
    """OF and NOT OF, of a table that is there, while its columns are those of the type."""

    def create(self, fact: Typing, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("ALTER TABLE {} OF ").format(Name(fact.schema, fact.table)) + verbatim(fact.type)])

    def drop(self, fact: Typing, sides: Sides) -> Work:
        return Work([sql.SQL("ALTER TABLE {} NOT OF").format(Name(fact.schema, fact.table))])

    def alter(self, have: Typing, want: Typing, sides: Sides) -> Work | None:
        was, now = (
            [(each.name, each.type, each.collation) for each in side.columns(want.schema, want.table)]
            for side in (sides.have, sides.want)
        )
        return self.create(want, (), sides) if was == now else None


def typings_of(fact: Composite, sides: Sides) -> set[Ident]:
    """Give what makes tables be of a type: while one is, PostgreSQL alters neither."""
    return {ident for ident in sides.have.needed_by.get(fact.ident, ()) if ident.kind == Typing.kind}


def typed_elements(columns: Sequence[Column], defaults: Mapping[str, Default]) -> Iterator[sql.Composable]:
    """Compose what CREATE TABLE ... OF, or PARTITION OF, says of columns that are there already."""
    for column in columns:
        default = defaults.get(column.name)
        if default or column.generated or (column.not_null and column.not_null_validated):
            said = generation(column) + verbatim(f" DEFAULT {default.expression}" if default else "")
            said += null_clause(column)
            yield sql.SQL("{} WITH OPTIONS").format(Name(column.name)) + said


def move(column: Column, default: Default | None, sides: Sides) -> Work:
    """Compose a column that comes once more behind all others, with its values, and leaves its old place."""
    was = sides.have.facts[column.ident]
    assert isinstance(was, Column)
    table = sql.SQL("ALTER TABLE {}").format(Name(column.schema, column.table))
    aside = replace(was, name=was.name.encode()[:50].decode(errors="ignore") + "__krakn_old")
    bare = replace(column, not_null=False, identity=None)
    lead = sql.SQL("{} ALTER COLUMN {}").format(table, Name(column.name))
    using = using_expression(aside, column, sides) or Name(aside.name)
    statements = [
        sql.SQL("{} RENAME COLUMN {} TO {}").format(table, Name(was.name), Name(aside.name)),
        sql.SQL("{} ADD COLUMN {}").format(table, column_definition(bare, None)),
        # no trigger sees this, as it would an UPDATE
        lead + verbatim(f" TYPE {column.type} USING ") + using,
        sql.SQL("{} DROP COLUMN {}").format(table, Name(aside.name)),
        *change_not_null(bare, column, sides),
        *change_identity(lead, bare, column),
        *([lead + verbatim(f" SET DEFAULT {default.expression}")] if default else ()),
        *column_settings(replace(column, not_null_validated=True)),
    ]
    return Work(statements, [rewrite(column)])
