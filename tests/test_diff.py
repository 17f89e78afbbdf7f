"""Stories of the diff: a plan turns `have` into `want`, the same diff with the sides swapped brings `have` back."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from databases import Databases
from psycopg.conninfo import make_conninfo
from stories import Story, catalog_of, check, run, said

from alembic_krakn.diff import HazardKind, plan

LOSS, REWRITE, LOCK, MAY_FAIL = HazardKind.DATA_LOSS, HazardKind.REWRITE, HazardKind.LOCK, HazardKind.MAY_FAIL
REBUILT, BUILD = HazardKind.REBUILT, HazardKind.INDEX_BUILD

STORIES = [
    Story("nothing differs", given="create table t (id int primary key, a text default 'x')", steps=()),
    Story(
        "a table is added with its keys in one statement",
        given="create table p (id int primary key)",
        want="""create table t (id bigint generated always as identity primary key, p int not null references p,
                a numeric(10,2) default 0 check (a >= 0), unique (a, p))""",
        steps=("create table public.t",),
    ),
    Story("a table is dropped", have="create table t (id int)", steps=("drop table public.t",), hazards={LOSS}),
    Story(
        "two new tables refer to each other",
        want="""create table a (id int primary key, b int); create table b (id int primary key, a int references a);
                alter table a add foreign key (b) references b""",
        steps=("create table public.a", "create table public.b", "create constraint public.a.a_b_fkey"),
    ),
    Story(
        "a nullable column is added",
        have="create table t (id int)",
        want="create table t (id int, nick text)",
        steps=("create column public.t.nick",),
    ),
    Story(
        "a column is added whose default is one value for all rows, and one whose default is not",
        have="create table t (id int)",
        want="create table t (id int, a timestamptz default now(), b uuid default gen_random_uuid())",
        steps=("create column public.t.a", "create column public.t.b"),
        hazards={REWRITE},
    ),
    Story(
        "a column that takes no null is added without a default",
        have="create table t (id int)",
        want="create table t (id int, nick text not null)",
        steps=("create column public.t.nick",),
        hazards={MAY_FAIL},
    ),
    Story(
        "a column is dropped with its index and its comment",
        have="create table t (id int, a int); create index t_a on t (a); comment on column t.a is 'x'",
        want="create table t (id int)",
        steps=("drop index public.t_a", "drop column public.t.a"),
        hazards={LOSS},
    ),
    Story(
        "a number grows",
        have="create table t (id int primary key, a int default 1)",
        want="create table t (id bigint primary key, a bigint default 1)",
        steps=("alter column public.t.a", "alter column public.t.id"),
        hazards={REWRITE},
    ),
    Story(
        "a text that may be longer is not written anew",
        have="create table t (a varchar(10), b varchar(10), c numeric(10,2))",
        want="create table t (a varchar(20), b text, c numeric(12,2))",
        hazards=set(),
    ),
    Story(
        "a text becomes an enum, with its default and a view over it",
        have="create table t (s text default 'new'); create view v as select s from t; comment on view v is 'all'",
        want="""create type state as enum ('new', 'old'); create table t (s state default 'new');
                create view v as select s from t; comment on view v is 'all'""",
        hazards={REWRITE, MAY_FAIL, REBUILT},
    ),
    Story(
        "an enum gains values at both ends and between",
        have="create type e as enum ('b', 'd')",
        want="create type e as enum ('a', 'b', 'c', 'd', 'e')",
        steps=("alter enum public.e",),
    ),
    Story(
        "an enum in use loses a value",
        given="create table x (id int)",
        have="""create type e as enum ('a', 'b', 'c'); comment on type e is 'letters';
                create table t (s e not null default 'a', many e[]);
                create index t_s on t (s) where s = 'b'; create view v as select s from t where s <> 'b'""",
        want="""create type e as enum ('c', 'a', 'b'); comment on type e is 'letters';
                create table t (s e not null default 'a', many e[]);
                create index t_s on t (s) where s = 'b'; create view v as select s from t where s <> 'b'""",
        hazards={REWRITE, BUILD, REBUILT},
    ),
    Story(
        "a composite type whose attribute changes is built anew around its columns",
        have="create type c as (x int, y text); comment on type c is 'xy'; create table t (v c, w c[]);"
        "grant usage on type c to pg_monitor",
        want="create type c as (x bigint, y text); comment on type c is 'xy'; create table t (v c, w c[]);"
        "grant usage on type c to pg_monitor",
        hazards={REWRITE, MAY_FAIL, REBUILT, HazardKind.PRIVILEGES},
    ),
    Story(
        "a domain changes its check and its default",
        have="create domain d as int check (value > 0) default 1; create table t (a d)",
        want="create domain d as int check (value > 5) not null; create table t (a d)",
        steps=(
            "drop domain constraint public.d.d_check",
            "alter domain public.d",
            "create domain constraint public.d.d_check",
        ),
        hazards={MAY_FAIL, LOCK},
    ),
    Story(
        "a domain whose check calls a function",
        want="""create function ok(int) returns boolean language sql immutable as 'select $1 > 0';
                create domain d as int check (ok(value)); create table t (a d)""",
        steps=("create function public.ok(integer)", "create domain public.d", "create table public.t"),
    ),
    Story(
        "null is no longer taken",
        have="create table t (a int)",
        want="create table t (a int not null)",
        steps=("alter column public.t.a",),
        hazards={MAY_FAIL, LOCK},
    ),
    Story(
        "an identity grows, and its sequence with it",
        have="create table t (id int generated always as identity primary key)",
        want="create table t (id bigint generated always as identity primary key)",
        steps=("alter column public.t.id",),
        hazards={REWRITE},
    ),
    Story(
        "a serial becomes an identity",
        have="create table t (id serial primary key, a int)",
        want="create table t (id int generated by default as identity primary key, a int)",
    ),
    Story(
        "an identity changes its options, but never restarts",
        have="create table t (id int generated always as identity)",
        want="create table t (id int generated by default as identity (increment 5 cache 10))",
        steps=("alter column public.t.id",),
    ),
    Story(
        "a serial is added to a table",
        have="create table t (a int)",
        want="create table t (a int, id serial)",
        steps=("create column public.t.id",),
        hazards={REWRITE},
    ),
    Story(
        "a generated column gets another expression",
        have="create table t (a int, b int generated always as (a * 2) stored)",
        want="create table t (a int, b int generated always as (a * 3) stored)",
        hazards=None,
    ),
    Story(
        "a sequence changes",
        have="create sequence s",
        want="create sequence s as int increment 2 minvalue 10 maxvalue 99 start 11 cycle cache 3",
        steps=("alter sequence public.s",),
        hazards={MAY_FAIL},
    ),
    Story(
        "a check, a unique and an exclusion constraint are added to a table that has rows",
        have="create table t (a int, b int4range)",
        want="""create table t (a int, b int4range, constraint c check (a > 0), constraint u unique (a),
                constraint x exclude using gist (b with &&))""",
        steps=tuple(f"create constraint public.t.{name}" for name in "cux"),
        hazards={MAY_FAIL, LOCK, BUILD},
    ),
    Story(
        "a foreign key is checked at commit instead",
        given="create table p (id int primary key)",
        have="create table t (p int references p)",
        want="create table t (p int references p deferrable initially deferred)",
        steps=("alter constraint public.t.t_p_fkey",),
    ),
    Story(
        "a foreign key cascades",
        given="create table p (id int primary key)",
        have="create table t (p int references p)",
        want="create table t (p int references p on delete cascade on update set null)",
        steps=("drop constraint public.t.t_p_fkey", "create constraint public.t.t_p_fkey"),
        hazards={MAY_FAIL, LOCK},
    ),
    Story(
        "a constraint is validated",
        have="create table t (a int); alter table t add constraint c check (a > 0) not valid",
        want="create table t (a int, constraint c check (a > 0))",
        steps=("alter constraint public.t.c",),
        hazards={MAY_FAIL},
    ),
    Story(
        "the primary key that a foreign key and a view lean on gets another column",
        have="""create table p (a int, b int not null, primary key (a)); create table t (p int references p);
                create view v as select a, count(*) from p group by a""",
        want="""create table p (a int not null, b int not null, primary key (b)); create table t (p int references p);
                create view v as select a, count(*) from p group by a""",
        hazards=None,
    ),
    Story(
        "indexes of every sort are added",
        have="create table t (a text, b int, c int[])",
        want="""create table t (a text, b int, c int[]);
                create index i1 on t (lower(a) text_pattern_ops, b desc nulls last) where b > 0;
                create index i2 on t using gin (c) with (fastupdate = off);
                create unique index i3 on t (b) include (a); create index i4 on t (a collate "C");
                create index i5 on t ((b + 1)); comment on index i5 is 'x'""",
        hazards={BUILD, MAY_FAIL},
    ),
    Story(
        "an index changes only its fill factor",
        have="create table t (a int); create index i on t (a)",
        want="create table t (a int); create index i on t (a) with (fillfactor = 70)",
        steps=("alter index public.i",),
    ),
    Story(
        "views on views over a column whose type changes are rebuilt around it",
        have="""create table t (a int, b int); create view v1 as select a, b from t;
                create view v2 as select a from v1; create view other as select b from t""",
        want="""create table t (a bigint, b int); create view v1 as select a, b from t;
                create view v2 as select a from v1; create view other as select b from t""",
        steps=(
            "drop view public.v2",
            "drop view public.v1",
            "alter column public.t.a",
            "create view public.v1",
            "create view public.v2",
        ),
        hazards={REWRITE, REBUILT},
    ),
    Story(
        "a view gains a column at its end",
        given="create table t (a int, b int)",
        have="create view v as select a from t; create view w as select a from v",
        want="create view v as select a, b from t; create view w as select a from v",
        steps=("alter view public.v",),
    ),
    Story(
        "a view loses a column, and what reads it is rebuilt",
        given="create table t (a int, b int)",
        have="create view v as select a, b from t; create view w as select a from v",
        want="create view v as select a from t; create view w as select a from v",
        steps=("drop view public.w", "drop view public.v", "create view public.v", "create view public.w"),
        hazards={REBUILT},
    ),
    Story(
        "a materialized view changes, and keeps its index",
        given="create table t (a int, b int)",
        have="create materialized view m as select a from t; create index m_a on m (a)",
        want="create materialized view m as select a from t where b > 0; create index m_a on m (a)",
        hazards={BUILD, REBUILT},
    ),
    Story(
        "the columns of a materialized view get settings",
        given="create table t (a int, b text)",
        have="create materialized view m as select a, b from t; alter materialized view m alter a set statistics 50",
        want="create materialized view m as select a, b from t; alter materialized view m alter b set storage external",
        steps=("alter materialized view public.m",),
    ),
    Story(
        "a function changes its body",
        have="create function f(a int) returns int language plpgsql as 'begin return 1; end'",
        want="create function f(a int) returns int language plpgsql as 'begin return 2; end'",
        steps=("alter function public.f(integer)",),
    ),
    Story(
        "a function that a default needs gives another type",
        have="""create function f() returns int language sql as 'select 1'; create table t (a bigint default f())""",
        want="""create function f() returns bigint language sql as 'select 1'; create table t (a bigint default f())""",
        steps=(
            "drop default public.t.a",
            "drop function public.f()",
            "create function public.f()",
            "create default public.t.a",
        ),
        hazards={REBUILT},
    ),
    Story(
        "a procedure, an overload and a body with colons, percents, backslashes and quotes",
        want=r"""create procedure p(inout a int) language plpgsql as $$begin a := a + 1; end$$;
                create function f(text) returns text language sql as $f$select ' :x %s \:y \\ ''q'' "d" ' || $1$f$;
                create function f(int) returns text language sql as $f$
select 'a

   b'::text || $1::text  -- :bind
$f$""",
    ),
    Story(
        "an SQL function calls one whose name comes later, and reads a table",
        want="""create table u (a int); create function z() returns bigint language sql as 'select count(*) from u';
                create function a() returns bigint language sql as 'select z()'""",
    ),
    Story(
        "triggers are added, changed and disabled",
        given="""create table t (a int, b int);
                 create function f() returns trigger language plpgsql as 'begin return new; end'""",
        have="""create trigger t1 before insert on t for each row execute function f();
                create trigger t2 after update of a on t for each row execute function f()""",
        want="""create trigger t1 before insert or update on t for each row when (new.a > 0) execute function f();
                create trigger t2 after update of a on t for each row execute function f();
                alter table t disable trigger t2;
                create constraint trigger t3 after insert on t deferrable for each row execute function f()""",
    ),
    Story(
        "a trigger on a column whose type changes is rebuilt around it",
        given="create function f() returns trigger language plpgsql as 'begin return new; end'",
        have="create table t (a int); create trigger g before update of a on t for each row execute function f()",
        want="create table t (a bigint); create trigger g before update of a on t for each row execute function f()",
        steps=("drop trigger public.t.g", "alter column public.t.a", "create trigger public.t.g"),
        hazards={REWRITE, REBUILT},
    ),
    Story(
        "another schema, with a type that a table of public uses",
        want="""create schema "other one"; create type "other one".e as enum ('x');
                create table t (e "other one".e); create table "other one".t2 (id int primary key)""",
    ),
    Story(
        "names that need quotes",
        have='create table "select" ("Größe" int)',
        want="""create table "select" ("Größe" bigint, "a""b" text default 'x', "order" int, "100%" int, ":x" int,
                constraint "c c" check ("order" > 0)); create index "i-i" on "select" ("Größe");
                comment on column "select"."a""b" is 'it''s :x 100% \\ "quoted"'""",
        hazards=None,
    ),
    Story(
        "comments on everything come, change and go",
        given="create table t (a int primary key); create view v as select a from t; create sequence s;"
        "create function f(int) returns int language sql as 'select 1'; create type e as enum ('a')",
        have="comment on table t is 'old'; comment on column t.a is 'gone'",
        want="""comment on table t is 'new'; comment on view v is 'v'; comment on column v.a is 'va';
                comment on sequence s is 's'; comment on function f(int) is 'f'; comment on type e is 'e';
                comment on constraint t_pkey on t is 'k'; comment on schema public is 'p'""",
    ),
    Story(
        "a table becomes a view of the same name",
        given="create table t (a int)",
        have="create table x (a int)",
        want="create view x as select a from t",
        steps=("drop table public.x", "create view public.x"),
        hazards={LOSS},
    ),
    Story(
        "tables that refer to each other go",
        have="""create table a (id int primary key, b int); create table b (id int primary key, a int references a);
                alter table a add foreign key (b) references b""",
        hazards={LOSS},
    ),
    Story(
        "a function that takes a table's rows, used by the table's check",
        want="""create table t (a int, b int); create function ok(t) returns boolean language sql as 'select $1.a > 0';
                alter table t add constraint c check (ok(t.*))""",
    ),
    Story(
        "a partitioned table with partitions and a default one",
        want="""create table t (id int, at date not null, primary key (id, at)) partition by range (at);
                create table t1 partition of t for values from ('2024-01-01') to ('2025-01-01');
                create table td partition of t default; create index t_at on t (at)""",
    ),
    Story(
        "a table's own settings",
        have="create table t (a text, b text)",
        want="""create unlogged table t (a text, b text) with (fillfactor = 50);
                alter table t alter a set storage external; alter table t alter b set statistics 500;
                alter table t alter b set (n_distinct = 5); alter table t replica identity full""",
        hazards={REWRITE},
    ),
    Story(
        "a varchar that must be one of a list prints alike however it was made",
        given="create table t (s varchar(10) check (s in ('a', 'b')))",
        steps=(),
    ),
]


STORIES += [
    Story(
        "two keys over the same columns stay two",
        want="""create table t (a int); alter table t add constraint x unique (a);
            alter table t add constraint y unique (a)""",
    ),
    Story(
        "a replica identity leaves an index whose column may then be null",
        have="""create table t (a int not null unique, b int not null unique);
            alter table t replica identity using index t_a_key""",
        want="create table t (a int unique, b int not null unique); alter table t replica identity using index t_b_key",
        hazards=None,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)


def test_a_schema_is_built_from_nothing(new_database: Databases) -> None:
    everything = ";\n".join(
        f"create schema s{n}; set search_path = s{n};\n{story.given};\n{story.want}"
        for n, story in enumerate(STORIES)
        if "on schema public" not in story.want and "other one" not in story.want
    )
    source = new_database(everything)
    copy = new_database()
    want = catalog_of(source)
    run(copy, plan(catalog_of(copy), want))
    assert catalog_of(copy).facts == want.facts


def test_the_same_two_catalogs_give_the_same_plan(new_database: Databases) -> None:
    have = new_database.catalog("create table b (id int); create table a (id int)")
    want = new_database.catalog("create table c (id int primary key); create table d (c int references c)")
    assert plan(have, want) == plan(have, want)
    assert said(plan(have, want)) == (
        "create table public.c",
        "create table public.d",
        "drop table public.a",
        "drop table public.b",
    )


def test_kinds_that_are_not_compared_are_counted(new_database: Databases) -> None:
    have, want = (replace(new_database.catalog(), uncompared={"subscriptions": number}) for number in (2, 1))
    assert plan(have, want).uncompared == {"subscriptions": 2}


def test_an_extensions_objects_are_the_extensions(new_database: Databases) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as conn:
        found = conn.execute("select name from pg_available_extensions where name in ('citext', 'vector')").fetchone()
        assert found, "neither citext nor vector is available on this server"
        conn.execute(f"create extension {found[0]}; create table t (id int)")
    plan_ = plan(new_database.catalog(), catalog_of(url))
    assert said(plan_) == (f"create extension {found[0]}", "create table public.t")
    have = catalog_of(url)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"comment on extension {found[0]} is 'somebody''s own'")
    assert said(plan(have, catalog_of(url))) == (f"create comment on extension {found[0]}",)


def test_a_role_that_may_do_nothing_reads_the_same_catalog(new_database: Databases) -> None:
    url = new_database(
        "\n".join(
            f"create schema s{n}; set search_path = s{n};\n{story.given};\n{story.want};"
            for n, story in enumerate(STORIES[:30])
            if "other one" not in story.want and "on schema public" not in story.want
        )
    )
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create role krakn_nobody login")
        try:
            assert catalog_of(make_conninfo(url, user="krakn_nobody")) == catalog_of(url)
        finally:
            conn.execute("drop role krakn_nobody")


def test_a_column_that_its_parent_loses_stays_with_an_heir_of_its_own(new_database: Databases) -> None:
    given = "create table p (a int, e int); create table c (b int) inherits (p); insert into c values (1, 2, 3)"
    have = new_database(given)
    want = new_database.catalog(given, "alter table only p drop column e")
    run(have, plan(catalog_of(have), want))
    assert catalog_of(have).facts == want.facts
    with psycopg.connect(have) as conn:
        assert conn.execute("select e from c").fetchall() == [(2,)]
