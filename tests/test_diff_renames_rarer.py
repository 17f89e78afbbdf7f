"""Renames of what is rarely renamed, and of what other things name in their parameters: stories, there and back."""

from __future__ import annotations

import pytest
from databases import Databases
from stories import Story, check

from alembic_krakn.names import Ident
from alembic_krakn.renames import Renames

F = "create function {}(int, int) returns int language sql immutable as 'select 1'; "
SERVER = (
    "create foreign data wrapper {0}; create server {1} foreign data wrapper {0} options (host 'h');"
    " create user mapping for public server {1}; create foreign table ft (a int) server {1};"
    " comment on server {1} is 'far away'; grant usage on foreign server {1} to public"
)
SEARCH = (
    "create text search parser {0} (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,"
    " lextypes = prsd_lextype, headline = prsd_headline);"
    " create text search template {1} (init = dsimple_init, lexize = dsimple_lexize);"
    " create text search dictionary {2} (template = {1}); create text search configuration {3} (parser = {0});"
    " alter text search configuration {3} add mapping for asciiword with {2}, simple;"
    " create table t (a text); create index i on t using gin (to_tsvector('{3}', a))"
)
CLASS = (
    "create operator family {0} using btree; create operator class {1} for type int using btree family {0} as"
    " operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 {2}(int, int);"
    " create table t (a int); create index i on t (a {1})"
)
CALLERS = (
    "create function eq(int, text) returns bool language sql immutable as 'select true';"
    " create operator === (leftarg = int, rightarg = text, function = eq);"
    " create aggregate ag(int) (sfunc = {0}, stype = int, combinefunc = {0});"
    " create type r as range (subtype = int, subtype_diff = {1});"
    " create event trigger ev on ddl_command_end execute function {2}();"
    " create table t (a int check ({0}(a, 1) > 0), b int default {0}(1, 2)); create index i on t ({0}(a, a))"
)
DIFFERENCE = "create function {}(int, int) returns float8 language sql immutable as 'select 1.0::float8'; "
EVENT = "create function {}() returns event_trigger language plpgsql as 'begin end'; "
TRIGGER = (
    "create function f() returns trigger language plpgsql as 'begin return new; end';"
    " create table p (a int) partition by list (a); create table p1 partition of p for values in (1);"
    " create table p2 partition of p for values in (2);"
    " create trigger {0} before insert on p for each row execute function f(); alter table p1 disable trigger {0};"
    " comment on trigger {0} on p is 'fires'"
)


def renamed(kind: str, was: str, now: str, *more: str) -> dict[Ident, Ident]:
    return {Ident(kind, (*was.split("."), *more)): Ident(kind, (*now.split("."), *more))}


STORIES = [
    Story(
        "a server and its wrapper have other names, under a foreign table and a user mapping",
        have=SERVER.format("w", "s"),
        want=SERVER.format("w2", "s2"),
        renames=Renames({**renamed("foreign data wrapper", "w", "w2"), **renamed("foreign server", "s", "s2")}),
        steps=("rename foreign data wrapper w2", "rename foreign server s2"),
    ),
    Story(
        "all of text search has other names, under an index",
        have=SEARCH.format("pa", "te", "di", "co"),
        want=SEARCH.format("pa2", "te2", "di2", "co2"),
        renames=Renames(
            {
                **renamed("text search parser", "public.pa", "public.pa2"),
                **renamed("text search template", "public.te", "public.te2"),
                **renamed("text search dictionary", "public.di", "public.di2"),
                **renamed("text search configuration", "public.co", "public.co2"),
            }
        ),
        steps=(
            *("rename text search configuration public.co2", "rename text search dictionary public.di2"),
            *("rename text search parser public.pa2", "rename text search template public.te2"),
        ),
    ),
    Story(
        "an operator class, its family and its function have other names and are in another schema, under an index",
        given="create schema s;",
        have=F.format("cmp") + CLASS.format("fam", "cla", "cmp"),
        want=F.format("cmp2") + CLASS.format("s.fam2", "s.cla2", "cmp2"),
        renames=Renames(
            {
                **renamed("operator family", "public.fam", "s.fam2", "btree"),
                **renamed("operator class", "public.cla", "s.cla2", "btree"),
                **renamed("function", "public.cmp", "public.cmp2", "integer, integer"),
            }
        ),
        hazards=frozenset(),
    ),
    Story(
        "functions that operators, aggregates, ranges, event triggers and tables call have other names",
        have=F.format("f") + DIFFERENCE.format("d") + EVENT.format("e") + CALLERS.format("f", "d", "e"),
        want=F.format("f2") + DIFFERENCE.format("d2") + EVENT.format("e2") + CALLERS.format("f2", "d2", "e2"),
        renames=Renames(
            {
                **renamed("function", "public.f", "public.f2", "integer, integer"),
                **renamed("function", "public.d", "public.d2", "integer, integer"),
                **renamed("function", "public.e", "public.e2", ""),
            }
        ),
        steps=(
            "rename function public.d2(integer, integer)",
            "rename function public.e2()",
            "rename function public.f2(integer, integer)",
        ),
    ),
    Story(
        "of two types that routines take one moves, and a table moves away from its columns' types",
        given="create schema s; create schema a; create type a.r as enum ('x'); create type s.r as enum ('x');",
        have="""create type a.e as enum ('y'); create function a.f(a.e, a.r) returns a.r language sql as 'select $2';
            create function a.g(a.e, a.r) returns bool language sql as 'select true';
            create operator a.=== (function = a.g, leftarg = a.e, rightarg = a.r);
            create table a.t (x a.r, y a.r); create function a.b(a.r) returns bigint begin atomic
            select count(*) from a.t where x = $1; end; insert into a.t values ('x', 'x')""",
        want="""create type s.e as enum ('y'); create function a.f(s.e, a.r) returns a.r language sql as 'select $2';
            create function a.g(s.e, a.r) returns bool language sql as 'select true';
            create operator a.=== (function = a.g, leftarg = s.e, rightarg = a.r);
            create table s.t (x a.r not null, y s.r); create function a.b(a.r) returns bigint begin atomic
            select count(*) from s.t where x = $1; end""",
        renames=Renames({**renamed("enum", "a.e", "s.e"), **renamed("table", "a.t", "s.t")}),
        steps=("rename enum s.e", "rename table s.t", "alter column s.t.x", "alter column s.t.y"),
        hazards=None,
    ),
    Story(
        "a column gets another name that inner queries and functions select, where PostgreSQL keeps the old one",
        have="""create type b as enum ('y'); create table t (a int, b b); insert into t values (1, 'y');
            create view v as select count(*) as n from (select b from t) q;
            create materialized view m as select b = 'y' as y from (select distinct b from t union select b from t) q;
            create function f(b) returns setof t begin atomic select a, b from t where b = $1; end""",
        want="""create type b as enum ('y'); create table t (a int, c b not null);
            create view v as select count(*) as n from (select c from t) q;
            create materialized view m as select c = 'y' as y from (select distinct c from t union select c from t) q;
            create function f(b) returns setof t begin atomic select a, c from t where c = $1; end""",
        renames=Renames(renamed("column", "public.t.b", "public.t.c")),
        hazards=None,
    ),
    Story(
        "a conversion has another name",
        have="create conversion c for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1",
        want="create conversion c2 for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1",
        renames=Renames(renamed("conversion", "public.c", "public.c2")),
        steps=("rename conversion public.c2",),
    ),
    Story(
        "a language has another name",
        have="create language la handler plpgsql_call_handler;"
        " create function f() returns int language la as 'begin end'",
        want="create language la2 handler plpgsql_call_handler;"
        " create function f() returns int language la2 as 'begin end'",
        renames=Renames(renamed("language", "la", "la2")),
        hazards=None,
    ),
    Story(
        "a trigger has another name, which is disabled on one partition",
        have=TRIGGER.format("tr"),
        want=TRIGGER.format("tr2"),
        renames=Renames(renamed("trigger", "public.p.tr", "public.p.tr2")),
        hazards=None,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_there_and_back(story: Story, new_database: Databases) -> None:
    check(story, new_database)
