"""Stories of the rarer kinds: foreign data, and what extends PostgreSQL itself."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from databases import Databases
from psycopg.conninfo import make_conninfo
from stories import Story, catalog_of, check, run

from alembic_krakn.diff import HazardKind, plan

LOSS, REWRITE, LOCK, MAY_FAIL = HazardKind.DATA_LOSS, HazardKind.REWRITE, HazardKind.LOCK, HazardKind.MAY_FAIL
REBUILT, PRIVILEGES, SECRET = HazardKind.REBUILT, HazardKind.PRIVILEGES, HazardKind.SECRET

WRAPPER = "create foreign data wrapper w; create server s foreign data wrapper w;"

# Integers in the order of the largest first.
OPERATORS = """
    create function lt(int, int) returns boolean language sql immutable as 'select $1 > $2';
    create function eq(int, int) returns boolean language sql immutable as 'select $1 = $2';
    create function cmp(int, int) returns int language sql immutable as 'select $2 - $1';
    create operator <^ (function = lt, leftarg = int, rightarg = int);
    create operator =^ (function = eq, leftarg = int, rightarg = int);
"""
CLASS = "create operator class down for type int using btree as operator 1 <^, operator 3 =^, function 1 cmp(int, int);"
# Loose members of a family: how integers compare with bigints.
LOOSE = """
    create function lt(int, bigint) returns boolean language sql immutable as 'select $1 > $2';
    create function cmp(int, bigint) returns int language sql immutable as 'select sign($2 - $1)::int';
    create operator <^ (function = lt, leftarg = int, rightarg = bigint);
"""
# Functions that PostgreSQL has already serve a type of four bytes.
POINT = """
    create type point4;
    create function point4_in(cstring) returns point4 language internal immutable strict as 'int4in';
    create function point4_out(point4) returns cstring language internal immutable strict as 'int4out';
    create function point4_send(point4) returns bytea language internal immutable strict as 'int4send';
"""
TYPE = POINT + "create type point4 (input = point4_in, output = point4_out, like = integer);"
HANDLER = """
    create function h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
    create function i(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_inline_handler';
    create function v(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
"""

STORIES = [
    Story(
        "a wrapper, a server and a mapping come with comments and privileges",
        want="""create foreign data wrapper w options (debug 'true', "Odd one" 'it''s');
                create server s type 'files' version '1.0' foreign data wrapper w options (host 'h', port '5432');
                create user mapping for public server s options ("user" 'reader');
                create user mapping for current_user server s;
                grant usage on foreign data wrapper w to public; grant usage on foreign server s to public;
                comment on foreign data wrapper w is 'a wrapper'; comment on server s is 'a server'""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a wrapper, a server and a mapping change in place",
        given="create function val(text[], oid) returns void language plpgsql as 'begin end'",
        have="""create foreign data wrapper w validator val options (dbname 'a', host 'b');
                create server s version '1' foreign data wrapper w options (host 'h', port '1');
                create user mapping for public server s options ("user" 'a')""",
        want="""create foreign data wrapper w options (dbname 'b', port 'c');
                create server s foreign data wrapper w options (port '2', dbname 'd');
                create user mapping for public server s options ("user" 'b')""",
        steps=(
            "alter foreign data wrapper w",
            "alter foreign server s",
            "alter user mapping of PUBLIC on s",
        ),
    ),
    Story(
        "a server of another type is made anew, with all that stands on it",
        given="create foreign data wrapper w",
        have="""create server s type 'a' foreign data wrapper w; create user mapping for public server s;
                create foreign table f (a int) server s; create view v as select a from f""",
        want="""create server s type 'b' foreign data wrapper w; create user mapping for public server s;
                create foreign table f (a int) server s; create view v as select a from f""",
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "secrets are left out, and the reviewer is told",
        want="""create foreign data wrapper w;
                create server s foreign data wrapper w options (host 'h', api_key 'k', url 'https://me:pw@h/');
                create user mapping for public server s
                    options ("user" 'u', password 'p', password_required 'false')""",
        hazards=frozenset({SECRET}),
    ),
    Story(
        "a foreign table comes with all that it can have",
        given=WRAPPER + "create function g() returns trigger language plpgsql as 'begin return new; end'",
        want="""create foreign table f (id int options (key 'true') not null default 5, a text options (x 'y')
                    collate "C", b int generated always as (id * 2) stored, check (id > 0)) server s
                    options (schema_name 'x', table_name 'y');
                alter foreign table f alter a set statistics 200;
                create trigger t before insert on f for each row execute function g();
                alter table f disable trigger t;
                comment on foreign table f is 'far away'; comment on column f.a is 'a';
                grant select on f to public; grant update (a) on f to public; create view v as select id, a from f""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a foreign table changes in place",
        given=WRAPPER,
        have="""create foreign table f (a int options (x '1', y '2'), b int not null, c text,
                d int default 1, check (a > 0)) server s options (p '1', q '2')""",
        want="""create foreign table f (a bigint options (y '3', z '4'), b int, c text not null,
                e int options (x 'new'), check (a > 1)) server s options (q '3', r '4')""",
        hazards=frozenset(),
    ),
    Story(
        "a text column of a foreign table becomes a number",
        given=WRAPPER,
        have="create foreign table f (a text) server s; create view v as select a from f",
        want="create foreign table f (a int) server s; create view v as select a from f",
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "a foreign table moves to another server",
        given=WRAPPER + "create server s2 foreign data wrapper w",
        have="""create foreign table f (a int) server s; comment on foreign table f is 'x';
                create view v as select a from f""",
        want="""create foreign table f (a int) server s2; comment on foreign table f is 'x';
                create view v as select a from f""",
        steps=(
            "drop view public.v",
            "drop table public.f",
            "create table public.f",
            "create view public.v",
            "create comment on table public.f",
        ),
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "a table becomes a foreign one",
        given=WRAPPER,
        have="create table t (id int primary key, a text default 'x'); comment on table t is 'here'",
        want="""create foreign table t (id int not null, a text default 'x') server s;
                comment on foreign table t is 'there'""",
        hazards=None,
    ),
    Story(
        "foreign tables are partitions and heirs",
        given=WRAPPER + "create table p (id int, at date) partition by range (at); create table q (a int)",
        have="""create foreign table f1 (id int, at date) server s;
                create foreign table f2 (a int) inherits (q) server s""",
        want="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                create foreign table f3 partition of p for values from ('2025-01-01') to ('2026-01-01') server s
                    options (t 'x'); create foreign table f4 (b int) inherits (q) server s;
                create foreign table f2 (a int) server s""",
        hazards=None,
    ),
    Story(
        "columns of a foreign partition have options of their own",
        given=WRAPPER + "create table p (id int, at date) partition by range (at)",
        have="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                alter foreign table f1 alter id options (x '1')""",
        want="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                alter foreign table f1 alter id options (x '2');
                create foreign table f2 partition of p for values from ('2025-01-01') to ('2026-01-01') server s;
                alter foreign table f2 alter id options (x '3')""",
    ),
    Story(
        "an operator class comes with its family, its comments and an index",
        given="create table t (a int)",
        want=OPERATORS
        + CLASS
        + """create index t_a on t (a down); comment on operator class down using btree is 'c';
             comment on operator family down using btree is 'f'""",
        hazards=None,
    ),
    Story(
        "an operator class is made anew with another family, and the index with it",
        given=OPERATORS + "create operator family f using btree; create table t (a int)",
        have=CLASS + "create index t_a on t (a down)",
        want=CLASS.replace(" as ", " family f as ", 1) + "create index t_a on t (a down)",
        hazards=None,
    ),
    Story(
        "members come to a family, change and go",
        given=OPERATORS + CLASS + LOOSE,
        have="alter operator family down using btree add function 1 (int, bigint) cmp(int, bigint)",
        want="alter operator family down using btree add operator 1 <^ (int, bigint)",
        steps=("alter operator family public.down using btree",),
    ),
    Story(
        "a family's members are new operators",
        given=OPERATORS + CLASS,
        want=LOOSE
        + """alter operator family down using btree add operator 1 <^ (int, bigint),
                 function 1 (int, bigint) cmp(int, bigint)""",
    ),
    Story(
        "an empty family and classes of other methods",
        want=OPERATORS
        + """create operator family nothing using hash;
             create function h(int) returns int language sql immutable as 'select $1';
             create operator class hashed for type int using hash as operator 1 =^, function 1 h(int);
             create function dist(int, int) returns float8 language sql immutable as 'select abs($1 - $2)::float8';
             create operator <-^ (function = dist, leftarg = int, rightarg = int);
             create function consistent(internal, int, smallint, oid, internal) returns boolean language internal
                 as 'gist_point_consistent';
             create function un(internal, internal) returns box language internal as 'gist_box_union';
             create function pen(internal, internal, internal) returns internal language internal as 'gist_box_penalty';
             create function split(internal, internal) returns internal language internal as 'gist_box_picksplit';
             create function same(box, box, internal) returns internal language internal as 'gist_box_same';
             create operator class near for type int using gist as storage box,
                 operator 1 <-^ (int, int) for order by pg_catalog.float_ops,
                 function 1 consistent(internal, int, smallint, oid, internal), function 2 un(internal, internal),
                 function 5 pen(internal, internal, internal), function 6 split(internal, internal),
                 function 7 same(box, box, internal)""",
    ),
    Story(
        "a base type comes with its functions, a column, privileges and comments",
        want=TYPE
        + """create table t (a point4, b point4[], c point4 default '5'); comment on type point4 is 'p';
             comment on function point4_in(cstring) is 'in'; revoke usage on type point4 from public;
             create function of_point(point4) returns int language internal immutable strict as 'int4abs';
             create domain d as point4; create cast (point4 as int) without function""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a base type changes in place",
        have=TYPE,
        want=TYPE + "alter type point4 set (send = point4_send)",
        steps=("alter base type public.point4",),
    ),
    Story(
        "a base type takes up a new function, in place",
        given=TYPE.replace("create function point4_send", "-- ", 1),
        want="""create function point4_send(point4) returns bytea language internal immutable strict as 'int4send';
                alter type point4 set (send = point4_send)""",
        steps=("create function public.point4_send(public.point4)", "alter base type public.point4"),
    ),
    Story(
        "a base type is made anew under its columns",
        have=TYPE + "create table t (a point4, b point4[]); insert into t values ('5', '{6}')",
        want=TYPE.replace("like = integer", "like = integer, delimiter = ';'", 1)
        + "create table t (a point4, b point4[])",
        steps=None,
        hazards=None,
    ),
    Story(
        "a domain becomes a base type, and a base type an enum, under their columns",
        have="""create domain point4 as int; create table t (a point4); insert into t values (5);"""
        + TYPE.replace("point4", "other").replace("like = integer", "like = integer, default = '0'"),
        want=TYPE + "create table t (a point4); create type other as enum ('0')",
        hazards=None,
    ),
    Story(
        "a shell becomes a type, and a type a shell",
        have="create type point4; comment on type point4 is 'p'; create type other",
        want=TYPE,
    ),
    Story(
        "a range type with a function that makes its values canonical",
        want="""create type r; create function r_canonical(r) returns r language internal immutable strict
                    as 'int4range_canonical';
                create type r as range (subtype = int, canonical = r_canonical); create table t (a r)""",
    ),
    Story(
        "a language comes with functions, comments and privileges",
        want=HANDLER
        + """create trusted language l handler h inline i validator v; comment on language l is 'l';
             revoke usage on language l from public;
             create function f() returns int language l as 'begin return 1; end'""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a language is replaced in place",
        given=HANDLER,
        have="create language l handler h; create function f() returns int language l as 'begin return 1; end'",
        want="""create trusted language l handler h inline i validator v;
                create function f() returns int language l as 'begin return 1; end'""",
        steps=("alter language l",),
    ),
    Story(
        "an access method, a table of it, and another one",
        have="create access method a type index handler bthandler",
        want="""create access method a type table handler heap_tableam_handler; create table t (id int) using a;
                comment on access method a is 'a'; create access method b type index handler bthandler""",
        hazards=None,
    ),
    Story(
        "transforms come, change and go",
        have="create transform for int language sql (from sql with function prsd_lextype(internal))",
        want="""create transform for int language sql
                    (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
                create transform for bigint language sql (to sql with function int8recv(internal));
                comment on transform for int language sql is 't';
                create function f(int) returns int transform for type int language sql as 'select 1'""",
    ),
    Story(
        "conversions come, change and go",
        have="create conversion c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
        want="""create default conversion c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
                comment on conversion c is 'c';
                create conversion "Odd one" for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1""",
    ),
    Story(
        "parsers and templates of the text search, with what stands on them",
        have="""create text search parser p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
                    lextypes = prsd_lextype);
                create text search configuration c (parser = p)""",
        want="""create text search parser p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
                    lextypes = prsd_lextype, headline = prsd_headline);
                create text search template t (init = dsimple_init, lexize = dsimple_lexize);
                create text search dictionary d (template = t); create text search configuration c (parser = p);
                alter text search configuration c add mapping for asciiword with d;
                comment on text search parser p is 'p'; comment on text search template t is 't'""",
        hazards=None,
    ),
    Story(
        "an operator's estimators change in place, its commutator does not",
        given="create function lt(int, int) returns boolean language sql immutable as 'select $1 < $2'",
        have="""create operator <^ (function = lt, leftarg = int, rightarg = int, restrict = scalarltsel);
                create operator >^ (function = lt, leftarg = int, rightarg = int, join = scalarltjoinsel);
                create operator =^ (function = lt, leftarg = int, rightarg = int)""",
        want="""create operator <^ (function = lt, leftarg = int, rightarg = int, restrict = scalargtsel,
                    join = scalargtjoinsel);
                create operator >^ (function = lt, leftarg = int, rightarg = int);
                create operator =^ (function = lt, leftarg = int, rightarg = int, commutator = =^)""",
        steps=(
            "alter operator public.<^(integer, integer)",
            "alter operator public.>^(integer, integer)",
            "drop operator public.=^(integer, integer)",
            "create operator public.=^(integer, integer)",
        ),
    ),
    Story(
        "a dictionary's options change in place, under its configuration",
        have="""create text search dictionary d (template = snowball, language = english, stopwords = english);
                create text search configuration c (parser = "default");
                alter text search configuration c add mapping for asciiword with d""",
        want="""create text search dictionary d (template = snowball, language = german);
                create text search configuration c (parser = "default");
                alter text search configuration c add mapping for asciiword with d""",
        steps=("alter text search dictionary public.d",),
    ),
    Story(
        "an aggregate is replaced under a view, unless its result is another",
        given="""create table t (a int);
                 create function inverse(int, int) returns int language sql strict as 'select $1 - $2'""",
        have="""create aggregate s(int) (sfunc = int4pl, stype = int, initcond = '0');
                create aggregate u(int) (sfunc = int4pl, stype = int);
                create aggregate p(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal,
                    finalfunc = percentile_disc_final, finalfunc_extra);
                create view v as select s(a) as s from t""",
        want="""create aggregate s(int) (sfunc = int4pl, stype = int, sspace = 8, initcond = '1', combinefunc = int4pl,
                    msfunc = int4pl, minvfunc = inverse, mstype = int, minitcond = '1', sortop = >, parallel = safe);
                create aggregate u(int) (sfunc = int4_sum, stype = bigint);
                create aggregate p(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal,
                    finalfunc = percentile_disc_final, finalfunc_extra, parallel = safe);
                create view v as select s(a) as s from t""",
        steps=(
            "alter aggregate public.p(double precision ORDER BY anyelement)",
            "alter aggregate public.s(integer)",
            "drop aggregate public.u(integer)",
            "create aggregate public.u(integer)",
        ),
    ),
    Story(
        "a collation is made anew under its columns",
        have="""create collation c (locale = 'C'); comment on collation c is 'c';
                create table t (a text collate c unique, b varchar(5)[] collate c, d text);
                create index i on t (d collate c); create view v as select a from t;
                create domain m as text collate c; create table u (a m)""",
        want="""create collation c (locale = 'POSIX'); comment on collation c is 'c';
                create table t (a text collate c unique, b varchar(5)[] collate c, d text);
                create index i on t (d collate c); create view v as select a from t;
                create domain m as text collate c; create table u (a m)""",
        hazards=None,
    ),
    Story(
        "a publication stops to publish generated columns",
        given="create table t (a int primary key, b int generated always as (a * 2) stored)",
        have="create publication p for table t with (publish_generated_columns = stored)",
        want="create publication p for table t",
        steps=("alter publication p",),
        version=18,
    ),
    Story(
        "privileges on the columns that every table has by itself",
        given="create table t (id int)",
        want="grant select (tableoid, id) on t to pg_monitor; grant select (ctid) on t to public",
        hazards=None,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Databases) -> None:
    check(story, new_database)


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_it_is_built_from_nothing(story: Story, new_database: Databases) -> None:
    if new_database.version < story.version:
        pytest.skip(f"needs PostgreSQL {story.version}")
    url, want = new_database(), new_database.catalog(story.given, story.want)
    run(url, plan(new_database.catalog(), want))
    assert catalog_of(url).facts == want.facts


def test_privileges_on_what_belongs_to_nobody_here_are_counted(new_database: Databases) -> None:
    assert new_database.catalog().uncompared == {}
    url = new_database("grant execute on function pg_stat_reset() to public; revoke select on pg_stats from public")
    assert catalog_of(url).uncompared == {"objects of the system with privileges of their own": 2}


def test_privileges_on_what_an_extension_has_made_are_compared(new_database: Databases) -> None:
    owned = "create table t (a int); alter extension plpgsql add table t; grant select on t to public"
    assert new_database.catalog(owned).uncompared == {}


def test_what_goes_with_an_extension_by_its_own_word_is_counted(new_database: Databases) -> None:
    function = "create function f() returns int language sql as 'select 1';"
    depends = "alter function f() depends on extension plpgsql"
    known = new_database.catalog(function, depends)
    assert known.uncompared == {"things that depend on an extension by their own word": 1}


def test_secrets_never_leave_the_server(new_database: Databases) -> None:
    url = new_database(
        """create foreign data wrapper w options (secret 'hush-1');
           create server s foreign data wrapper w options (api_key 'hush-2', dsn 'host=h password=hush-3', host 'h');
           create user mapping for public server s options (password 'hush-4', url 'https://me:hush-5@h', "user" 'u');
           create foreign table f (a int options (passwd 'hush-6', key 'true')) server s options (pwd 'hush-7')"""
    )
    far = catalog_of(url)
    way = plan(new_database.catalog(), far)
    assert "hush" not in repr(far) + repr(way)
    told = [hazard.message for step in way.steps for hazard in step.hazards if hazard.kind is SECRET]
    assert told[3] == "user mapping of PUBLIC on s is created without its option password, a secret: set it by hand"
    assert len(told) == 7
    left = [text.partition("OPTIONS ")[2] for step in way.steps for text in step.statements if "OPTIONS" in text]
    assert left == ["(host 'h')", "(\"user\" 'u')", "(key 'true')\n) SERVER s"]


def test_options_that_the_role_may_not_see_are_no_difference(new_database: Databases) -> None:
    url = new_database(
        WRAPPER
        + "create user mapping for public server s options (\"user\" 'u'); create user mapping for postgres server s"
    )
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create role krakn_kinds_nobody login")
        try:
            seen = catalog_of(make_conninfo(url, user="krakn_kinds_nobody"))
        finally:
            conn.execute("drop role krakn_kinds_nobody")
    whole = catalog_of(url)
    assert seen == replace(whole, uncompared={"unreadable user mappings": 2})
    assert not plan(seen, whole)
    unseen = plan(new_database.catalog(), seen)
    assert next(hazard.message for step in unseen.steps for hazard in step.hazards) == (
        "user mapping of PUBLIC on s is created without its options, as the role that reads this database may not see"
        " them: set them by hand"
    )
