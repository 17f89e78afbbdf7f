"""What a story is: two pieces of DDL, what must happen between them, and what a reviewer must be told."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg.rows import dict_row

from alembic_krakn.catalog import Catalog, read_catalog
from alembic_krakn.diff import HazardKind, Plan
from alembic_krakn.revision.write import sql_script


@dataclass(frozen=True)
class Story:
    """`have` becomes `want` by `steps` and comes back; both pieces of DDL run behind `given`."""

    name: str
    have: str = ""
    want: str = ""
    given: str = ""
    steps: tuple[str, ...] | None = None  # 'alter column public.t.a'; None where only the outcome matters
    hazards: frozenset[HazardKind] = field(default=frozenset())
    version: int = 140000  # server_version_num from which on it can be told

    def __str__(self) -> str:
        return self.name


def catalog_of(url: str) -> Catalog:
    """Read the catalog of a database."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute("SET LOCAL search_path = pg_catalog")
        return read_catalog(lambda query: conn.execute(query).fetchall())  # type: ignore[arg-type]


def run(url: str, plan: Plan) -> None:
    """Run a plan's statements, as psql would run what `krakn-migrate --sql` prints."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql_script(plan))


def said(plan: Plan) -> tuple[str, ...]:
    """Say what a plan does, a line a step."""
    return tuple(f"{step.verb.value} {step.ident}" for step in plan.steps)
