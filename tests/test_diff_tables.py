"""Stories of tables, columns, constraints, indexes and types, attribute by attribute, both ways."""

from __future__ import annotations

import psycopg
import pytest
from databases import Databases
from stories import Story, catalog_of, check, run, said

from alembic_krakn.api import DiffResult
from alembic_krakn.diff import invalid_indexes, plan, plan_back
from alembic_krakn.report.diff_json import document


def story(name: str, have: str = "", want: str = "", given: str = "", version: int = 14) -> Story:
    """Tell a story of which only the outcome matters."""
    return Story(name, have=have, want=want, given=given, version=version, hazards=None)


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
    # Constraints
    story(
        "a constraint trigger is deferred",
        have="create constraint trigger g after insert on t for each row execute function f()",
        want="""create constraint trigger g after insert on t deferrable initially deferred for each row execute
        function f()""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "a constraint trigger for another table gets a condition",
        have="create constraint trigger g after insert on t from p for each row execute function f()",
        want="""create constraint trigger g after insert or update on t from p deferrable for each row when
        (new.a>0) execute function f()""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int); create table p(a int)""",
    ),
    story(
        "comments on a constraint trigger, as trigger and as constraint",
        want="""create constraint trigger g after insert on t for each row execute function f(); comment on trigger
        g on t is 'a'; comment on constraint g on t is 'b'""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "the comment on the constraint of a trigger changes",
        have="""create constraint trigger g after insert on t for each row execute function f(); comment on
        constraint g on t is 'b'""",
        want="""create constraint trigger g after insert on t for each row execute function f(); comment on
        constraint g on t is 'c'""",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "a constraint trigger becomes a plain one",
        have="create constraint trigger g after insert on t for each row execute function f()",
        want="create trigger g after insert on t for each row execute function f()",
        given="""create function f() returns trigger language plpgsql as 'begin return new; end';create table t(a
        int)""",
    ),
    story(
        "exclusion constraints with all clauses",
        have="create table t(a int, r int4range, b boolean)",
        want="""create table t(a int, r int4range, b boolean, constraint x exclude using gist (r with &&) where (b)
        deferrable initially deferred, exclude using btree (a with =))""",
    ),
    story(
        "an exclusion constraint gets a condition, it and its index a comment",
        have="create table t(a int, r int4range, constraint x exclude using gist (r with &&))",
        want="""create table t(a int, r int4range, constraint x exclude using gist (r with &&) where (a>1)); comment
        on constraint x on t is 'c'; comment on index x is 'd'""",
    ),
    story(
        "the index of an exclusion constraint gets another fill factor",
        have="create table t(a int, r int4range, constraint x exclude using gist (r with &&))",
        want="create table t(a int, r int4range, constraint x exclude using gist (r with &&) with (fillfactor=70))",
    ),
    story(
        "an exclusion constraint with operator classes, a collation and an expression",
        have="create table t(a text, constraint x exclude using btree (a with =))",
        want="""create table t(a text, constraint x exclude using btree (a text_pattern_ops with =, (lower(a))
        collate "C" with =) include (a))""",
    ),
    story(
        "only some columns are set to null",
        have="create table t(a int, b int, foreign key (a,b) references p on delete set null)",
        want="create table t(a int, b int, foreign key (a,b) references p on delete set null (b))",
        given="create table p(a int, b int, primary key(a,b))",
        version=15,
    ),
    story(
        "a foreign key with every clause",
        have="create table t(a int, b int)",
        want="""create table t(a int, b int, constraint k foreign key (a,b) references p match full on update
        cascade on delete set default (a) deferrable not valid)""",
        given="create table p(a int, b int, primary key(a,b))",
        version=15,
    ),
    story(
        "a foreign key matches in full",
        have="create table t(a int, b int, foreign key (a,b) references p)",
        want="create table t(a int, b int, foreign key (a,b) references p match full)",
        given="create table p(a int, b int, primary key(a,b))",
    ),
    story(
        "a foreign key to its own table, with a comment",
        have="create table t(a int primary key)",
        want="""create table t(a int primary key, b int references t on delete set default); comment on constraint
        t_b_fkey on t is 'x'""",
    ),
    story(
        "a foreign key is validated, and the other way round",
        have="create table t(a int); alter table t add constraint k foreign key (a) references p not valid",
        want="create table t(a int, constraint k foreign key (a) references p)",
        given="create table p(a int primary key)",
    ),
    story(
        "a foreign key refers to another column",
        have="create table t(a int references p(a))",
        want="create table t(a int, foreign key (a) references p(b))",
        given="create table p(a int primary key, b int unique)",
    ),
    story(
        "a foreign key that needs a unique index of no constraint",
        have="create table p(a int, b int); create unique index i on p(b); create table t(a int references p(b))",
        want="""create table p(a int, b int); create unique index i on p(b); create table t(a bigint references p(b)
        on delete cascade)""",
    ),
    story(
        "the key that a foreign key needs becomes the primary one",
        have="create table p(a int unique); create table t(a int references p(a))",
        want="create table p(a int primary key); create table t(a int references p)",
    ),
    story(
        "a foreign key is no longer deferred from the start",
        have="create table t(a int references p deferrable initially deferred)",
        want="create table t(a int references p deferrable)",
        given="create table p(a int primary key)",
    ),
    story(
        "a check is not for the heirs any longer",
        have="create table t(a int, constraint c check(a>0)); create table u() inherits(t)",
        want="create table t(a int, constraint c check(a>0) no inherit); create table u() inherits(t)",
    ),
    story(
        "a check that need not hold for old rows",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int); alter table t add constraint c check(a>0) not valid",
    ),
    story(
        "a check that is neither for heirs nor for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add constraint c check(a>0) no inherit not valid",
    ),
    story(
        "a check changes and gets a comment",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint c check(a>1)); comment on constraint c on t is 'x'",
    ),
    story(
        "a check has another name",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint d check(a>0))",
    ),
    story(
        "a unique key takes one null, and another column with it",
        have="create table t(a int, b int, unique(a))",
        want="create table t(a int, b int, unique nulls not distinct (a) include (b))",
        version=15,
    ),
    story(
        "the index of a key gets a fill factor",
        have="create table t(a int, unique(a))",
        want="create table t(a int, unique(a) with (fillfactor=70))",
    ),
    story(
        "a unique key with every clause",
        have="create table t(a int, b int)",
        want="""create table t(a int, b int, unique(a) include(b) with (fillfactor=70, deduplicate_items=off)
        deferrable initially deferred)""",
    ),
    story(
        "a unique key can be deferred",
        have="create table t(a int, unique(a))",
        want="create table t(a int, unique(a) deferrable)",
    ),
    story(
        "a unique key has its columns in another order",
        have="create table t(a int, b int, unique(a,b))",
        want="create table t(a int, b int, unique(b,a))",
    ),
    story(
        "comments on a key and on its index survive that it is made anew",
        have="""create table t(a int, unique(a)); comment on index t_a_key is 'x'; comment on constraint t_a_key on
        t is 'y'""",
        want="""create table t(a int, unique(a) deferrable); comment on index t_a_key is 'x'; comment on constraint
        t_a_key on t is 'y'""",
    ),
    story(
        "a unique key becomes a unique index of the same name",
        have="create table t(a int, constraint u unique(a))",
        want="create table t(a int); create unique index u on t(a)",
    ),
    story(
        "a primary key includes another column",
        have="create table t(a int, b int, primary key(a))",
        want="create table t(a int, b int, primary key(a) include(b))",
    ),
    story(
        "a primary key that a foreign key needs has another name",
        have="create table t(a int primary key); create table c(a int references t)",
        want="create table t(a int constraint pk primary key); create table c(a int references t)",
    ),
    story(
        "two keys swap their names",
        have="create table t(a int not null, b int not null, constraint x primary key(a), constraint y unique(b))",
        want="create table t(a int not null, b int not null, constraint y primary key(a), constraint x unique(b))",
    ),
    story(
        "indexes with statistics of their expressions",
        want="""create table t(a int, b int4range); create index i on t((a+1),(a+2)); alter index i alter column 2
        set statistics 44; create index j on t (a)""",
    ),
    story(
        "the statistics target of an index's expression changes",
        have="create table t(a int); create index i on t((a+1)); alter index i alter column 1 set statistics 44",
        want="create table t(a int); create index i on t((a+1)); alter index i alter column 1 set statistics 77",
    ),
    story(
        "NOT NULL with a name, and without one",
        want="create table t(a int constraint nn not null, b int not null)",
        version=18,
    ),
    story(
        "NOT NULL gets another name",
        have="create table t(a int constraint nn not null, b int constraint mm not null)",
        want="create table t(a int not null, b int constraint kk not null)",
        version=18,
    ),
    story(
        "NOT NULL is added with a name",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null)",
        version=18,
    ),
    story(
        "a column comes with a named NOT NULL",
        have="create table t(a int)",
        want="create table t(a int, b int constraint nn not null default 3)",
        version=18,
    ),
    story(
        "NOT NULL is not for heirs",
        have="create table t(a int not null)",
        want="create table t(a int not null no inherit)",
        version=18,
    ),
    story(
        "NOT NULL goes from the heirs, and stays in the parent",
        have="create table t(a int not null); create table u() inherits(t)",
        want="create table t(a int not null no inherit); create table u() inherits(t)",
        version=18,
    ),
    story(
        "a named NOT NULL that is not for heirs",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null no inherit)",
        version=18,
    ),
    story(
        "NOT NULL that need not hold for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add constraint nn not null a not valid",
        version=18,
    ),
    story(
        "NOT NULL without a name that need not hold for old rows",
        have="create table t(a int)",
        want="create table t(a int); alter table t add not null a not valid",
        version=18,
    ),
    story(
        "NOT NULL is validated",
        have="create table t(a int); alter table t add constraint nn not null a not valid",
        want="create table t(a int constraint nn not null)",
        version=18,
    ),
    story(
        "a comment on a NOT NULL",
        have="create table t(a int not null)",
        want="create table t(a int not null); comment on constraint t_a_not_null on t is 'x'",
        version=18,
    ),
    story(
        "a comment on a named NOT NULL that is new",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null); comment on constraint nn on t is 'x'",
        version=18,
    ),
    story(
        "a named NOT NULL goes with its comment",
        have="create table t(a int constraint nn not null); comment on constraint nn on t is 'x'",
        want="create table t(a int)",
        version=18,
    ),
    story(
        "the NOT NULL of a primary key has a name",
        have="create table t(a int primary key)",
        want="create table t(a int constraint nn not null, primary key(a))",
        version=18,
    ),
    story(
        "names so long that PostgreSQL cuts the one of their NOT NULL",
        want="""create table a23456789012345678901234567890123456789012345678901234567890123
        (b23456789012345678901234567890123456789012345678901234567890123 int not null)""",
        version=18,
    ),
    story(
        "a name that NOT NULL has from before the table was renamed is no difference",
        have="create table t(a int not null)",
        want="create table x(a int not null); alter table x rename to t",
        version=18,
    ),
    story(
        "the parent's column takes no null, as the heir's does already",
        have="create table p(a int); create table c(a int not null) inherits(p)",
        want="create table p(a int not null); create table c(a int not null) inherits(p)",
        version=18,
    ),
    story(
        "a partition's own NOT NULL has a name",
        have="create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p (b constraint nn
        not null) for values in (1)""",
        version=18,
    ),
    story(
        "the NOT NULL of an identity has a name",
        have="create table t(a int)",
        want="create table t(a int constraint nn not null generated always as identity)",
        version=18,
    ),
    story(
        "the NOT NULL of a serial has a name",
        have="create table t(a int)",
        want="create table t(a serial constraint nn not null)",
        version=18,
    ),
    story(
        "a check is not enforced",
        have="create table t(a int, constraint c check(a>0))",
        want="create table t(a int, constraint c check(a>0) not enforced)",
        version=18,
    ),
    story(
        "a foreign key is not enforced",
        have="create table t(a int, constraint c foreign key(a) references p)",
        want="create table t(a int, constraint c foreign key(a) references p not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "a foreign key is not enforced and deferrable",
        have="create table t(a int, constraint c foreign key(a) references p)",
        want="create table t(a int, constraint c foreign key(a) references p deferrable not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "a foreign key that is not valid is not enforced either",
        have="create table t(a int); alter table t add constraint c foreign key(a) references p not valid",
        want="create table t(a int, constraint c foreign key(a) references p not enforced)",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "new constraints that are not enforced",
        want="""create table p(a int primary key); create table t(a int, constraint c foreign key(a) references p
        not enforced, check(a>0) not enforced)""",
        version=18,
    ),
    story(
        "a foreign key of a partitioned table is not enforced",
        have="""create table t(a int, constraint c foreign key(a) references p) partition by list(a); create table
        t1 partition of t for values in (1)""",
        want="""create table t(a int, constraint c foreign key(a) references p not enforced) partition by list(a);
        create table t1 partition of t for values in (1)""",
        given="create table p(a int primary key)",
        version=18,
    ),
    story(
        "keys without overlaps, and a foreign key by period",
        have="create table t(a int4range, r daterange)",
        want="""create table t(a int4range, r daterange, primary key(a, r without overlaps)); create table c(a
        int4range, r daterange, foreign key(a, period r) references t(a, period r))""",
        version=18,
    ),
    story(
        "a unique key takes no overlaps",
        have="create table t(a int4range, r daterange, constraint k unique(a, r))",
        want="create table t(a int4range, r daterange, constraint k unique(a, r without overlaps))",
        version=18,
    ),
    story(
        "a foreign key of a partitioned table need not hold for old rows",
        have="create table t(a int) partition by list(a); create table t1 partition of t for values in (1)",
        want="""create table t(a int) partition by list(a); create table t1 partition of t for values in (1); alter
        table t add constraint k foreign key(a) references p not valid""",
        given="create table p(a int primary key)",
        version=18,
    ),
    # Domains
    story(
        "a domain with a named NOT NULL",
        have="create domain d as int",
        want="create domain d as int constraint nn not null",
        version=17,
    ),
    story(
        "the NOT NULL of a domain gets a name",
        have="create domain d as int not null; create table t(a d)",
        want="create domain d as int constraint nn not null; create table t(a d)",
        version=17,
    ),
    story(
        "a comment on the NOT NULL of a domain",
        have="create domain d as int",
        want="create domain d as int constraint nn not null; comment on constraint nn on domain d is 'x'",
        version=17,
    ),
    story(
        "comments on constraints of a domain",
        have="create domain d as int constraint c check(value>0); comment on constraint c on domain d is 'y'",
        want="""create domain d as int constraint c check(value>0) constraint d check(value<9); comment on
        constraint c on domain d is 'x'; comment on constraint d on domain d is 'z'""",
    ),
    story(
        "a check of a domain changes, and keeps its comment",
        have="create domain d as int constraint c check(value>0); comment on constraint c on domain d is 'y'",
        want="create domain d as int constraint c check(value>1); comment on constraint c on domain d is 'y'",
    ),
    story(
        "a check of a domain need not hold for old values",
        have="create domain d as int",
        want="create domain d as int; alter domain d add constraint c check(value>0) not valid",
    ),
    story(
        "a check of a domain is validated",
        have="create domain d as int; alter domain d add constraint c check(value>0) not valid",
        want="create domain d as int constraint c check(value>0)",
    ),
    story(
        "a check of a domain has another name",
        have="create domain d as int constraint c check(value>0)",
        want="create domain d as int constraint e check(value>0)",
    ),
    story(
        "a domain in use is over another type",
        have="""create domain d as int check(value>0); create table t(a d default 3, b d[], c int); create view v as
        select a from t; create index i on t(a); comment on domain d is 'x'""",
        want="""create domain d as bigint check(value>0); create table t(a d default 3, b d[], c int); create view v
        as select a from t; create index i on t(a); comment on domain d is 'x'""",
    ),
    story(
        "a domain in use gets a collation",
        have="create domain d as text; create table t(a d)",
        want='create domain d as text collate "C"; create table t(a d)',
    ),
    story(
        "a domain that another one is over changes its type",
        have="create domain d as int; create domain e as d check(value>0); create table t(a e)",
        want="create domain d as bigint; create domain e as d check(value>0); create table t(a e)",
    ),
    story(
        "a domain that functions and defaults use changes its type",
        have="""create domain d as int; create function f(a d) returns d language sql as 'select 1::d'; create table
        t(a int default f(1))""",
        want="""create domain d as bigint; create function f(a d) returns d language sql as 'select 1::d'; create
        table t(a int default f(1))""",
    ),
    story(
        "a domain in a composite type changes its type",
        have="create domain d as int; create type c as (x d); create table t(a c)",
        want="create domain d as text; create type c as (x d); create table t(a c)",
    ),
    story(
        "a domain over an array changes its elements",
        have="create domain d as int[]; create table t(a d)",
        want="create domain d as bigint[] check(array_length(value,1)<3) ; create table t(a d)",
    ),
    story(
        "a column leaves its domain",
        have="create domain d as int; create table t(a d)",
        want="create table t(a int)",
    ),
    story(
        "a domain that a range is of changes its type",
        have="create domain d as int; create type r as range(subtype=d); create table t(a r)",
        want="create domain d as bigint; create type r as range(subtype=d); create table t(a r)",
    ),
    story(
        "a domain whose check calls a function that takes the domain",
        want="""create domain d as int; create function ok(d) returns boolean language sql immutable as 'select
        $1>0'; alter domain d add constraint c check(ok(value))""",
    ),
    story(
        "a column gets another domain",
        have="create domain d as int; create domain e as int; create table t(a d)",
        want="create domain d as int; create domain e as int; create table t(a e)",
    ),
    # Partitions
    story(
        "a partition gets a default, a check and settings of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p (b
        default 'x', c not null check(c>0)) for values in (1); alter table p1 alter b set statistics 33;
        alter table p1 alter b set storage external; alter table p1 alter b set (n_distinct=3); comment on
        column p1.b is 'hi'""",
    ),
    story(
        "a partition has another default than its parent",
        have="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p (b
        default 'q') for values in (1)""",
    ),
    story(
        "a partition loses the default that its parent has",
        have="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int, b text default 'p') partition by list(a); create table p1 partition of p for
        values in (1); alter table p1 alter b drop default""",
    ),
    story(
        "partitions whose columns stand in another order are attached",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1(c int, b text, a
        int not null); alter table p attach partition p1 for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1(c int, b text, a
        int not null); alter table p attach partition p1 for values in (1,2); create table p2(x int, c int,
        b text, a int not null); alter table p2 drop x; alter table p attach partition p2 for values in (3)""",
    ),
    story(
        "a column of all partitions changes its type",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index on p(c)""",
        want="""create table p(a int not null, b varchar(30), c bigint) partition by list(a); create table p1
        partition of p for values in (1); create index on p(c)""",
    ),
    story(
        "columns of all partitions come and go",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, d int default 4 not null) partition by list(a); create table
        p1 partition of p for values in (1)""",
    ),
    story(
        "a column of all partitions takes no null",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text not null, c int) partition by list(a); create table p1
        partition of p for values in (1)""",
    ),
    story(
        "the index of a partition has another fill factor",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p(b); alter index p1_b_idx set (fillfactor=50)""",
    ),
    story(
        "the index of a partition has another statistics target",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p((c+1))""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create index i on p((c+1)); alter index p1_expr_idx alter column 1 set statistics
        40""",
    ),
    story(
        "keys of a partitioned table",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create unique index i on p(a,b); alter table p add primary key(a)""",
    ),
    story(
        "comments on the key of a partition, and on its index",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint k primary key(a)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint k primary key(a); comment on constraint p1_pkey on
        p1 is 'x'; comment on index p1_pkey is 'y'""",
    ),
    story(
        "checks of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p add constraint ck check(c>0); alter table p1 add constraint own
        check(c>1)""",
    ),
    story(
        "a table becomes a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1(a int not null, b
        text, c int)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1(a int not null, b
        text, c int); alter table p attach partition p1 for values in (1)""",
    ),
    story(
        "a table becomes a partition with its keys, checks and indexes",
        have="""create table p(a int not null primary key, b text, c int, constraint ck check(c>0)) partition by
        list(a); create index i on p(b); create table p1(a int not null primary key, b text, c int,
        constraint ck check(c>0)); create index j on p1(b)""",
        want="""create table p(a int not null primary key, b text, c int, constraint ck check(c>0)) partition by
        list(a); create index i on p(b); create table p1(a int not null primary key, b text, c int,
        constraint ck check(c>0)); create index j on p1(b); alter table p attach partition p1 for values in
        (1)""",
    ),
    story(
        "partitions of partitions, with a default one",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 for values from (1) to (10); create table
        p1d partition of p1 default; create index i on p(b); alter table p add unique(a,b); comment on table
        p11 is 'x'""",
    ),
    story(
        "a partition with partitions is added to a table that has an index",
        have="create table p(a int, b int) partition by list(a); create index i on p(b)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 for values from (1) to (10); create index i
        on p(b)""",
    ),
    story(
        "partitions get other bounds",
        have="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (10); create table p2 partition of p for values from (10) to (20)""",
        want="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (5); create table p2 partition of p for values from (5) to (20)""",
    ),
    story(
        "partitions swap their bounds",
        have="""create table p(a int) partition by range(a); create table p1 partition of p for values from (1) to
        (10); create table p2 partition of p for values from (10) to (20)""",
        want="""create table p(a int) partition by range(a); create table p2 partition of p for values from (1) to
        (10); create table p1 partition of p for values from (10) to (20)""",
    ),
    story(
        "a partition with a view gets other bounds",
        have="""create table p(a int primary key) partition by range(a); create table p1 partition of p for values
        from (1) to (10); create view v as select * from p1; comment on constraint p1_pkey on p1 is 'x'""",
        want="""create table p(a int primary key) partition by range(a); create table p1 partition of p for values
        from (1) to (20); create view v as select * from p1; comment on constraint p1_pkey on p1 is 'x'""",
    ),
    story(
        "a partition key with an expression, a collation and an operator class",
        want="""create table t(a int, b text) partition by range((a+1), b collate "C" text_pattern_ops); create
        table t1 partition of t for values from (minvalue, minvalue) to (3, maxvalue)""",
    ),
    story(
        "a serial of a partitioned table",
        have="""create table p(a int not null, b int) partition by list(b); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a serial, b int) partition by list(b); create table p1 partition of p for values in
        (1)""",
    ),
    story(
        "an identity of a partitioned table changes",
        have="""create table p(a int generated always as identity, b int) partition by list(b); create table p1
        partition of p for values in (1)""",
        want="""create table p(a int generated by default as identity (increment 5), b int) partition by list(b);
        create table p1 partition of p for values in (1)""",
        version=17,
    ),
    story(
        "a column of a partitioned table becomes an identity",
        have="""create table p(a int not null, b int) partition by list(b); create table p1 partition of p for
        values in (1)""",
        want="""create table p(a int generated by default as identity (increment 5), b int) partition by list(b);
        create table p1 partition of p for values in (1)""",
        version=17,
    ),
    story(
        "triggers of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create trigger g after insert on p for each row execute function f(); create
        trigger h before update on p1 for each row execute function f(); comment on trigger g on p is 'x'""",
        given="create function f() returns trigger language plpgsql as 'begin return new; end';",
    ),
    story(
        "a trigger of a partitioned table changes",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1);create trigger g after insert on p for each row execute function f();""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create trigger g after insert on p for each row when (new.a>0) execute function
        f()""",
        given="create function f() returns trigger language plpgsql as 'begin return new; end';",
    ),
    story(
        "foreign keys to and from partitioned tables",
        have="""create table p(a int primary key, r int) partition by list(a); create table p1 partition of p for
        values in (1); create table q(x int primary key); create table z(a int)""",
        want="""create table q(x int primary key); create table p(a int primary key, r int references q) partition
        by list(a); create table p1 partition of p for values in (1); create table z(a int references p on
        delete cascade)""",
    ),
    story(
        "a foreign key of one partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); alter table p1 add foreign key (c) references q""",
        given="create table q(x int primary key)",
    ),
    story(
        "statistics and policies of a partitioned table and of a partition",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1); create statistics s on a,c from p; create policy po on p using (a>0); alter table
        p enable row level security; create policy pp on p1 using (a>1)""",
    ),
    story(
        "a partition with settings of its own",
        have="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1)""",
        want="""create table p(a int not null, b text, c int) partition by list(a);create table p1 partition of p
        for values in (1) with (fillfactor=50); alter table p1 set unlogged; alter table p1 replica identity
        full""",
    ),
    story(
        "a partition in another schema",
        have="create schema s;create table p(a int not null, b text, c int) partition by list(a);",
        want="""create schema s;create table p(a int not null, b text, c int) partition by list(a);create table s.p1
        partition of p for values in (1); create index on p(b)""",
    ),
    story(
        "a generated column of all partitions changes",
        have="""create table p(a int, b int generated always as (a*2) stored) partition by list(a); create table p1
        partition of p for values in (1)""",
        want="""create table p(a int, b int generated always as (a*3) stored) partition by list(a); create table p1
        partition of p for values in (1)""",
    ),
    story(
        "a partition becomes a partitioned table",
        have="create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)",
        want="""create table p(a int, b int) partition by list(a); create table p1 partition of p for values in (1)
        partition by range(b); create table p11 partition of p1 default""",
    ),
    story(
        "a table becomes a partitioned one",
        have="""create table t(a int primary key, b text default 'x'); create index i on t(b); create view v as
        select a from t; comment on table t is 'c'; grant select on t to public""",
        want="""create table t(a int primary key, b text default 'x') partition by range(a); create table t1
        partition of t default; create index i on t(b); create view v as select a from t; comment on table t
        is 'c'; grant select on t to public""",
    ),
    story(
        "another partition key, under partitions that keep their rows",
        have="create table t(a int, b int) partition by range(a); create table t1 partition of t default",
        want="create table t(a int, b int) partition by range(b); create table t1 partition of t default",
    ),
    # Inheritance
    story(
        "a column of an heir that is its own as well is no difference",
        have="create table a(x int); create table c(x int, w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a table becomes an heir",
        have="create table a(x int); create table c(x int, w int)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a table gets columns to become an heir",
        have="create table a(x int, y text); create table c(x int, w int)",
        want="create table a(x int, y text); create table c(w int) inherits(a)",
    ),
    story(
        "an heir becomes a table",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int)",
    ),
    story(
        "an heir gets another parent",
        have="create table a(x int); create table b(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table b(x int); create table c(w int) inherits(b)",
    ),
    story(
        "an heir gets a second parent",
        have="create table a(x int); create table b(x int, y int); create table c(w int) inherits(a)",
        want="create table a(x int); create table b(x int, y int); create table c(w int) inherits(a, b)",
    ),
    story(
        "an heir has its parents in another order",
        have="create table a(x int, y int); create table b(x int, z int); create table c(w int) inherits(a,b)",
        want="create table a(x int, y int); create table b(x int, z int); create table c(w int) inherits(b,a)",
    ),
    story(
        "a parent gains a column",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, z text default 'q' not null); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a column that the heir has",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, w int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent loses a column that the heir keeps",
        have="create table a(x int, w int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent's column changes its type, for the heirs of heirs as well",
        have="""create table a(x int); create table c(w int) inherits(a); create table d() inherits (c); create view
        v as select * from c""",
        want="""create table a(x bigint); create table c(w int) inherits(a); create table d() inherits (c); create
        view v as select * from c""",
    ),
    story(
        "an heir has another default",
        have="create table a(x int default 1); create table c(w int) inherits(a)",
        want="""create table a(x int default 1); create table c(w int) inherits(a); alter table c alter x set
        default 2""",
    ),
    story(
        "a parent's default changes",
        have="create table a(x int default 1); create table c(w int) inherits(a)",
        want="create table a(x int default 3); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a check",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int, constraint k check(x>0)); create table c(w int) inherits(a)",
    ),
    story(
        "a parent gains a check that the heir has",
        have="create table a(x int); create table c(w int, constraint k check(x>0)) inherits(a)",
        want="""create table a(x int, constraint k check(x>0)); create table c(w int, constraint k check(x>0))
        inherits(a)""",
    ),
    story(
        "a parent's check changes",
        have="create table a(x int, constraint k check(x>0)); create table c(w int) inherits(a)",
        want="create table a(x int, constraint k check(x>1)); create table c(w int) inherits(a)",
    ),
    story(
        "heirs of heirs, with checks and defaults",
        want="""create table a(x int primary key, y text not null default 'q'); create table b(z int check(z>0))
        inherits(a); create table c(x int, w int) inherits(b); create table d() inherits(b,a)""",
    ),
    story(
        "a parent goes, its heir stays",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table c(x int, w int)",
    ),
    story(
        "a new parent for an old table",
        have="create table c(x int, w int)",
        want="create table a(x int); create table c(w int) inherits(a)",
    ),
    story(
        "a parent's column takes no null",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int not null); create table c(w int) inherits(a)",
    ),
    story(
        "only the heir's column takes no null",
        have="create table a(x int); create table c(w int) inherits(a)",
        want="create table a(x int); create table c(w int) inherits(a); alter table c alter x set not null",
    ),
    story(
        "a generated column of parent and heir changes",
        have="create table a(x int, g int generated always as (x*2) stored); create table c(w int) inherits(a)",
        want="create table a(x int, g int generated always as (x*3) stored); create table c(w int) inherits(a)",
    ),
    story(
        "an heir has settings of its own",
        have="create table a(x text); create table c(w int) inherits(a)",
        want="""create table a(x text); create table c(w int) inherits(a); alter table c alter x set statistics 9;
        alter table c alter x set storage external""",
    ),
    story(
        "a parent has settings of its own",
        have="create table a(x text); create table c(w int) inherits(a)",
        want="""create table a(x text); alter table a alter x set statistics 9;alter table a alter x set storage
        external; create table c(w int) inherits(a)""",
    ),
    story(
        "an heir becomes a partition",
        have="create table a(x int); create table c() inherits(a)",
        want="create table a(x int) partition by list(x); create table c partition of a default",
    ),
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
        have="""create type e as enum ('a','b','c');create table t(a e not null default 'a', b e[] default '{a}', g
        boolean generated always as (a = 'a') stored, check (a <> 'c'), unique(a)); create index i on t(a)
        where a='a'; create index j on t using gin (b); create view v as select a,b from t where a='a';
        create domain d as e default 'a' check (value <> 'c'); create table u(x d, y d[]); create type c as
        (p e, q int); create table w(z c, zz c[]); create function f(e) returns e language sql as 'select
        $1'; create function h(p e default 'a') returns int language sql as 'select 1'; create statistics st
        on a,g from t; create policy po on t using (a='a'); comment on type e is 'ee'; comment on column t.a
        is 'ca'; grant select(a) on t to public;""",
        want="""create type e as enum ('c','a','x');create table t(a e not null default 'a', b e[] default '{a}', g
        boolean generated always as (a = 'a') stored, check (a <> 'c'), unique(a)); create index i on t(a)
        where a='a'; create index j on t using gin (b); create view v as select a,b from t where a='a';
        create domain d as e default 'a' check (value <> 'c'); create table u(x d, y d[]); create type c as
        (p e, q int); create table w(z c, zz c[]); create function f(e) returns e language sql as 'select
        $1'; create function h(p e default 'a') returns int language sql as 'select 1'; create statistics st
        on a,g from t; create policy po on t using (a='a'); comment on type e is 'ee'; comment on column t.a
        is 'ca'; grant select(a) on t to public;""",
    ),
    story(
        "an enum that everything uses gains a value",
        have="""create type e as enum ('a','b','c');create table t(a e not null default 'a', b e[] default '{a}', g
        boolean generated always as (a = 'a') stored, check (a <> 'c'), unique(a)); create index i on t(a)
        where a='a'; create index j on t using gin (b); create view v as select a,b from t where a='a';
        create domain d as e default 'a' check (value <> 'c'); create table u(x d, y d[]); create type c as
        (p e, q int); create table w(z c, zz c[]); create function f(e) returns e language sql as 'select
        $1'; create function h(p e default 'a') returns int language sql as 'select 1'; create statistics st
        on a,g from t; create policy po on t using (a='a'); comment on type e is 'ee'; comment on column t.a
        is 'ca'; grant select(a) on t to public;""",
        want="""create type e as enum ('a','b','c','d');create table t(a e not null default 'a', b e[] default
        '{a}', g boolean generated always as (a = 'a') stored, check (a <> 'c'), unique(a)); create index i
        on t(a) where a='a'; create index j on t using gin (b); create view v as select a,b from t where
        a='a'; create domain d as e default 'a' check (value <> 'c'); create table u(x d, y d[]); create
        type c as (p e, q int); create table w(z c, zz c[]); create function f(e) returns e language sql as
        'select $1'; create function h(p e default 'a') returns int language sql as 'select 1'; create
        statistics st on a,g from t; create policy po on t using (a='a'); comment on type e is 'ee'; comment
        on column t.a is 'ca'; grant select(a) on t to public;""",
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
