"""Say whether a name without a schema means one in public wherever a revision may run: prod and the project go in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from ..connect import ReadOnlyConnection
from ..names import schemas_of

if TYPE_CHECKING:
    from alembic.config import Config

# Migrations run as the owner of what they change, which need not be the role that krakn reads prod with.
_OWNERS = """
    SELECT rolname FROM pg_catalog.pg_roles
    WHERE rolname = SESSION_USER OR oid IN (
        SELECT relowner FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.to_regnamespace('public')
        UNION SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
    )
"""
_PATHS = """
    SELECT pg_catalog.current_setting('search_path') AS path
    UNION
    SELECT pg_catalog.substr(entry, pg_catalog.length('search_path=') + 1)
    FROM pg_catalog.pg_db_role_setting AS s
    CROSS JOIN pg_catalog.unnest(s.setconfig) AS entry
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
    WHERE entry LIKE 'search\\_path=%%' AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database())
      AND (s.setrole = 0 OR r.rolname = ANY (%s))
"""
_SCHEMAS = "SELECT nspname FROM pg_catalog.pg_namespace"


def public_is_home(prod: ReadOnlyConnection, config: Config) -> bool:
    """Say whether public is the first schema of every search path that is known; outside `snapshot()`, which sets one.

    A project that speaks of a search path itself is taken to set another one.
    """
    if any("search_path" in text for text in _texts(config)):
        return False
    owners = [row["rolname"] for row in prod.fetch(_OWNERS)]
    schemas = {row["nspname"] for row in prod.fetch(_SCHEMAS)}
    paths = [schemas_of(row["path"]) for row in prod.fetch(_PATHS, (owners,))]
    return all(_first(path, schemas, sorted(schemas.intersection(owners))) == "public" for path in paths)


def _first(path: tuple[str, ...], schemas: Collection[str], users: Sequence[str]) -> str | None:
    """Give the first schema of a path that is there."""
    found = (users[0] if each == "$user" and users else each for each in path)
    return next((each for each in found if each in schemas), None)


def _texts(config: Config) -> Iterator[str]:
    """Give what the project's env.py and its settings say."""
    files = [ScriptDirectory.from_config(config).env_py_location, config.config_file_name, config.toml_file_name]
    for file in files:
        if file and Path(file).exists():
            yield Path(file).read_text(encoding="utf-8", errors="replace")
    yield config.get_main_option("sqlalchemy.url") or ""
