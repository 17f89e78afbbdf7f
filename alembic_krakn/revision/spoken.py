"""How statements name things, as PostgreSQL's own grammar reads it in; plain names, not yet looked up, out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import postgast
from postgast import pg_query_pb2 as pg

from ..names import Name, text_of

# A type as its name's parts, with [] for each dimension: ('pg_catalog', 'int4'), ('s', 'mood', '[]').
TypeName = tuple[str, ...]


class Verb(Enum):
    """What a statement does to a name."""

    RENAME = "rename"
    MOVE = "move"  # to another schema
    CREATE = "create"
    DROP = "drop"
    RETYPE = "retype"  # a column
    COPY = "copy"  # the columns of another table
    JOIN = "join"  # another table, as a partition or an heir
    LEAVE = "leave"  # that again
    SEARCH = "search"  # the names of `to` are where names without a schema are looked for


@dataclass(frozen=True)
class Spoken:
    """A thing as a statement names it; `part` is a column, constraint, ... of a relation, or the label of an enum.

    Its kind is 'relation', 'type' and 'routine' where PostgreSQL lets one statement name several kinds.
    """

    kind: str
    name: str = ""
    schema: str | None = None
    part: str | None = None
    arguments: tuple[TypeName, ...] | None = None  # None where a routine is named without


@dataclass(frozen=True)
class Effect:
    """One thing that a statement does; `keeps` says that what is there already stays (IF NOT EXISTS, OR REPLACE)."""

    verb: Verb
    thing: Spoken
    to: tuple[str, ...] = ()
    keeps: bool = False
    other: Spoken | None = None  # the table that it copies, joins or leaves
    made: str = ""  # the kind of relation or type that is created
    type: str = ""  # of a column, as format_type() prints it where PostgreSQL brings it along


_KINDS = {
    **dict.fromkeys(("TABLE", "VIEW", "MATVIEW", "INDEX", "SEQUENCE", "FOREIGN_TABLE"), "relation"),
    **dict.fromkeys(("TYPE", "DOMAIN"), "type"),
    **dict.fromkeys(("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"), "routine"),
    "COLUMN": "column",
    "TABCONSTRAINT": "constraint",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
    "SCHEMA": "schema",
    "EVENT_TRIGGER": "event trigger",
    "PUBLICATION": "publication",
    "COLLATION": "collation",
    "STATISTIC_EXT": "statistics",
    "TSDICTIONARY": "text search dictionary",
    "FOREIGN_SERVER": "foreign server",
    "FDW": "foreign data wrapper",
    "TSCONFIGURATION": "text search configuration",
}
PARTS = frozenset({"column", "constraint", "trigger", "policy", "rule"})


def object_kind(number: int) -> str | None:
    return _KINDS.get(pg.ObjectType.Name(number).removeprefix("OBJECT_"))


def relation_said(relation: pg.RangeVar, kind: str = "relation", part: str | None = None) -> Spoken:
    schema = "pg_temp" if relation.relpersistence == "t" else relation.schemaname or None
    return Spoken(kind, relation.relname, schema, part)


def strings(nodes: Iterable[pg.Node]) -> list[str]:
    return [node.string.sval for node in nodes]


def qualified(kind: str, parts: list[str]) -> Spoken:
    return Spoken(kind, parts[-1], parts[-2] if len(parts) > 1 else None)


def type_name(said: pg.TypeName) -> TypeName:
    """Give a type as the parts of its name."""
    return (*strings(said.names), *["[]"] * len(said.array_bounds))


_PRINTED = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    **dict.fromkeys(("smallserial", "serial2"), "smallint"),
    **dict.fromkeys(("serial", "serial4"), "integer"),
    **dict.fromkeys(("bigserial", "serial8"), "bigint"),
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "time": "time{} without time zone",
    "timetz": "time{} with time zone",
    "timestamp": "timestamp{} without time zone",
    "timestamptz": "timestamp{} with time zone",
}


def printed_type(said: pg.TypeName) -> str:
    """Print a column's type; the fields of an interval are left out."""
    *schema, name = strings(said.names)
    if schema not in ([], ["pg_catalog"]):
        return text_of(Name(*schema, name))
    sizes = [str(node.a_const.ival.ival) for node in said.typmods] if name != "interval" else []
    if name == "numeric" and len(sizes) == 1:
        sizes.append("0")
    printed = _PRINTED.get(name, name)
    within = f"({','.join(sizes)})" if sizes else ""
    printed = printed.format(within) if "{}" in printed else printed + within
    return f"{printed}[]" if said.array_bounds else printed


def routine_types(arguments: str) -> tuple[TypeName, ...]:
    """Read the arguments of a function or an aggregate, as they stand in a DROP statement."""
    for kind in ("FUNCTION", "AGGREGATE"):
        try:
            (statement,) = postgast.parse(f"DROP {kind} f({arguments})").stmts
        except postgast.PgQueryError:
            continue
        return _arguments(statement.stmt.drop_stmt.objects[0].object_with_args) or ()
    return ()


def _arguments(said: pg.ObjectWithArgs) -> tuple[TypeName, ...] | None:
    return None if said.args_unspecified else tuple(type_name(each.type_name) for each in said.objargs)


def object_said(kind: str, node: pg.Node) -> Spoken | None:
    """Read how ALTER and DROP name what is no relation."""
    which = node.WhichOneof("node")
    if which == "string":
        return Spoken(kind, node.string.sval)
    if which == "type_name":
        return qualified(kind, strings(node.type_name.names))
    if which == "object_with_args":
        said = node.object_with_args
        spoken = qualified(kind, strings(said.objname))
        return Spoken(kind, spoken.name, spoken.schema, arguments=_arguments(said))
    if which == "list":
        parts = strings(node.list.items)
        if kind in PARTS:  # schema, relation, part
            on = qualified(kind, parts[:-1])
            return Spoken(kind, on.name, on.schema, parts[-1])
        return qualified(kind, parts)
    return None
