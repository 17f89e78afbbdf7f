"""A connection to test's database in; what the database is besides its contents, and statements for one alike, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from ...connect import Likeness, WritableConnection, likeness
from ...errors import SyncError
from ...names import Name, comma, split, unquoted

_ITSELF = """
    SELECT pg_catalog.pg_get_userbyid(d.datdba) AS owner, t.spcname AS tablespace,
           d.datconnlimit AS connections, pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
           d.datacl IS NOT NULL AS granted,
           pg_catalog.pg_has_role(d.datdba, 'MEMBER') AS owned,
           r.rolcreatedb OR r.rolsuper AS may_create, current_user AS role
    FROM pg_catalog.pg_database AS d
    JOIN pg_catalog.pg_tablespace AS t ON t.oid = d.dattablespace
    JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user
    WHERE d.datname = pg_catalog.current_database()
"""
_GRANTS = """
    SELECT CASE g.grantee WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(g.grantee) END AS role,
           g.privilege_type AS privilege, g.is_grantable AS grantable
    FROM pg_catalog.pg_database AS d, pg_catalog.aclexplode(d.datacl) AS g
    WHERE d.datname = pg_catalog.current_database()
    ORDER BY 1 NULLS FIRST, 2
"""
_SETTINGS = """
    SELECT CASE s.setrole WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(s.setrole) END AS role,
           pg_catalog.split_part(c.said, '=', 1) AS name,
           pg_catalog.substr(c.said, pg_catalog.strpos(c.said, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting AS s
    JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
    CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (said)
    WHERE d.datname = pg_catalog.current_database()
    ORDER BY 1 NULLS FIRST, 2
"""
# Their values are lists that are stored with quotes where names need them; as one literal they would be one name.
_LISTS = frozenset(
    "local_preload_libraries search_path session_preload_libraries shared_preload_libraries temp_tablespaces".split()
)


@dataclass(frozen=True)
class Home:
    """Test's database as such."""

    owner: str
    tablespace: str
    connections: int
    comment: str | None
    like: Likeness
    granted: bool  # its privileges are not the ones that every new database has
    grants: tuple[Mapping[str, Any], ...]
    settings: tuple[Mapping[str, Any], ...]

    def create(self, name: str) -> sql.Composed:
        """Compose the CREATE DATABASE of an empty one."""
        # A tablespace that is named asks for a right that its use alone does not.
        elsewhere = {} if self.tablespace == "pg_default" else {"TABLESPACE": self.tablespace}
        # Its owner from the first moment: who is only a member of that role could not give away what is in `public`.
        return self.like.create(name, OWNER=self.owner, **elsewhere)

    def furnish(self, name: str) -> Iterator[sql.Composable]:
        """Compose what makes another database what this one is, but for its contents."""
        database = Name(name)
        for setting in self.settings:
            yield _setting(database, setting)
        if self.granted:
            yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
        yield sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(database, sql.Literal(self.connections))
        yield sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(self.comment))
        yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, Name(self.owner))
        for grant in self.grants:
            if grant["role"] != self.owner:
                yield sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
                    sql.SQL(grant["privilege"]),
                    database,
                    sql.SQL("PUBLIC") if grant["role"] is None else Name(grant["role"]),
                    sql.SQL(" WITH GRANT OPTION" if grant["grantable"] else ""),
                )


def home_of(test: WritableConnection) -> Home:
    """Read what test's database is, and refuse what a swap could not do or would lose."""
    (itself,) = test.fetch(_ITSELF)
    told = _against(itself)
    if told:
        raise SyncError(f"test: {told}; nothing was changed")
    return Home(
        owner=itself["owner"],
        tablespace=itself["tablespace"],
        connections=itself["connections"],
        comment=itself["comment"],
        like=likeness(test),
        granted=itself["granted"],
        grants=tuple(test.fetch(_GRANTS)),
        settings=tuple(test.fetch(_SETTINGS)),
    )


def _against(itself: Mapping[str, Any]) -> str | None:
    """Say what stands against a swap."""
    role = itself["role"]
    if not itself["may_create"]:
        return (
            f"--swap makes a new database, and role {role!r} may not; ALTER ROLE ... CREATEDB, or sync without --swap"
        )
    if not itself["owned"]:
        return (
            f"--swap renames the database, and role {role!r} is no member of its owner {itself['owner']!r};"
            " connect as the owner, or sync without --swap"
        )
    return None


def _setting(database: sql.Composable, setting: Mapping[str, Any]) -> sql.Composed:
    """Compose the ALTER that makes one setting of a database, or of a role in it."""
    whose = sql.SQL("DATABASE {}").format(database)
    if setting["role"] is not None:
        whose = sql.SQL("ROLE {} IN DATABASE {}").format(Name(setting["role"]), database)
    value: sql.Composable = sql.Literal(setting["value"])
    if setting["name"] in _LISTS:
        value = comma(map(sql.Literal, _names(setting["value"])))
    # The name of a setting may have a point, which belongs to it: app.tenant.
    name = sql.SQL(".").join(Name(part) for part in setting["name"].split("."))
    return sql.SQL("ALTER {} SET {} TO {}").format(whose, name, value)


def _names(text: str) -> list[str]:
    """Read a list of names, as `"$user", public`; nothing is one empty name."""
    return [unquoted(part) for part in split(text, ",") if part] or [""]


__all__ = ["Home", "home_of"]
