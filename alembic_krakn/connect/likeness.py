"""What one database takes from another so that the same statements mean the same: read there, and said in a CREATE."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from ..names import Name
from .session import ReadOnlyConnection, WritableConnection


@dataclass(frozen=True)
class Likeness:
    """How a database sorts, spells and finds names."""

    encoding: str
    locale: dict[str, str]  # of CREATE DATABASE
    search_path: str  # of a new session

    def create(self, name: str, **more: str) -> sql.Composed:
        """Compose the CREATE DATABASE of an empty one that is like it; `more` are options whose values are names."""
        return creation(name, {"ENCODING": self.encoding} | self.locale, **more)


def creation(name: str, options: dict[str, str], **more: str) -> sql.Composed:
    """Compose a CREATE DATABASE out of template0."""
    said = [sql.SQL("{} {}").format(sql.SQL(key), sql.Literal(value)) for key, value in options.items()]
    said += [sql.SQL("{} {}").format(sql.SQL(key), Name(value)) for key, value in more.items()]
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(Name(name), sql.SQL(" ").join(said))


def likeness(database: ReadOnlyConnection | WritableConnection) -> Likeness:
    """Read what another database shall have in common with this one; outside `snapshot()`, which sets a path."""
    (row,) = database.fetch(
        "SELECT pg_catalog.to_jsonb(d) AS said, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,"
        " pg_catalog.current_setting('search_path') AS search_path"
        " FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()"
    )
    said = row["said"]
    locale = {"LC_COLLATE": said["datcollate"], "LC_CTYPE": said["datctype"]}
    provider = {"i": "ICU", "b": "BUILTIN"}.get(said.get("datlocprovider", "c"))
    if provider:  # the column was called daticulocale before PostgreSQL 17
        name = said.get("datlocale") or said.get("daticulocale")
        locale |= {"LOCALE_PROVIDER": provider.lower(), f"{provider}_LOCALE": name}
    if rules := said.get("daticurules"):
        locale["ICU_RULES"] = rules
    return Likeness(row["encoding"], locale, row["search_path"])
