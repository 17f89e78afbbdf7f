"""Stories that random schemas told first: changes that did not arrive once, each in its smallest form."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    Story(
        "a column's type, default and storage change in a partitioned table, and so in its partitions",
        have="""create table p (id int, c jsonb default '{}') partition by range (id);
                create table p1 partition of p for values from (1) to (2)""",
        want="""create table p (id int, c bytea default 'a') partition by range (id);
                create table p1 partition of p for values from (1) to (2);
                alter table p alter c set storage external""",
        steps=("drop default public.p.c", "alter column public.p.c", "create default public.p.c"),
        hazards=None,
    ),
    story(
        "partitions of partitions keep what is their own while the table above them changes",
        have="""create table p (id int, c jsonb default '{}') partition by range (id);
                create table p1 partition of p for values from (1) to (2) partition by range (id);
                create table p2 partition of p1 default; alter table p1 alter c set default '[2]';
                alter table p2 alter c set statistics 4""",
        want="""create table p (id int, c bytea default 'a' not null) partition by range (id);
                alter table p alter c set storage external;
                create table p1 partition of p for values from (1) to (2) partition by range (id);
                create table p2 partition of p1 default; alter table p2 alter c drop default;
                alter table p1 alter c set statistics 8;
                create table p9 partition of p default; alter table p9 alter c drop default""",
    ),
    story(
        "an heir's view and index stand on a column that changes in the parent",
        have="""create table p (id int, c text); create table h (d int default 9) inherits (p);
                create index hc on h (c); create view v as select c from h;
                alter table p add g int generated always as (id * 2) stored; create index hg on h (g)""",
        want="""create table p (id bigint, c varchar default 'n'); create table h (d int default 7) inherits (p);
                create index hc on h (c); create view v as select c from h;
                alter table p add g int generated always as (id * 3) stored; create index hg on h (g)""",
    ),
    story(
        "a partition makes room for another with the same bounds",
        given="create schema a; create table p (id int) partition by list (id)",
        have="create table a.q partition of p for values in (1)",
        want="create table q partition of p for values in (1)",
    ),
    story(
        "a partition goes although a foreign key refers to its table",
        given="create table p (id int unique) partition by hash (id)",
        have="""create table p1 partition of p for values with (modulus 4, remainder 0);
                alter table p add foreign key (id) references p (id)""",
        want="alter table p add foreign key (id) references p (id)",
    ),
    story(
        "things are created where everybody's usual privileges have been taken away, or more are given",
        have="""alter default privileges revoke execute on functions from public;
                alter default privileges grant select on tables to pg_monitor;
                create view v as select 1 as a; revoke select on v from pg_monitor""",
        want="""create function f() returns int language sql as 'select 1';
                create procedure p() language sql as 'select 1'; create view v as select 2::bigint as a;
                alter default privileges revoke insert on tables from current_user; create table t (a int)""",
    ),
    story(
        "a number becomes an array of an enum, and an array one value",
        given="create type e as enum ('1', '2')",
        have="create table t (a int, b e[], c int)",
        want="create table t (a e[], b int, c bigint[])",
    ),
    story(
        "storage and compression go with the type, also where they stay the same",
        have="create table t (a bytea, b text, c text compression pglz); alter table t alter a set storage external;"
        "alter table t alter b set storage external",
        want="create table t (a int, b varchar(9), c varchar compression pglz);"
        "alter table t alter b set storage external",
    ),
    story(
        "an enum whose name is as long as a name can be loses a value",
        have=f"create type \"{'ü' * 31}\" as enum ('a', 'b'); create table t (a \"{'ü' * 31}\")",
        want=f'create type "{"ü" * 31}" as enum (\'b\'); create table t (a "{"ü" * 31}")',
    ),
    story(
        "a domain gets another type under columns, arrays and a composite type that is a column's",
        have="""create domain d as text collate "C" default 'it'; create table t (a d default 'x', b d[], c int);
                create index i on t (a); create view v as select a from t; create type k as (x d);
                create table u (k k)""",
        want="""create domain d as int not null check (value > 3); create table t (a d default 5, b d[], c int);
                create index i on t (a); create view v as select a from t; create type k as (x d);
                create table u (k k)""",
    ),
    story(
        "counters get bounds that they lie outside of",
        have="create sequence a; create sequence b minvalue 5 maxvalue 10; create sequence c as smallint",
        want="""create sequence a as smallint increment -2 minvalue -100 maxvalue -1 start -5 cache 7 cycle;
                create sequence b minvalue 50 maxvalue 100; create sequence c as bigint minvalue 100000""",
    ),
    story(
        "a table is published and so is its heir",
        given="create table p (id int); create table h () inherits (p)",
        want="create publication q for table p (id) where (id > 3)",
        version=15,
    ),
    story(
        "a partition moves to another table, and the old one goes",
        given="create table b (id int) partition by range (id)",
        have="create table a (id int) partition by range (id); create table l partition of a default",
        want="create table l partition of b default",
    ),
    story(
        "a table goes whose policy reads a materialized view of a view of that table",
        given="create schema x",
        have="""create table t (a int); create view v as select a from t; create materialized view m as select a from v;
                create policy p on t using (a in (select a from m))""",
        want="""create table x.t (a bigint); create view v as select a from x.t;
                create materialized view m as select a from v; create policy p on x.t using (a in (select a from m))""",
    ),
    story(
        "privileges on a table go, those on its columns stay",
        given="create table t (id int, x text); create view v as select id from t;"
        "grant select (id) on t, v to pg_monitor with grant option",
        have="grant select, insert on t, v to pg_monitor",
    ),
    story(
        "a column leaves a type that is built anew for others",
        have="create type e as enum ('a', 'b'); create table t (a e[], b e)",
        want="create type e as enum ('a'); create table t (a int, b e)",
    ),
    story(
        "an index of a partitioned table alone, with a partition's one attached to it",
        given="""create table p (id int, n int) partition by range (id);
                 create table p1 partition of p for values from (1) to (2);
                 create table p2 partition of p for values from (3) to (4)""",
        want="create index i on only p (n); create index i1 on p1 (n); alter index i attach partition i1",
    ),
    story(
        "the attributes of a composite type change their order and their types under a column",
        have="create type k as (a int, b text, d int); create table t (v k default row(1, 2, 3)::k)",
        want="create type k as (b varchar, a bigint); create table t (v k default row('a', 1)::k)",
    ),
    story(
        "an aggregate becomes a function of the same name",
        have="create aggregate f(int) (sfunc = int4pl, stype = int)",
        want="create function f(int) returns int language sql as 'select 1'",
    ),
    story(
        "statistics keep their target, and a table is clustered on another index, while a column changes its type",
        have="""create table t (a int, b int); create statistics s on (a + 1), b from t;
                alter statistics s set statistics 44; create index i on t (a); create index j on t (b);
                alter table t cluster on i""",
        want="""create table t (a bigint, b int) with (fillfactor = 50); create statistics s on (a + 1), b from t;
                alter statistics s set statistics 44; create index j on t (b); alter table t cluster on j""",
    ),
    story(
        "a list of texts with backslashes, and a domain of one of a list, print alike however they were made",
        have="create domain d as varchar(9) check (value in ('a\\', 'b')); create table t (c text)",
        want=r"""create domain d as varchar(9) check (value in ('a\', 'c')); create table t (c varchar);
                alter table t add check (c in ('a\b\', 'd'))""",
    ),
    story(
        "a partition moves under a table with a check, which it must have before",
        have="create table a (id int) partition by range (id); create table l partition of a default",
        want="""create table b (id int) partition by range (id); create table l partition of b default;
                alter table b add constraint k check (id > 0)""",
    ),
    story(
        "a new partition has defaults of its own",
        given="create table p (id int, k text default 'click', n int) partition by list (k)",
        want="create table q partition of p (n default 5, k default 'c') for values in ('click')",
    ),
    story(
        "the name of a NOT NULL goes to another column of its table",
        have="create table t (a int, b int constraint k not null)",
        want="create table t (a int constraint k not null, b int)",
        version=18,
    ),
    story(
        "a partition moves under another table with a key, and keeps its own",
        given="create schema x",
        have="""create table x.a (id int primary key) partition by list (id);
                create table l partition of x.a default""",
        want="""create table a (id int primary key) partition by range (id);
                create table l partition of a default; create table f (id int references a)""",
    ),
    Story(
        "the order of columns in a table is no difference in its statistics",
        have="create table t (a int, b int, c text); create statistics s on a, b from t;"
        "create statistics e on (a + b), b, a from t; create statistics o on (lower(c)) from t",
        want="create table t (c text, b int, a int); create statistics s on a, b from t;"
        "create statistics e on (a + b), a, b from t; create statistics o on (lower(c)) from t",
        steps=(),
    ),
    story(
        "a collation changes while columns come to it, leave it and stay",
        have='create collation c from "C"; create table t (a text collate c, b text, c text collate c)',
        want="""create collation c (provider = libc, locale = 'POSIX');
                create table t (a text collate c, b text collate c, c text); create table u (a text collate c)""",
    ),
    story(
        "a column is computed no longer, and what it was computed from goes",
        have="create table t (a int, g int generated always as (a * 2) stored); insert into t values (1)",
        want="create table t (g int generated by default as identity)",
    ),
    story(
        "a column that a key includes changes its type, and foreign keys refer to the key",
        have="create table t (id int, c text, primary key (id) include (c)); create table u (id int references t)",
        want="""create table t (id int, c varchar(9), primary key (id) include (c));
                create table u (id int references t)""",
    ),
    story(
        "a partition goes, and a foreign key comes to refer to its table",
        given="create table p (id int unique) partition by list (id); create table u (id int primary key, r int)",
        have="""create table p1 partition of p for values in (1);
                alter table u add constraint f foreign key (r) references u""",
        want="alter table u add constraint f foreign key (r) references p (id)",
    ),
    story(
        "a table leaves a publication and becomes unlogged",
        have="create table t (id int); create table s (id int); create publication p for table s, t",
        want="create unlogged table t (id int); create table s (id int); create publication p for table s",
        version=15,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
