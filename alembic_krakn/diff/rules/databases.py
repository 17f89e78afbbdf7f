"""Rules for what holds other things: schemas and extensions; and for comments on everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from ...catalog import Column, Comment, DefaultPrivilege, Extension, Fact, Function, Grant, Schema, Table
from ...names import Ident, Name, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work, inputs
from .granting import move_default


class SchemaRule(Rule[Schema]):
    """CREATE SCHEMA and DROP SCHEMA."""

    keyword = "SCHEMA"

    def create(self, fact: Schema, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("CREATE SCHEMA {}").format(Name(fact.name))])


class ExtensionRule(Rule[Extension]):
    """CREATE EXTENSION, and ALTER EXTENSION for its version and, where the extension allows that, its schema."""

    keyword = "EXTENSION"

    def create(self, fact: Extension, members: Sequence[Fact], sides: Sides) -> Work:
        create = sql.SQL("CREATE EXTENSION {} SCHEMA {} VERSION {}")
        lifted = list(_lifted(fact, sides))
        return Work(
            [
                *(move for each in lifted for move in move_default(each, each.privileges, each.usual)),
                create.format(Name(fact.name), Name(fact.schema), sql.Literal(fact.version)),
                *(move for each in lifted for move in move_default(each, each.usual, each.privileges)),
            ]
        )

    def alter(self, have: Extension, want: Extension, sides: Sides) -> Work | None:
        if have.schema != want.schema and not have.relocatable:
            return None
        statements: list[sql.Composable] = []
        hazards = []
        if have.schema != want.schema:
            statements.append(sql.SQL("ALTER EXTENSION {} SET SCHEMA {}").format(Name(want.name), Name(want.schema)))
        if have.version != want.version:
            statements.append(
                sql.SQL("ALTER EXTENSION {} UPDATE TO {}").format(Name(want.name), sql.Literal(want.version))
            )
            path = f"from version {have.version} to {want.version}"
            hazards.append(Hazard(HazardKind.MAY_FAIL, f"fails where the server has no update of {want.ident} {path}"))
        return Work(statements, hazards)


def _lifted(extension: Extension, sides: Sides) -> Iterator[DefaultPrivilege]:
    """Give the default privileges that nothing of an extension has got in `want`: it was there before them."""
    got = {(grant.grantee, grant.type) for grant in sides.want.of(Grant) if grant.holder == extension.ident}
    for default in sides.born_with:
        applies = default.in_schema in ("", extension.schema) and default.grantee != default.role
        if applies and not any((default.grantee, word) in got for word in OBJECTS.get(default.objects, ())):
            yield default


# What default privileges are on, by the words of GRANT ... ON.
OBJECTS = {
    "TABLES": ("TABLE",),
    "SEQUENCES": ("SEQUENCE",),
    "FUNCTIONS": ("FUNCTION", "PROCEDURE"),
    "TYPES": ("TYPE", "DOMAIN"),
    "SCHEMAS": ("SCHEMA",),
}


class CommentRule(Rule[Comment]):
    """COMMENT ON ... IS."""

    def create(self, fact: Comment, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([_comment(fact, sql.Literal(fact.text), sides)])

    def drop(self, fact: Comment, sides: Sides) -> Work:
        return Work([_comment(fact, sql.SQL("NULL"), sides)])

    def alter(self, have: Comment, want: Comment, sides: Sides) -> Work:
        return self.create(want, (), sides)


def _comment(fact: Comment, text: sql.Composable, sides: Sides) -> sql.Composed:
    return sql.SQL("COMMENT ON {} IS {}").format(commented(fact.on, sides), text)


def commented(on: Ident, sides: Sides) -> sql.Composable:
    """Compose what COMMENT ON wants: the word for the kind, and the name in the form of that kind."""
    match on.kind:
        case "function":
            fact = sides.want.facts.get(on) or sides.have.facts[on]
            word = "PROCEDURE" if isinstance(fact, Function) and fact.procedure else "FUNCTION"
            return verbatim(word) + sql.SQL(" {}({})").format(Name(*on.path[:2]), verbatim(inputs(fact, on.path[2])))
        case "identity":
            return sql.SQL("SEQUENCE {}").format(_sequence(on, sides))
        case "domain constraint":
            return sql.SQL("CONSTRAINT {} ON DOMAIN {}").format(Name(on.path[2]), Name(*on.path[:2]))
        case "constraint" | "trigger" | "policy" | "rule":
            return verbatim(on.kind.upper()) + sql.SQL(" {} ON {}").format(Name(on.path[2]), Name(*on.path[:2]))
        case "aggregate":
            return sql.SQL("AGGREGATE {}({})").format(Name(*on.path[:2]), verbatim(on.path[2]))
        case "operator":
            return sql.SQL("OPERATOR {}.").format(Name(on.path[0])) + verbatim(f"{on.path[1]} ({on.path[2]})")
        case "cast":
            return verbatim(f"CAST ({on.path[0]} AS {on.path[1]})")
        case "foreign server":
            return sql.SQL("SERVER {}").format(Name(*on.path))
        case "table" if _foreign(on, sides):
            return sql.SQL("FOREIGN TABLE {}").format(Name(*on.path))
        case "operator class" | "operator family":
            return verbatim(on.kind.upper()) + sql.SQL(" {} USING {}").format(Name(*on.path[:2]), Name(on.path[2]))
        case "transform":
            return sql.SQL("TRANSFORM FOR {} LANGUAGE {}").format(verbatim(on.path[0]), Name(on.path[1]))
        case "enum" | "composite type" | "range type" | "base type" | "shell type":
            return sql.SQL("TYPE {}").format(Name(*on.path))
        case _:
            return verbatim(on.kind.upper()) + sql.SQL(" {}").format(Name(*on.path))


def _foreign(table: Ident, sides: Sides) -> bool:
    fact = sides.want.facts.get(table) or sides.have.facts[table]
    return isinstance(fact, Table) and fact.server is not None


def _sequence(identity: Ident, sides: Sides) -> Name:
    """Compose the name of the sequence behind an identity column."""
    for side in (sides.want, sides.have):
        column = side.get(Column, *identity.path)
        if column and column.identity:
            return Name(column.identity.sequence_schema, column.identity.sequence_name)
    raise KeyError(identity)
