"""What every rule has: how to create, drop and alter one kind of thing, and what a reviewer must know about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from psycopg import sql

from ...catalog import (
    Catalog,
    Column,
    Constraint,
    DefaultPrivilege,
    Extension,
    Fact,
    Function,
    Grant,
    Inheritance,
    Typing,
)
from ...names import Ident, Name, verbatim
from ..changes import Hazard
from .anew import keyed_anew
from .holders import holders
from .relations import relation_names

F = TypeVar("F", bound=Fact)

BY_TYPES = frozenset({"function", "aggregate", "operator", "cast", "transform"})  # whose identity is made of types


class Work(NamedTuple):
    """The statements of a step, in order, and its hazards."""

    statements: Sequence[sql.Composable] = ()
    hazards: Sequence[Hazard] = ()


@dataclass(frozen=True)
class Sides:
    """Both catalogs: what there is, and what there shall be."""

    have: Catalog
    want: Catalog
    made: frozenset[Ident] = frozenset()  # what the plan creates, for the first time or once more

    @cached_property
    def heirs(self) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
        """Map each table of `have` to those that inherit it, partitions left out."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for fact in self.have.of(Inheritance):
            for parent in fact.inherits:
                found[parent].append((fact.schema, fact.table))
        return found

    @cached_property
    def below(self) -> Mapping[tuple[str, ...], list[tuple[str, str]]]:
        """Map each table of `have` to its partitions and to those that inherit it."""
        found: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        for fact in self.have.of(Inheritance):
            for parent in fact.parents:
                found[parent].append((fact.schema, fact.table))
        return found

    @cached_property
    def referenced(self) -> frozenset[tuple[str, str]]:
        """Give the tables that foreign keys refer to, or come to refer to."""
        keys = (*self.have.of(Constraint), *self.want.of(Constraint))
        return frozenset(each.references for each in keys if each.references)

    @cached_property
    def granted_on_columns(self) -> Mapping[tuple[str, ...], list[Grant]]:
        """Map each table and view of `have` to the privileges on its columns."""
        found: dict[tuple[str, ...], list[Grant]] = defaultdict(list)
        for grant in self.have.of(Grant):
            if grant.type == "COLUMN":
                found[grant.on.path[:2]].append(grant)
        return found

    @cached_property
    def granted(self) -> Mapping[Ident, list[Grant]]:
        """Map what there are privileges on in `have` to those."""
        found: dict[Ident, list[Grant]] = defaultdict(list)
        for grant in self.have.of(Grant):
            found[grant.on].append(grant)
        return found

    @cached_property
    def have_names(self) -> frozenset[tuple[str, str]]:
        """Give the names that are taken in `have`, by schema."""
        return frozenset(name for fact in self.have.facts.values() for name in relation_names(fact))

    @cached_property
    def null_names(self) -> Mapping[tuple[str, str | None], set[Ident]]:
        """Map the names of the constraints of NOT NULL, by schema, to the columns that have them in `have`, or have one
        of their own in `want`: PostgreSQL chooses such a name for no other.
        """
        found: dict[tuple[str, str | None], set[Ident]] = defaultdict(set)
        if self.have.version >= 180000:
            for column in (*self.have.of(Column), *(each for each in self.want.of(Column) if each.not_null_local)):
                found[column.schema, column.not_null_constraint].add(column.ident)
        return found

    @cached_property
    def numbered_nulls(self) -> frozenset[tuple[str, str]]:
        """Give the names, by schema, that PostgreSQL would choose for a NOT NULL of `want`, but for another one's."""
        columns = self.want.of(Column) if self.want.version >= 180000 else []
        usual = ((column, f"{column.table}_{column.name}_not_null") for column in columns if column.not_null_constraint)
        return frozenset(
            (column.schema, name)
            for column, name in usual
            if column.not_null_constraint != name and (column.not_null_constraint or "").rstrip("0123456789") == name
        )

    @cached_property
    def holders(self) -> Mapping[Ident, frozenset[Ident]]:
        """Map tables, views and composite types of `have` to the columns that hold rows of them."""
        return holders(self.have)

    @cached_property
    def keyed_anew(self) -> frozenset[tuple[str, str]]:
        """Give the partitioned tables that must be made anew: no ALTER TABLE touches what they are partitioned by."""
        return frozenset(keyed_anew(self.have, self.want))

    def detached(self, schema: str, table: str) -> bool:
        """Say whether a table is detached while the one above it is made anew."""
        place = self.have.get(Inheritance, schema, table)
        return place is not None and place.partition_of in self.keyed_anew

    @cached_property
    def moved_extensions(self) -> list[Extension]:
        """List the extensions of `have` that move to another schema."""
        wanted = {each.name: each.schema for each in self.want.of(Extension)}
        return [each for each in self.have.of(Extension) if wanted.get(each.name, each.schema) != each.schema]

    @cached_property
    def called_otherwise(self) -> frozenset[Ident]:
        """Give what goes and is called by types of an extension that moves, whose schema is in its identity."""
        schemas = [f"{each.schema}." for each in self.moved_extensions]
        gone = self.have.facts.keys() - self.want.facts.keys() if schemas else ()
        by_types = (ident for ident in gone if ident.kind in BY_TYPES)
        return frozenset(
            ident for ident in by_types if any(schema in part for part in ident.path for schema in schemas)
        )

    @cached_property
    def moved(self) -> frozenset[Ident]:
        """Give the columns that a typed table has before its type does: PostgreSQL adds columns behind all others."""
        found: set[Ident] = set()
        for typing in self.want.of(Typing):
            there = [column.name for column in self.have.columns(typing.schema, typing.table)]
            behind = 0
            wanted = self.want.columns(typing.schema, typing.table)
            for number, column in enumerate(wanted):
                if column.name not in there[behind:]:
                    found |= {each.ident for each in wanted[number:] if each.name in there}
                    break
                behind = there.index(column.name) + 1
        return frozenset(found)

    @cached_property
    def born_with(self) -> list[DefaultPrivilege]:
        """List the default privileges that whatever is created gets: those that go are gone, and none has come yet."""
        return [each for each in self.have.of(DefaultPrivilege) if each.ident in self.want.facts]


class Rule(Generic[F]):
    """How one kind of thing is created, altered and dropped."""

    # The word of DROP, COMMENT ON and the like.
    keyword: str = ""

    def create(self, fact: F, members: Sequence[Fact], sides: Sides) -> Work:
        """Create the thing, together with its members."""
        raise NotImplementedError

    def drop(self, fact: F, sides: Sides) -> Work:
        """Drop the thing."""
        return Work([verbatim(f"DROP {self.keyword} {{}}").format(self.address(fact))])

    def alter(self, have: F, want: F, sides: Sides) -> Work | None:
        """Turn `have` into `want`, or give None where only dropping and creating it will do."""
        return None

    def blockers(self, have: F, want: F, sides: Sides) -> set[Ident]:
        """Give what PostgreSQL wants out of the way while this thing is altered."""
        return set()

    def around(self, fact: F, sides: Sides) -> set[Ident]:
        """Give what must go too, beyond what depends on the thing, when it is dropped and created again."""
        return set()

    def address(self, fact: F) -> sql.Composable:
        """Compose the name of the thing as DROP and COMMENT ON want it."""
        return Name(*fact.ident.path)


def on_table(fact: Fact, name: str) -> sql.Composable:
    """Compose `name ON schema.table`, for things whose path begins with those two."""
    schema, table = fact.ident.path[:2]
    return sql.SQL("{} ON {}").format(Name(name), Name(schema, table))


def inputs(fact: Fact, said: str) -> str:
    """Give the types of a routine's arguments as DROP and COMMENT ON want them.

    Of two procedures, PostgreSQL takes `p(integer, text)` for either one that has two inputs or one that has an input
    and an output, unless a mode is said.
    """
    return f"IN {said}" if said and isinstance(fact, Function) and fact.procedure else said


def options(settings: Sequence[str]) -> sql.Composable:
    """Compose storage parameters: 'fillfactor=70' becomes `fillfactor='70'`."""
    return sql.SQL(", ").join(
        sql.SQL("{}={}").format(Name(*name.split(".")), sql.Literal(value))
        for name, _, value in (setting.partition("=") for setting in settings)
    )


def change_options(lead: sql.Composable, have: Sequence[str], want: Sequence[str]) -> list[sql.Composable]:
    """Compose `lead SET (...)` and `lead RESET (...)` that turn one list of parameters into another."""
    statements: list[sql.Composable] = []
    if fresh := [setting for setting in want if setting not in have]:
        statements.append(sql.SQL("{} SET ({})").format(lead, options(fresh)))
    kept = {setting.partition("=")[0] for setting in want}
    if gone := [name for name in (setting.partition("=")[0] for setting in have) if name not in kept]:
        statements.append(sql.SQL("{} RESET ({})").format(lead, sql.SQL(", ").join(Name(*n.split(".")) for n in gone)))
    return statements
