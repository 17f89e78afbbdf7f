"""What people's schemas hold that is easily overlooked: stories, there and back."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, said

from alembic_krakn.diff import HazardKind, plan

PARTED = (
    "create table p (k text not null, n int not null) partition by list (k);"
    " create table p1 partition of p for values in ('1'); create table p2 partition of p for values in ('2');"
)

CALLED = [
    Story(
        "a check calls a function whose text calls one that comes later in the alphabet",
        given="create schema s; create table s.t (id int); insert into s.t values (1)",
        want="create function s.zz(i int) returns bool language sql immutable as 'select $1 > 0';"
        " create function s.aa(i int) returns bool language sql immutable as 'select s.zz($1)';"
        " alter table s.t add check (s.aa(id))",
        hazards=None,
    ),
    Story(
        "a default, an index and a materialized view evaluate functions whose texts need other things",
        given="create table t (id int); insert into t values (1)",
        want="create table zt (v int); create view zv as select * from zt;"
        " create function zf(i int) returns int language sql immutable as 'select count(*)::int + $1 from public.zv';"
        " create function af(i int) returns int language plpgsql immutable as 'begin return public.zf(i); end';"
        " alter table t add at int default af(1); create index ti on t (af(id));"
        " create materialized view am as select af(id) as x from t",
        hazards=None,
    ),
    Story(
        "two functions whose texts name each other, and the table whose default calls one",
        given="create table q (id int); insert into q values (1)",
        want="create function a1(i int) returns int language plpgsql as"
        " 'begin if i > 0 then return b1(i - 1); end if; return 0; end';"
        " create function b1(i int) returns int language plpgsql as"
        " 'begin if i > 0 then return a1(i - 1); end if; return (select count(*) from t); end';"
        " create table t (id int default a1(0)); alter table q add x int default a1(3)",
        hazards=None,
    ),
    Story(
        "a policy calls a function that gets another argument with a default",
        given="create table t (id int, r text);",
        have="create function allowed(i int, r text) returns bool language sql as 'select true';"
        " create policy pol on t using (allowed(id, r))",
        want="create function allowed(i int, r text, x text default null) returns bool language sql as 'select true';"
        " create policy pol on t using (allowed(id, r))",
        hazards=None,
    ),
    Story(
        "a view calls the function that takes the place of one for a narrower type",
        have="create function f(int) returns int language sql as 'select 1'; create view v as select f(1::int) as x",
        want="create function f(bigint) returns int language sql as 'select 2'; create view v as select f(1::int) as x",
        hazards=None,
    ),
    Story(
        "a function's defaults change, and its arguments get names, while a view calls it",
        given="create function f(int, b text default 'x, y') returns int language sql immutable as 'select 1';"
        " create view v as select f(1) as x",
        want="create or replace function f(a int, b text default 'y, z') returns int language sql immutable"
        " as 'select 1'",
        steps=("alter function public.f(integer, text)",),
    ),
    Story(
        "a function loses a default, has an argument under another name, or becomes a window function",
        have="create function f(a int, b int default 1) returns int language sql as 'select 1';"
        " create function g(a int) returns int language sql as 'select 1';"
        " create function h(out a int, out b int) language sql as 'select 1, 2';"
        " create function w() returns bigint language sql as 'select 1::bigint'",
        want="create function f(a int, b int) returns int language sql as 'select 1';"
        " create function g(b int) returns int language sql as 'select 1';"
        " create function h(out a int, out c int) language sql as 'select 1, 2';"
        " create function w() returns bigint language internal window as 'window_row_number'",
    ),
    Story(
        "functions made before and after a transform of one of their types",
        given="create function f(int) returns int language sql as 'select 1'",
        want="create transform for int language sql (from sql with function prsd_lextype(internal));"
        " create function g(int) returns int language sql as 'select 1';"
        " create function u(int) returns int transform for type int language sql as 'select 1'",
        hazards=None,
    ),
]

PARTITIONS = [
    Story(
        "partitions have keys of their own under an index that is no key",
        given=PARTED,
        want="alter table p1 add constraint p1_own primary key (k, n);"
        " alter table p2 add constraint p2_own unique (n, k);"
        " create unique index pi on p (k, n); create unique index pj on p (n, k)",
        hazards=None,
    ),
    Story(
        "a partition's index becomes its key, while the one above stays no key",
        given=PARTED + "create unique index pi on p (k, n)",
        want="alter table p1 add constraint p1_own primary key using index p1_k_n_idx",
        hazards=None,
    ),
    Story(
        "a key of the partitioned table takes the place of an index with keys under it",
        given=PARTED,
        have="create unique index pk on p (k, n);"
        " alter table p1 add constraint p1_pkey primary key using index p1_k_n_idx",
        want="alter table p add constraint pk primary key (k, n)",
        hazards=None,
    ),
    Story(
        "a new partition with a key of its own under an index that is there",
        given="create table p (k text, n int) partition by list (k); create unique index pi on p (k, n)",
        want="create table p1 partition of p (primary key (k, n)) for values in ('1');"
        " create table p2 partition of p (constraint u unique (k, n)) for values in ('2')",
        hazards=None,
    ),
    Story(
        "the index of a partitioned table goes, and a partition keeps one of the same name",
        given=PARTED,
        have="create index pi on p (n)",
        want="create index p1_n_idx on p1 (n)",
        hazards=None,
    ),
    Story(
        "a partition has an index that is like the attached one",
        given=PARTED,
        want="create index pi on p (n); create index a_first on p1 (n)",
        hazards=None,
    ),
    Story(
        "an index of one partition alone is attached at last",
        given=PARTED + "create index pi on only p (n); create index i1 on p1 (n); create index i2 on p2 (n);"
        " alter index pi attach partition i1",
        want="alter index pi attach partition i2",
        hazards=None,
    ),
    Story(
        "partitions refer to each other, and tables to partitioned ones",
        given="create table a (k text, n int, primary key (k, n)) partition by list (k);"
        " create table b (k text, n int, primary key (k, n)) partition by list (k);"
        " alter table a add foreign key (k, n) references b; alter table b add foreign key (k, n) references a;",
        want="create table a1 partition of a for values in ('1'); create table b1 partition of b for values in ('1');"
        " alter table a1 add constraint ab foreign key (k, n) references b1;"
        " alter table b1 add constraint ba foreign key (k, n) references a1",
        hazards=None,
    ),
    Story(
        "a partitioned table with foreign keys becomes a plain one beside its partition",
        have="create table b (k text, n int, unique (k, n)) partition by list (k);"
        " create table b1 partition of b for values in ('1');"
        " create table a (k text, n serial, unique (k, n)) partition by list (k);"
        " create table a1 partition of a for values in ('1');"
        " alter table a add constraint ab foreign key (k, n) references b (k, n);"
        " alter table b add constraint ba foreign key (k, n) references a (k, n)",
        want="create table b (k text, n int, unique (k, n)); create table b1 (k text, n int, unique (k, n));"
        " create table a (k text, n serial, unique (k, n)); create table a1 (k text, n int not null, unique (k, n));"
        " alter table a add constraint ab foreign key (k, n) references b (k, n);"
        " alter table b add constraint ba foreign key (k, n) references a (k, n)",
        hazards=None,
    ),
]

TABLES = [
    Story(
        "a table with a serial column becomes a partitioned one, and its counter goes on",
        have="create table t (id serial, k text)",
        want="create table t (id serial, k text) partition by list (k)",
        hazards=None,
    ),
    Story(
        "a foreign key moves from a unique constraint to the primary key over the same column, and back",
        have="create table t (id int not null constraint u unique);"
        " create table r (t int constraint rt references t (id))",
        want="create table t (id int constraint pk primary key);"
        " create table r (t int constraint rt references t (id))",
        hazards=None,
    ),
    Story(
        "an identity with bounds of its own beyond a smaller type",
        have="create table t (id int generated always as identity (minvalue -5 start -5))",
        want="create table t (id bigint generated always as identity (maxvalue 5000000000))",
        hazards=None,
    ),
    Story(
        "tables that inherit and partitions, each with the same check of its own, go with those above",
        have="create table p (a int constraint c check (a > 0));"
        " create table h (constraint c check (a > 0)) inherits (p);"
        " create table q (a int constraint c check (a > 0)) partition by list (a);"
        " create table q1 (a int constraint c check (a > 0)); alter table q attach partition q1 for values in (1)",
        hazards=None,
    ),
    Story(
        "a partition with a check goes with a table whose foreign key to itself is called as that",
        have="create table p (a int primary key, b int, constraint c foreign key (b) references p)"
        " partition by list (a);"
        " create table p1 (a int not null, b int, constraint c check (a > 0));"
        " alter table p attach partition p1 for values in (1)",
        want="create table other (a int)",
        hazards=None,
    ),
    Story(
        "a table joins one with the same generated column",
        given="create table p (a int not null, b int generated always as (a * 2) stored)",
        want="create table c (a int not null, b int generated always as (a * 2) stored); alter table c inherit p",
    ),
]

OTHERS = [
    Story(
        "an ordered-set aggregate is granted",
        given="create function sf(internal, anyelement) returns internal language internal as 'ordered_set_transition'",
        want="create aggregate one(float8 order by anyelement) (sfunc = sf, stype = internal,"
        " finalfunc = percentile_disc_final, finalfunc_extra); revoke execute on function one(float8, anyelement)"
        " from public; create aggregate bare(order by anyelement) (sfunc = sf, stype = internal,"
        " finalfunc = mode_final, finalfunc_extra); revoke execute on function bare(anyelement) from public;"
        " create aggregate counted(*) (sfunc = int8inc, stype = int8, initcond = 0);"
        " revoke execute on function counted() from public;"
        ' create aggregate many(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi,'
        " stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);"
        ' revoke execute on function many(variadic "any") from public',
        hazards=frozenset({HazardKind.PRIVILEGES}),
    ),
    Story(
        "statistics of a materialized view",
        given="create table t (a int, b int); create materialized view m as select a, b from t",
        want="create statistics s on a, b from m; alter statistics s set statistics 5",
    ),
    Story(
        "nulls of an index that is not unique are not distinct",
        version=15,
        given="create table t (a int)",
        want="create index i on t (a) nulls not distinct",
        hazards=None,
    ),
    Story(
        "a column of a materialized view gets a storage and a compression",
        given="create table t (a numeric, b text); create materialized view m as select a, b from t",
        want="alter materialized view m alter a set storage external, alter b set compression pglz",
    ),
    Story(
        "an operator names a commutator and a negator that are not there",
        want="create function same(int, int) returns bool language sql as 'select $1 = $2';"
        " create operator === (leftarg = int, rightarg = int, function = same, commutator = ====, negator = !===)",
    ),
    Story(
        "an owner may do less with what is created",
        want="create table t (a int); revoke truncate on t from current_user",
        hazards=frozenset({HazardKind.PRIVILEGES}),
    ),
]


@pytest.mark.parametrize("story", [*CALLED, *PARTITIONS, *TABLES, *OTHERS], ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)


BETWEEN = "a between 1 and 9 and b > 0"
SPLIT = "a >= 1 and a <= 9 and b > 0"  # what PostgreSQL makes of its own text of the other one
TWICE_PRINTED = """
    create table t (a int, b int, c text, n int generated always as (case when {0} then 1 else 2 end) stored,
        constraint c1 check ({0}), constraint c2 check (not ({0}) or b = 3),
        constraint c3 check (c <> '(((x) AND (y)) AND z' or {0}));
    create domain d as int check ({1}) default (case when {2} then 1 else 2 end);
    create index i on t ((case when {0} then 1 end)) where {0};
    create view v as select a from t where {0} and exists (select from t u where u.{0});
    create policy p on t using ({0});
    create function f(x int default (case when {2} then 1 end)) returns int language sql as 'select 1';
    create table pt (a int, b int) partition by range ((case when {0} then 1 else 2 end));
    create publication pub for table t;
"""


def test_what_is_printed_in_another_way_once_it_was_read_is_no_difference(new_database: Databases) -> None:
    one = TWICE_PRINTED.format(BETWEEN, "value between 1 and 9 and value <> 5", "1 between 0 and 2 and 3 > 2")
    other = TWICE_PRINTED.format(SPLIT, "value >= 1 and value <= 9 and value <> 5", "1 >= 0 and 1 <= 2 and 3 > 2")
    have, want = new_database.catalog(one), new_database.catalog(other)

    assert said(plan(have, want)) == ()


def test_an_or_inside_of_an_and_stays_where_it_is(new_database: Databases) -> None:
    table = "create table t (a int, b int, c int); "
    have = new_database.catalog(table + "create view v as select a from t where (a = 1 or b = 1) and c = 1")
    want = new_database.catalog(table + "create view v as select a from t where a = 1 or (b = 1 and c = 1)")

    assert said(plan(have, want)) == ("alter view public.v",)
