"""What is called otherwise in test than in prod, as revisions or people have said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Renames:
    """Renamed tables and columns, from prod's names to test's; by default, none."""

    tables: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # (schema, table), both ways
    columns: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # prod's (schema, table, column)
