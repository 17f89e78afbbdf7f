"""Read a catalog: run the named queries of `sql/` in one transaction and turn their rows into facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from .model import Catalog

Row = Mapping[str, Any]


@cache
def queries() -> Mapping[str, str]:
    """Give every catalog query by name, in the order to run them: first the settings, then the facts' kinds."""
    folder = resources.files(__package__) / "sql"
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in ()}


def assemble(rows: Mapping[str, Sequence[Row]]) -> Catalog:
    """Turn the rows that each query gave into a catalog."""
    raise NotImplementedError


def read_catalog(fetch: Callable[[str], Sequence[Row]]) -> Catalog:
    """Read the catalog with `fetch`, which runs one query in a REPEATABLE READ transaction and gives its rows."""
    return assemble({name: fetch(query) for name, query in queries().items()})
