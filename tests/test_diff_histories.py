"""Stories of what the schemas of large projects went through in their years."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, catalog_of, check, rows, run, story

from alembic_krakn.diff import plan

STORIES = [
    story(
        "functions come whose texts only their own search_path can read, or nobody any longer",
        given="create schema s",
        want="""create table s.t (id int); create domain s.d as text;
                set search_path = s; set check_function_bodies = off;
                create function f() returns setof t language plpgsql as
                'declare r t%rowtype; begin for r in select * from t loop return next r; end loop; end';
                create function g(x text) returns d language sql as 'select x::d';
                create function h() returns int language plpgsql as 'declare n int; m := 1; begin return m; end';
                create function i(x int) returns int language sql as 'select gone(x)';
                create function j() returns int language sql as 'select id from t union select ''a''::text'""",
    ),
    story(
        "an index calls a function whose text needs a text search configuration",
        given="create table t (a text); insert into t values ('a')",
        want="""create text search dictionary d (template = simple);
                create text search configuration c (copy = simple); alter text search configuration c
                alter mapping for asciiword with d;
                create function f(x text) returns tsvector language sql immutable as
                $$select to_tsvector('public.c', lower(x))$$;
                create index i on t using gin (f(a))""",
    ),
    story(
        "a view's constants take their types from the part of the union above",
        given="create table t (id bigint, b text, at timestamptz)",
        want="""create view v as select id, b, 1.5 as n, 'x' as x from t
                union all select null, null, id + 1, 'y' from t;
                create view w as select id from t where exists (select 'a'::text, (at at time zone 'UTC')::date from t)
                and b in (select 'z' union select ('a'::varchar(3))::text);
                create view x as select 'x'::text as text, (at at time zone 'UTC')::date as date, (id + 1)::int as int4,
                '1'::numeric(3, 1) as "numeric", (b collate "C")::varchar as varchar, 'q'::text as "?column?" from t;
                create rule r as on insert to w do instead insert into t (b) select 'a' union select 'b'""",
    ),
    story(
        "a key loses the column that parts a partition, which goes",
        have="""create table t (a int, b int, c text, primary key (a, b)) partition by range (a);
                create table t1 partition of t for values from (0) to (9) partition by list (b);
                create table t11 partition of t1 default""",
        want="create table t (a int not null, b int not null, c text, primary key (a)) partition by range (a)",
    ),
    story(
        "a column changes its type under indexes of partitions that have names and options of their own",
        have="""create table t (a int, b smallint, c text, primary key (a)) partition by range (a);
                create table t1 partition of t for values from (0) to (9) partition by range (a);
                create table t11 (a int, b smallint, c text); create index own on t11 (b) with (fillfactor = 70);
                alter table t11 add constraint mine primary key (a); comment on index own is 'mine';
                alter table t1 attach partition t11 default; create table t2 partition of t default;
                create index i on t (b); create index on t (c); insert into t values (1, 2, 'x')""",
        want="""create table t (a int, b bigint, c varchar(9), primary key (a)) partition by range (a);
                create table t1 partition of t for values from (0) to (9) partition by range (a);
                create table t11 (a int, b bigint, c varchar(9)); create index own on t11 (b) with (fillfactor = 70);
                alter table t11 add constraint mine primary key (a); comment on index own is 'mine';
                alter table t1 attach partition t11 default; create table t2 partition of t default;
                create index i on t (b); create index on t (c)""",
    ),
    story(
        "columns that are computed with together change their types",
        have="""create table t (a int, b int, c int, check (coalesce(a, b) > 0), check (a > 0));
                create index i on t (c, coalesce(a, b) desc); create index j on t (a, b) where greatest(a, b) > 1;
                create statistics s on coalesce(a, b), a from t; insert into t values (1, 2, 3);
                alter table t add exclude (coalesce(a, b) with =)""",
        want="""create table t (a bigint, b bigint, c bigint, check (coalesce(a, b) > 0), check (a > 0));
                create index i on t (c, coalesce(a, b) desc); create index j on t (a, b) where greatest(a, b) > 1;
                create statistics s on coalesce(a, b), a from t; alter table t add exclude (coalesce(a, b) with =)""",
    ),
    story(
        "a parent gets the column that its heirs have, whose type and default change for that",
        have="""create type e as enum ('a', 'b'); create table q (id int); insert into q values (1);
                create table h (t e not null default 'a') inherits (q); insert into h values (1, 'b');
                create table i (t e not null default 'a', u text default 'a') inherits (q)""",
        want="""create table q (id int, t text not null default 'b', u text default 'c'); insert into q values (1);
                create table h (t text not null default 'a') inherits (q);
                create table i (t text, u text) inherits (q); alter table i alter t drop default""",
    ),
    story(
        "a parent loses a column that one heir keeps, another not, and a third has as its own",
        have="""create table p (a int, b int not null); create table h () inherits (p); create table i () inherits (p);
                create table j (b int) inherits (p); insert into h values (1, 2)""",
        want="""create table p (a int); create table h (b int not null) inherits (p); create table i () inherits (p);
                create table j (b int not null) inherits (p)""",
    ),
    story(
        "what is extracted was written in capitals",
        given="create table t (at timestamp, b text)",
        want="""create index i on t (extract('YEAR' from at));
                create view v as select extract('Month' from at) as m, 'EXTRACT(YEAR FROM ' as n from t""",
    ),
    story(
        "a view calls a function that takes its rows, and both change and come back with what reads them",
        have="""create table t (id int, n text); create view v as select id, n from t;
                create function f(v) returns text language sql as 'select $1.n';
                create or replace view v as select id, f(row(t.id, t.n)::v) as n from t;
                comment on view v is 'x'; create view z as select * from v""",
        want="""create table t (id bigint, n text); create view v as select id, n from t;
                create function f(v) returns text language sql as 'select $1.n || 1';
                create or replace view v with (security_barrier) as select id, f(row(t.id, t.n)::v) || 'x' as n from t;
                grant select on v to public; create view z as select * from v where id > 0""",
    ),
    story(
        "a function reads the view that calls it, and views read each other",
        given='create table t (id int, n varchar(9) collate "C")',
        want="""create view v as select id, n from t; create view a as select * from v;
                create function f() returns text language plpgsql as 'begin return (select n from v limit 1); end';
                create or replace view v as select id, n, f() as f from t;
                create view w as select id, n as "N n" from t; create view x as select * from w;
                create or replace view w as select id, "N n" from x; create schema "S s";
                create view "S s"."v" with (check_option = local) as select * from t;
                create or replace view "S s".v with (check_option = local) as select id, n from "S s".v where id > 0""",
    ),
    story(
        "a function whose text is known reads the view that calls it",
        given="create table t (id int, n text)",
        want="""create view v as select id, n from t;
                create function f() returns text language sql begin atomic select n from v limit 1; end;
                create or replace view v as select id, n, f() from t""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)


def test_two_not_nulls_that_would_have_one_name_keep_theirs(new_database: Databases) -> None:
    if new_database.version < 18:
        pytest.skip("needs PostgreSQL 18")
    names = "select conrelid::regclass::text, conname from pg_constraint where contype = 'n' and conrelid > 16383"
    have_url = new_database("create table b_c (id int, d int)")
    want_url = new_database(
        """create table b_c (id int, d int not null); alter table b_c alter id set not null;
           create table b (c_id int not null, c_d int); alter table b alter c_d set not null;
           create table a_table_of_a_name_that_is_as_long_as_it_can_be (and_a_column_of_such_a_name int not null,
           short int not null); alter table a_table_of_a_name_that_is_as_long_as_it_can_be
           rename short to what_was_called_by_a_short_name_once"""
    )
    run(have_url, plan(catalog_of(have_url), catalog_of(want_url)))
    assert set(rows(have_url, names)) == set(rows(want_url, names))
    assert ("b", "b_c_id_not_null1") in rows(have_url, names)


def test_a_composite_type_of_an_extension_is_left_alone(new_database: Databases) -> None:
    """Of these, PostgreSQL tells by another row than of all others that they belong to an extension."""
    have = new_database.catalog()
    want = new_database.catalog("create type c as (a int, b text); alter extension plpgsql add type c")
    assert plan(have, want).changes == plan(want, have).changes == ()


def test_a_partition_without_the_default_above_is_as_its_dump_restores_it(new_database: Databases) -> None:
    table = "create table t (a int, at timestamp(3) default now(), n varchar(9) default 'x') partition by range (a);"
    attach = "alter table t attach partition u default"
    have = new_database.catalog(f"{table} create table u (a int, at timestamp(3), n varchar(9)); {attach}")
    want = new_database.catalog(
        f"{table} create table u (a int, at timestamp(3) default null, n varchar(9) default null); {attach}"
    )
    assert plan(have, want).changes == plan(want, have).changes == ()
