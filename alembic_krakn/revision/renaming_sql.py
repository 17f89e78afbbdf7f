"""SQL text in; what its statements do to names, what a database without rows would answer, what is not read, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import postgast
from postgast import pg_query_pb2 as pg

from .spoken import Effect
from .statements import READERS

_AGGREGATES = frozenset(
    "array_agg avg bool_and bool_or count every json_agg jsonb_agg json_object_agg jsonb_object_agg max min string_agg"
    " sum".split()
)
_WRITERS = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
# Statements of plpgsql, and which field of each has the SQL.
_QUERIES = {"PLpgSQL_stmt_execsql": "sqlstmt", "PLpgSQL_stmt_perform": "expr", "PLpgSQL_stmt_dynexecute": "query"}
_BUILT = "it has a DO block that makes up a statement with RENAME as it runs"
_UNKNOWN = "it has a statement with RENAME in it that PostgreSQL's grammar does not know"


@dataclass
class Reading:
    """What was read out of one text of SQL."""

    effects: list[Effect] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # what could rename something and cannot be read
    columns: list[str] | None = None  # of the last statement's result, where it has one
    rows: list[tuple[Any, ...]] = field(default_factory=list)  # what a database without rows would answer
    asked: list[str] = field(default_factory=list)  # tables of PostgreSQL's own that were asked
    called: list[str] = field(default_factory=list)  # functions that are called for what they do
    dark: bool = False  # something in it may make or drop what nobody reads

    def miss(self, text: str, why: str) -> None:
        """Note that some of the text is not read."""
        self.dark = True
        if "rename" in text.lower():
            self.unread.append(why)


def read(text: str) -> Reading:
    """Read one text of SQL, which may hold several statements."""
    reading = Reading()
    for part, tree in _parsed(text, reading):
        for raw in tree.stmts:
            which = raw.stmt.WhichOneof("node")
            statement = getattr(raw.stmt, which)
            if which == "do_stmt":
                end = raw.stmt_location + raw.stmt_len if raw.stmt_len else None
                _read_block(part.encode()[raw.stmt_location : end].decode(), reading)
            elif which in ("call_stmt", "import_foreign_schema_stmt"):
                reading.dark = True
            elif which in READERS:
                reading.effects.extend(READERS[which](statement))
            _answer(which, statement, reading)
    return reading


def _parsed(text: str, reading: Reading) -> Iterator[tuple[str, pg.ParseResult]]:
    """Parse the whole text, or else each of its statements that can be parsed."""
    try:
        yield text, postgast.parse(text)
    except postgast.PgQueryError:
        for statement in _split(text):
            try:
                yield statement, postgast.parse(statement)
            except postgast.PgQueryError:
                reading.miss(statement, _UNKNOWN)


def _split(text: str) -> list[str]:
    try:
        return list(postgast.split(text))
    except postgast.PgQueryError:
        return [text]


def _read_block(text: str, reading: Reading) -> None:
    """Read the statements of a DO block, whichever way its conditions go: what is not there is not renamed."""
    try:
        found = list(_code(postgast.parse_plpgsql(text)))
    except postgast.PgQueryError:
        reading.miss(text, _UNKNOWN)
        return
    for kind, query in found:
        statement = _constant(query) if kind == "PLpgSQL_stmt_dynexecute" else query
        if statement is None:
            reading.miss(text, _BUILT)
            continue
        inner = read(statement)
        reading.effects += inner.effects
        reading.unread += inner.unread
        reading.called += inner.called
        reading.dark |= inner.dark


def _code(node: Any) -> Iterator[tuple[str, str]]:
    """Give the SQL in a parsed plpgsql block, and whether it is made up as it runs, in the order of the text."""
    if isinstance(node, list):
        for each in node:
            yield from _code(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _QUERIES:
                yield key, value[_QUERIES[key]]["PLpgSQL_expr"]["query"]
            else:
                yield from _code(value)


def _constant(expression: str) -> str | None:
    """Give the text that an expression of plpgsql is, where it is a constant."""
    try:
        (raw,) = postgast.parse(f"SELECT {expression}").stmts
    except (postgast.PgQueryError, ValueError):
        return None
    (target,) = raw.stmt.select_stmt.target_list
    constant = target.res_target.val.a_const
    return constant.sval.sval if constant.HasField("sval") else None


def _answer(which: str, said: Any, reading: Reading) -> None:
    """Say what a database in which no table has rows answers."""
    reading.columns, reading.rows = None, []
    if which == "select_stmt":
        reading.asked += _catalogs(said)
        while said.op != pg.SETOP_NONE:
            said = said.larg
        targets = [node.res_target for node in said.target_list]
        reading.columns = [_title(each) for each in targets] or ["column1"]
        calls = {node.funcname[-1].string.sval for node in postgast.find_nodes(said, pg.FuncCall)}
        alone = not said.from_clause and not said.where_clause.WhichOneof("node")
        if alone:
            reading.called += calls
        if targets and not said.group_clause and (alone or calls & _AGGREGATES):
            reading.rows = [tuple(_value(each.val) for each in targets)]
    elif which in ("variable_show_stmt", "explain_stmt"):
        reading.columns = ["column1"]
    elif which in _WRITERS and said.HasField("returning_clause"):
        reading.columns = [_title(node.res_target) for node in said.returning_clause.exprs]
        if which == "insert_stmt":
            reading.rows = list(_inserted(said, reading.columns))


def _inserted(said: pg.InsertStmt, returned: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give the rows that are inserted; what a column gets by itself is the first number."""
    names = [node.res_target.name for node in said.cols]
    for values in said.select_stmt.select_stmt.values_lists:
        row = dict(zip(names, (_value(each) for each in values.list.items), strict=False))
        yield tuple(1 if row.get(name) is None else row[name] for name in returned)


def _catalogs(said: pg.SelectStmt) -> Iterator[str]:
    for table in postgast.find_nodes(said, pg.RangeVar):
        if table.schemaname in ("pg_catalog", "information_schema") or table.relname.startswith("pg_"):
            yield table.relname


def _title(target: pg.ResTarget) -> str:
    """Give the name of a column of a result."""
    which = target.val.WhichOneof("node")
    if target.name:
        return str(target.name)
    if which == "column_ref":
        return target.val.column_ref.fields[-1].string.sval or "*"
    return target.val.func_call.funcname[-1].string.sval if which == "func_call" else "?column?"


def _value(node: pg.Node) -> Any:
    """Say what an expression comes to where there are no rows; NULL is what is not plain."""
    which = node.WhichOneof("node")
    if which == "a_const":
        constant = node.a_const
        kind = constant.WhichOneof("val")
        return getattr(getattr(constant, kind), kind) if kind in ("ival", "sval", "boolval") else None
    if which == "func_call" and node.func_call.funcname[-1].string.sval == "count":
        return 0
    if which == "sub_link" and node.sub_link.sub_link_type == pg.EXISTS_SUBLINK:
        return False
    if which == "coalesce_expr":
        return next((value for each in node.coalesce_expr.args if (value := _value(each)) is not None), None)
    return None
