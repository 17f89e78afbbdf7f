"""Write SQL as Python source that Alembic, SQLAlchemy and the driver turn back into the same SQL, to the letter."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg, psycopg
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import compiler
from sqlalchemy.sql.elements import ColumnElement

from ..errors import RevisionError
from ..names import KEYWORDS

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

# Reserved words of PostgreSQL that SQLAlchemy does not put in quotes.
_UNQUOTED = {"collation", "concurrently", "lateral", "system_user", "tablesample"} & KEYWORDS
_DIALECTS: tuple[PGDialect, ...] = (psycopg.PGDialect_psycopg(), asyncpg.PGDialect_asyncpg())  # type: ignore[no-untyped-call]
# What SQLAlchemy takes for a parameter when it compiles a text: with $ in it up to 2.0.54, without since. What text()
# itself takes for one, up to then, is more (`[:alpha:]`), and changes nothing.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w])|[\w$]+(?![:\w$]))")
_NAME = re.compile(r"[\w $#@+=,;!?*/<>^~|()-]+")


class Escaped(ColumnElement[Any]):
    """SQL on its way through Alembic's renderer into the argument of sa.text(), where a colon may begin a parameter.

    The renderer compiles what it is given, which would double each percent sign and take `:x` for a parameter.
    """

    inherit_cache = False

    def __init__(self, sql: str) -> None:
        self.sql = sql


class Raw(Escaped):
    """SQL on its way into the argument of sa.literal_column(), which takes it as it is."""

    inherit_cache = False


@compiles(Escaped)
def _escaped(element: Escaped, _compiler: SQLCompiler, **_: Any) -> str:
    return escape(element.sql)


@compiles(Raw)
def _raw(element: Raw, _compiler: SQLCompiler, **_: Any) -> str:
    return element.sql


def escape(sql: str) -> str:
    """Escape SQL for sa.text(), for the SQLAlchemy that is here and those before and after it, and prove it."""
    escaped = _PARAMETER.sub(r"\\:", compiler.BIND_PARAMS_ESC.sub(r"\\\\\1", sql))
    for dialect in _DIALECTS:
        try:
            back = str(text(escaped).compile(dialect=dialect))
        except KeyError:  # up to 2.0.54, nothing gets %(s)s through asyncpg's dialect; it does through the others
            continue
        if dialect.identifier_preparer._double_percents:
            back = back.replace("%%", "%")
        if back != sql:
            raise RevisionError(
                f"the statement that begins with {sql[:40]!r} would not come through SQLAlchemy's text() unchanged;"
                " run it by hand, from the output of krakn-migrate --sql"
            )
    return escaped


def source(sql: str) -> str:
    """Write SQL as the Python literal for op.execute(): several lines as adjacent strings, one a line.

    Alembic indents what it renders and cuts blanks off the ends of lines, inside a triple-quoted string too.
    """
    escaped = escape(sql)
    lines = re.findall(r"[^\n]*\n|[^\n]+", escaped)
    written = repr(escaped) if len(lines) < 2 else "\n" + "".join(f"    {line!r}\n" for line in lines)
    if ast.literal_eval(f"({written})") != escaped:
        raise RevisionError(f"the statement that begins with {sql[:40]!r} cannot be written as Python")
    return written


def plain(*names: str) -> bool:
    """Say whether Alembic's operations take all these names as they are; it writes some between quotes, unescaped."""
    return all(_NAME.fullmatch(name) and name.isprintable() and name not in _UNQUOTED for name in names)
