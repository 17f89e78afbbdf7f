"""Stories of tables, columns and their types, attribute by attribute, both ways."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check, story

STORIES = [
    # Tables
    story(
        "a table that refers to itself becomes unlogged",
        have="create table a (id int primary key, b int references a)",
        want="create unlogged table a (id int primary key, b int references a)",
    ),
    story(
        "the first column of a table without columns",
        have="create table t ()",
        want="create table t (a int)",
    ),
    story(
        "a table without columns",
        want="create table t ()",
    ),
    story(
        "a typed table with what it says of its columns",
        have="create type ty as (a int, b text)",
        want="""create type ty as (a int, b text); create table t of ty (a not null default 3, primary key (a)) with
        (fillfactor=50)""",
    ),
    story(
        "a table becomes a typed one, in place",
        have="create table t (a int, b text)",
        want="create table t of ty",
        given="create type ty as (a int, b text)",
    ),
    story(
        "a typed table becomes one of another type",
        have="create table t of ty",
        want="create table t of ty2",
        given="create type ty as (a int, b text); create type ty2 as (a int, b text)",
    ),
    story(
        "a typed table changes what it says of its columns",
        have="create table t of ty (a default 1)",
        want="create table t of ty (a default 2, b not null)",
        given="create type ty as (a int, b text)",
    ),
    story(
        "storage parameters of a table and of its TOAST table",
        have="create table t (a text)",
        want="""create table t (a text) with (toast.autovacuum_enabled=false, fillfactor=70,
        autovacuum_vacuum_threshold=5)""",
    ),
    story(
        "storage parameters change, one of TOAST goes",
        have="create table t (a text) with (toast.autovacuum_enabled=false, fillfactor=70)",
        want="create table t (a text) with (toast_tuple_target=256, fillfactor=80, parallel_workers=3)",
    ),
    story(
        "another access method",
        have="create table t (a int primary key)",
        want="create table t (a int primary key) using heap2",
        given="create access method heap2 type table handler heap_tableam_handler",
        version=15,
    ),
    story(
        "another access method of a materialized view",
        have="create materialized view m as select 1 as a; create index i on m(a)",
        want="create materialized view m using heap2 as select 1 as a; create index i on m(a)",
        given="create access method heap2 type table handler heap_tableam_handler",
    ),
    story(
        "an access method that partitions to come shall have",
        have="create table t (a int) partition by list (a); create table t1 partition of t for values in (1)",
        want="""create table t (a int) partition by list (a) using heap2; create table t1 partition of t for values
        in (1)""",
        given="create access method heap2 type table handler heap_tableam_handler",
        version=17,
    ),
    story(
        "replica identity by another index",
        have="""create table t (a int not null, b int not null); create unique index i on t (a); create unique index
        j on t(b); alter table t replica identity using index i""",
        want="""create table t (a int not null, b int not null); create unique index i on t (a); create unique index
        j on t(b); alter table t replica identity using index j""",
    ),
    story(
        "the index of the replica identity is built anew",
        have="""create table t (a int not null, b int not null); create unique index i on t (a); alter table t
        replica identity using index i""",
        want="""create table t (a int not null, b int not null); create unique index i on t (a,b); alter table t
        replica identity using index i""",
    ),
    story(
        "replica identity by the primary key becomes none",
        have="create table t (a int primary key); alter table t replica identity using index t_pkey",
        want="create table t (a int primary key); alter table t replica identity nothing",
    ),
    story(
        "another index to cluster on",
        have="create table t (a int primary key, b int); create index i on t(b); alter table t cluster on i",
        want="create table t (a int primary key, b int); create index i on t(b); alter table t cluster on t_pkey",
    ),
    story(
        "the index to cluster on is built anew",
        have="create table t (a int, b int); create index i on t(b); alter table t cluster on i",
        want="create table t (a int, b int); create index i on t(b,a); alter table t cluster on i",
    ),
    story(
        "row security is enabled and forced",
        have="create table t (a int)",
        want="""create table t (a int); alter table t enable row level security; alter table t force row level
        security""",
    ),
    story(
        "row security stays forced, but is disabled",
        have="""create table t (a int); alter table t enable row level security; alter table t force row level
        security""",
        want="create table t (a int); alter table t force row level security",
    ),
    # Columns
    story(
        "storage that is not the type's own",
        have="create table t (a text, b bytea, c numeric, d text)",
        want="""create table t (a text, b bytea, c numeric, d text); alter table t alter a set storage main; alter
        table t alter b set storage plain; alter table t alter c set storage extended; alter table t alter d
        set storage external""",
    ),
    story(
        "storage that is the type's own again, whatever that is",
        have="""create table t (c numeric, i inet, f int4range); alter table t alter c set storage external; alter
        table t alter i set storage external""",
        want="create table t (c numeric, i inet, f int4range)",
    ),
    story(
        "compression comes and goes",
        have="create table t (a text compression pglz, b text)",
        want="create table t (a text, b text compression pglz)",
    ),
    story(
        "the statistics target and the options of a column",
        have="""create table t (a text); alter table t alter a set statistics 10; alter table t alter a set
        (n_distinct=4, n_distinct_inherited=-0.5)""",
        want="""create table t (a text); alter table t alter a set statistics 0; alter table t alter a set
        (n_distinct_inherited=-0.25)""",
    ),
    story(
        "a collation changes under keys, indexes and views",
        have="""create table t (a text primary key); create index i on t(lower(a)); create view v as select a from t
        where a>'x'; create table r (a text references t)""",
        want="""create table t (a text collate "C" primary key); create index i on t(lower(a)); create view v as
        select a from t where a>'x'; create table r (a text collate "C" references t)""",
    ),
    story(
        "a generated column becomes a plain one",
        have="create table t (a int, b int generated always as (a*2) stored)",
        want="create table t (a int, b int)",
    ),
    story(
        "a generated column gets a default instead",
        have="create table t (a int, b int generated always as (a*2) stored)",
        want="create table t (a int, b int default 7)",
    ),
    story(
        "a generated column changes its type",
        have="create table t (a int, b int generated always as (a*2) stored)",
        want="create table t (a int, b bigint generated always as (a*2) stored)",
    ),
    story(
        "what a generated column is made of changes its type, with an index and a view",
        have="""create table t (a int, b int generated always as (a*2) stored, c int); create index i on t(b);
        create view v as select b from t""",
        want="""create table t (a bigint, b bigint generated always as (a*2) stored, c int); create index i on t(b);
        create view v as select b from t""",
    ),
    story(
        "a generated column with a check, a key, a comment and a view gets another expression",
        have="""create table t (a int, b int generated always as (a*2) stored not null check (b>0), unique(b));
        comment on column t.b is 'x'; create view v as select b from t""",
        want="""create table t (a int, b int generated always as (a*3) stored not null check (b>0), unique(b));
        comment on column t.b is 'x'; create view v as select b from t""",
    ),
    story(
        "a stored column becomes a virtual one",
        have="create table t (a int, b int generated always as (a*2) stored)",
        want="create table t (a int, b int generated always as (a*2) virtual)",
        version=18,
    ),
    story(
        "a virtual column gets another expression",
        have="create table t (a int, b int generated always as (a*2) virtual not null)",
        want="create table t (a int, b int generated always as (a*3) virtual not null)",
        version=18,
    ),
    story(
        "a virtual column becomes a plain one",
        have="create table t (a int, b int generated always as (a*2) virtual)",
        want="create table t (a int, b int)",
        version=18,
    ),
    story(
        "virtual and stored columns are added",
        have="create table t (a int)",
        want="create table t (a int, b int generated always as (a*2), c int generated always as (a) stored)",
        version=18,
    ),
    story(
        "a virtual column changes its type under a view",
        have="create table t (a int, b int generated always as (a*2) virtual); create view v as select b from t",
        want="create table t (a int, b bigint generated always as (a*2) virtual); create view v as select b from t",
        version=18,
    ),
    story(
        "what a virtual column is made of changes its type",
        have="create table t (a int, b bigint generated always as (a*2) virtual)",
        want="create table t (a bigint, b bigint generated always as (a*2) virtual)",
        version=18,
    ),
    story(
        "every option of an identity",
        have="create table t (id bigint generated always as identity)",
        want="""create table t (id bigint generated by default as identity (start 100 increment 7 minvalue 50
        maxvalue 5000 cache 9 cycle))""",
    ),
    story(
        "an identity counts downwards",
        have="create table t (id int generated always as identity)",
        want="create table t (id int generated always as identity (increment -1))",
    ),
    story(
        "an identity with a minimum of its own changes its type",
        have="create table t (id smallint generated always as identity (minvalue -5 start 3))",
        want="create table t (id int generated always as identity (minvalue -5 start 3))",
    ),
    story(
        "an identity becomes smaller",
        have="create table t (id bigint generated always as identity)",
        want="create table t (id smallint generated always as identity)",
    ),
    story(
        "a primary key becomes an identity",
        have="create table t (id int primary key)",
        want="create table t (id int generated always as identity primary key)",
    ),
    story(
        "a column that took nulls becomes an identity",
        have="create table t (id int)",
        want="create table t (id int generated by default as identity)",
    ),
    story(
        "a table with an identity becomes unlogged",
        have="create table t (id int generated always as identity)",
        want="create unlogged table t (id int generated always as identity)",
    ),
    story(
        "the sequence of an identity has another name",
        have="create table t (id int generated always as identity (sequence name s1))",
        want="create table t (id int generated always as identity (sequence name s2))",
    ),
    story(
        "an identity becomes a serial",
        have="create table t (id int generated always as identity primary key)",
        want="create table t (id serial primary key)",
    ),
    story(
        "a bigserial becomes an identity",
        have="create table t (id bigserial primary key, x int)",
        want="create table t (id bigint generated always as identity (start 5) primary key, x int)",
    ),
    story(
        "serials grow",
        have="create table t (id smallserial primary key, x serial)",
        want="create table t (id serial primary key, x bigserial)",
    ),
    story(
        "a plain column becomes a serial",
        have="create table t (id int)",
        want="create table t (id serial)",
    ),
    story(
        "a default takes another sequence",
        have="create sequence s; create table t (a int default nextval('s'))",
        want="create sequence s2; create table t (a int default nextval('s2'))",
    ),
    story(
        "a sequence is owned by another column",
        have="create sequence s; create table t (a int, b int); alter sequence s owned by t.a",
        want="create sequence s; create table t (a int, b int); alter sequence s owned by t.b",
    ),
    story(
        "null is taken again",
        have="create table t (a int not null)",
        want="create table t (a int)",
    ),
    story(
        "a column that takes no null becomes the key",
        have="create table t (a int not null)",
        want="create table t (a int primary key)",
    ),
    story(
        "a key goes, its column still takes no null",
        have="create table t (a int primary key)",
        want="create table t (a int not null)",
    ),
    story(
        "a key goes, its column takes nulls again",
        have="create table t (a int primary key)",
        want="create table t (a int)",
    ),
    story(
        "another column becomes the key",
        have="create table t (a int primary key, b int)",
        want="create table t (a int, b int primary key)",
    ),
]
TYPES = [
    ("int", "text"),
    ("text", "int"),
    ("int", "boolean"),
    ("boolean", "int"),
    ("text", "date"),
    ("timestamp", "timestamptz"),
    ("timestamptz(3)", "timestamptz"),
    ("timestamp(6)", "timestamp(2)"),
    ("time(3)", "timetz"),
    ("interval", "interval day to second(3)"),
    ("interval year", "interval(2)"),
    ("bit(3)", "bit(5)"),
    ("bit(3)", "bit varying(5)"),
    ("char(3)", "char(5)"),
    ("char", "varchar(2)"),
    ('"char"', "text"),
    ("numeric", "numeric(8,-2)"),
    ("numeric(5,2)", "numeric(3,5)"),
    ("text", "text[]"),
    ("int[]", "int"),
    ("int[]", "bigint[]"),
    ("text[]", "int[]"),
    ("json", "jsonb"),
    ("jsonb", "text"),
    ("text", "jsonb"),
    ("text", "uuid"),
    ("uuid", "bytea"),
    ("int", "uuid"),
    ("point", "text"),
    ("text", "point"),
    ("int4range", "int8range"),
    ("int4range", "int4multirange"),
    ("bytea", "text"),
    ("inet", "cidr"),
    ("cidr", "inet"),
    ("tsvector", "text"),
    ("money", "numeric"),
    ("float4", "float8"),
    ("name", "text"),
    ("oid", "bigint"),
    ("int", "oid"),
    ("regclass", "text"),
    ("date", "timestamptz"),
    ("date", "int"),
    ("varchar(5)[]", "text[]"),
    ("varchar", "name"),
    ("int", "money"),
    ("timestamptz", "date"),
    ("bigint", "smallint"),
    ("interval", "int"),
    ("jsonb", "int"),
    ("jsonb", "jsonb[]"),
    ("boolean", "text"),
    ("text", "boolean"),
    ("numeric", "int"),
    ("macaddr", "macaddr8"),
    ("pg_lsn", "text"),
    ("path", "polygon"),
    ("box", "circle"),
]
HAVE, WANT = (
    "create table t (" + ", ".join(f"c{n} {pair[side]}" for n, pair in enumerate(TYPES)) + ")" for side in (0, 1)
)
# A negative scale, or one that is more than the precision, is for PostgreSQL 15.
STORIES.append(story("each of many types becomes another", HAVE, WANT, version=15))


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)
