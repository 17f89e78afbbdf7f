"""A server in; the shop's two databases and a copy of its Alembic project out, as the demo needs them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from alembic_krakn.errors import ConnectError

HERE = Path(__file__).resolve().parent
PROD_REVISION = "a30b5c9e4f76"
PROD, TEST = "shop_prod", "shop_test"
# What somebody typed into psql one evening, and no revision tells.
HOTFIXES = {
    PROD: "ALTER TABLE orders ADD COLUMN gift_note text",
    TEST: "CREATE INDEX ix_payments_unpaid ON payments (order_id) WHERE paid_at IS NULL",
}
_MARK = "made by python -m example_project, which may drop it"
_PROJECT = ("__init__.py", "alembic.ini", "krakn.yaml", "masks.py", "models.py")


def data_folder() -> Path:
    """Give the folder of the embedded server's data: one for each checkout."""
    folder = HERE / ".server" / "data"
    if sys.platform == "win32" or not any(map(str.isspace, str(folder))):
        return folder
    # pg_ctl hands the server's options on through a shell, where a folder with a space is two
    return Path(tempfile.gettempdir()) / f"krakn-shop-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}" / "data"


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: the URLs of both databases, and the folder to run alembic in."""

    prod: URL
    test: URL
    project: Path

    @classmethod
    def build(cls, server: str) -> Stage:
        """Make both databases anew and empty, and the copy of the project."""
        url = _without_driver(server)
        with psycopg.connect(_text(url), autocommit=True) as conn:
            for database in (PROD, TEST):
                _create(conn, database)
        return cls(url.set(database=PROD), url.set(database=TEST), _copy_project(HERE / ".server" / "shop"))

    def connect(self, url: URL) -> psycopg.Connection:
        """Connect to one of the databases."""
        return psycopg.connect(_text(url), autocommit=True)

    def environment(self, url: URL, key: str) -> dict[str, str]:
        """Give the variables of a command whose own database, as env.py knows it, is the one named."""
        return {
            **os.environ,
            "KRAKN_PROD_URL": _text(self.prod),
            "KRAKN_TEST_URL": _text(self.test),
            "KRAKN_MASK_KEY": key,
            "SHOP_DATABASE_URL": _text(url.set(drivername="postgresql+psycopg")),
            "PYTHONUTF8": "1",
        }


def _without_driver(server: str) -> URL:
    """Read a URL in any of SQLAlchemy's spellings, and spell it for libpq."""
    try:
        url = make_url(server)
    except ArgumentError:
        raise ConnectError("--server is not a URL; it reads like postgresql://user@host:5432/postgres") from None
    return URL.create("postgresql", url.username, url.password or None, url.host, url.port, url.database, url.query)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _create(conn: psycopg.Connection, database: str) -> None:
    """Make a database anew, but never in the place of somebody else's."""
    found = conn.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    if found and found[0] != _MARK:
        raise ConnectError(
            f"the server has a database {database} that this demo did not make (its comment is not {_MARK!r});"
            " drop or rename it, or give another server with --server URL"
        )
    name = sql.Identifier(database)
    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
    conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(_MARK)))


def _copy_project(folder: Path) -> Path:
    """Copy the Alembic project, so that the revision which the demo writes is no change in the checkout."""
    project = folder / HERE.name
    # Not the whole folder is made anew: somebody's shell may stand in it, which Windows does not forgive.
    shutil.rmtree(project / "migrations" / "versions", ignore_errors=True)
    shutil.copytree(
        HERE / "migrations", project / "migrations", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in _PROJECT:
        shutil.copy2(HERE / name, project / name)
    return project
