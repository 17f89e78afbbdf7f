"""What the stories of roles share: one that is no superuser, and a database that is its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

from syncing import execute, query

_serial = itertools.count(1)


@contextmanager
def role(server: str, *attributes: str) -> Iterator[str]:
    """Make a role that may log in; what it owns must be gone before it goes."""
    name = f"krakn_role_{os.getpid()}_{next(_serial)}"
    execute(server, f"create role {name} login {' '.join(attributes)}")
    yield name
    execute(server, f"drop role {name}")


def as_role(url: str, name: str) -> str:
    """Give the URL with which a role comes to a database."""
    return f"{url}{'&' if '?' in url else '?'}user={name}"


def owned(url: str, name: str, *ddl: str) -> str:
    """Let a role make tables in a database that becomes its own."""
    database = query(url, "select current_database()")[0][0]
    execute(url, f"alter database {database} owner to {name}")
    execute(as_role(url, name), *ddl)
    return as_role(url, name)
