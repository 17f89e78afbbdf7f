"""Stories of renames: what is renamed keeps its rows, and all around it is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from databases import Databases
from stories import Story, check

from alembic_krakn.diff import Verb, plan
from alembic_krakn.names import Ident
from alembic_krakn.renames import Renames


def table(have: str, want: str) -> dict[Ident, Ident]:
    return {Ident("table", ("public", have)): Ident("table", ("public", want))}


def thing(kind: str, have: str, want: str) -> Renames:
    return Renames({Ident(kind, tuple(have.split("."))): Ident(kind, tuple(want.split(".")))})


USERS = "create table users (id int primary key, nick text); insert into users values (1, 'x');"
STORIES = [
    Story(
        "a table is renamed, and its keys after it",
        have=f"{USERS} create table o (id int, u int references users)",
        want="create table people (id int primary key, nick text); create table o (id int, u int references people)",
        renames=Renames(table("users", "people")),
        steps=("rename constraint public.people.people_pkey", "rename table public.people"),
        keeps=("select * from users",),
    ),
    Story(
        "a column is renamed below all that stands on it",
        have=f"""{USERS} alter table users add check (nick <> ''), alter nick set default 'n', add unique (nick, id);
            create index i on users (lower(nick)) where nick is not null;
            create view v as select nick, 1 as one from users;
            create statistics s on id, nick from users; alter table users enable row level security;
            create policy p on users using (nick = 'x'); comment on column users.nick is 'called nick';
            grant select (nick) on users to public; create view w as select u.nick as handle from users u;
            create function f() returns text language sql begin atomic select nick from users; end""",
        want="""create table users (id int primary key, handle text default 'n' constraint users_nick_check
                check (handle <> ''), constraint users_nick_id_key unique (handle, id));
            create index i on users (lower(handle)) where handle is not null;
            create view v as select handle as nick, 1 as one from users;
            create statistics s on id, handle from users; alter table users enable row level security;
            create policy p on users using (handle = 'x'); comment on column users.handle is 'called nick';
            grant select (handle) on users to public; create view w as select u.handle from users u;
            create function f() returns text language sql begin atomic select handle as nick from users; end""",
        renames=Renames.of(columns={("public", "users", "nick"): "handle"}),
        steps=("rename column public.users.handle",),
        keeps=("select * from users",),
    ),
    Story(
        "a column that another has its name of, in a view of both, is told apart",
        given="create table b (id int, nick text)",
        have=f"{USERS} create view v as select u.nick as one, b.nick as two from users u join b using (id)",
        want="""create table users (id int primary key, handle text);
            create view v as select u.handle as one, b.nick as two from users u join b using (id)""",
        renames=Renames.of(columns={("public", "users", "nick"): "handle"}),
        steps=("rename column public.users.handle",),
    ),
    Story(
        "the NOT NULL of a renamed column keeps its name",
        given="create table t (a int not null, b text not null); insert into t values (1, 'x')",
        want="alter table t rename a to c",
        renames=Renames.of(columns={("public", "t", "a"): "c"}),
        steps=("rename column public.t.c",),
        keeps=("select a from t",),
    ),
    Story(
        "a renamed column whose NOT NULL is called after its new name",
        have="create table t (a int not null, b text)",
        want="create table t (c int not null, b text)",
        renames=Renames.of(columns={("public", "t", "a"): "c"}),
    ),
    Story(
        "two columns change their names with each other",
        have="create table t (a int, b text); insert into t values (1, 'x')",
        want="create table t (b int, a text)",
        renames=Renames.of(columns={("public", "t", "a"): "b", ("public", "t", "b"): "a"}),
        keeps=("select a, b from t",),
    ),
    Story(
        "a chain of names moves on, the last first",
        have="create table a (x int); create table b (y int); insert into a values (1); insert into b values (2)",
        want="create table b (x int); create table c (y int)",
        renames=Renames({**table("a", "b"), **table("b", "c")}),
        steps=("rename table public.c", "rename table public.b"),
        keeps=("select * from a", "select * from b"),
    ),
    Story(
        "a name that is needed is taken from what goes",
        have="create table t (id int, a text, b int); insert into t (id, a) values (1, 'x')",
        want="create table t (id int, b text)",
        renames=Renames.of(columns={("public", "t", "a"): "b"}),
        keeps=("select id, a from t",),
    ),
    Story(
        "the old name is given to something new",
        have=USERS,
        want="create table people (id int primary key, nick text); create table users (id bigint)",
        renames=Renames(table("users", "people")),
        keeps=("select * from users",),
    ),
    Story(
        "what is renamed is altered as well",
        have=USERS,
        want="create table people (id int primary key, handle varchar(9) not null default 'x', at date)",
        renames=Renames.of({("public", "users"): ("public", "people")}, {("public", "users", "nick"): "handle"}),
        keeps=("select * from users",),
    ),
    Story(
        "a table moves to a new schema with its indexes and its counter",
        have="""create table t (id serial primary key, a text); create index i on t (a); insert into t (a) values ('x');
            comment on index i is 'c'; create view v as select a from t""",
        want="""create schema app; create table app.t (id serial primary key, a text); create index i on app.t (a);
            comment on index app.i is 'c'; create view v as select a from app.t""",
        renames=thing("table", "public.t", "app.t"),
        steps=("create schema app", "rename table app.t"),
        keeps=("select * from t",),
    ),
    Story(
        "a table moves and is renamed where its new name is in use",
        have="create schema app; create table t (id int); create table app.t (x int); insert into t values (1)",
        want="create schema app; create table app.u (id int); create table app.t (x int)",
        renames=thing("table", "public.t", "app.u"),
        keeps=("select * from t",),
    ),
    Story(
        "a schema is renamed with all that is in it",
        have="""create schema a; create type a.mood as enum ('x');
            create table a.t (id int primary key, m a.mood default 'x');
            create function a.f(a.mood) returns int language sql as 'select 1'; insert into a.t values (1);
            create view v as select m from a.t where a.f(m) = 1; comment on function a.f(a.mood) is 'c'""",
        want="""create schema b; create type b.mood as enum ('x');
            create table b.t (id int primary key, m b.mood default 'x');
            create function b.f(b.mood) returns int language sql as 'select 1';
            create view v as select m from b.t where b.f(m) = 1; comment on function b.f(b.mood) is 'c'""",
        renames=thing("schema", "a", "b"),
        steps=("rename schema b",),
        keeps=("select * from a.t",),
    ),
    Story(
        "an index and a constraint with other names are renamed without being told",
        have="""create table t (id int constraint k primary key, a int constraint c check (a > 0), p int constraint f
            references t);
            create index i on t (a); comment on index i is 'x'; alter table t cluster on i;
            alter table t replica identity using index k""",
        want="""create table t (id int constraint k2 primary key, a int constraint c2 check (a > 0), p int constraint
            f2 references t);
            create index i2 on t (a); comment on index i2 is 'x'; alter table t cluster on i2;
            alter table t replica identity using index k2""",
        steps=(
            *("rename constraint public.t.c2", "rename constraint public.t.f2"),
            *("rename constraint public.t.k2", "rename index public.i2"),
        ),
    ),
    Story(
        "an index takes the name of a key that takes the name of an index",
        have="create table t (a int, b int); alter table t add constraint x unique (a); create index y on t (b)",
        want="create table t (a int, b int); alter table t add constraint y unique (a); create index x on t (b)",
    ),
    Story(
        "a sequence is renamed under the defaults that use it",
        have="create sequence s start 5; create table t (id int default nextval('s')); select nextval('s')",
        want="create sequence q start 5; create table t (id int default nextval('q'))",
        renames=thing("sequence", "public.s", "public.q"),
        steps=("rename sequence public.q",),
        keeps=("select last_value from s",),
    ),
    Story(
        "the values of an enum are renamed, also with each other",
        have="""create type mood as enum ('sad', 'ok', 'gut'); create table t (m mood default 'gut' check (m <> 'sad'));
            insert into t values ('gut'), ('ok')""",
        want="""create type mood as enum ('ok', 'sad', 'good');
            create table t (m mood default 'good' check (m <> 'ok'))""",
        renames=Renames(labels={Ident("enum", ("public", "mood")): {"sad": "ok", "ok": "sad", "gut": "good"}}),
        steps=("rename enum public.mood",),
        keeps=("select m::text from t",),
    ),
    Story(
        "a type is renamed under its columns and functions",
        have="""create type mood as enum ('a'); create table t (m mood, n mood[]); insert into t values ('a', '{a}');
            create function f(mood) returns mood language sql as 'select $1'; create domain d as mood;
            create view v as select f(m) as g from t; grant execute on function f(mood) to public""",
        want="""create type state as enum ('a'); create table t (m state, n state[]);
            create function f(state) returns state language sql as 'select $1'; create domain d as state;
            create view v as select f(m) as g from t; grant execute on function f(state) to public""",
        renames=thing("enum", "public.mood", "public.state"),
        steps=("rename enum public.state",),
        keeps=("select * from t",),
    ),
    Story(
        "a function is renamed under a default, a check and a trigger",
        have="""create function f(a int) returns boolean language sql immutable as 'select true';
            create function g() returns trigger language plpgsql as 'begin return new; end';
            create table t (a int check (f(a)), b boolean default f(1)); create trigger r before insert on t
            for each row execute function g()""",
        want="""create function f2(a int) returns boolean language sql immutable as 'select true';
            create function g2() returns trigger language plpgsql as 'begin return new; end';
            create table t (a int constraint t_a_check check (f2(a)), b boolean default f2(1));
            create trigger r before insert on t
            for each row execute function g2()""",
        renames=Renames(
            {
                Ident("function", ("public", "f", "a integer")): Ident("function", ("public", "f2", "a integer")),
                Ident("function", ("public", "f", "integer")): Ident("function", ("public", "f2", "integer")),
                Ident("function", ("public", "g", "")): Ident("function", ("public", "g2", "")),
            }
        ),
        steps=("rename function public.f2(integer)", "rename function public.g2()"),
    ),
    Story(
        "a trigger, a policy and a rule are renamed when somebody says so",
        given="""create function g() returns trigger language plpgsql as 'begin return new; end';
            create table t (a int)""",
        have="""create trigger r before insert on t for each row execute function g();
            create policy p on t using (a > 0);
            create rule u as on update to t do instead nothing; comment on trigger r on t is 'x'""",
        want="""create trigger r2 before insert on t for each row execute function g();
            create policy p2 on t using (a > 0);
            create rule u2 as on update to t do instead nothing; comment on trigger r2 on t is 'x'""",
        renames=Renames(
            {
                Ident(kind, ("public", "t", name)): Ident(kind, ("public", "t", f"{name}2"))
                for kind, name in (("trigger", "r"), ("policy", "p"), ("rule", "u"))
            }
        ),
        steps=("rename policy public.t.p2", "rename rule public.t.u2", "rename trigger public.t.r2"),
    ),
    Story(
        "a view and a materialized view are renamed",
        given="create table t (a int)",
        have="""create view v as select a from t; create view w as select a from v; grant select on v to public;
            create materialized view m as select a from t; create index i on m (a)""",
        want="""create view v2 as select a from t; create view w as select a from v2; grant select on v2 to public;
            create materialized view m2 as select a from t; create index i on m2 (a)""",
        renames=Renames(
            {
                Ident(kind, ("public", name)): Ident(kind, ("public", f"{name}2"))
                for kind, name in (("view", "v"), ("materialized view", "m"))
            }
        ),
        steps=("rename materialized view public.m2", "rename view public.v2"),
    ),
    Story(
        "the column of a view is renamed below a view of it, with its comment and its privileges",
        given="create table t (a int, b int)",
        have="""create view v as select a, b from t; comment on column v.a is 'x'; grant select (a) on v to public;
            create view w as select a from v""",
        want="""create view v as select a as c, b, 1 as d from t; comment on column v.c is 'x';
            grant select (c) on v to public; create view w as select c as a from v""",
    ),
    Story(
        "a partitioned table, its column and its check are renamed for all partitions",
        have="""create table p (id int, k int check (k > 0)) partition by range (id);
            create table p1 partition of p for values from (0) to (9); insert into p values (1, 1);
            create index on p (k)""",
        want="""create table q (id int, j int constraint q_j_check check (j > 0)) partition by range (id);
            create table p1 partition of q for values from (0) to (9); create index on q (j)""",
        renames=Renames.of({("public", "p"): ("public", "q")}, {("public", "p", "k"): "j"}),
        keeps=("select * from p",),
    ),
    Story(
        "an inherited column is renamed for the heirs",
        have="create table p (a int); create table c (x int) inherits (p); insert into c values (1, 2)",
        want="create table p (b int); create table c (x int) inherits (p)",
        renames=Renames.of(columns={("public", "p", "a"): "b"}),
        steps=("rename column public.p.b",),
        keeps=("select a, x from c",),
    ),
    Story(
        "names that need quotes",
        have="""create table "order" (id int primary key, "Größe" text); insert into "order" values (1, 'x');
            create index on "order" ("Größe"); create view v as select "Größe" from "order" """,
        want="""create table "a""b" (id int constraint order_pkey primary key, "select" text);
            create index "order_Größe_idx" on "a""b" ("select");
            create view v as select "select" as "Größe" from "a""b" """,
        renames=Renames.of({("public", "order"): ("public", 'a"b')}, {("public", "order", "Größe"): "select"}),
        steps=('rename column public."a""b"."select"', 'rename table public."a""b"'),
        keeps=('select * from "order"',),
    ),
    Story(
        "a rename of what is not there is none",
        have=USERS,
        want=USERS,
        renames=Renames.of({("public", "nobody"): ("public", "users")}, {("public", "users", "x"): "nick"}),
        steps=(),
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_renames(story: Story, new_database: Databases) -> None:
    check(replace(story, hazards=None), new_database)


def test_a_rename_loses_nothing_and_says_so(new_database: Databases) -> None:
    have, want = (
        new_database.catalog(USERS),
        new_database.catalog("create table users (id int primary key, handle text)"),
    )
    (change,) = plan(have, want, Renames.of(columns={("public", "users", "nick"): "handle"})).changes
    assert (change.verb, change.hazards) == (Verb.RENAME, ())
    assert change.have is not None
    assert change.have.ident.path[-1] == "nick"
