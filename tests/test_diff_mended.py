"""Stories of tables under others: what they keep, and what is called how, as parents and partitions come and go."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, catalog_of, check, said, story
from test_diff_walked import extension

from alembic_krakn.diff import HazardKind, choose, plan
from alembic_krakn.diff.patterns import parse
from alembic_krakn.errors import PlanError
from alembic_krakn.renames import Renames

P, O = "create table p (a int constraint q not null);", "create table o (a int constraint r not null);"  # noqa: E741
PARTS = """create table p (a int not null, b int) partition by range (a);
           create table p1 partition of p for values from (0) to (10); create table p2 partition of p default;"""
PARTED = "create table p (a int constraint q not null) partition by range (a);"

STORIES = [
    story(
        "a NOT NULL has another name once the table has left its parent",
        have=f"{P} create table h () inherits (p); create table k (a int constraint kk not null) inherits (p)",
        want=f"{P} create table h (a int not null); create table k (a int constraint kk not null)",
    ),
    story(
        "a NOT NULL keeps the name that a parent gave it",
        have=f"{P} create table h () inherits (p)",
        want=f"{P} create table h (a int constraint q not null)",
    ),
    story(
        "a NOT NULL is left by a parent that goes, or takes null from now on",
        have=f"{P} {O} create table h () inherits (p); create table k () inherits (o); create table l () inherits (o)",
        want="create table h (a int not null); create table o (a int);"
        " create table k (a int not null) inherits (o); create table l () inherits (o)",
    ),
    story(
        "a table takes null because of its new parent",
        have="create table p (a int not null); create table o (a int); create table h () inherits (p)",
        want="create table p (a int not null); create table o (a int); create table h () inherits (o)",
    ),
    story(
        "a partition with its own is detached, and a NOT NULL has another name",
        have=f"{PARTED} create table h partition of p default partition by list (a);"
        " create table h1 partition of h default",
        want=f"{PARTED} create table h (a int constraint x not null) partition by list (a);"
        " create table h1 partition of h default",
    ),
    story(
        "a table is attached with a NOT NULL of another name",
        have=f"{PARTED} create table h (a int constraint hh not null)",
        want=f"{PARTED} create table h (a int constraint hh not null); alter table p attach partition h default",
    ),
    story(
        "a NOT NULL changes its name above one that has another",
        have=f"{PARTED} create table h (a int constraint hh not null); alter table p attach partition h default;"
        " create table t (a int constraint x not null generated always as identity);"
        " create table u (a int constraint uu not null) inherits (t)",
        want=f"{PARTED.replace(' q ', ' q2 ')} create table h (a int constraint hh not null);"
        " alter table p attach partition h default;"
        " create table t (a int constraint y not null generated always as identity);"
        " create table u (a int constraint uu not null) inherits (t)",
    ),
    story(
        "a parent's NOT NULL comes over one of the same name",
        have="create table p (a int); create table h (a int constraint p_a_not_null not null) inherits (p);"
        " create table k (a int) inherits (h)",
        want="create table p (a int not null); create table h () inherits (p); create table k () inherits (h)",
    ),
    story(
        "a parent gets a column that its heir had NOT NULL by another name",
        have="create table p (a int); create table h (b int not null) inherits (p)",
        want="create table p (a int, b int constraint w not null); create table h () inherits (p)",
    ),
    story(
        "an heir keeps a column that its parent loses, and takes null there",
        have="create table p (a int, b int constraint w not null); create table h () inherits (p)",
        want="create table p (a int); create table h (b int) inherits (p)",
    ),
    story(
        "a grandchild alone keeps its NOT NULL",
        have="create table p (a int not null); create table h () inherits (p); create table k () inherits (h)",
        want="create table p (a int); create table h () inherits (p); create table k (a int not null) inherits (h)",
    ),
    story(
        "a parent's NOT NULL comes over one that does not go down",
        have="create table p (a int); create table h (a int constraint hh not null no inherit) inherits (p);"
        " create table k () inherits (h); create table o (a int) partition by list (a);"
        " create table o1 partition of o default; alter table o1 add constraint x not null a no inherit",
        want="create table p (a int constraint q not null); create table h () inherits (p);"
        " create table k () inherits (h); create table o (a int not null) partition by list (a);"
        " create table o1 partition of o default",
        version=18,
    ),
    story(
        "a NOT NULL goes down no longer",
        have="create table p (a int not null); create table h () inherits (p); create table k () inherits (p);"
        " create table o (a int not null); create table l () inherits (o)",
        want="create table p (a int not null no inherit); create table h () inherits (p);"
        " create table k (a int not null) inherits (p);"
        " create table o (a int); create table l (a int not null no inherit)",
        version=18,
    ),
    Story(
        "columns become arrays of their row type, or the other way round, while that is made anew",
        have="""create type c as (p int, q text); create type e as (c c); create domain d as c;
                create table t (i int, x c default row(7, 'z')::c, y c[], z e, w d) partition by list (i);
                create table t1 partition of t default; create index on t (x); create view v as select x from t;
                insert into t values (1, row(1, 'a'), array[row(2, 'b')::c], row(row(3, 'c')), row(4, 'd'))""",
        want="""create type c as (q text, p bigint); create type e as (c c); create domain d as c;
                create table t (i int, x c[] default array[row('z', 7)::c], y c, z e[], w d[]) partition by list (i);
                create table t1 partition of t default; create index on t (x); create view v as select x from t""",
        hazards=None,
        keeps=("select (x).p, (x).q, (y[1]).p, (y[1]).q, ((z).c).p, ((z).c).q, (w).p, (w).q from t",),
    ),
    Story(
        "columns become arrays of rows of a table, or the other way round, while that is written anew",
        have="""create table r (p int, q text); create view b as select 1 as a;
                create table t (x r default row(7, 'z')::r, y r[], z b); insert into t values
                (row(1, 'a'), array[row(2, 'b')::r], row(3))""",
        want="""create table r (p bigint, q text); create view b as select 1::bigint as a;
                create table t (x r[], y r default row(7, 'z')::r, z b[])""",
        hazards=None,
        keeps=("select (x).p, (x).q, (y[1]).p, (y[1]).q, (z).a from t",),
    ),
    story(
        "a check of whole rows comes as the last heir goes, whose rows may stand against what else comes",
        have="create table t (a int, b int); create table h () inherits (t); insert into h values (null, 3000000)",
        want="create table t (a int not null, b smallint, check (t is not null))",
    ),
    story(
        "the index of a partition becomes a key under an index that not all partitions have",
        have=f"{PARTS} create unique index i on only p (a); create unique index i1 on p1 (a);"
        " alter index i attach partition i1",
        want=f"{PARTS} create unique index i on only p (a); create unique index i1 on p1 (a);"
        " alter table p1 add constraint i1 unique using index i1; alter index i attach partition i1",
    ),
    story(
        "keys of partitions come with an index that not all partitions have, at any depth",
        have="""create table p (a int not null) partition by range (a);
                create table p1 partition of p for values from (0) to (10) partition by list (a);
                create table p11 partition of p1 default""",
        want="""create table p (a int not null) partition by range (a);
                create table p1 partition of p for values from (0) to (10) partition by list (a);
                create table p11 partition of p1 default; create unique index i on only p (a);
                create unique index i1 on only p1 (a); alter table p11 add constraint k1 unique (a);
                alter index i1 attach partition k1; alter index i attach partition i1""",
    ),
    story(
        "a key comes that not all partitions have",
        have=PARTS,
        want=f"{PARTS} alter table only p add constraint k primary key (a);"
        " alter table p1 add constraint k1 primary key (a); alter index k attach partition k1",
    ),
    story(
        "a key that no partition has comes to all, and another one leaves them",
        have=f"{PARTS} alter table only p add constraint k primary key (a); alter table p add constraint u unique (a)",
        want=f"{PARTS} alter table p add constraint k primary key (a); alter table only p add constraint u unique (a)",
    ),
    story(
        "partitions come under a key and an index that not all partitions have",
        have=f"{PARTS} alter table only p add constraint k unique (a); create index i on only p (b);"
        " create table p3 (a int not null, b int)",
        want=f"{PARTS} alter table only p add constraint k unique (a); create index i on only p (b);"
        " create table p3 partition of p for values from (20) to (30);"
        " create table p4 partition of p for values from (30) to (40)",
    ),
    story(
        "a key and an index of a partition are attached no longer",
        have=f"{PARTS} alter table only p add constraint k unique (a); alter table p1 add constraint k1 unique (a);"
        " alter index k attach partition k1; create index i on only p (b); create index i1 on p1 (b);"
        " alter index i attach partition i1",
        want=f"{PARTS} alter table only p add constraint k unique (a); alter table p1 add constraint k1 unique (a);"
        " create index i on only p (b); create index i1 on p1 (b)",
    ),
    story(
        "the functions of a type of its own are there before privileges by default",
        have="alter default privileges grant execute on functions to pg_monitor",
        want="""create type b; create function b_in(cstring) returns b language internal immutable strict as 'int4in';
                create function b_out(b) returns cstring language internal immutable strict as 'int4out';
                create type b (input = b_in, output = b_out, like = int4);
                alter default privileges grant execute on functions to pg_monitor""",
    ),
    story(
        "a column goes from a parent that an heir leaves, and comes to one that an heir of it joins",
        have="create table q (a int, c int); create table h () inherits (q); create table k (b int) inherits (q, h)",
        want="""create table p (c int); create table q () inherits (p); create table h (a int, b int not null, c int);
                create table k (a int, c bigint)""",
    ),
    Story(
        "a column becomes an array of a type of another kind and the same name",
        have="create type c as enum ('a', 'b'); create table t (x c); insert into t values ('a')",
        want="create domain c as text; create table t (x c[])",
        hazards=None,
        keeps=("select x::text from t",),
    ),
]


@pytest.mark.parametrize("told", STORIES, ids=str)
def test_mended(told: Story, new_database: Databases) -> None:
    check(told, new_database)


@pytest.mark.parametrize("told", STORIES, ids=str)
def test_mended_the_other_way(told: Story, new_database: Databases) -> None:
    check(Story(told.name, told.want, told.have, told.given, version=told.version, hazards=None), new_database)


DEFAULTS = """alter default privileges grant execute on functions to pg_monitor;
              alter default privileges revoke execute on functions from public;"""


def test_an_extension_is_there_before_privileges_by_default_or_behind_them(
    server: str, new_database: Databases
) -> None:
    hstore = extension("hstore", server)
    check(Story("", have=DEFAULTS, want=f"{hstore} {DEFAULTS}", hazards=None), new_database)
    check(Story("", have=DEFAULTS, want=f"{DEFAULTS} {hstore}", hazards=None), new_database)


UNFIT = [
    ("default", "its expression is of type text, and the column of type integer"),
    ("column:public.p.c", "column public.p.c, by which it is partitioned, is not there"),
    ("enum", "it is 'c', which enum public.e does not have"),
    ("column:public.q.a", "its bounds are of type text, and column public.q.a is of type integer"),
    ("table:public.r,column:public.r.*", "its bounds are of LIST (a), and table public.r is partitioned by RANGE (a)"),
]


@pytest.mark.parametrize(("excluded", "why"), UNFIT)
def test_a_choice_is_refused_whose_things_do_not_fit(excluded: str, why: str, new_database: Databases) -> None:
    have = new_database.catalog(
        """create type e as enum ('a', 'b'); create table t (a text default 'x', e e default 'a');
        create table p (a int) partition by range (a); create table q (a int) partition by range (a);
        create table q1 partition of q for values from (0) to (10);
        create table r (a int) partition by range (a); create table r1 partition of r for values from (0) to (10)"""
    )
    want = new_database.catalog(
        """create type e as enum ('b', 'c'); create table t (a int default 5, e e default 'c');
        create table p (a int, c date) partition by range (c); create table q (a text) partition by range (a);
        create table q1 partition of q for values from ('0') to ('9');
        create table r (a int) partition by list (a); create table r1 partition of r for values in (1, 2)"""
    )
    with pytest.raises(PlanError, match=r"choose both or neither") as refused:
        choose(have, want, (), parse(excluded.split(","), "--exclude"), Renames())
    assert why in str(refused.value)


def test_a_default_is_excluded_that_its_column_can_have_all_the_same(new_database: Databases) -> None:
    url = new_database("create table t (a int default 5, b int default 6)")
    have, want = catalog_of(url), new_database.catalog("create table t (a bigint default 7, b text default 'x')")
    chosen = choose(have, want, (), parse(["default"], "--exclude"), Renames())
    assert said(plan(have, chosen)) == ("alter column public.t.a", "alter column public.t.b")


# A type whose modifiers are words, as those of geometry(Point,4326) are; this one borrows the words of intervals.
WORDED = """
    create type shape;
    create function shape_in(cstring, oid, int) returns shape language internal immutable strict as 'varcharin';
    create function shape_out(shape) returns cstring language internal immutable strict as 'varcharout';
    create function shape_words_in(cstring[]) returns int language internal immutable strict as 'intervaltypmodin';
    create function shape_words_out(int) returns cstring language internal immutable strict as 'intervaltypmodout';
    create type shape (input = shape_in, output = shape_out, typmod_in = shape_words_in, typmod_out = shape_words_out,
        like = text);
    create domain any_shape as shape(4);
"""


@pytest.mark.parametrize(
    ("have", "want", "hazards"),
    [
        ("shape(4)", "shape(2)", {HazardKind.REWRITE, HazardKind.MAY_FAIL}),
        ("shape", "shape(4)", {HazardKind.REWRITE, HazardKind.MAY_FAIL}),
        ("shape(4)[]", "shape(2)[]", {HazardKind.REWRITE, HazardKind.MAY_FAIL}),
        ("shape(4)", "shape", set()),
        ("any_shape", "shape(4)", set()),
        ("any_shape", "shape(2)", {HazardKind.REWRITE, HazardKind.MAY_FAIL}),
    ],
)
def test_only_a_type_itself_knows_what_its_modifiers_allow(
    have: str, want: str, hazards: set[HazardKind], new_database: Databases
) -> None:
    before, after = (new_database.catalog(WORDED, f"create table t (a {kind})") for kind in (have, want))
    assert {hazard.kind for step in plan(before, after).steps for hazard in step.hazards} == hazards
