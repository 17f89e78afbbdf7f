"""Take calls that SQLAlchemy 1.x took and 2 refuses, as revisions of those years have them; a stretch of time in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Delete, Insert, Update, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import FromClause, Select, TableClause

from .refusing import replaced


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
    execute, scalar, begin, narrow = Session.execute, Session.scalar, Select.__init__, Select.with_only_columns

    def _selected(self: Select[Any], *entities: Any, **options: Any) -> None:
        begin(self, *_one_by_one(entities), **options)

    def _narrowed(self: Select[Any], *entities: Any, **options: Any) -> Any:
        return narrow(self, *_one_by_one(entities), **options)

    def _select(self: FromClause, whereclause: Any = None, *_: Any, **__: Any) -> Select[Any]:
        return Select(self) if whereclause is None else Select(self).where(whereclause)

    def _executed(self: Session, statement: Any, *given: Any, **named: Any) -> Any:
        return execute(self, text(statement) if isinstance(statement, str) else statement, *given, **named)

    def _answered(self: Session, statement: Any, *given: Any, **named: Any) -> Any:
        return scalar(self, text(statement) if isinstance(statement, str) else statement, *given, **named)

    def _insert(self: TableClause, values: Any = None, *_: Any, **__: Any) -> Insert:
        return Insert(self) if values is None else Insert(self).values(values)

    def _update(self: TableClause, whereclause: Any = None, values: Any = None, *_: Any, **__: Any) -> Update:
        statement = Update(self) if whereclause is None else Update(self).where(whereclause)
        return statement if values is None else statement.values(values)

    def _delete(self: TableClause, whereclause: Any = None, *_: Any, **__: Any) -> Delete:
        return Delete(self) if whereclause is None else Delete(self).where(whereclause)

    with (
        replaced("sqlalchemy.sql.selectable", "TableClause.insert", _insert),
        replaced("sqlalchemy.sql.selectable", "TableClause.update", _update),
        replaced("sqlalchemy.sql.selectable", "TableClause.delete", _delete),
        replaced("sqlalchemy.orm", "Session.execute", _executed),
        replaced("sqlalchemy.orm", "Session.scalar", _answered),
        replaced("sqlalchemy.sql.selectable", "Select.__init__", _selected),
        replaced("sqlalchemy.sql.selectable", "Select.with_only_columns", _narrowed),
        replaced("sqlalchemy.sql.selectable", "FromClause.select", _select),
        replaced("sqlalchemy.sql.selectable", "Join.select", _select),
    ):
        yield


def _one_by_one(entities: tuple[Any, ...]) -> Any:
    return entities[0] if len(entities) == 1 and isinstance(entities[0], list | tuple) else entities
