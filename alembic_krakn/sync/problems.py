"""Explain why rows could not be moved: an exception of asyncpg in, one sentence without any value out."""

from __future__ import annotations

import re

import asyncpg
import psycopg

from ..connect import Side
from ..errors import KraknError, SyncError, ValidationFailed
from .copy_context import of_a_row, place
from .values import Origin, TablePlan, one_line, shown
from .words import Answer, condition_of

_OF_ROWS = frozenset({"22", "23"})
_OF_WHAT_ROWS_CALL = frozenset({"3F", "42", "P0"})  # a function or a type that takes names, as regclass does
# What types and functions of extensions and of other languages say of a value, and the server of other things.
_OF_EXTENSIONS = re.compile(r"XX000|54000|38")
_HINTS = {
    "53100": "make room, then run it again",
    "53200": "raise max_locks_per_transaction of that server; with --swap, fewer tables are locked at a time",
    "55P03": "somebody uses a table of test; end that session, or raise --lock-timeout",
    "57014": "raise --statement-timeout, unless somebody canceled it",
    "42501": "let the role have what is missing",
    "40001": "run it again",
    "40P01": "run it again",
    "XX000": "if its schema has changed meanwhile, run it again",
}
_OTHER_SCHEMA = "prod's schema is another one than when krakn planned; run it again"
_OF_PROD = dict.fromkeys(("3F000", "42703", "42704", "42883", "42P01"), _OTHER_SCHEMA)
_READ_ONLY = (
    "it must be writable: no standby server, and default_transaction_read_only must be off for the server, the database"
    " and the role"
)
_UNWRITABLE = "a table that is published needs a primary key for that, or ALTER TABLE ... REPLICA IDENTITY FULL"
_OF_TEST = {"25006": _READ_ONLY, "55000": _UNWRITABLE}
# In transactions that only read, nothing else than replay on a standby server leads to these.
_CONFLICTS = frozenset({"40001", "40P01"})
CONFLICT = (
    "prod is a standby server, and krakn read what it had to change or remove as the primary did; set"
    " hot_standby_feedback = on there, or raise max_standby_streaming_delay, then run it again"
)
# asyncpg calls it an error of its own when the connection ends just before it begins to copy.
_LOST = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    EOFError,
)
AS_IT_WAS = "test is as it was"


class RowRefused(SyncError):
    """A row of prod cannot be read, or written, as the plan says; the test database is as it was."""


class RowUnfit(RowRefused, ValidationFailed):
    """A row of prod does not fit into test; the test database is as it was."""


class Conflict(SyncError):
    """Prod, a standby server, ended what krakn read there; it may be read again."""


class ReadingFailed(Exception):
    """Reading from prod stopped after so many rows; the cause says why, `row` at which one, where that is known.

    `standby`: prod is one. Its last words do not arrive when it ends a connection in the middle of a COPY.
    """

    def __init__(self, rows: int, *, standby: bool = False) -> None:
        super().__init__()
        self.rows, self.standby = rows, standby
        self.row: int | None = None


def conflicts(exc: Exception) -> bool:
    """Tell whether prod, a standby server, stopped reading so that it could go on replaying what the primary did."""
    if isinstance(exc, ReadingFailed):
        cause = exc.__cause__
        return isinstance(cause, Exception) and (conflicts(cause) or (exc.standby and isinstance(cause, _LOST)))
    return getattr(exc, "sqlstate", None) in _CONFLICTS


def refuses_rows(exc: Exception) -> bool:
    """Tell whether it is rows that something went wrong with, and not the way there."""
    cause = exc.__cause__ if isinstance(exc, ReadingFailed) else exc
    if not isinstance(cause, asyncpg.PostgresError):
        return False
    return str(cause.sqlstate)[:2] in _OF_ROWS or (cause is exc and _asked_by_a_row(cause))


def _asked_by_a_row(exc: asyncpg.PostgresError) -> bool:
    """Tell whether a row that COPY writes names what is not there, or an extension does not like what it holds."""
    told = Answer.of(exc)
    asked = told.asked_by_rows or _OF_EXTENSIONS.match(told.state)
    return bool(asked and of_a_row(told.context))


def explain(
    exc: Exception,
    doing: str,
    table: TablePlan | None = None,
    side: Side = Side.TEST,
    when_lost: str = AS_IT_WAS,
) -> KraknError:
    """Make the error for what happened to krakn while it was `doing` something: 'filling public.users'."""
    if isinstance(exc, ReadingFailed):
        cause = exc.__cause__
        assert isinstance(cause, Exception)
        if conflicts(exc):
            return Conflict(f"{doing}:{f' after {exc.rows} rows:' if exc.rows else ''} {CONFLICT}; {AS_IT_WAS}")
        refused = RowRefused if refuses_rows(cause) else SyncError
        return refused(f"{doing}: {_reading(cause, exc.rows, table, exc.row)}; {AS_IT_WAS}")
    if isinstance(exc, KraknError):
        return type(exc)(f"{doing}: {exc}; {AS_IT_WAS}")
    told = _writing(exc, table) if side is Side.TEST else _reading(exc, 0, table)
    kind: type[SyncError] = SyncError
    if side is Side.PROD and conflicts(exc):
        kind = Conflict
    elif table is not None and refuses_rows(exc):
        kind = RowUnfit if side is Side.TEST else RowRefused
    return kind(f"{doing}: {told}; {when_lost if isinstance(exc, _LOST) else AS_IT_WAS}")


def unreadable(exc: psycopg.Error, table: TablePlan) -> SyncError:
    """Make the error for rows that a dry run could not read."""
    return SyncError(f"reading {table.came_from}: {said(exc)}")


def said(exc: psycopg.Error, who: str = Side.PROD.value) -> str:
    """Say what a server answered, without values."""
    if who == Side.PROD.value and conflicts(exc):
        return CONFLICT
    answer = Answer.of(exc)
    hint = f"; {_HINTS[answer.state]}" if answer.state in _HINTS else ""
    told = f"says: {answer.words()}" if answer.of_objects else f"refuses with {answer.condition()}"
    return f"{who} {told}{hint}"


def reason(exc: Exception, side: Side) -> str:
    """Say what a server or a lost connection means, without values."""
    if isinstance(exc, _LOST):
        last_words = str(exc.args[0] if exc.args else "").partition("operation: ")[2]
        return f"the connection to {side.value} was lost" + (f" ({last_words})" if last_words else "")
    if side is Side.PROD and conflicts(exc):
        return CONFLICT
    if isinstance(exc, asyncpg.PostgresError) and exc.sqlstate:
        state, answer = str(exc.sqlstate), Answer.of(exc)
        hints = {**_HINTS, **(_OF_TEST if side is Side.TEST else _OF_PROD)}
        hint = f"; {hints[state]}" if state in hints else ""
        if hint and hints[state] is _OTHER_SCHEMA and answer.asked_by_rows:
            hint = f"; a value names what is not there, or {_OTHER_SCHEMA}"
        if state.startswith("57P0"):
            return f"{side.value} ended the connection ({condition(exc)})"
        if answer.of_objects:
            return f"{side.value} says: {answer.words()}{hint}"
        where = "".join(f" {kind} {name}" for kind, name in _objects(exc))
        return f"{side.value} refuses with {condition(exc)}{where and ','}{where}{hint}"
    if isinstance(exc, MemoryError):
        return "there is not enough memory"
    return f"{side.value}: {type(exc).__name__}"


def condition(exc: asyncpg.PostgresError) -> str:
    """Name the condition in PostgreSQL's words: 'numeric value out of range'."""
    return Answer.of(exc).condition()


def _objects(exc: asyncpg.PostgresError) -> list[tuple[str, str]]:
    if Answer.of(exc).raised:
        return []
    return [
        (kind, str(name)) for kind in ("table", "column", "constraint") if (name := getattr(exc, f"{kind}_name", None))
    ]


def _reading(exc: Exception, rows: int, table: TablePlan | None, row: int | None = None) -> str:
    """Say why prod's rows could not be read."""
    told = reason(exc, Side.PROD)
    state = str(getattr(exc, "sqlstate", None) or "")
    if table is not None and state[:2] == "22":
        casts = [column for column in table.sent if not column.plain]
        named = ", ".join(f"{column.name} ({column.detail})" for column in casts if column.detail)
        where = f"row {row}: a value" if row else "a value"
        what = f"; what prod computes there is {named}" if named else ""
        return f"{where} of {table.came_from} does not fit: {told}{what}"
    return f"{told} after {rows} rows" if rows else told


def _writing(exc: Exception, table: TablePlan | None) -> str:
    """Say why test did not take a row: table, column and row number, never the value."""
    if table is None or not isinstance(exc, asyncpg.PostgresError):
        return reason(exc, Side.TEST)
    columns = {column.name: column for column in table.sent}
    line, unfit = place(Answer.of(exc).context, table.target[1], columns)
    row = f"row {line}" if line else "a row"
    state = str(exc.sqlstate)
    if state[:2] not in _OF_ROWS and not (line and _OF_EXTENSIONS.match(state)):
        found = f"{row}: " if line and state[:2] in _OF_WHAT_ROWS_CALL else ""
        return f"{found}{reason(exc, Side.TEST)}"
    computed = {c.name: one_line(c.detail) for c in table.columns if c.origin is Origin.GENERATED}
    named = dict(_objects(exc))
    if state == "23502" and "column" in named:
        how = f" and computed there as {computed[name]}" if (name := named["column"]) in computed else ""
        return f"{row} has NULL in {name}, which is NOT NULL in test{how}"
    if state[:2] == "23":
        what = f"constraint {named['constraint']}" if "constraint" in named else condition(exc)
        return f"{row} breaks {what} of {shown(table.test)}"
    if unfit is None:
        told = ", ".join(f"{name} as {detail}" for name, detail in computed.items() if not table.staged)
        what = f"; what test computes there is {told}" if told else ""
        return f"{row} holds a value that does not fit ({condition(exc)}){what}"
    column = columns[unfit]
    types = f"{column.type}" + (f"; {column.detail}" if column.detail else "")
    return f"{row}, column {column.name}: the value does not fit type {types} ({condition(exc)})"


__all__ = [
    "AS_IT_WAS",
    "CONFLICT",
    "Conflict",
    "ReadingFailed",
    "condition",
    "condition_of",
    "conflicts",
    "explain",
    "reason",
    "refuses_rows",
    "said",
    "unreadable",
]
