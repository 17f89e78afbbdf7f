"""What a story is: two pieces of DDL, what must happen between them, and what a reviewer must be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from databases import Databases, read_within
from psycopg.rows import DictRow, dict_row

from alembic_krakn.catalog import Catalog
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


def story(name: str, have: str = "", want: str = "", given: str = "", version: int = 14) -> Story:
    """Tell a story of which only the outcome matters."""
    return Story(name, have=have, want=want, given=given, version=version, hazards=None)


def catalog_of(url: str) -> Catalog:
    """Read the catalog of a database."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return catalog_through(conn)


def catalog_through(conn: psycopg.Connection[DictRow]) -> Catalog:
    """Read a catalog through a connection; the second time takes a third as long."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute("SET LOCAL search_path = pg_catalog")
        return read_within(conn)


def differences(have: Catalog, want: Catalog) -> list[str]:
    """List what is not equal, each side's value with it."""
    idents = sorted(have.facts.keys() | want.facts.keys())
    sides = ((have.facts.get(ident), want.facts.get(ident)) for ident in idents)
    return [f"{has}\n  instead of {wants}" for has, wants in sides if has != wants]


def run(url: str, way: Plan) -> None:
    """Run a plan's statements, as psql would run what `krakn-migrate --sql` prints."""
    with writing(url) as run_script:
        run_script(sql_script(way))


@contextmanager
def writing(url: str) -> Iterator[Callable[[str], None]]:
    """Run scripts, each as if in a session of its own; one connection spares PostgreSQL what it has learnt."""
    with psycopg.connect(url, autocommit=True) as conn:

        def run_script(script: str) -> None:
            if script.strip():
                conn.execute(script)
                conn.execute("DISCARD ALL")

        yield run_script


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Run a query and give its rows."""
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()  # type: ignore[arg-type]


def said(way: Plan) -> tuple[str, ...]:
    """Say what a plan does, a line a step."""
    return tuple(f"{step.verb.value} {step.ident}" for step in way.steps)


def check(story: Story, new_database: Databases) -> None:
    """Prove a story: the plan gives `want`, and the same diff with the sides swapped brings `have` back."""
    if new_database.version < story.version:
        pytest.skip(f"needs PostgreSQL {story.version}")
    have_url, want = new_database(), new_database.catalog(story.given, story.want)
    with writing(have_url) as run, psycopg.connect(have_url, row_factory=dict_row) as reader:
        run(story.given)
        run(story.have)
        have = catalog_through(reader)
        kept = [rows(have_url, query) for query in story.keeps]
        up, down = plan(have, want, story.renames), plan(want, have, story.renames.inverse())
        run(sql_script(up))
        there = catalog_through(reader)
        assert said(plan(there, want)) == ()
        assert there.facts == want.facts
        run(sql_script(down))
        assert catalog_through(reader).facts == have.facts
        assert [rows(have_url, query) for query in story.keeps] == kept

    if story.steps is not None:
        assert said(up) == story.steps
    if story.hazards is not None:
        found = {hazard.kind for change in up.changes for hazard in change.hazards}
        assert found == set(story.hazards)
