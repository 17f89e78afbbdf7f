"""Stories of changes that schemas in use see: what refers to each other changes together, tables leave and join."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

NESTED = """create function ok(x int) returns boolean immutable language sql as 'select true';
    create table {0} (d {1}, x int, constraint ck check (ok(x)), constraint k primary key (d, x))
        partition by range (x);
    create table t1 partition of {0} for values from (0) to (9) partition by range (d);
    create table t11 partition of t1 default; create table t2 partition of {0} default; create index i on {0} (x desc);
    create view v as select d, x from {0}"""

STORIES = [
    story(
        "both ends of foreign keys become numbers that only one way of referring has a cast for",
        have="""create table a (x int primary key, y int references a); create table b (x int references a);
                create table p (id int, x int); create table h (primary key (x)) inherits (p);
                create table r (x int references h); insert into a values (1, 1); insert into b values (1)""",
        want="""create table a (x numeric primary key, y numeric references a); create table b (x numeric references a);
                create table p (id int, x numeric); create table h (primary key (x)) inherits (p);
                create table r (x numeric references h)""",
    ),
    story(
        "both ends of a foreign key change to types that no cast leads to from the old ones",
        have="create table a (x time primary key); create table b (x time references a on delete cascade)",
        want="create table a (x timetz primary key); create table b (x timetz references a on delete cascade)",
    ),
    story(
        "a partition is partitioned by a column whose type and default change in the table above",
        have="""create table t (id int not null, x int default 1) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default; insert into t values (1)""",
        want="""create table t (id int not null, x float8 default 1::float8) partition by range (id);
                create table t1 partition of t for values from (0) to (10) partition by list (x);
                create table t11 partition of t1 default""",
    ),
    story(
        "a column changes with a type of its own while its parent goes",
        have="""create type c as (q text, p int); create table p (id int, x c); create table t () inherits (p);
                alter table t alter x set not null""",
        want="create type c as (p int); create table t (id int, x c)",
    ),
    story(
        "a view reads a table under its new name, which takes the sequence and the key of the old one with it",
        have="""create table t (a int generated always as identity primary key, b int not null);
                create view v as select a from t; create view w as select * from v;
                grant select on v to public; comment on view w is 'w'""",
        want="""create table t (a int generated always as identity primary key, b int not null);
                create view v as select a from t; create view w as select * from v;
                grant select on v to public; comment on view w is 'w'; alter table t rename to u""",
    ),
    story(
        "columns and tables get other names, and their NOT NULL keeps the old one",
        have="create table t (a int not null, b int not null); create table u (a int not null)",
        want="""create table t (a int not null, b int not null); create table u (a int not null);
                alter table t rename a to x; alter table t rename b to y; alter table t add b text not null;
                alter table u rename to w""",
        version=18,
    ),
    story(
        "a partitioned table of another name takes the partitions over, with defaults of an enum that loses a value",
        have="""create type e as enum ('a', 'b'); create table t (id int, x e default 'a') partition by range (id);
                create table t1 partition of t default""",
        want="""create type e as enum ('a'); create table u (id int, x e default 'a') partition by range (id);
                create table t1 partition of u default""",
    ),
    story(
        "a table gets a second parent and keeps the checks of the first one",
        have="create table p (n text, constraint k check (n <> '')); create table h (o text) inherits (p)",
        want="""create table p (n text, constraint k check (n <> '')); create table q (o text);
                create table h (o text) inherits (p); alter table h inherit q""",
    ),
    story(
        "the key of partitions changes its type, and no two rows of it may exclude each other",
        have="""create table t (x date, constraint ex exclude using btree (x with =)) partition by list (x);
                create table t1 partition of t for values in ('2020-01-01'); create table t2 partition of t default""",
        want="""create table t (x timestamptz, constraint ex exclude using btree (x with =)) partition by list (x);
                create table t1 partition of t for values in ('2020-01-01'); create table t2 partition of t default""",
        version=17,
    ),
    story(
        "a partition with keys is partitioned itself afterwards",
        have="""create table t (id int, x int, unique (x, id) deferrable) partition by hash (id);
                create table t1 partition of t for values with (modulus 1, remainder 0)""",
        want="""create table t (id int, x int, unique (x, id) deferrable) partition by range (id);
                create table t1 partition of t default partition by list (x);
                create table t2 partition of t1 default""",
    ),
    story(
        "a table is attached that has an index of its own, and both lose a column before",
        have="""create table r (id int, v int, x text) partition by range (id); create index ri on r (v);
                create table r1 (id int, v int, x text); create index r1i on r1 (v)""",
        want="""create table r (id int, v int) partition by range (id); create index ri on r (v);
                create table r1 (id int, v int); create index r1i on r1 (v);
                alter table r attach partition r1 default""",
    ),
    story(
        "types are made anew that foreign tables have, and tables are written anew whose rows they hold",
        have="""create type e as enum ('a', 'b'); create type c as (a int, b text); create domain d as text;
                create table i (a int); create foreign data wrapper w; create server s foreign data wrapper w;
                create foreign table f (x e, y e[], c c, cs c[], d d, z e default 'b', n int, i i) server s""",
        want="""create type e as enum ('b'); create type c as (b text); create domain d as varchar(10);
                create table i (a bigint); create foreign data wrapper w; create server s foreign data wrapper w;
                create foreign table f (x e, y e[], c c, cs c[], d d, z e default 'b', n date, i i) server s""",
    ),
    story(
        "a partitioned table of another name takes the partitions over, with checks, a key and indexes of other types",
        have=NESTED.format("t", "int"),
        want=NESTED.format("u", "bigint"),
    ),
    story(
        "a cast becomes one that PostgreSQL takes by itself, beside which a policy would mean nothing certain",
        given="""create type e as enum ('a'); create table t (x e);
                create function f(e) returns int immutable language sql as 'select 1'""",
        have="create cast (e as int) with function f(e) as assignment; create policy p on t using (x = 'a')",
        want="create cast (e as int) with function f(e) as implicit",
    ),
    story(
        "identity columns come where everybody may read new sequences, and nobody these",
        given="alter default privileges in schema public grant all on sequences to public",
        have="create table z (a int not null)",
        want="""create table z (a int not null); alter table z alter a add generated always as identity;
                create table y (a int generated always as identity, b int generated always as identity);
                revoke all on sequence z_a_seq, y_a_seq from public; revoke update on sequence y_b_seq from public""",
    ),
    story(
        "a table gets a second parent while the first one loses a column, and gets one that has a check",
        have="create table p (id int, n text, constraint k check (n <> '')); create table h (t text) inherits (p)",
        want="""create table p (id int, m text, constraint k check (m <> '')); create table q (o text, check (o <> ''));
                create table h (t text, o text, constraint q_o_check check (o <> '')) inherits (p);
                alter table h inherit q""",
    ),
    story(
        "a function that nobody can call any longer goes, and comes back as it was",
        given="create table t (a int, at date); create schema s; create table s.t (b int)",
        have="""set check_function_bodies = off;
                create function f() returns bigint language sql as 'select count(*) from "Old"';
                create function g() returns setof int language sql as 'select b from s.t join s.gone using (b)'""",
        want="""create function h(x int) returns setof t language sql as $$with c as (select * from t)
                select t.* from only t join c on true join s.t u on true -- from nowhere
                where extract(year from t.at) > 3 and x is distinct from t.a and '' <> ' from nowhere ' for update of t
                $$""",
    ),
    story(
        "a table of another name, which has been an heir, keeps the names of its NOT NULL",
        have="create table p (id int not null); create table h (t text not null) inherits (p)",
        want="""create table p (id int not null); create table h (t text not null) inherits (p);
                alter table h rename to g""",
        version=18,
    ),
    story(
        "a view changes that calls a function, which gets an argument more that need not be said",
        have="""create function f(a int) returns boolean language sql as 'select true'; create table t (a int, b int);
                create view v as select a from t where f(a); create view w as select a from v;
                create policy p on t using (f(a))""",
        want="""create function f(a int, b int default 1) returns boolean language sql as 'select true';
                create table t (a int, b int); create view v as select a, b from t where f(a);
                create view w as select a from v; create policy p on t using (f(b))""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
