"""Take calls that SQLAlchemy 1.x took and 2 refuses, as revisions of those years have them; a stretch of time in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Delete, Insert, Update, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import FromClause, Select, TableClause

from .refusing import replaced

_Narrowed = TypeVar("_Narrowed", Update, Delete, Select[Any])


class OlderConnection(Connection):
    """Executes plain strings too, and takes parameters one by one."""

    def execute(self, statement: Any, parameters: Any = None, *more: Any, **named: Any) -> Any:
        options = named.pop("execution_options", None)
        given = named or ([parameters, *more] if more else parameters)
        if isinstance(statement, str):
            return self.exec_driver_sql(statement, given, execution_options=options)
        return super().execute(statement, given, execution_options=options)

    def scalar(self, statement: Any, parameters: Any = None, *more: Any, **named: Any) -> Any:
        return self.execute(statement, parameters, *more, **named).scalar()


class OlderEngine(Engine):
    """Makes such connections."""

    _connection_cls = OlderConnection


@contextlib.contextmanager
def older_calls() -> Iterator[None]:
    """Let sessions execute plain strings, a list say what is selected, and tables be told what to write and where."""
    with contextlib.ExitStack() as stack:
        for module, path, by in (
            ("sqlalchemy.sql.selectable", "TableClause.insert", _insert),
            ("sqlalchemy.sql.selectable", "TableClause.update", _update),
            ("sqlalchemy.sql.selectable", "TableClause.delete", _delete),
            ("sqlalchemy.sql.selectable", "FromClause.select", _select),
            ("sqlalchemy.sql.selectable", "Join.select", _select),
            ("sqlalchemy.sql.selectable", "Select.__init__", _taking_a_list(Select.__init__)),
            ("sqlalchemy.sql.selectable", "Select.with_only_columns", _taking_a_list(Select.with_only_columns)),
            ("sqlalchemy.orm", "Session.execute", _taking_strings(Session.execute)),
            ("sqlalchemy.orm", "Session.scalar", _taking_strings(Session.scalar)),
        ):
            stack.enter_context(replaced(module, path, by))
        yield


def _taking_strings(call: Callable[..., Any]) -> Callable[..., Any]:
    def taking(self: Session, statement: Any, *given: Any, **named: Any) -> Any:
        return call(self, text(statement) if isinstance(statement, str) else statement, *given, **named)

    return taking


def _taking_a_list(call: Callable[..., Any]) -> Callable[..., Any]:
    def taking(self: Select[Any], *entities: Any, **options: Any) -> Any:
        listed = len(entities) == 1 and isinstance(entities[0], list | tuple)
        return call(self, *(entities[0] if listed else entities), **options)

    return taking


def _insert(table: TableClause, values: Any = None, *_: Any, **__: Any) -> Insert:
    return Insert(table) if values is None else Insert(table).values(values)


def _update(table: TableClause, whereclause: Any = None, values: Any = None, *_: Any, **__: Any) -> Update:
    found = _where(Update(table), whereclause)
    return found if values is None else found.values(values)


def _delete(table: TableClause, whereclause: Any = None, *_: Any, **__: Any) -> Delete:
    return _where(Delete(table), whereclause)


def _select(table: FromClause, whereclause: Any = None, *_: Any, **__: Any) -> Select[Any]:
    return _where(Select(table), whereclause)


def _where(statement: _Narrowed, whereclause: Any) -> _Narrowed:
    return statement if whereclause is None else statement.where(whereclause)
