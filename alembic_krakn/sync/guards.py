"""A connection to test in; a refusal where it says of itself that it is no test database, and what is at stake, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from psycopg import sql

from ..catalog.own import HISTORY, REJECTS
from ..connect import Address, WritableConnection
from ..errors import ConnectError
from ..names import Name
from .history import synced_before
from .values import Relation

MARK = "krakn.protected"
_SAYS = """
    SELECT pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
           pg_catalog.current_setting('krakn.protected', true) AS setting
    FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
"""
_NO = frozenset({"", "off", "false", "no", "0"})

# Tables that hold rows, as far as the role could replace them; a table that was never analyzed has -1 rows.
_TABLES = """
    SELECT n.nspname AS schema, c.relname AS name, c.reltuples::pg_catalog.int8 AS rows
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.pg_relation_size(c.oid) > 0
      AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname, 'pg_')
      AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                        AND d.deptype = 'e')
    ORDER BY 1, 2
"""
_COUNTED = 10_000  # rows of a table that nobody has analyzed; it holds these, or more


@dataclass(frozen=True)
class Stake:
    """What a sync is about to replace; rows are estimated where that spares reading them all."""

    prod: str  # host:port/database
    test: str
    first: bool  # krakn has never synced this database
    tables: int  # of test, with rows
    rows: int


def refuse_protected(test: WritableConnection, protected: Sequence[str] = ()) -> None:
    """Refuse a database that is on the list of protected hosts, or whose comment or setting says that it is."""
    found = next(_protections(test, protected), None)
    if found:
        raise ConnectError(
            f"test ({test.address.shown}, from {test.address.origin}) is protected: {found}; nothing was changed;"
            " if it is a test database after all, take that away"
        )


def _protections(test: WritableConnection, protected: Sequence[str]) -> Iterator[str]:
    """Say what protects it."""
    for pattern in protected:
        if _matches(test.address, pattern):
            yield f"`protected` of the settings has {pattern!r}"
    (says,) = test.fetch(_SAYS)
    if MARK in (says["comment"] or ""):
        yield f"its comment says {MARK}"
    if (says["setting"] or "").strip().lower() not in _NO:
        yield f"its setting {MARK} is {says['setting']!r}"


def _matches(address: Address, pattern: str) -> bool:
    """Tell whether one of the hosts, by name or number, and the database fit `host` or `host/database`."""
    host, _, database = pattern.rpartition("/") if _has_database(pattern) else (pattern, "", "*")
    known = address.parameters
    named = {name.strip() for key in ("host", "hostaddr") for name in known.get(key, "").split(",")}
    hosts = named | {name for name, _ in address.hosts}
    fits = any(fnmatchcase(each.lower().rstrip("."), host.lower()) for each in hosts if each)
    return fits and fnmatchcase(address.database, database)


def _has_database(pattern: str) -> bool:
    """Tell `db.example.org/shop` from a socket's folder."""
    return "/" in pattern and not pattern.startswith("/")


def stake(prod: Address, test: WritableConnection, version_table: str) -> Stake:
    """Look at what test holds, besides Alembic's own table and krakn's."""
    others = {version_table.rpartition(".")[2], HISTORY, REJECTS}
    rows = [
        row["rows"] if row["rows"] > 0 else _counted(test, (row["schema"], row["name"]))
        for row in test.fetch(_TABLES)
        if row["name"] not in others
    ]
    held = [number for number in rows if number]
    return Stake(prod.shown, test.address.shown, not synced_before(test), len(held), sum(held))


def _counted(test: WritableConnection, relation: Relation) -> int:
    limit = sql.SQL("SELECT pg_catalog.count(*) AS rows FROM (SELECT FROM {} LIMIT {}) AS held")
    return int(test.fetch(limit.format(sql.SQL("ONLY ") + Name(*relation), sql.Literal(_COUNTED)))[0]["rows"])


__all__ = ["MARK", "Stake", "refuse_protected", "stake"]
