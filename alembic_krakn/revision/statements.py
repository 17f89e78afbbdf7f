"""One statement as PostgreSQL's own grammar reads it in; what it renames, moves, creates and drops out, unresolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from postgast import pg_query_pb2 as pg

from ..names import schemas_of
from .spoken import (
    PARTS,
    Effect,
    Spoken,
    Verb,
    object_kind,
    object_said,
    printed_type,
    qualified,
    relation_said,
    strings,
    type_name,
)

_MADE = {"TABLE": "table", "MATVIEW": "materialized view"}
_FAMILY = {
    **dict.fromkeys(("AT_AttachPartition", "AT_AddInherit"), Verb.JOIN),
    **dict.fromkeys(("AT_DetachPartition", "AT_DropInherit"), Verb.LEAVE),
}


def _rename(said: pg.RenameStmt) -> Iterator[Effect]:
    kind = object_kind(said.rename_type)
    if kind is None:
        return
    thing: Spoken | None
    if kind == "schema":
        thing = Spoken(kind, said.subname)
    elif said.HasField("relation"):
        thing = relation_said(said.relation, kind, said.subname if kind in PARTS else None)
    else:
        thing = object_said(kind, said.object)
    if thing:
        yield Effect(Verb.RENAME, thing, (said.newname,))


def _move(said: pg.AlterObjectSchemaStmt) -> Iterator[Effect]:
    kind = object_kind(said.object_type)
    if kind is None:
        return
    thing = relation_said(said.relation, kind) if said.HasField("relation") else object_said(kind, said.object)
    if thing:
        yield Effect(Verb.MOVE, thing, (said.newschema,))


def _relabel(said: pg.AlterEnumStmt) -> Iterator[Effect]:
    if said.old_val:
        enum = qualified("type", strings(said.type_name))
        yield Effect(Verb.RENAME, Spoken("label", enum.name, enum.schema, said.old_val), (said.new_val,))


def _drop(said: pg.DropStmt) -> Iterator[Effect]:
    kind = object_kind(said.remove_type)
    for each in said.objects if kind else ():
        if thing := object_said(kind or "", each):
            yield Effect(Verb.DROP, thing)


def _alter_table(said: pg.AlterTableStmt) -> Iterator[Effect]:
    on = said.relation
    for node in said.cmds:
        command = node.alter_table_cmd
        what, target = pg.AlterTableType.Name(command.subtype), getattr(command, "def")  # a word of Python's
        if what == "AT_AddColumn":
            yield from _column(on, target.column_def, keeps=command.missing_ok)
        elif what == "AT_AddConstraint":
            if target.constraint.indexname:  # the index goes on as the constraint's own
                index = Spoken("relation", target.constraint.indexname, on.schemaname or None)
                yield Effect(Verb.DROP, index)
            yield from _constraint(on, target.constraint)
        elif what == "AT_AlterColumnType":
            type_ = printed_type(target.column_def.type_name)
            yield Effect(Verb.RETYPE, relation_said(on, "column", command.name), type=type_)
        elif what in _FAMILY:
            other = target.partition_cmd.name if target.HasField("partition_cmd") else target.range_var
            above, below = (on, other) if "Partition" in what else (other, on)
            yield Effect(_FAMILY[what], relation_said(below), other=relation_said(above))
        elif what in ("AT_DropColumn", "AT_DropConstraint"):
            kind = "column" if what == "AT_DropColumn" else "constraint"
            yield Effect(Verb.DROP, relation_said(on, kind, command.name))


def _column(relation: pg.RangeVar, column: pg.ColumnDef, *, keeps: bool) -> Iterator[Effect]:
    thing = relation_said(relation, "column", column.colname)
    yield Effect(Verb.CREATE, thing, keeps=keeps, type=printed_type(column.type_name))
    for node in column.constraints:
        yield from _constraint(relation, node.constraint, keeps=keeps)


def _constraint(relation: pg.RangeVar, constraint: pg.Constraint, *, keeps: bool = False) -> Iterator[Effect]:
    if constraint.conname:
        yield Effect(Verb.CREATE, relation_said(relation, "constraint", constraint.conname), keeps=keeps)


def _create_table(said: pg.CreateStmt) -> Iterator[Effect]:
    keeps = said.if_not_exists
    table = relation_said(said.relation)
    yield Effect(Verb.CREATE, table, keeps=keeps, made="table")
    for node in said.inh_relations:
        yield Effect(Verb.JOIN, table, keeps=keeps, other=relation_said(node.range_var))
    for node in said.table_elts:
        if node.HasField("table_like_clause"):
            yield Effect(Verb.COPY, table, keeps=keeps, other=relation_said(node.table_like_clause.relation))
        elif node.HasField("column_def"):
            yield from _column(said.relation, node.column_def, keeps=keeps)
        elif node.HasField("constraint"):
            yield from _constraint(said.relation, node.constraint, keeps=keeps)


def _create_as(said: pg.CreateTableAsStmt) -> Iterator[Effect]:
    made = _MADE.get(pg.ObjectType.Name(said.objtype).removeprefix("OBJECT_"), "table")
    yield Effect(Verb.CREATE, relation_said(said.into.rel), keeps=said.if_not_exists, made=made)


def _create_type(made: str) -> Callable[[Any], Iterator[Effect]]:
    def create(said: Any) -> Iterator[Effect]:
        names = said.domainname if made == "domain" else said.type_name
        yield Effect(Verb.CREATE, qualified("type", strings(names)), made=made)

    return create


def _create_routine(said: pg.CreateFunctionStmt) -> Iterator[Effect]:
    taken = (pg.FUNC_PARAM_IN, pg.FUNC_PARAM_INOUT, pg.FUNC_PARAM_VARIADIC, pg.FUNC_PARAM_DEFAULT)
    parameters = (node.function_parameter for node in said.parameters)
    types = tuple(type_name(each.arg_type) for each in parameters if each.mode in taken)
    name = qualified("routine", strings(said.funcname))
    thing = Spoken("routine", name.name, name.schema, arguments=types)
    yield Effect(Verb.CREATE, thing, keeps=said.replace, made="function")


def _create_index(said: pg.IndexStmt) -> Iterator[Effect]:
    if said.idxname:
        thing = Spoken("relation", said.idxname, said.relation.schemaname or None)
        yield Effect(Verb.CREATE, thing, keeps=said.if_not_exists, made="index")


def _define(said: pg.DefineStmt) -> Iterator[Effect]:
    kind = object_kind(said.kind)
    if kind and kind not in ("routine", "type"):
        yield Effect(Verb.CREATE, qualified(kind, strings(said.defnames)), keeps=said.if_not_exists, made=kind)


def _created_in(relation: str, made: str) -> Callable[[Any], Iterator[Effect]]:
    """Read statements that create a relation named in one field."""

    def create(said: Any) -> Iterator[Effect]:
        keeps = getattr(said, "replace", False) or getattr(said, "if_not_exists", False)
        yield Effect(Verb.CREATE, relation_said(getattr(said, relation)), keeps=keeps, made=made)

    return create


def _created_on(relation: str, name: str, kind: str) -> Callable[[Any], Iterator[Effect]]:
    """Read statements that create a part of a relation."""

    def create(said: Any) -> Iterator[Effect]:
        thing = relation_said(getattr(said, relation), kind, getattr(said, name))
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
        thing = qualified("statistics", strings(said.defnames))
        yield Effect(Verb.CREATE, thing, keeps=said.if_not_exists, made="statistics")


def _set(said: pg.VariableSetStmt) -> Iterator[Effect]:
    if said.name == "search_path":
        schemas = tuple(node.a_const.sval.sval for node in said.args)  # none: as a new session has it
        yield Effect(Verb.SEARCH, Spoken("local" if said.is_local else "session"), schemas)


def _select(said: pg.SelectStmt) -> Iterator[Effect]:
    if said.HasField("into_clause"):
        yield Effect(Verb.CREATE, relation_said(said.into_clause.rel), made="table")
    for node in said.target_list:
        call = node.res_target.val.func_call
        said_by = [each.a_const for each in call.args]
        if strings(call.funcname)[-1:] == ["set_config"] and said_by[0].sval.sval == "search_path":
            kind = "local" if said_by[2].boolval.boolval else "session"
            yield Effect(Verb.SEARCH, Spoken(kind), schemas_of(said_by[1].sval.sval))


READERS: dict[str, Callable[[Any], Iterator[Effect]]] = {
    "rename_stmt": _rename,
    "alter_object_schema_stmt": _move,
    "alter_enum_stmt": _relabel,
    "drop_stmt": _drop,
    "alter_table_stmt": _alter_table,
    "create_stmt": _create_table,
    "create_foreign_table_stmt": lambda said: _create_table(said.base_stmt),
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
    "create_foreign_server_stmt": _created_alone("servername", "foreign server"),
    "create_fdw_stmt": _created_alone("fdwname", "foreign data wrapper"),
    "create_event_trig_stmt": _created_alone("trigname", "event trigger"),
    "variable_set_stmt": _set,
    "select_stmt": _select,
}
