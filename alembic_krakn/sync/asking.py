"""A database in; questions to it that find the names which SQL of the team's own finds, out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..catalog import Catalog
from ..connect import ReadOnlyConnection, WritableConnection, behind_builtins
from .types import base
from .values import TablePlan


@dataclass(frozen=True)
class Prod:
    """Whom to ask about rows."""

    reader: ReadOnlyConnection  # inside its snapshot
    catalog: Catalog
    search_path: str  # the role's own

    def path_for(self, table: TablePlan) -> str:
        """Give the search path for a question about a table, the role's own as it is where the profile has SQL for it.

        What prints names, as regclass does, would leave out a schema that is in the path.
        """
        if table.own_sql:
            return self.search_path
        columns = self.catalog.columns(*table.prod)
        names = any(base(column).startswith("reg") or column.type_kind == "c" for column in columns)
        return "pg_catalog" if names else behind_builtins(self.search_path)


@contextmanager
def own_path(database: ReadOnlyConnection | WritableConnection, search_path: str) -> Iterator[None]:
    """Let SQL of the profile find what its author finds; what fails inside is as if it had not been asked."""
    with database.driver.transaction():
        former = str(database.fetch("SHOW search_path")[0]["search_path"])
        database.take_path(search_path)
        yield
        database.take_path(former)


__all__ = ["Prod", "own_path"]
