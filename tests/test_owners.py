"""Owners are compared and migrated when somebody asks for that, and not otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from databases import asking
from stories import run

from alembic_krakn.catalog import Catalog, read_catalog
from alembic_krakn.diff import plan

NewDatabase = Callable[..., str]
DDL = """
    create schema "Größe"; create table t (id serial primary key); create view v as select 1 as a;
    create materialized view m as select 1 as a; create sequence s; create type mood as enum ('a');
    create domain d as int; create type pair as (a int); create function f(int) returns int language sql as 'select 1';
    create procedure p() language sql as 'select 1'; create statistics st on (id + 1), (id + 2) from t;
    create text search dictionary dict (template = simple); create collation c from "C";
    create aggregate agg(int) (sfunc = int4pl, stype = int); create publication pub;
    create foreign data wrapper w; create server srv foreign data wrapper w
"""
GIVEN_AWAY = (
    *('schema "Größe"', "table t", "view v", "materialized view m", "sequence s", "type mood", "domain d", "type pair"),
    *("function f(int)", "procedure p()", "statistics st", "text search dictionary dict", "collation c"),
    *("aggregate agg(int)", "publication pub", "server srv"),
)


@pytest.fixture
def role(server: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute('create role "krakn Owner"')
        yield '"krakn Owner"'
        conn.execute('drop role "krakn Owner"')


def catalog(url: str, *, owners: bool) -> Catalog:
    with psycopg.connect(url) as conn:
        conn.execute("set transaction isolation level repeatable read read only; set local search_path = pg_catalog")
        return read_catalog(asking(conn), owners=owners)


def test_owners_are_migrated_on_request(role: str, new_database: NewDatabase) -> None:
    given = "; ".join(f"alter {thing} owner to {role}" for thing in GIVEN_AWAY)
    have_url, want_url = new_database(DDL), new_database(DDL, given)
    try:
        assert plan(catalog(have_url, owners=False), catalog(want_url, owners=False)).steps == ()
        have, want = catalog(have_url, owners=True), catalog(want_url, owners=True)
        up = plan(have, want)
        assert len(up.steps) == len(GIVEN_AWAY)
        assert {step.ident.kind for step in up.steps} == {"owner"}
        run(have_url, up)
        assert catalog(have_url, owners=True).facts == want.facts
        run(have_url, plan(want, have))
        assert catalog(have_url, owners=True).facts == have.facts
    finally:
        for url in (have_url, want_url):
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(f"reassign owned by {role} to current_user")


def test_what_is_new_gets_its_owner(role: str, new_database: NewDatabase) -> None:
    have_url, want_url = new_database(), new_database(f"create table t (id int); alter table t owner to {role}")
    have, want = catalog(have_url, owners=True), catalog(want_url, owners=True)
    run(have_url, plan(have, want))
    assert catalog(have_url, owners=True).facts == want.facts
    run(have_url, plan(want, have))
    for url in (have_url, want_url):
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"drop owned by {role}")
