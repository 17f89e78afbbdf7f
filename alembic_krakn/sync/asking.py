"""A database in; questions to it that find the names which SQL of the team's own finds, out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..catalog import Catalog
from ..connect import ReadOnlyConnection, WritableConnection
from .values import TablePlan


@dataclass(frozen=True)
class Prod:
    """Whom to ask about rows."""

    reader: ReadOnlyConnection  # inside its snapshot
    catalog: Catalog
    search_path: str  # the role's own

    def path_for(self, table: TablePlan) -> str:
        """Give the search path for a question about a table: the role's own where the profile has SQL for it."""
        return self.search_path if table.own_sql else "pg_catalog"


@contextmanager
def own_path(database: ReadOnlyConnection | WritableConnection, search_path: str) -> Iterator[None]:
    """Let SQL of the profile find what its author finds; what fails inside is as if it had not been asked."""
    choose = "SELECT pg_catalog.set_config('search_path', %s, true)"
    with database.driver.transaction():
        database.fetch(choose, (search_path,))
        yield
        database.fetch(choose, ("pg_catalog",))


__all__ = ["Prod", "own_path"]
