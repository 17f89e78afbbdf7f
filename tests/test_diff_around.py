"""Stories of what is built anew around other things, of types, and of indexes that a failed build left."""

from __future__ import annotations

import psycopg
import pytest
from databases import Databases
from stories import Story, catalog_of, check, run, said, story

from alembic_krakn.api import DiffResult
from alembic_krakn.diff import invalid_indexes, plan, plan_back
from alembic_krakn.report.diff_json import document

USES_OF_E = """
    create table t(a e not null default 'a', b e[] default '{a}', g boolean generated always as (a = 'a') stored,
    check (a <> 'c'), unique(a)); create index i on t(a) where a='a'; create index j on t using gin (b); create view
    v as select a,b from t where a='a'; create domain d as e default 'a' check (value <> 'c'); create table u(x d, y
    d[]); create type c as (p e, q int); create table w(z c, zz c[]); create function f(e) returns e language sql as
    'select $1'; create function h(p e default 'a') returns int language sql as 'select 1'; create statistics st on
    a,g from t; create policy po on t using (a='a'); comment on type e is 'ee'; comment on column t.a is 'ca'; grant
    select(a) on t to public;
"""

STORIES = [
    # What is built anew around other things
    story(
        "tables that a foreign key joins become logged, in the order that it demands",
        have="""create unlogged table p (id serial primary key); create unlogged table c (id int generated always as
        identity primary key, p int references p)""",
        want="""create table p (id serial primary key); create table c (id int generated always as identity primary
        key, p int references p)""",
    ),
    story(
        "tables that refer to each other become unlogged",
        have="""create table a (id int primary key, b int); create table b (id int primary key, a int references a);
        alter table a add foreign key (b) references b""",
        want="""create unlogged table a (id int primary key, b int); create unlogged table b (id int primary key, a
        int references a); alter table a add foreign key (b) references b""",
    ),
    story(
        "a new partition with a default and settings of its own",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p (b
        default 'x', c not null) for values in (1); alter table p1 alter b set statistics 33; alter table p1
        alter b set storage external; alter table p1 alter b set (n_distinct=3); alter table p1 alter b set
        compression pglz; comment on column p1.b is 'hi'""",
    ),
    story(
        "only the parent gets a default",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table only p alter b set default 'x'""",
    ),
    story(
        "only the partition takes no null any longer",
        have="""create table p(a int not null, b text not null, c int) partition by list(a); create table p1
        partition of p for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p (b
        not null) for values in (1)""",
    ),
    story(
        "an index of all partitions, one of them with a name of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on only p(b); create index own on p1(b); alter index i attach
        partition own; comment on index own is 'x'; comment on index i is 'y'""",
    ),
    story(
        "the index of a partition gets a name of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on only p(b); create index own on p1(b); alter index i attach
        partition own""",
    ),
    story(
        "an index of a partitioned table that no partition has",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on only p(b)""",
    ),
    story(
        "a key of all partitions, one of them with a name of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 (a int not null
        constraint mypk primary key, b text, c int); alter table p attach partition p1 for values in (1);
        alter table p add primary key(a)""",
    ),
    story(
        "the key of a partition gets a name of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint k primary key(a)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 (a int not null
        constraint mypk primary key, b text, c int); alter table p attach partition p1 for values in (1);
        alter table p add constraint k primary key(a)""",
    ),
    story(
        "the check of a partition becomes its parent's",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 (a int not null,
        b text, c int, constraint ck check(c>0)); alter table p attach partition p1 for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);alter table p add constraint ck
        check(c>0); create table p1 partition of p for values in (1)""",
    ),
    story(
        "a table without keys and indexes becomes a partition of one that has some",
        have="""create table p(a int not null primary key, b text, c int) partition by list(a); create index i on
        p(b); create table p1(a int not null, b text, c int)""",
        want="""create table p(a int not null primary key, b text, c int) partition by list(a); create index i on
        p(b); create table p1(a int not null, b text, c int); alter table p attach partition p1 for values
        in (1)""",
    ),
    story(
        "a partition becomes a table, and loses its index",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create index i on p(b); create
        table p1(a int not null, b text, c int)""",
    ),
    story(
        "a partition becomes a table, and keeps its index",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create index i on p(b); create
        table p1(a int not null, b text, c int); create index p1_b_idx on p1(b)""",
    ),
    story(
        "a table is cut into more parts by hash",
        have="""create table p(a int, b int) partition by hash(a); create table p0 partition of p for values with
        (modulus 2, remainder 0); create table p1 partition of p for values with (modulus 2, remainder 1)""",
        want="""create table p(a int, b int) partition by hash(a); create table p0 partition of p for values with
        (modulus 4, remainder 0); create table p1 partition of p for values with (modulus 4, remainder 1);
        create table p2 partition of p for values with (modulus 4, remainder 2); create table p3 partition
        of p for values with (modulus 4, remainder 3)""",
    ),
    story(
        "another partition is the default one",
        have="create table p(a int) partition by range(a); create table p1 partition of p default",
        want="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (10); create table p2 partition of p default""",
    ),
    story(
        "a partitioned table goes, its partition stays",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="create table p1(a int not null, b text, c int)",
    ),
    story(
        "a table becomes a partition of a new table",
        have="create table p1(a int not null, b text, c int)",
        want="""create table p(a int not null, b text, c int) partition by list(a);create index i on p(b); create
        table p1 partition of p for values in (1)""",
    ),
    story(
        "a table gets a check to become an heir",
        have="create table a(x int, constraint k check(x>0)); create table c(x int, w int)",
        want="""create table a(x int, constraint k check(x>0)); create table c(x int, w int, constraint k
        check(x>0)) inherits(a)""",
    ),
    story(
        "the index of a partition has settings of its own from the start",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p((c+1)) with (fillfactor=80); alter index p1_expr_idx set
        (fillfactor=50); alter index p1_expr_idx alter column 1 set statistics 30; create index i2 on p(b);
        create index i3 on p(b)""",
    ),
    story(
        "an index of all partitions changes, and keeps the name of one",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create table p2 partition of p for values in (2) partition by list(c); create
        table p21 partition of p2 default; create index i on p(c); alter index p1_c_idx rename to named;
        comment on index named is 'x'""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create table p2 partition of p for values in (2) partition by list(c); create
        table p21 partition of p2 default; create index i on p(c, b); alter index p1_c_b_idx rename to
        named; comment on index named is 'x'""",
    ),
    story(
        "the key of partitions of partitions changes its columns and one of its names",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create table p2 partition of p for values in (2) partition by list(c); create
        table p21 partition of p2 default; alter table p add primary key (a, c)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create table p2 partition of p for values in (2) partition by list(c); create
        table p21 partition of p2 default; alter table p add constraint other primary key (c, a); alter
        index p21_pkey rename to mine""",
    ),
    story(
        "new partitions whose indexes have names of their own",
        have="create table p(a int not null, b text, c int) partition by list(a);create index i on p(b)",
        want="""create table p(a int not null, b text, c int) partition by list(a);create index i on p(b); create
        table p1 partition of p for values in (1); alter index p1_b_idx rename to named; create table q(a
        int) partition by list(a); create table q1 partition of q default; create unique index u on q(a);
        alter index q1_a_idx rename to "Na'm%e" """,
    ),
    story(
        "a column that a table is partitioned by changes its type",
        have="""create table p(a int, b int) partition by range(a); create table p1 partition of p for values from
        (1) to (9); create index i on p(b); create view v as select * from p""",
        want="""create table p(a bigint, b int) partition by range(a); create table p1 partition of p for values
        from (1) to (9); create index i on p(b); create view v as select * from p""",
    ),
    story(
        "parent and heir take null again",
        have="create table p(a int not null); create table c(a int not null) inherits(p)",
        want="create table p(a int); create table c(a int) inherits(p)",
    ),
    # Enums, composite types and ranges
    story(
        "an enum that everything uses loses values, gains some and changes their order",
        have=f"create type e as enum ('a','b','c'); {USES_OF_E}",
        want=f"create type e as enum ('c','a','x'); {USES_OF_E}",
    ),
    story(
        "an enum that everything uses gains a value",
        have=f"create type e as enum ('a','b','c'); {USES_OF_E}",
        want=f"create type e as enum ('a','b','c','d'); {USES_OF_E}",
    ),
    story(
        "an enum gains values everywhere",
        have="create type e as enum ('m','q')",
        want="create type e as enum ('a','b','m','n','o','q','x','y')",
    ),
    story(
        "an enum without values gets some",
        have="create type e as enum ()",
        want="create type e as enum ('a','b')",
    ),
    story(
        "values with quotes, backslashes, colons and percent signs",
        have="create type e as enum ('it''s')",
        want="create type e as enum ('it''s','a\b',':x','100%')",
    ),
    story(
        "an enum column becomes a text",
        have="""create type e as enum ('a','b','c');create table t(a e default 'a' check (a<>'c')); create index i
        on t(a)""",
        want="create table t(a text default 'a' check (a<>'c')); create index i on t(a)",
    ),
    story(
        "a text column with a check and an index becomes an enum",
        have="create table t(a text default 'a' check (a<>'c')); create index i on t(a)",
        want="""create type e as enum ('a','b','c');create table t(a e default 'a' check (a<>'c')); create index i
        on t(a)""",
    ),
    story(
        "a column gets another enum",
        have="create type e as enum ('a','b','c');create type e2 as enum ('a'); create table t(a e default 'a')",
        want="create type e as enum ('a','b','c');create type e2 as enum ('a'); create table t(a e2 default 'a')",
    ),
    story(
        "an enum on both ends of a foreign key loses values",
        have="""create type e as enum ('a','b','c');create table t(a e primary key); create table r(a e references
        t)""",
        want="""create type e as enum ('c','a','x');create table t(a e primary key); create table r(a e references
        t)""",
    ),
    story(
        "an enum of a parent and its heir loses values",
        have="create type e as enum ('a','b','c');create table t(a e); create table h() inherits(t)",
        want="create type e as enum ('c','a','x');create table t(a e); create table h() inherits(t)",
    ),
    story(
        "an enum under a materialized view, a trigger and a rule loses values",
        have="""create type e as enum ('a','b','c');create table t(a e); create materialized view m as select a from
        t; create index mi on m(a); create function f() returns trigger language plpgsql as 'begin return
        new; end'; create trigger g before update on t for each row when (new.a = 'a') execute function f();
        create rule ru as on insert to t where new.a='a' do instead nothing""",
        want="""create type e as enum ('c','a','x');create table t(a e); create materialized view m as select a from
        t; create index mi on m(a); create function f() returns trigger language plpgsql as 'begin return
        new; end'; create trigger g before update on t for each row when (new.a = 'a') execute function f();
        create rule ru as on insert to t where new.a='a' do instead nothing""",
    ),
    story(
        "attributes of a composite type come, change and go",
        have="create type c as (x int, y text)",
        want='create type c as (y varchar(3) collate "C", z int[], x bigint)',
    ),
    story(
        "attributes of a composite type in use come and go",
        have="""create type c as (x int, y text); create table t(v c, w c[]); create function f(c) returns int
        language sql as 'select 1'; create view vv as select (v).x from t""",
        want="""create type c as (x int, z text); create table t(v c, w c[]); create function f(c) returns int
        language sql as 'select 1'; create view vv as select (v).x from t""",
    ),
    story(
        "a composite type in a composite type in use changes",
        have="create type c as (x int); create type d as (c c, n int); create table t(v d)",
        want="create type c as (x bigint); create type d as (c c, n int); create table t(v d)",
    ),
    story(
        "comments on a composite type and its attributes",
        have="create type c as (x int); comment on column c.x is 'a'",
        want="create type c as (x bigint); comment on column c.x is 'b'; comment on type c is 'c'",
    ),
    story(
        "range types with all options",
        want="""create function sd(x timestamp, y timestamp) returns float8 language sql immutable as 'select
        1.0::float8'; create type r as range (subtype=timestamp, subtype_diff=sd, multirange_type_name=mr);
        create type rt as range(subtype=text, collation="C", subtype_opclass=text_pattern_ops); create table
        t(a r, b mr, c r[])""",
    ),
    story(
        "a range type in use gets another subtype",
        have="create type r as range (subtype=int4); create table t(a r, b r[])",
        want="create type r as range (subtype=int8); create table t(a r, b r[])",
    ),
    story(
        "a range whose multirange is in use gets another subtype",
        have="create type r as range (subtype=int4); create table t(b r_multirange, c r_multirange[])",
        want="create type r as range (subtype=int8); create table t(b r_multirange)",
    ),
    story(
        "columns grow under all that can stand on them",
        have="""create table t(a int not null default 3, b int, check(a>0), unique(a), foreign key (b) references
        t(a)); create index i on t((a+1)) where a>2; create view v as select a from t; create policy p on t
        using (a>1); create statistics s on a,b from t; create rule ru as on update to t where new.a>3 do
        instead nothing; create publication pub for table t where (a>1)""",
        want="""create table t(a bigint not null default 3, b bigint, check(a>0), unique(a), foreign key (b)
        references t(a)); create index i on t((a+1)) where a>2; create view v as select a from t; create
        policy p on t using (a>1); create statistics s on a,b from t; create rule ru as on update to t where
        new.a>3 do instead nothing; create publication pub for table t where (a>1)""",
        version=15,
    ),
    story(
        "a text becomes a number under a check, a key, an index and a view",
        have="""create table t(a text not null default '3', check(length(a)>0), unique(a)); create index i on
        t(lower(a)); create view v as select a from t""",
        want="""create table t(a int not null default 3, check(a>0), unique(a)); create index i on t(a); create view
        v as select a from t""",
    ),
    story(
        "every clause of an index",
        have="create table t(a int, b text); create index i on t(a, b)",
        want="""create table t(a int, b text); create unique index i on t(a desc nulls last, b collate "C"
        text_pattern_ops nulls first) include (b) where b is not null""",
    ),
    story(
        "a unique index takes one null",
        have="create table t(a int); create unique index i on t(a)",
        want="create table t(a int); create unique index i on t(a) nulls not distinct",
        version=15,
    ),
    story(
        "an index of a materialized view changes",
        have="create materialized view m as select 1 as a, 'x' as b; create unique index i on m(a)",
        want="""create materialized view m as select 1 as a, 'x' as b; create unique index i on m(b) where a>0;
        create index k on m(a); comment on index i is 'x'; alter materialized view m cluster on k""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)


def failed_build(url: str) -> None:
    """Leave what a CREATE UNIQUE INDEX CONCURRENTLY leaves that finds two equal rows."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("insert into t values (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("create unique index concurrently i on t (a)")
        conn.execute("delete from t")


def test_an_index_that_a_failed_build_left_is_built_anew(new_database: Databases) -> None:
    prod = new_database("create table t (a int)")
    failed_build(prod)
    have, want = catalog_of(prod), new_database.catalog("create table t (a int); create unique index i on t (a)")
    way = plan(have, want)
    assert said(way) == ("drop index public.i", "create index public.i")
    run(prod, way)
    assert catalog_of(prod).facts == want.facts
    assert said(plan(want, have)) == ()  # nobody wants it back as it was
    told = document(DiffResult("prod", "test", have, want, way))
    assert told["invalid_indexes"] == {"prod": [["public", "i"]], "test": []}


def test_an_index_that_is_invalid_in_test_is_built_as_it_was_meant(new_database: Databases) -> None:
    prod, test = new_database("create table t (a int)"), new_database("create table t (a int)")
    failed_build(test)
    want = catalog_of(test)
    run(prod, plan(catalog_of(prod), want))
    there = catalog_of(prod)
    assert invalid_indexes(there) == []
    assert said(plan(there, want)) == ()
    assert said(plan(want, want)) == ()


def test_an_index_that_a_failed_build_left_does_not_come_back(new_database: Databases) -> None:
    prod = new_database("create table t (a int)")
    failed_build(prod)
    have, want = catalog_of(prod), new_database.catalog("create table t (a int)")
    assert said(plan(have, want)) == ("drop index public.i",)
    assert said(plan_back(have, want)) == ()  # two rows may still be equal, and nobody used it
