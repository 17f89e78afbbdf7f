"""Tables that are OF a composite type, and composite types that tables and columns are made of: there and back."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check

from alembic_krakn.diff import HazardKind

PAIR = "create type pair as (a int, c text); create table t of pair; "
ROWS = "insert into t (a, c) values (1, 'x'), (2, null)"
KEPT = ("select a, c from t order by a",)
REBUILT = frozenset({HazardKind.REBUILT})
LADEN = (
    "create table r (x int references t); comment on column t.n is 'n'; grant select (n) on t to public;"
    " create function f() returns trigger language plpgsql as 'begin return new; end';"
    " create trigger tr before update of m on t for each row when (new.m > 0) execute function f();"
    " create policy p on t using (m > 0); create statistics st on m, n from t;"
    " create rule ru as on delete to t where old.m > 5 do nothing;"
    " create function h(c) returns int language sql as 'select 1'; "
)
STORIES = [
    Story(
        "the type of a typed table gets an attribute",
        have=PAIR + ROWS,
        want="create type pair as (a int, c text, b int); create table t of pair (b with options default 7 not null)",
        steps=(
            "drop table type public.t",
            "alter composite type public.pair",
            "create column public.t.b",
            "create table type public.t",
        ),
        hazards=REBUILT,
        keeps=KEPT,
    ),
    Story(
        "the type of a typed table loses an attribute",
        have="create type pair as (a int, b int, c text); create table t of pair; insert into t values (1, 2, 'x')",
        want=PAIR,
        hazards=REBUILT | {HazardKind.DATA_LOSS},
        keeps=KEPT,
    ),
    Story(
        "an attribute of a typed table's type changes, under a view and an index",
        have=PAIR + "create index i on t (c); create view v as select a from t;" + ROWS,
        want='create type pair as (a bigint, c varchar(9) collate "C"); create table t of pair;'
        " create index i on t (c); create view v as select a from t",
        hazards=None,
        keeps=KEPT,
    ),
    Story(
        "the attributes of a typed table's type have another order, and one is new between them",
        have="create type pair as (a int, c text); create table t of pair (a with options default 5, primary key (a));"
        " create index i on t (c);" + ROWS,
        want="create type pair as (c text, b int, a int);"
        " create table t of pair (a with options default 5, primary key (a)); create index i on t (c)",
        hazards=None,
        keeps=KEPT,
    ),
    Story(
        "a typed table is partitioned",
        have="create type pair as (a int, c text); create table t of pair partition by list (a);"
        " create table t1 partition of t for values in (1, 2);" + ROWS,
        want="create type pair as (a int, c text, b int); create table t of pair partition by list (a);"
        " create table t1 partition of t for values in (1, 2)",
        hazards=REBUILT,
        keeps=KEPT,
    ),
    Story(
        "a column is of the type of a typed table",
        have=PAIR + "create table u (p pair); insert into u values (row(1, 'x'));" + ROWS,
        want="create type pair as (a bigint, c text); create table t of pair; create table u (p pair)",
        hazards=None,
        keeps=(*KEPT, "select (p).a, (p).c from u"),
    ),
    Story(
        "a table becomes one of a type",
        given="create type pair as (a int, c text);",
        have="create table t (a int, c text);" + ROWS,
        want="create table t of pair",
        steps=("create table type public.t",),
        keeps=KEPT,
    ),
    Story(
        "a table becomes one of a type that has its columns in another order, and more of them",
        given="create type pair as (a bigint, b int, c text);",
        have="create table t (c text, a serial);" + ROWS,
        want="create table t of pair",
        hazards=None,
        keeps=KEPT,
    ),
    Story(
        "a table is of a type no longer, and loses a column",
        have=PAIR + ROWS,
        want="create table t (a bigint)",
        hazards=None,
        keeps=("select a from t order by a",),
    ),
    Story(
        "a table is of another type, which is like the old one",
        given="create type pair as (a int, c text); create type two as (a int, c text);",
        have="create table t of pair;" + ROWS,
        want="create table t of two",
        steps=("alter table type public.t",),
        keeps=KEPT,
    ),
    Story(
        "a table is of another type, which has more columns",
        have=PAIR + ROWS,
        want="create type two as (a int, c text, d int); create table t of two",
        hazards=frozenset(),
        keeps=KEPT,
    ),
    Story(
        "a typed table goes while its type changes",
        have=PAIR,
        want="create type pair as (a int, d int)",
        hazards=frozenset({HazardKind.DATA_LOSS}),
    ),
    Story(
        "a composite type with arrays and other types of it has its attributes in another order, and one more",
        have="create type c as (x text, y text); create type d as (p c, q int); create domain e as c;"
        " create table t (v c[], w d, z d[] default '{}', u e); insert into t values"
        " (array[[row('a', 'b')::c, null]], row(row('a', 'b'), 2), array[row(row('a', null), 3)::d], row('a', 'b')),"
        " (null, row(null, null), '{}', null)",
        want="create type c as (y text, x varchar, n int); create type d as (p c, q int); create domain e as c;"
        " create table t (v c[], w d, z d[] default '{}', u e)",
        hazards=None,
        keeps=(
            "select array_dims(v), v[1][2] is not distinct from null, (v[1][1]).x::text, (v[1][1]).y from t order by 1",
            "select (w).q, w is not distinct from null, ((w).p).x::text, ((w).p).y from t order by 1",
            "select z is null, cardinality(z), (z[1].p).x::text, (z[1].p).y from t order by 2",
            "select u is not distinct from null, (u).x::text, (u).y from t order by 1",
        ),
    ),
    Story(
        "attributes of a composite type with arrays change their type and their number",
        have="create type c as (x int, y text, z int); create table t (v c[]);"
        " insert into t values (array[row(1, 'a', 2)::c, null])",
        want="create type c as (x bigint, y text, n numeric); create table t (v c[])",
        hazards=frozenset({HazardKind.DATA_LOSS, HazardKind.REWRITE, HazardKind.MAY_FAIL}),
        keeps=("select (u).x, (u).y from t, unnest(v) u",),
    ),
    Story(
        "an attribute of a composite type that only a comment is on changes its type",
        have="create type c as (x int); comment on type c is 'c'",
        want="create type c as (x bigint, y int); comment on type c is 'c'",
        steps=("alter composite type public.c",),
    ),
    Story(
        "columns of a typed table change their places under all that can stand on them",
        have="create type c as (m int, n int); create table t of c (primary key (m)); "
        + LADEN
        + "insert into t values (1, 2); insert into r values (1)",
        want="create type c as (o text, m bigint, n int); create table t of c (primary key (m)); " + LADEN,
        hazards=None,
        keeps=("select m, n from t", "select x from r"),
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_there_and_back(story: Story, new_database: Databases) -> None:
    check(story, new_database)
