"""What a server answered in; as much of it as cannot be a value of a row, out."""

from __future__ import annotations

import re
from dataclasses import dataclass

import asyncpg
import psycopg

# Of these classes of SQLSTATE the message is about objects and settings; that of all others may hold values.
_OF_OBJECTS = frozenset({"0A", "08", "25", "28", "2B", "3D", "3F", "42", "53", "54", "55", "57", "58"})
# These name a thing that somebody asked for, and who asks may be a row: `lang::regconfig`, or EXECUTE in a function.
_ASKED_FOR = re.compile(r"^(0A000|3F000|42(601|602|622|703|704|723|725|846|883|P\d\d|\d00))$")
# What asyncpg's own names do not say well.
_OTHERWISE = {"42601": "syntax error", "P0001": "an exception that a function raised", "XX000": "internal error"}
_UNQUOTED = frozenset({"42703", "42883"})  # of a column with its table, and of a function, names stand bare
# What PostgreSQL calls a check violation, and has no constraint's name for, by its function that says so.
_UNNAMED = {"ExecWithoutOverlapsNotEmpty": "the rule that no range of a key WITHOUT OVERLAPS is empty"}
# Where the words of a statement that failed are a function's own, and not put together as it runs; or a hook's.
_STATIC = re.compile(
    r'SQL function "|PL/pgSQL function .* at (SQL statement|PERFORM|assignment|IF|RETURN)$'
    r"|PL/pgSQL function inline_code_block line \d+ at EXECUTE\Z",
    re.MULTILINE,
)
_FUNCTION = re.compile(r"^PL/pgSQL function (?!inline_code_block )(.+) line \d+ at ", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What of an error's fields tells whether its message may hold values."""

    state: str
    message: str
    position: str  # in the statement that krakn sent
    within: str  # in a statement of a function
    context: str
    raised_by: str  # the server's own function

    @classmethod
    def of(cls, exc: Exception) -> Answer:
        """Read what either driver gives."""
        if isinstance(exc, psycopg.Error):
            said = exc.diag
            fields = (exc.sqlstate, said.message_primary, said.statement_position, said.internal_position)
            return cls(*map(_text, (*fields, said.context, said.source_function)))
        assert isinstance(exc, asyncpg.PostgresError)
        message = exc.args[0] if exc.args else ""
        names = ("position", "internal_position", "context", "server_source_function")
        return cls(*map(_text, (exc.sqlstate, message, *(getattr(exc, name, None) for name in names))))

    @property
    def of_objects(self) -> bool:
        """Tell whether the message may be shown, but for names."""
        return self.state[:2] in _OF_OBJECTS and not self.raised

    @property
    def raised(self) -> bool:
        """Tell whether a function raised it, which may put values into all fields, even the names of constraints."""
        return "raise" in self.raised_by or "elog" in self.raised_by

    def words(self) -> str:
        """Give the message, without names that a row may have asked for."""
        message = self.message.rstrip(".")
        return _without_names(message, self.state) if self.asked_by_rows else message

    @property
    def asked_by_rows(self) -> bool:
        """Tell whether it may be a value that names what is not there, and not the statement."""
        of_statement = (self.position and not self.context) or (self.within and _STATIC.match(self.context))
        return bool(_ASKED_FOR.match(self.state)) and not of_statement

    def condition(self) -> str:
        """Name the condition in PostgreSQL's words: 'numeric value out of range'."""
        function = _FUNCTION.search(self.context)
        if self.state == "P0001" and function:
            return f"an exception that the function {function[1]} raised"
        return _UNNAMED.get(self.raised_by) or condition_of(self.state)


def condition_of(state: str) -> str:
    """Name the condition that an SQLSTATE stands for."""
    if state in _OTHERWISE:
        return _OTHERWISE[state]
    kind = type(asyncpg.PostgresError.new({"C": state})).__name__.removesuffix("Error")
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z][a-z]+|\d+", kind)
    return " ".join(word.lower() for word in words) or state


def _without_names(message: str, state: str) -> str:
    """Put dots for what stands in quotes; of what has none, leave what comes before a colon, or the condition.

    Which quotes a language has, if it has any, is not known: of what may be another than English, too, the condition.
    """
    if not message.isascii():
        return condition_of(state)
    opened, closed = message.find('"'), message.rfind('"')
    if opened != closed:
        return f'{message[:opened]}"..."{message[closed + 1 :]}'
    return condition_of(state) if state in _UNQUOTED else message.partition(": ")[0]


def _text(value: object) -> str:
    return "" if value is None else str(value)


__all__ = ["Answer", "condition_of"]
