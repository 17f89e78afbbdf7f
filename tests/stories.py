"""What a story is: two pieces of DDL, what must happen between them, and what a reviewer must be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from alembic_krakn.catalog import Catalog, read_catalog
from alembic_krakn.diff import HazardKind, Plan, plan
from alembic_krakn.renames import Renames
from alembic_krakn.revision.write import sql_script


@dataclass(frozen=True)
class Story:
    """`have` becomes `want` by `steps` and comes back; both pieces of DDL run behind `given`."""

    name: str
    have: str = ""
    want: str = ""
    given: str = ""
    steps: tuple[str, ...] | None = None  # 'alter column public.t.a'; None where only the outcome matters
    hazards: frozenset[HazardKind] | None = field(default=frozenset())
    version: int = 14  # PostgreSQL's, from which on it can be told
    renames: Renames = field(default_factory=Renames)
    keeps: tuple[str, ...] = ()  # queries that give the same rows before, and after all has come back

    def __str__(self) -> str:
        return self.name


def catalog_of(url: str) -> Catalog:
    """Read the catalog of a database."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return catalog_through(conn)


def catalog_through(conn: psycopg.Connection[DictRow]) -> Catalog:
    """Read a catalog through a connection; the second time takes half as long."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute("SET LOCAL search_path = pg_catalog")
        return read_catalog(lambda query: conn.execute(query).fetchall())  # type: ignore[arg-type]


def catalog_after(url: str, *scripts: str) -> Catalog:
    """Read the catalog that a database would have after some DDL, which is taken back: that spares another database."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        for script in filter(str.strip, scripts):
            conn.execute(script)
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        conn.execute("SET LOCAL search_path = pg_catalog")
        found = read_catalog(lambda query: conn.execute(query).fetchall())  # type: ignore[arg-type]
        conn.rollback()
    return found


def run(url: str, way: Plan) -> None:
    """Run a plan's statements, as psql would run what `krakn-migrate --sql` prints."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql_script(way))


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Run a query and give its rows."""
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()  # type: ignore[arg-type]


def said(way: Plan) -> tuple[str, ...]:
    """Say what a plan does, a line a step."""
    return tuple(f"{step.verb.value} {step.ident}" for step in way.steps)


def check(story: Story, new_database: Callable[..., str]) -> None:
    """Prove a story: the plan gives `want`, and the same diff with the sides swapped brings `have` back."""
    have_url = new_database()
    with psycopg.connect(have_url, autocommit=True) as conn:
        if conn.info.server_version < story.version * 10000:
            pytest.skip(f"needs PostgreSQL {story.version}")
        want = catalog_after(have_url, story.given, story.want)
        for script in (story.given, story.have):
            if script.strip():
                conn.execute(script)
    with psycopg.connect(have_url, row_factory=dict_row) as reader:
        have = catalog_through(reader)
        kept = [rows(have_url, query) for query in story.keeps]
        up, down = plan(have, want, story.renames), plan(want, have, story.renames.inverse())
        run(have_url, up)
        there = catalog_through(reader)
        assert said(plan(there, want)) == ()
        assert there.facts == want.facts
        run(have_url, down)
        assert catalog_through(reader).facts == have.facts
        assert [rows(have_url, query) for query in story.keeps] == kept

    if story.steps is not None:
        assert said(up) == story.steps
    if story.hazards is not None:
        found = {hazard.kind for change in up.changes for hazard in change.hazards}
        assert found == set(story.hazards)
