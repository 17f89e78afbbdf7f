"""One statement as PostgreSQL's own grammar reads it in; what it renames, moves, creates and drops out, unresolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import postgast
from postgast import pg_query_pb2 as pg

# A type as its name's parts, with [] for each dimension: ('pg_catalog', 'int4'), ('s', 'mood', '[]').
TypeName = tuple[str, ...]


class Verb(Enum):
    """What a statement does to a name."""

    RENAME = "rename"
    MOVE = "move"  # to another schema
    CREATE = "create"
    DROP = "drop"
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
    made: str = ""  # the kind of relation or type that is created


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
    "TSCONFIGURATION": "text search configuration",
}
PARTS = frozenset({"column", "constraint", "trigger", "policy", "rule"})
_MADE = {"TABLE": "table", "MATVIEW": "materialized view"}


def _object_kind(number: int) -> str | None:
    return _KINDS.get(pg.ObjectType.Name(number).removeprefix("OBJECT_"))


def _relation(relation: pg.RangeVar, kind: str = "relation", part: str | None = None) -> Spoken:
    schema = "pg_temp" if relation.relpersistence == "t" else relation.schemaname or None
    return Spoken(kind, relation.relname, schema, part)


def _strings(nodes: Iterable[pg.Node]) -> list[str]:
    return [node.string.sval for node in nodes]


def _qualified(kind: str, parts: list[str]) -> Spoken:
    return Spoken(kind, parts[-1], parts[-2] if len(parts) > 1 else None)


def type_name(said: pg.TypeName) -> TypeName:
    """Give a type as the parts of its name."""
    return (*_strings(said.names), *["[]"] * len(said.array_bounds))


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


def _named_object(kind: str, node: pg.Node) -> Spoken | None:
    """Read how ALTER and DROP name what is no relation."""
    which = node.WhichOneof("node")
    if which == "string":
        return Spoken(kind, node.string.sval)
    if which == "type_name":
        return _qualified(kind, _strings(node.type_name.names))
    if which == "object_with_args":
        said = node.object_with_args
        spoken = _qualified(kind, _strings(said.objname))
        return Spoken(kind, spoken.name, spoken.schema, arguments=_arguments(said))
    if which == "list":
        parts = _strings(node.list.items)
        if kind in PARTS:  # schema, relation, part
            on = _qualified(kind, parts[:-1])
            return Spoken(kind, on.name, on.schema, parts[-1])
        return _qualified(kind, parts)
    return None


def _rename(said: pg.RenameStmt) -> Iterator[Effect]:
    kind = _object_kind(said.rename_type)
    if kind is None:
        return
    thing: Spoken | None
    if kind == "schema":
        thing = Spoken(kind, said.subname)
    elif said.HasField("relation"):
        thing = _relation(said.relation, kind, said.subname if kind in PARTS else None)
    else:
        thing = _named_object(kind, said.object)
    if thing:
        yield Effect(Verb.RENAME, thing, (said.newname,))


def _move(said: pg.AlterObjectSchemaStmt) -> Iterator[Effect]:
    kind = _object_kind(said.object_type)
    if kind is None:
        return
    thing = _relation(said.relation, kind) if said.HasField("relation") else _named_object(kind, said.object)
    if thing:
        yield Effect(Verb.MOVE, thing, (said.newschema,))


def _relabel(said: pg.AlterEnumStmt) -> Iterator[Effect]:
    if said.old_val:
        enum = _qualified("type", _strings(said.type_name))
        yield Effect(Verb.RENAME, Spoken("label", enum.name, enum.schema, said.old_val), (said.new_val,))


def _drop(said: pg.DropStmt) -> Iterator[Effect]:
    kind = _object_kind(said.remove_type)
    for each in said.objects if kind else ():
        if thing := _named_object(kind or "", each):
            yield Effect(Verb.DROP, thing)


def _alter_table(said: pg.AlterTableStmt) -> Iterator[Effect]:
    for node in said.cmds:
        command = node.alter_table_cmd
        what = pg.AlterTableType.Name(command.subtype)
        if what == "AT_AddColumn":
            column = getattr(command, "def").column_def  # a word of Python's
            yield from _columns(said.relation, [column], keeps=command.missing_ok)
        elif what == "AT_AddConstraint":
            constraint = getattr(command, "def").constraint
            if constraint.indexname:  # the index goes on as the constraint's own
                yield Effect(Verb.DROP, Spoken("relation", constraint.indexname, said.relation.schemaname or None))
            if constraint.conname:
                yield Effect(Verb.CREATE, _relation(said.relation, "constraint", constraint.conname))
        elif what in ("AT_DropColumn", "AT_DropConstraint"):
            kind = "column" if what == "AT_DropColumn" else "constraint"
            yield Effect(Verb.DROP, _relation(said.relation, kind, command.name))


def _columns(relation: pg.RangeVar, columns: Iterable[pg.ColumnDef], *, keeps: bool = False) -> Iterator[Effect]:
    for column in columns:
        yield Effect(Verb.CREATE, _relation(relation, "column", column.colname), keeps=keeps)
        for node in column.constraints:
            if node.constraint.conname:
                yield Effect(Verb.CREATE, _relation(relation, "constraint", node.constraint.conname), keeps=keeps)


def _create_table(said: pg.CreateStmt, made: str = "table") -> Iterator[Effect]:
    keeps = said.if_not_exists
    yield Effect(Verb.CREATE, _relation(said.relation), keeps=keeps, made=made)
    for node in said.table_elts:
        if node.HasField("column_def"):
            yield from _columns(said.relation, [node.column_def], keeps=keeps)
        elif node.HasField("constraint") and node.constraint.conname:
            yield Effect(Verb.CREATE, _relation(said.relation, "constraint", node.constraint.conname), keeps=keeps)


def _create_as(said: pg.CreateTableAsStmt) -> Iterator[Effect]:
    made = _MADE.get(pg.ObjectType.Name(said.objtype).removeprefix("OBJECT_"), "table")
    yield Effect(Verb.CREATE, _relation(said.into.rel), keeps=said.if_not_exists, made=made)


def _create_type(made: str) -> Callable[[Any], Iterator[Effect]]:
    def create(said: Any) -> Iterator[Effect]:
        names = said.domainname if made == "domain" else said.type_name
        yield Effect(Verb.CREATE, _qualified("type", _strings(names)), made=made)

    return create


def _create_routine(said: pg.CreateFunctionStmt) -> Iterator[Effect]:
    taken = (pg.FUNC_PARAM_IN, pg.FUNC_PARAM_INOUT, pg.FUNC_PARAM_VARIADIC, pg.FUNC_PARAM_DEFAULT)
    parameters = (node.function_parameter for node in said.parameters)
    types = tuple(type_name(each.arg_type) for each in parameters if each.mode in taken)
    name = _qualified("routine", _strings(said.funcname))
    thing = Spoken("routine", name.name, name.schema, arguments=types)
    yield Effect(Verb.CREATE, thing, keeps=said.replace, made="function")


def _create_index(said: pg.IndexStmt) -> Iterator[Effect]:
    if said.idxname:
        thing = Spoken("relation", said.idxname, said.relation.schemaname or None)
        yield Effect(Verb.CREATE, thing, keeps=said.if_not_exists, made="index")


def _define(said: pg.DefineStmt) -> Iterator[Effect]:
    kind = _object_kind(said.kind)
    if kind and kind not in ("routine", "type"):
        yield Effect(Verb.CREATE, _qualified(kind, _strings(said.defnames)), keeps=said.if_not_exists, made=kind)


def _created_in(relation: str, made: str) -> Callable[[Any], Iterator[Effect]]:
    """Read statements that create a relation named in one field."""

    def create(said: Any) -> Iterator[Effect]:
        keeps = getattr(said, "replace", False) or getattr(said, "if_not_exists", False)
        yield Effect(Verb.CREATE, _relation(getattr(said, relation)), keeps=keeps, made=made)

    return create


def _created_on(relation: str, name: str, kind: str) -> Callable[[Any], Iterator[Effect]]:
    """Read statements that create a part of a relation."""

    def create(said: Any) -> Iterator[Effect]:
        thing = _relation(getattr(said, relation), kind, getattr(said, name))
        yield Effect(Verb.CREATE, thing, keeps=getattr(said, "replace", False))

    return create


def _created_alone(name: str, kind: str) -> Callable[[Any], Iterator[Effect]]:
    """Read statements that create what lives in no schema."""

    def create(said: Any) -> Iterator[Effect]:
        keeps = getattr(said, "if_not_exists", False)
        yield Effect(Verb.CREATE, Spoken(kind, getattr(said, name)), keeps=keeps, made=kind)

    return create


def _create_statistics(said: pg.CreateStatsStmt) -> Iterator[Effect]:
    if said.defnames:
        thing = _qualified("statistics", _strings(said.defnames))
        yield Effect(Verb.CREATE, thing, keeps=said.if_not_exists, made="statistics")


def _set(said: pg.VariableSetStmt) -> Iterator[Effect]:
    if said.name == "search_path":
        schemas = tuple(node.a_const.sval.sval for node in said.args)  # none: as a new session has it
        yield Effect(Verb.SEARCH, Spoken("local" if said.is_local else "session"), schemas)


def _select(said: pg.SelectStmt) -> Iterator[Effect]:
    if said.HasField("into_clause"):
        yield Effect(Verb.CREATE, _relation(said.into_clause.rel), made="table")
    for node in said.target_list:
        call = node.res_target.val.func_call
        said_by = [each.a_const for each in call.args]
        if _strings(call.funcname)[-1:] == ["set_config"] and said_by[0].sval.sval == "search_path":
            kind = "local" if said_by[2].boolval.boolval else "session"
            yield Effect(Verb.SEARCH, Spoken(kind), schemas_of(said_by[1].sval.sval))


def schemas_of(search_path: str) -> tuple[str, ...]:
    """Read the value of search_path as the server shows it: `"$user", public`."""
    (statement,) = postgast.parse(f"SET search_path = {search_path or repr('')}").stmts
    return tuple(node.a_const.sval.sval for node in statement.stmt.variable_set_stmt.args)


READERS: dict[str, Callable[[Any], Iterator[Effect]]] = {
    "rename_stmt": _rename,
    "alter_object_schema_stmt": _move,
    "alter_enum_stmt": _relabel,
    "drop_stmt": _drop,
    "alter_table_stmt": _alter_table,
    "create_stmt": _create_table,
    "create_foreign_table_stmt": lambda said: _create_table(said.base_stmt, "foreign table"),
    "create_table_as_stmt": _create_as,
    "view_stmt": _created_in("view", "view"),
    "create_seq_stmt": _created_in("sequence", "sequence"),
    "composite_type_stmt": _created_in("typevar", "composite type"),
    "index_stmt": _create_index,
    "create_enum_stmt": _create_type("enum"),
    "create_domain_stmt": _create_type("domain"),
    "create_range_stmt": _create_type("range type"),
    "create_function_stmt": _create_routine,
    "define_stmt": _define,
    "create_trig_stmt": _created_on("relation", "trigname", "trigger"),
    "create_policy_stmt": _created_on("table", "policy_name", "policy"),
    "rule_stmt": _created_on("relation", "rulename", "rule"),
    "create_stats_stmt": _create_statistics,
    "create_schema_stmt": _created_alone("schemaname", "schema"),
    "create_publication_stmt": _created_alone("pubname", "publication"),
    "create_event_trig_stmt": _created_alone("trigname", "event trigger"),
    "variable_set_stmt": _set,
    "select_stmt": _select,
}
