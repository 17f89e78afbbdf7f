"""Clauses that meet others: what is under a function, an index's settings, privileges that were handed on."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from stories import Story, check

from alembic_krakn import api
from alembic_krakn.config import Settings
from alembic_krakn.diff import HazardKind
from alembic_krakn.report import diff_text

PRIVILEGES = frozenset({HazardKind.PRIVILEGES})
STORIES = [
    Story(
        "an argument of a function gets another name, under a column that is computed by it",
        have="create function f(a int) returns int immutable language sql as 'select a + 1';"
        " create table t (a int, b int generated always as (f(a)) stored); create index i on t (b);"
        " comment on column t.b is 'computed'; create view v as select b from t; insert into t values (1), (2)",
        want="create function f(x int) returns int immutable language sql as 'select x + 1';"
        " create table t (a int, b int generated always as (f(a)) stored); create index i on t (b);"
        " comment on column t.b is 'computed'; create view v as select b from t",
        hazards=frozenset({HazardKind.REBUILT, HazardKind.REWRITE, HazardKind.INDEX_BUILD}),
        keeps=("select a, b from t order by a",),
    ),
    Story(
        "a function gives another type, and so a column that is computed by it, also in partitions and heirs",
        have="create function f(a int) returns int immutable language sql as 'select a + 1';"
        " create table p (a int, b int generated always as (f(a)) stored) partition by list (a);"
        " create table p1 partition of p for values in (1); insert into p values (1);"
        " create table t (a int, b int generated always as (f(a)) stored); create table h (c int) inherits (t)",
        want="create function f(a int) returns bigint immutable language sql as 'select a + 1::bigint';"
        " create table p (a int, b bigint generated always as (f(a)) stored) partition by list (a);"
        " create table p1 partition of p for values in (1);"
        " create table t (a int, b bigint generated always as (f(a)) stored); create table h (c int) inherits (t)",
        hazards=None,
        keeps=("select a, b from p",),
    ),
    Story(
        "a column is computed by an operator and a cast whose functions are made anew",
        have="create type e as enum ('a', 'b');"
        " create function f(e) returns int immutable language sql as 'select 1';"
        " create cast (e as int) with function f(e);"
        " create function g(int, int) returns int immutable language sql as 'select $1';"
        " create operator ### (leftarg = int, rightarg = int, function = g);"
        " create table t (a e, b int generated always as (a::int ### 2) stored)",
        want="create type e as enum ('a', 'b');"
        " create function f(x e) returns int immutable language sql as 'select 1';"
        " create cast (e as int) with function f(e);"
        " create function g(x int, y int) returns int immutable language sql as 'select $1';"
        " create operator ### (leftarg = int, rightarg = int, function = g);"
        " create table t (a e, b int generated always as (a::int ### 2) stored)",
        hazards=None,
    ),
    Story(
        "a function is made anew under the default of a view's column",
        have="create function f(a int) returns int language sql as 'select a'; create table t (a int);"
        " create view v as select a from t; alter view v alter a set default f(3)",
        want="create function f(x int) returns int language sql as 'select x'; create table t (a int);"
        " create view v as select a from t; alter view v alter a set default f(3)",
        hazards=frozenset({HazardKind.REBUILT}),
    ),
    Story(
        "an enum becomes a domain of the same name, under a column with a default",
        have="create type c as enum ('1', '2'); create table t (a c default '1'); insert into t values ('2')",
        want="create domain c as text; create table t (a c default '1')",
        hazards=None,
        keeps=("select a::text from t",),
    ),
    Story(
        "a default is read by a cast that is new",
        want="create cast (int8 as timestamptz) without function;"
        " create table t (a timestamptz default 5::int8::timestamptz)",
    ),
    Story(
        "a column changes its type under an index with a target for its statistics",
        have="create table t (a int); create index i on t ((a + 1)); alter index i alter column 1 set statistics 100",
        want="create table t (a bigint); create index i on t ((a + 1));"
        " alter index i alter column 1 set statistics 100",
        steps=("alter column public.t.a",),
        hazards=None,
    ),
    Story(
        "columns of a materialized view have settings for the planner",
        given="create table t (a int); create materialized view m as select a from t;",
        want="alter materialized view m alter a set (n_distinct = 5)",
        steps=("alter materialized view public.m",),
    ),
    Story(
        "a publication goes by the root, and filters a partitioned table",
        given="create table p (a int primary key) partition by list (a);"
        " create table p1 partition of p for values in (1);",
        have="create publication pub for table p1",
        want="create publication pub for table p where (a > 0) with (publish_via_partition_root)",
        version=15,
    ),
    Story(
        "a procedure's input becomes an output, which leaves its name ambiguous for a moment",
        have="create procedure f(a int, inout b text) language plpgsql as 'begin end';"
        " grant execute on procedure f(int, text) to pg_monitor; comment on procedure f(int, text) is 'two'",
        want="create procedure f(a int, out b text) language plpgsql as 'begin end';"
        " comment on procedure f(int) is 'one'",
    ),
    Story(
        "a domain gets a check and takes no null, while columns hold arrays and rows of it",
        have="create domain d as text; create type c as (x d); create domain n as int;"
        " create table t (a d, b d[] default '{q}', c c, n n[]); create index i on t (b);"
        " create view v as select b from t; insert into t values ('x', '{y,z}', row('w'), '{1}');"
        " comment on domain d is 'held'",
        want="create domain d as text check (value <> ''); create type c as (x d); create domain n as int not null;"
        " create table t (a d, b d[] default '{q}', c c, n n[]); create index i on t (b);"
        " create view v as select b from t; comment on domain d is 'held'",
        hazards=None,
        keeps=("select * from t",),
    ),
    Story(
        "a text search configuration is made anew under a column that is computed by it",
        have="create text search parser p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,"
        " lextypes = prsd_lextype); create text search configuration c (parser = p);"
        " create table t (a text, b tsvector generated always as (to_tsvector('c'::regconfig, a)) stored)",
        want="create text search configuration c (parser = default);"
        " create table t (a text, b tsvector generated always as (to_tsvector('c'::regconfig, a)) stored)",
        hazards=None,
    ),
    Story(
        "a collation is made anew under the key of a partitioned table",
        have="create collation k (locale = 'C'); create table p (a text collate k) partition by range (a);"
        " create table p1 partition of p for values from ('a') to ('c'); insert into p values ('b');"
        " create index on p (a)",
        want="create collation k (locale = 'POSIX'); create table p (a text collate k) partition by range (a);"
        " create table p1 partition of p for values from ('a') to ('c'); create index on p (a)",
        hazards=None,
        keeps=("select a from p",),
    ),
    Story(
        "a collation is made anew under columns that are computed, of it or by it",
        have="create collation k (locale = 'C'); create table t (a text collate k, b text,"
        " c text generated always as (upper(a)) stored, d boolean generated always as (b collate k > 'b') stored);"
        " create index i on t (c); insert into t values ('a', 'c')",
        want="create collation k (locale = 'POSIX'); create table t (a text collate k, b text,"
        " c text generated always as (upper(a)) stored, d boolean generated always as (b collate k > 'b') stored);"
        " create index i on t (c)",
        hazards=None,
        keeps=("select a, b, c, d from t",),
    ),
    Story(
        "a partitioned table is made anew with an index that goes by the other direction, and one less",
        have="create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1);"
        " create index i on p (b); create index j on p (a); insert into p values (1, 2)",
        want="create table p (a bigint, b int) partition by list (a); create table p1 partition of p for values in (1);"
        " create index i on p (b desc)",
        hazards=None,
        keeps=("select a, b from p",),
    ),
    Story(
        "an enum that is the key of partitions loses a value, under an index that names another",
        have="create type e as enum ('a', 'b', 'c'); create table p (x e) partition by list (x);"
        " create table p1 partition of p for values in ('a'); create index i on p (x) where x <> 'b';"
        " insert into p values ('a')",
        want="create type e as enum ('a', 'b'); create table p (x e) partition by list (x);"
        " create table p1 partition of p for values in ('a'); create index i on p (x) where x <> 'b'",
        hazards=None,
        keeps=("select x::text from p",),
    ),
    Story(
        "a NOT NULL of a partition, under its own name, becomes the partitioned table's",
        given="create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1);",
        have="alter table p1 add constraint own not null b",
        want="alter table p add constraint all_of_them not null b",
        hazards=None,
        version=18,
    ),
    Story(
        "a NOT NULL that heirs have as well is proved",
        given="create table p (a int); create table h (b int) inherits (p);",
        have="alter table p add constraint n not null a not valid",
        want="alter table p add constraint n not null a",
        hazards=None,
        version=18,
    ),
    Story(
        "an argument of an aggregate gets a name, and of another one another name, under a view",
        have="create aggregate one(int) (sfunc = int4pl, stype = int);"
        " create aggregate two(a int) (sfunc = int4pl, stype = int); comment on aggregate two(int) is 'two';"
        " create view v as select one(x), two(x) from generate_series(1, 3) x",
        want="create aggregate one(variadic a int[]) (sfunc = array_cat, stype = int[]);"
        " create aggregate two(b int) (sfunc = int4pl, stype = int); comment on aggregate two(int) is 'two';"
        " create view v as select one(x), two(x) from generate_series(1, 3) x",
        hazards=frozenset({HazardKind.REBUILT}),
    ),
    Story(
        "a materialized view's texts are vacuumed otherwise",
        given="create table t (b text); create materialized view m as select b from t;",
        want="alter materialized view m set (toast.autovacuum_enabled = false)",
        steps=("alter materialized view public.m",),
    ),
    Story(
        "a key gets another name, and with it the comment on its index",
        have="create table t (a int constraint one primary key); comment on index one is 'key'",
        want="create table t (a int constraint two primary key); comment on index two is 'key'",
        steps=("rename constraint public.t.two",),
    ),
    Story(
        "the sequence of an identity column has privileges and a comment",
        given="create table t (a int generated always as identity, b int generated always as identity);",
        have="grant usage on sequence t_a_seq to pg_monitor; comment on sequence t_a_seq is 'one'",
        want="grant select on sequence t_b_seq to pg_monitor with grant option; comment on sequence t_b_seq is 'two'",
        hazards=PRIVILEGES,
    ),
    Story(
        "an identity column with privileges becomes a serial one",
        given="create table t (a int generated always as identity);"
        " grant usage on sequence t_a_seq to pg_monitor; comment on sequence t_a_seq is 'one';",
        want="alter table t alter a drop identity; create sequence t_a_seq as int owned by t.a;"
        " alter table t alter a set default nextval('t_a_seq');"
        " grant usage on sequence t_a_seq to pg_monitor; comment on sequence t_a_seq is 'one'",
        hazards=None,
    ),
    Story(
        "languages that came with PostgreSQL have other privileges",
        have="revoke usage on language sql from public",
        want="revoke usage on language plpgsql from public; grant usage on language plpgsql to pg_monitor",
        hazards=PRIVILEGES,
    ),
    Story(
        "a privilege with the grant option goes, and what others got by it stays",
        given="create table t (a int);",
        have="grant select on t to pg_monitor with grant option; set role pg_monitor;"
        " grant select on t to pg_signal_backend with grant option; set role pg_signal_backend;"
        " grant select on t to public; reset role",
        want="grant select on t to public",
        hazards=PRIVILEGES,
    ),
    Story(
        "a privilege goes that another role than the owner has granted",
        given="create table t (a int); grant select, insert on t to pg_monitor with grant option; set role pg_monitor;",
        have="grant select, insert on t to pg_signal_backend; reset role",
        want="grant insert on t to pg_signal_backend; reset role",
        hazards=PRIVILEGES,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_clauses_that_meet(story: Story, new_database: Callable[..., str]) -> None:
    check(story, new_database)


def extension(name: str, server: str) -> str:
    """Give CREATE EXTENSION, where the server has that one."""
    with psycopg.connect(server) as conn:
        if conn.execute("select 1 from pg_available_extensions where name = %s", [name]).fetchone() is None:
            pytest.skip(f"needs the extension {name}")
    return f"create extension {name};"


@pytest.fixture
def hstore(server: str) -> str:
    """Give CREATE EXTENSION of one that brings a type and functions along."""
    return extension("hstore", server)


def test_the_owner_of_what_an_extension_has_made_is_no_privilege(server: str, new_database: Callable[..., str]) -> None:
    given = extension("pg_stat_statements", server)
    check(Story("", given=given, want="alter view pg_stat_statements owner to pg_monitor", steps=()), new_database)


def test_what_an_extension_has_made_gets_other_privileges(hstore: str, new_database: Callable[..., str]) -> None:
    check(
        Story(
            "",
            given=hstore,
            have="grant usage on type hstore to pg_monitor",
            want="revoke execute on function hstore(text, text) from public",
            hazards=PRIVILEGES,
        ),
        new_database,
    )
    told = "revoke execute on function hstore(text, text) from public"
    check(Story("", want=f"{hstore} {told}", hazards=PRIVILEGES), new_database)


def test_the_report_says_on_what_of_an_extension_somebody_has_privileges(
    hstore: str, new_database: Callable[..., str]
) -> None:
    prod, test = new_database(hstore), new_database(hstore, "revoke execute on function hstore(text, text) from public")
    result = api.diff(Settings(prod_url=prod, test_url=test))
    told = "\n".join(line.text for line in diff_text.lines(result))
    assert "privileges of PUBLIC on function public.hstore(text, text)" in told


def test_an_extension_moves_under_what_its_types_are_in(hstore: str, new_database: Callable[..., str]) -> None:
    check(
        Story(
            "",
            given="create schema one; create schema other;",
            have=f"{hstore[:-1]} schema one; create table t (a one.hstore default '');"
            " create function f(one.hstore) returns one.hstore language sql as 'select $1';"
            " create view v as select f(a) from t",
            want=f"{hstore[:-1]} schema other; create table t (a other.hstore default '');"
            " create function f(other.hstore) returns other.hstore language sql as 'select $1';"
            " create view v as select f(a) from t",
            hazards=None,
        ),
        new_database,
    )


def test_what_uses_an_extension_follows_it_to_another_schema(hstore: str, new_database: Callable[..., str]) -> None:
    used = (
        "create table t (a one.hstore default '', n text check (n::one.hstore operator(one.?) 'a'), many one.hstore[],"
        " b text generated always as (a operator(one.->) 'b') stored);"
        " create index i on t using gin (a one.gin_hstore_ops);"
        " create index j on t ((a operator(one.->) 'c')) where a operator(one.?) 'd'; create domain d as one.hstore"
        " check (one.akeys(value) is not null); create type c as (a one.hstore, n int); create table u (a c, b d);"
        " create view v as select a operator(one.->) 'e' as e, one.akeys(a) as keys from t;"
        " create materialized view m as select * from v; create policy p on t using (a operator(one.?) 'f');"
        " create statistics s on one.akeys(a), n from t;"
    )
    check(
        Story(
            "",
            given="create schema one; create schema other;",
            have=f"{hstore[:-1]} schema one; {used}; insert into t (a) values ('a=>1')",
            want=f"{hstore[:-1]} schema other; {used.replace('one.', 'other.')}",
            steps=("alter extension hstore",),
            keeps=("select a::text, b from t",),
        ),
        new_database,
    )


def test_a_type_of_peoples_own_does_not_follow_an_extension(hstore: str, new_database: Callable[..., str]) -> None:
    typed = "create type one.mood as enum ('glad'); create table t (a one.hstore, b one.mood)"
    check(
        Story(
            "",
            given="create schema one; create schema other;",
            have=f"{hstore[:-1]} schema one; {typed}; insert into t values ('a=>1', 'glad')",
            want=f"{hstore[:-1]} schema other; {typed.replace('one.', 'other.')}",
            hazards=None,
        ),
        new_database,
    )
