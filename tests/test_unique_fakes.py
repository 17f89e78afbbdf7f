"""Stories of fakes in columns that a unique key or index has beside others, or computes something of."""

from __future__ import annotations

import pytest
from syncing import execute, query, sync

from alembic_krakn.errors import ProfileError, ValidationFailed

PEOPLE = "create table t (id int primary key, org int, email text, name varchar(60), born date)"
ROWS = """insert into t select i, i % 3, 'real' || i || '@corp.com', 'Real ' || i, date '1970-01-01' + i
    from generate_series(1, 4000) i"""
FAKED = {"t": {"columns": {"email": {"mask": {"fake": "email"}}, "name": {"mask": {"fake": "name"}}}}}

UNIQUE = {
    "an expression": "create unique index on t (lower(email))",
    "several columns": "alter table t add unique (org, email)",
    "several columns, one of them computed": "create unique index on t (org, lower(name), upper(email))",
    "some rows": "create unique index on t (email) where org = 1",
    "a column that test computes": "alter table t add low text generated always as (lower(email)) stored unique",
    "a constraint that excludes": "alter table t add exclude using btree (org with =, email with =)",
}


@pytest.mark.parametrize("what", UNIQUE)
def test_fakes_differ_where_rows_are_told_apart_by_them(new_database, what):
    prod, test = new_database(PEOPLE, ROWS), new_database(PEOPLE, UNIQUE[what])
    for _ in range(2):
        assert sync(prod, test, FAKED).rows == 4000
        assert query(test, "select count(distinct email), count(*) filter (where email ~ 'real|corp') from t") == [
            (4000, 0)
        ]


def test_fakes_may_repeat_where_something_else_tells_rows_apart(new_database):
    prod = new_database(PEOPLE, ROWS)
    test = new_database(PEOPLE, "create unique index on t (id, lower(email))", "create index on t (name)")
    sync(prod, test, FAKED)
    assert query(test, "select count(distinct email) < 1100, count(distinct name) < 1100 from t") == [(True, True)]


def test_a_type_whose_fakes_would_repeat_is_refused_in_the_plan(new_database):
    prod, test = new_database(PEOPLE, ROWS), new_database(PEOPLE, "alter table t add unique (org, born)")
    rules = {"t": {"columns": {"born": {"mask": {"fake": "date_of_birth"}}}}}
    with pytest.raises(
        ProfileError, match="would repeat values, and a unique key or index has the column; on type date"
    ):
        sync(prod, test, rules)
    execute(test, "alter table t drop constraint t_org_born_key, add unique (id, born)")
    assert sync(prod, test, rules).rows == 4000


def test_what_an_index_makes_of_fakes_may_repeat_and_is_told(new_database):
    """Nobody knows what becomes of a fake there: of each, krakn makes another address of one domain."""
    prod = new_database(PEOPLE, ROWS)
    test = new_database(PEOPLE, "create unique index domains on t (split_part(email, '@', 2))")
    with pytest.raises(
        ValidationFailed, match=r"domains: 3999 rows, as another row .*, where email \(fake: email\) is masked"
    ):
        sync(prod, test, FAKED)


@pytest.mark.parametrize("email", ["fake: email", "fake: name, domain: mail"])
def test_joins_hold_between_unique_fakes_and_others(new_database, email):
    """No foreign key tells that a comment's author is a person, but equal values of one group become equal."""
    ddl = """create table people (id int primary key, email text unique, born date);
        create table comments (id int primary key, author varchar(200), short varchar(9), born date)"""
    prod, test = new_database(ddl), new_database(ddl)
    execute(
        prod,
        "insert into people select i, 'p' || i || '@corp.com', date '1970-01-01' + i from generate_series(1, 99) i",
    )
    execute(prod, "insert into comments select id, email, 'x' || id, born from people")
    mask = {"mask": dict(part.split(": ") for part in email.split(", "))}
    short = {"short": mask} if "domain" in email else {}
    sync(prod, test, {"people": {"columns": {"email": mask}}, "comments": {"columns": {"author": mask, **short}}})
    assert query(test, "select count(*), count(distinct email) from people join comments on author = email") == [
        (99, 99)
    ]
