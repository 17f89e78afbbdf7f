"""Rules for tables and for the defaults of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Constraint, Default, Fact, Inheritance, Table
from ...names import Ident, Name, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work, change_options, options
from .definitions import column_definition, column_settings, inherited_settings
from .foreign import change_foreign_options, foreign_options, left_out
from .inheritance import InheritanceRule, claimed
from .persistence import in_a_circle
from .typed import typed_elements


class TableRule(Rule[Table]):
    """CREATE TABLE with its columns and what the order lets join it; ALTER TABLE for the rest."""

    keyword = "TABLE"

    def create(self, fact: Table, members: Sequence[Fact], sides: Sides) -> Work:
        if (fact.schema, fact.name) in sides.keyed_anew:
            members = [_null_named(member) for member in members]
        statements: list[sql.Composable] = [_create_table(fact, _without_expressions_above(fact, members, sides))]
        lead = sql.SQL("ALTER TABLE {}").format(Name(fact.schema, fact.name))
        if fact.row_security:
            statements.append(sql.SQL("{} ENABLE ROW LEVEL SECURITY").format(lead))
        if fact.force_row_security:
            statements.append(sql.SQL("{} FORCE ROW LEVEL SECURITY").format(lead))
        for column in members:
            if isinstance(column, Column):
                parents = _columns_above(fact, column, sides) if column.inherited else []
                statements.extend(inherited_settings(column, parents) if parents else column_settings(column))
        for default in members:
            if isinstance(default, Default) and _is_inherited(default, sides):  # another one than the parents'
                statements.extend(DefaultRule().create(default, (), sides).statements)
        for bare in _without_default(fact, sides):
            statements.append(sql.SQL("{} ALTER COLUMN {} DROP DEFAULT").format(lead, Name(bare)))
        place = sides.want.get(Inheritance, fact.schema, fact.name)
        hazards = list(claimed(place, sides)) if place else []
        if fact.server is None:
            return Work(statements, hazards)
        columns = sides.want.columns(fact.schema, fact.name)
        for column in columns:
            if column.inherited and column.foreign_options:  # PARTITION OF and INHERITS cannot say them
                foreign = sql.SQL("ALTER FOREIGN TABLE {} ALTER COLUMN {}")
                name = foreign.format(Name(fact.schema, fact.name), Name(column.name))
                statements.append(name + foreign_options(column))
        hazards += [*left_out(fact), *(hazard for column in columns for hazard in left_out(column))]
        return Work(statements, hazards)

    def drop(self, fact: Table, sides: Sides) -> Work:
        place = sides.have.get(Inheritance, fact.schema, fact.name)
        # PostgreSQL drops no partition of a table that foreign keys refer to
        detach = InheritanceRule().drop(place, sides).statements if place and _referenced(place, sides) else ()
        if fact.server is not None:
            return Work([*detach, sql.SQL("DROP FOREIGN TABLE {}").format(self.address(fact))])
        return Work(
            [*detach, *super().drop(fact, sides).statements],
            [] if (fact.schema, fact.name) in sides.keyed_anew else [_loss(fact)],  # its partitions keep their rows
        )

    def blockers(self, have: Table, want: Table, sides: Sides) -> set[Ident]:
        return in_a_circle(have, sides) if have.persistence != want.persistence else set()

    def alter(self, have: Table, want: Table, sides: Sides) -> Work | None:
        if have.partition_key != want.partition_key or have.server != want.server:
            return None
        statements: list[sql.Composable] = []
        hazards: list[Hazard] = []
        lead = sql.SQL("ALTER TABLE {}").format(Name(want.schema, want.name))

        def say(text: str, *parts: sql.Composable) -> None:
            statements.append(lead + sql.SQL(" ") + verbatim(text).format(*parts))

        if have.persistence != want.persistence:
            say("SET UNLOGGED" if want.persistence == "u" else "SET LOGGED")
            hazards.append(_rewrite(want))
        if have.method != want.method:
            say("SET ACCESS METHOD {}", Name(want.method or "heap"))
            hazards.append(_rewrite(want))
        if have.tablespace != want.tablespace:
            say("SET TABLESPACE {}", Name(want.tablespace or "pg_default"))
            hazards.append(_rewrite(want))
        statements.extend(change_options(lead, have.options, want.options))
        if have.row_security != want.row_security:
            say(f"{'ENABLE' if want.row_security else 'DISABLE'} ROW LEVEL SECURITY")
        if have.force_row_security != want.force_row_security:
            say("FORCE ROW LEVEL SECURITY" if want.force_row_security else "NO FORCE ROW LEVEL SECURITY")
        foreign = sql.SQL("ALTER FOREIGN TABLE {}").format(Name(want.schema, want.name))
        statements.extend(change_foreign_options(foreign, have, want))
        return Work(statements, hazards)


def _without_expressions_above(table: Table, members: Sequence[Fact], sides: Sides) -> list[Fact]:
    """Take the expressions of generated columns out that come from parents: up to 15, an heir may say none, and had its
    own before it became one.
    """

    def own(column: Column) -> Column:
        above = [parent.generated for parent in _columns_above(table, column, sides)] if column.generated else []
        if column.generated in above or (column.inherited and sides.have.version < 160000):
            return replace(column, generated=None)
        # CREATE TABLE says of a parent's column what is another one here
        return replace(column, inherited=False, not_null=False) if above and column.inherited else column

    return [own(fact) if isinstance(fact, Column) else fact for fact in members]


def _columns_above(table: Table, column: Column, sides: Sides) -> list[Column]:
    """List the columns that a column of a partition or an heir comes from."""
    above = (table.partition_of,) if table.partition_of else table.inherits
    found = (sides.want.get(Column, *parent, column.name) for parent in above)
    return [parent for parent in found if parent]


def _null_named(member: Fact) -> Fact:
    """Give a NOT NULL its own name where PostgreSQL would choose another: those of the partitions have it as well."""
    return replace(member, not_null_name=member.not_null_constraint) if isinstance(member, Column) else member


def _create_table(table: Table, members: Sequence[Fact]) -> sql.Composed:
    """Compose CREATE TABLE, of every sort."""
    sort = sql.SQL("UNLOGGED " if table.persistence == "u" else "FOREIGN " if table.server is not None else "")
    parts: list[sql.Composable] = [sql.SQL("CREATE {}TABLE {}").format(sort, Name(table.schema, table.name))]
    lines = table_elements(members, typed=bool(table.of_type or table.partition_of))
    if table.of_type:
        parts.append(verbatim(f" OF {table.of_type}"))
    if table.partition_of:
        parts.append(sql.SQL(" PARTITION OF {}").format(Name(*table.partition_of)))
    if lines or not (table.of_type or table.partition_of):
        body = sql.SQL(",\n    ").join(lines)
        parts.append(sql.SQL(" (\n    {}\n)").format(body) if lines else sql.SQL(" ()"))
    if table.partition_of and table.bound:
        parts.append(verbatim(f" {table.bound}"))
    if table.inherits:
        parts.append(sql.SQL(" INHERITS ({})").format(sql.SQL(", ").join(Name(*parent) for parent in table.inherits)))
    if table.partition_key:
        parts.append(verbatim(f" PARTITION BY {table.partition_key}"))
    if table.method:
        parts.append(sql.SQL(" USING {}").format(Name(table.method)))
    if table.options:
        parts.append(sql.SQL(" WITH ({})").format(options(table.options)))
    if table.tablespace:
        parts.append(sql.SQL(" TABLESPACE {}").format(Name(table.tablespace)))
    if table.server is not None:
        parts.append(sql.SQL(" SERVER {}").format(Name(table.server)) + foreign_options(table))
    return sql.Composed(parts)


def _referenced(place: Inheritance, sides: Sides) -> bool:
    """Say whether a foreign key refers to the partitioned table of that place, or to one above it."""
    parent = place.partition_of
    if parent is None:
        return False
    above = sides.have.get(Inheritance, *parent)
    return parent in sides.referenced or (above is not None and _referenced(above, sides))


def _is_inherited(default: Default, sides: Sides) -> bool:
    column = sides.want.facts.get(default.parent)
    return isinstance(column, Column) and column.inherited


def _without_default(table: Table, sides: Sides) -> list[str]:
    """List the columns that have no default here, while the parents' ones have, and hand it down."""
    parents = (table.partition_of,) if table.partition_of else table.inherits
    defaults = {
        default.column
        for parent in parents
        for column in sides.want.parts(Ident("table", parent), Column)
        for default in sides.want.parts(column.ident, Default)
    }
    return sorted(name for name in defaults if sides.want.get(Default, table.schema, table.name, name) is None)


def table_elements(members: Sequence[Fact], *, typed: bool = False) -> list[sql.Composable]:
    """Compose what stands between the parentheses of CREATE TABLE: columns in their order, then constraints."""
    defaults = {member.column: member for member in members if isinstance(member, Default)}
    columns = sorted((m for m in members if isinstance(m, Column) and not m.inherited), key=lambda c: c.position)
    constraints = [member for member in members if isinstance(member, Constraint)]
    return [
        *(
            typed_elements(columns, defaults)
            if typed
            else (column_definition(column, defaults.get(column.name)) for column in columns)
        ),
        *(
            sql.SQL("CONSTRAINT {} {}").format(Name(constraint.name), verbatim(constraint.definition))
            for constraint in constraints
        ),
    ]


def _loss(table: Table) -> Hazard:
    return Hazard(HazardKind.DATA_LOSS, f"every row of {table.ident} is lost")


def _rewrite(table: Table) -> Hazard:
    return Hazard(HazardKind.REWRITE, f"{table.ident} is written anew, under an ACCESS EXCLUSIVE lock")


class DefaultRule(Rule[Default]):
    """ALTER COLUMN ... SET DEFAULT and DROP DEFAULT; rows that exist keep their values."""

    def create(self, fact: Default, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("{} SET DEFAULT {}").format(self._lead(fact, sides), verbatim(fact.expression))])

    def drop(self, fact: Default, sides: Sides) -> Work:
        return Work([sql.SQL("{} DROP DEFAULT").format(self._lead(fact, sides))])

    def alter(self, have: Default, want: Default, sides: Sides) -> Work:
        return self.create(want, (), sides)

    @staticmethod
    def _lead(fact: Default, sides: Sides) -> sql.Composed:
        only = is_alone(fact.ident, sides)
        lead = sql.SQL("ALTER TABLE {}{} ALTER COLUMN {}")
        return lead.format(sql.SQL("ONLY " if only else ""), Name(fact.schema, fact.table), Name(fact.column))


def comes_back(default: Ident, sides: Sides) -> bool:
    """Say whether a default goes for a while only, and comes back as it was."""
    had = sides.have.facts.get(default)
    return had is not None and had == sides.want.facts.get(default)


def is_alone(default: Ident, sides: Sides) -> bool:
    """Say whether a default that comes back leaves partitions and heirs alone, as some have another one, or none."""
    said = sides.have.facts.get(default)
    if not isinstance(said, Default) or not comes_back(default, sides):
        return False
    queue = list(sides.below.get(default.path[:2], ()))
    for table in queue:
        queue += sides.below.get(table, ())
        for side in (sides.have, sides.want):
            own = side.get(Default, *table, said.column)
            if side.get(Column, *table, said.column) and (own is None or own.expression != said.expression):
                return True
    return False


__all__ = ["DefaultRule", "TableRule", "comes_back", "is_alone", "table_elements"]
