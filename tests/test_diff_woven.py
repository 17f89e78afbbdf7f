"""Stories of several changes at once, each of which stands on the same column, type or table as the others."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

from alembic_krakn.renames import Renames

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
    story(
        "a table changes whose rows are held by columns, arrays, domains and composite types elsewhere",
        have="""create table t (id int, x int); create domain d as t; create type c as (a t, b int);
                create table h (i int primary key, r t not null default row(1, 2)::t, s t[], d d, c c,
                                check ((r).id > 0));
                insert into h values (1, default, array[row(1, 2)::t], row(5, 6)::t, row(row(7, 8)::t, 9)::c);
                create view v as select r, s from h; create index i on h ((r is null));
                comment on column h.r is 'r'; grant select (r) on h to pg_monitor""",
        want="""create table t (id int, x text, y int default 5); create domain d as t; create type c as (a t, b int);
                create table h (i int primary key, r t not null default row(1, 2, 3)::t, s t[], d d, c c,
                                check ((r).id > 0));
                create view v as select r, s from h; create index i on h ((r is null));
                comment on column h.r is 'r'; grant select (r) on h to pg_monitor""",
    ),
    Story(
        "rows of a table stay what they are while its columns change",
        have="""create type e as enum ('a', 'b', 'c'); create table t (id int, x e, z int);
                create table h (r t, s t[]); insert into h values (row(1, 'a', 2)::t, array[row(3, 'c', 4)::t])""",
        want="""create type e as enum ('c', 'a'); create table t (id bigint not null, x e);
                create table h (r t, s t[])""",
        hazards=None,
        keeps=("select (r).id, (r).x::text, (s[1]).id, (s[1]).x::text from h",),
    ),
    story(
        "a view is made anew while a column holds its rows",
        have="""create view v as select 1 as a, 2 as b; create table h (r v, s v[]);
                insert into h values (row(1, 2)::v, array[row(3, 4)::v])""",
        want="create view v as select 2::bigint as b, 1 as a; create table h (r v, s v[])",
    ),
    story(
        "a view becomes a table, and a table becomes a type, while columns hold their rows",
        have="""create view v as select 1 as a; create table h (r v, s v[]); create table z (a int);
                create table k (r z)""",
        want="create table v (a int); create table h (r v, s v[]); create type z as (a int); create table k (r z)",
    ),
    story(
        "columns come to hold rows of a table that changes, or hold them no longer",
        have="create table t (id int, x int); create table a (r t); create table b (k int); create table c (r t)",
        want="create table t (id int, x bigint); create table a (r text); create table b (r t); create table d (r t)",
    ),
    story(
        "rows of partitions and heirs are held while their parents change",
        have="""create table p (id int, x int); create table h () inherits (p); create table k (r h, q p);
                create table m (id int) partition by range (id); create table m1 partition of m default;
                create table n (r m1); insert into n values (row(1)::m1)""",
        want="""create table p (id int, x bigint); create table h () inherits (p); create table k (r h, q p);
                create table m (id int) partition by list (id); create table m1 partition of m default;
                create table n (r m1)""",
    ),
    story(
        "a partition comes to be partitioned, and another one moves, while a type is made anew",
        have="""create type c as (q text, p int); create table t (id int, x c) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default""",
        want="""create type c as (p int, q text); create table t (id int, x c) partition by range (id);
                create table t1 partition of t for values from (0) to (10); create table t11 partition of t default""",
    ),
    story(
        "a column of a composite type that changes is computed from now on, and of another type",
        have="create type c as (a varchar(9), b bigint); create table t (x varchar(9), y c[], z c)",
        want="""create type c as (a char(3), b bigint);
                create table t (x char(3), y char(3) generated always as (x) stored, z c)""",
    ),
    story(
        "a published table goes to another schema while its type becomes one of another kind",
        given="create schema s",
        have="""create type c0 as (p int); create domain c as c0; create table s.t (id int, x c);
                create publication p for table s.t (id, x)""",
        want="create type c as (p int); create table t (id int, x c); create publication p for table t (id, x)",
        version=15,
    ),
    story(
        "a table comes under another one, or leaves it, while a type of both is made anew",
        have="create type r as range (subtype = int4); create table t (id int, x r)",
        want="""create type r as range (subtype = int8); create table p (x r);
                create table t (id int, x r) inherits (p)""",
    ),
    story(
        "an heir becomes a typed table, whose columns have another order, while their type is made anew",
        have="create domain e as text[]; create table p (x e); create table t (id int, x e) inherits (p)",
        want="create domain e as varchar[]; create type c as (id int, x e); create table t of c",
    ),
    story(
        "columns of a foreign key become of a type that is not compared with what they were",
        have="create table r (x text primary key); create table t (x text references r)",
        want="""create domain d as text[]; create table r (x d primary key); create table t (x d references r)""",
    ),
    story(
        "a domain over an array is made anew under a foreign key",
        have="create domain d as text[]; create table r (x d unique); create table t (x d references r (x))",
        want="""create type k as enum ('a', 'b'); create domain d as k[];
                create table r (x d unique); create table t (x d references r (x))""",
    ),
    story(
        "an heir gets a trigger on a column whose type becomes one of another kind",
        given="create function f() returns trigger language plpgsql as 'begin return new; end'",
        have="create type c as (p int); create table p (x c); create table t () inherits (p)",
        want="""create type b as (p int); create domain c as b; create table p (x c); create table t () inherits (p);
                create trigger g before update of x on t for each row when (new.x is null) execute function f()""",
    ),
    story(
        "types that are made anew have everybody's usual privileges, as others have not any longer",
        have="""create type e as enum ('a', 'b'); create type c as (p int); create table t (x e, y c);
                alter default privileges revoke usage on types from public""",
        want="""create type e as enum ('b'); create type c as (p bigint); create table t (x e, y c);
                alter default privileges revoke usage on types from public""",
    ),
    story(
        "an heir computes a column from one that changes here and in its parent",
        given="create domain d as varchar(10)",
        have="""create table p (x text); create table t (id int, x text not null) inherits (p);
                alter table t add y text generated always as (x) stored""",
        want="""create table p (x d); create table t (id int, x d) inherits (p);
                alter table t add y d generated always as (x) stored""",
    ),
    story(
        "a default calls a function no longer, and both are of a domain that is made anew",
        have="""create domain d as text[]; create function f() returns d stable language sql return '{a}'::d;
                create table t (id int, x d default f()); create publication p for table t (id, x)""",
        want="""create domain d as varchar[]; create function f() returns d stable language sql return '{a}'::d;
                create table t (id int, x d default '{a}'); create publication p for table t (id, x)""",
        version=15,
    ),
    story(
        "columns change their types and hold NULL in spite of a NOT NULL that nobody has proved",
        have="""create type e as enum ('a', 'b'); create domain d as text; create table t (x e, y d, w int);
                insert into t values (null); alter table t add constraint n not null x not valid,
                add constraint m not null y not valid, add constraint l not null w not valid""",
        want="""create type e as enum ('b'); create domain d as varchar; create table t (x e, y d, w int);
                alter table t add constraint n not null x not valid,
                add constraint m not null y not valid, add constraint l not null w not valid""",
        version=18,
    ),
    story(
        "a partition that is partitioned itself comes under another table, with a check and another type",
        have="""create domain n as bigint; create table t (id int, x n) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default; alter table t add constraint c check (x is not null)""",
        want="""create table u (id int, x smallint) partition by range (id);
                create table t1 partition of u for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default; alter table u add constraint c check (x is not null)""",
    ),
    Story(
        "a table leaves its parents and moves to another schema than theirs",
        given="create schema s; create table p (id int)",
        have="create table h () inherits (p); insert into h values (1)",
        want="create table s.h (id int)",
        renames=Renames.of({("public", "h"): ("s", "h")}),
        hazards=None,
    ),
    Story(
        "a column is renamed below views, which call it by its new name too, or by the old one, or first called it so",
        have="""create table t (id int, a text); create view v as select id, a from t where a is not null;
                create view w as select a || 'x' as b, a from t; create view u as select a as c from t;
                create materialized view m as select a, id from t; create materialized view n as select a from t;
                create view x as select v.a from v join t using (id)""",
        want="""create table t (id int, c text); create view v as select id, c from t where c is not null;
                create view w as select c || 'x' as b, c as a from t; create view u as select c from t;
                create materialized view m as select c, id from t; create materialized view n as select c as a from t;
                create view x as select v.c from v join t using (id)""",
        renames=Renames.of(columns={("public", "t", "a"): "c"}),
        hazards=None,
    ),
    story(
        "a column comes that heirs say once more, with defaults of their own",
        have="""create table p (a int); create table t (id int, a int) inherits (p); create table u () inherits (t);
                insert into u values (1)""",
        want="""create table p (a int, x text default 'p'); create table u (a int, id int, x text default 'u');
                create table t (id int, a int, x text default 't') inherits (p); alter table u inherit t""",
    ),
    story(
        "a table with a NOT NULL of its own comes under another one that has it too, or leaves it",
        have="create table t (id int not null)",
        want="create table p (id int not null); create table t () inherits (p)",
    ),
    story(
        "a function comes that PostgreSQL would tie to a transform that goes",
        have="create transform for int language sql (from sql with function prsd_lextype(internal))",
        want="""create function f(a int) returns int immutable language sql as 'select a'; create table t (a int);
                create index i on t (f(a)); create view v as select f(a) from t""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
