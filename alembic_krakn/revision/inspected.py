"""PostgreSQL's dialect for no database: its inspector is answered from what stands under which name by now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError

from ..catalog import Column, Constraint, Default, Domain, Enum, Fact, Index
from ..names import Ident, Name, text_of
from ..renames import RELATIONS
from .present import TYPES
from .standing import Standing
from .types import sqlalchemy_type


class Inspected(PGDialect):
    """PostgreSQL's dialect, which asks nobody; things made since prod have a name, and columns a type."""

    driver = "psycopg"
    default_paramstyle = "pyformat"
    supports_statement_cache = True
    is_async = True  # op.run_async() asks for that, and is given a connection that never waits
    default_schema_name = "public"
    default_isolation_level = "READ COMMITTED"
    _backslash_escapes = False

    def __init__(self, standing: Standing) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.standing = standing
        version = standing.have.version
        self.server_version_info = (version // 10000, version % 10000)

    def get_isolation_level(self, *connection: Any) -> Any:
        return self.default_isolation_level

    def get_isolation_level_values(self, *connection: Any) -> Any:
        return ("AUTOCOMMIT", "SERIALIZABLE", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ")

    def set_isolation_level(self, *_arguments: Any) -> None:
        """Do nothing: there is no transaction."""

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        return self._find(RELATIONS, table_name, schema) is not None

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        return self._find(("sequence",), sequence_name, schema) is not None

    def has_type(self, connection: Any, type_name: str, schema: str | None = None, **kw: Any) -> bool:
        return self._find(TYPES, type_name, schema) is not None

    def has_schema(self, connection: Any, schema: str, **kw: Any) -> bool:  # type: ignore[override]  # its own bases disagree
        return Ident("schema", (schema,)) in self.standing.now

    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        return sorted(each.path[0] for each in self.standing.now if each.kind == "schema")

    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(schema, "table")

    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(schema, "view")

    def get_materialized_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(schema, "materialized view")

    def get_sequence_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(schema, "sequence")

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names("pg_temp", "table")

    def get_temp_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names("pg_temp", "view")

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        found: list[Any] = []
        for ident in self.standing.parts(self._table(table_name, schema), {"column"}):
            fact = self.standing.origin(ident)
            column = fact if isinstance(fact, Column) else None
            default = self.standing.have.get(Default, *column.ident.path) if column else None
            found.append(
                {
                    "name": ident.path[2],
                    "type": self._type(ident, column) or types.NULLTYPE,
                    "nullable": not (column and column.not_null),
                    "default": self._seen(default.expression) if default else None,
                    "autoincrement": bool(default and default.expression.startswith("nextval(")),
                    "comment": None,
                }
            )
        return found

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        for name, key in self._constraints(table_name, schema, "p"):
            return {"name": name, "constrained_columns": self._now(key, key.columns), "comment": None}
        made = self.standing.origin(self._table(table_name, schema)) is None
        return {"name": f"{table_name}_pkey" if made else None, "constrained_columns": []}  # as PostgreSQL names it

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        found: list[Any] = []
        for name, key in self._constraints(table_name, schema, "f"):
            referred = self.standing.called(Ident("table", key.references or ()))
            if referred and key.references:
                there = [Ident("column", (*key.references, each)) for each in key.referenced_columns]
                columns = [now.path[2] for each in there if (now := self.standing.called(each))]
                where = None if schema is None and referred.path[0] == self.default_schema_name else referred.path[0]
                found.append(
                    {
                        "name": name,
                        "constrained_columns": self._now(key, key.columns),
                        "referred_schema": where,
                        "referred_table": referred.path[1],
                        "referred_columns": columns,
                        "options": {},
                        "comment": None,
                    }
                )
        return found

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        return [
            {"name": name, "column_names": self._now(key, key.columns), "comment": None}
            for name, key in self._constraints(table_name, schema, "u")
        ]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        return [
            {"name": name, "sqltext": key.expression or "", "comment": None}
            for name, key in self._constraints(table_name, schema, "c")
        ]

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        was = self.standing.now[self._table(table_name, schema)]
        found: list[Any] = []
        for ident in self.standing.now:
            fact = self.standing.origin(ident) if ident.kind == "index" else None
            if isinstance(fact, Index) and fact.parent == was:
                columns = [next(iter(self._now(fact, [key.column])), None) if key.column else None for key in fact.keys]
                found.append({"name": ident.path[1], "unique": fact.unique, "column_names": columns})
        return found

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        self._table(table_name, schema)
        return {"text": None}

    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        self._table(table_name, schema)
        return {}

    def _load_enums(self, connection: Any, schema: str | None = None, **kw: Any) -> list[Any]:
        return [
            {**said, "labels": list(self.standing.labels[fact.ident].values())}
            for said, fact in self._types(schema)
            if isinstance(fact, Enum)
        ]

    def _load_domains(self, connection: Any, schema: str | None = None, **kw: Any) -> list[Any]:
        return [
            {**said, "type": fact.type, "nullable": not fact.not_null, "default": fact.default, "constraints": []}
            for said, fact in self._types(schema)
            if isinstance(fact, Domain)
        ]

    def _types(self, schema: str | None) -> Iterator[tuple[dict[str, Any], Fact | None]]:
        """Give prod's types and how they are called by now."""
        for ident in self.standing.now:
            visible = ident.schema in self.standing.local
            if ident.kind in TYPES and (visible if schema is None else schema in ("*", ident.schema)):
                said = {"name": ident.path[1], "schema": ident.schema, "visible": visible}
                yield said, self.standing.origin(ident)

    def _find(self, kinds: tuple[str, ...], name: str, schema: str | None) -> Ident | None:
        return self.standing.find(kinds, schema, str(name))

    def _table(self, name: str, schema: str | None) -> Ident:
        found = self._find(RELATIONS, name, schema)
        if found is None:
            raise NoSuchTableError(f"{schema}.{name}" if schema else name)
        return found

    def _names(self, schema: str | None, *kinds: str) -> list[str]:
        schema = schema or self.default_schema_name
        return sorted(each.path[1] for each in self.standing.now if each.kind in kinds and each.path[0] == schema)

    def _constraints(self, table: str, schema: str | None, kind: str) -> list[tuple[str, Constraint]]:
        there = self.standing.parts(self._table(table, schema), {"constraint"})
        facts = ((ident.path[2], self.standing.origin(ident)) for ident in there)
        return [(name, fact) for name, fact in facts if isinstance(fact, Constraint) and fact.type == kind]

    def _now(self, part: Constraint | Index, columns: Any) -> list[str]:
        """Give what columns of prod are called by now, as far as they are there."""
        called = (self.standing.called(Ident("column", (part.schema, part.table, each))) for each in columns)
        return [ident.path[2] for ident in called if ident]

    def _seen(self, expression: str) -> str:
        """Print an expression as for whoever has the search path, without the schemas that are in it."""
        schemas = "|".join(re.escape(text_of(Name(schema))) for schema in self.standing.local)
        return re.sub(rf"(?<![\w.\"])(?:{schemas})\.", "", expression)

    def _type(self, ident: Ident, column: Column | None) -> Any:
        text = self.standing.types.get(ident) or (column.type if column else "")
        return sqlalchemy_type(text, None, self.standing.have)


# One table at a time, by the methods above, where the dialect would ask the server for many at once.
for _what in (
    *("columns", "pk_constraint", "foreign_keys", "indexes"),
    *("unique_constraints", "check_constraints", "table_comment", "table_options"),
):
    setattr(Inspected, f"get_multi_{_what}", getattr(DefaultDialect, f"get_multi_{_what}"))
