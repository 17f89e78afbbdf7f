"""Stories of several changes at once, each of which stands on the same column, type or table as the others."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    story(
        "a partition is itself partitioned by a column whose type changes in the table above",
        have="""create table t (id int, x char(3)) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default; insert into t values (1, '1')""",
        want="""create table t (id int, x jsonb) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default""",
    ),
    story(
        "a table is partitioned by a type that gives its name to one of another kind",
        have="""create type e as enum ('a'); create table t (x e) partition by list (x);
                create table t1 partition of t default; insert into t values ('a')""",
        want="""create domain e as text; create table t (x e) partition by list (x);
                create table t1 partition of t default""",
    ),
    story(
        "a column changes besides, whose type gives its name to one of another kind",
        have="""create type e as enum ('a'); create table t (x e); alter table t alter x set (n_distinct = 5);
                insert into t values ('a')""",
        want="create domain e as text; create table t (x e)",
    ),
    story(
        "a table loses its partitions while a type of its columns is made anew",
        given="create table u (id int)",
        have="""create type e as enum ('a', 'b'); create domain d as e; alter table u add x e;
                create table t (id int, x e) partition by range (id);
                create table t1 partition of t for values from (0) to (10);
                create table w (z d) partition by list (z)""",
        want="""create type e as enum ('b'); create domain d as e; alter table u add x e;
                create table t (id int, x e); create table w (z d)""",
    ),
    story(
        "a domain is made anew under a column from which another one is computed",
        have="""create domain d as text check (value <> 'z');
                create table t (x d, g boolean generated always as (x is null) stored); insert into t values ('b')""",
        want="""create domain d as text collate "C";
                create table t (x d, g boolean generated always as (x is null) stored)""",
    ),
    story(
        "what is new stands on a column whose enum loses a value",
        given="create table t (id int); create function f() returns trigger language plpgsql as 'begin end'",
        have="create type e as enum ('a', 'b', 'c'); alter table t add x e; insert into t values (1, 'a')",
        want="""create type e as enum ('c', 'a'); alter table t add x e;
                create function n() returns bigint begin atomic select count(x) from t; end;
                create policy p on t using (x is null); create index i on t (id) where x is null;
                create trigger g before update of x on t for each row when (new.x is null) execute function f();
                create rule r as on delete to t where old.x is null do instead nothing;
                alter table t add y boolean generated always as (x is null) stored, add check (x is not null)""",
    ),
    story(
        "privileges by default come behind all that is created, and go before it",
        given="""create function f(x text) returns int immutable language sql as 'select 1'""",
        have="create table t (x text); create view v as select x, f(x) from t",
        want="""create table t (x text[]); create function f(x text[]) returns int immutable language sql as 'select 1';
                create view v as select x, f(x) from t;
                alter default privileges grant select on tables to pg_monitor;
                alter default privileges grant usage on types to pg_monitor""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
