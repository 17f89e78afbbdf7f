"""What revisions rename is read without a database, and is what PostgreSQL's own identities say after they ran."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import Databases
from reading import USERS, Read, recorded, verify, written
from teams import Project

STORIES = [
    Read(
        "a table and a column are renamed by Alembic's operations",
        USERS,
        "op.rename_table('users', 'people')\nop.alter_column('people', 'nick', new_column_name='alias')",
        """
        table public.users -> public.people
        column public.users.nick -> public.people.alias
        """,
    ),
    Read(
        "a chain of renames over revisions is followed",
        USERS,
        """
        op.rename_table('users', 'people')
        op.alter_column('people', 'nick', new_column_name='alias')
        --
        op.rename_table('people', 'persons')
        op.alter_column('persons', 'alias', new_column_name='handle', type_=sa.String(50), nullable=False)
        """,
        """
        table public.users -> public.persons
        column public.users.nick -> public.persons.handle
        """,
    ),
    Read(
        "a rename that is taken back is none",
        USERS,
        """
        op.rename_table('users', 'people')
        --
        op.rename_table('people', 'users')
        """,
    ),
    Read(
        "two tables and two columns are swapped",
        USERS + "create table people (id int, a int, b int)",
        """
        op.rename_table('users', 'tmp')
        op.rename_table('people', 'users')
        op.rename_table('tmp', 'people')
        op.alter_column('users', 'a', new_column_name='c')
        op.alter_column('users', 'b', new_column_name='a')
        op.alter_column('users', 'c', new_column_name='b')
        """,
        """
        table public.people -> public.users
        table public.users -> public.people
        column public.people.a -> public.users.b
        column public.people.b -> public.users.a
        """,
    ),
    Read(
        "what is dropped and added again under the same name is not renamed",
        USERS + "create table roles (id int, name text)",
        """
        op.alter_column('users', 'nick', new_column_name='alias')
        op.drop_column('users', 'alias')
        op.add_column('users', sa.Column('alias', sa.Text))
        op.rename_table('roles', 'kinds')
        op.drop_table('kinds')
        op.create_table('kinds', sa.Column('id', sa.Integer), sa.Column('name', sa.Text))
        """,
    ),
    Read(
        "a new table takes the place of an old one",
        USERS,
        """
        op.create_table('users_new', sa.Column('id', sa.Integer), sa.Column('nick', sa.Text))
        op.execute('insert into users_new select id, nick from users')
        op.rename_table('users', 'users_old')
        op.rename_table('users_new', 'users')
        op.alter_column('users', 'nick', new_column_name='alias')
        """,
        "table public.users -> public.users_old",
    ),
    Read(
        "a batch renames, drops and adds columns",
        USERS,
        """
        with op.batch_alter_table('users') as batch:
            batch.alter_column('nick', new_column_name='alias')
            batch.drop_column('old')
            batch.add_column(sa.Column('fresh', sa.Text))
            batch.create_index('users_alias', ['alias'])
        """,
        "column public.users.nick -> public.users.alias",
    ),
    Read(
        "names that need quotes, comments and several statements in one text",
        'create table "Größe" ("a""b" int, "order" text, "100%" text, c int)',
        r"""
        op.execute('''
            -- alter table "Größe" rename column c to d;
            ALTER TABLE /* or: rename "order" to d */ ONLY "Größe" RENAME "order" TO "select";
            ALTER TABLE IF EXISTS public."Größe" RENAME COLUMN "a""b" TO "x;y";
            comment on table "Größe" is 'alter table "Größe" rename to other;'
        ''')
        op.execute(sa.text('alter table "Größe" rename column "100%" to "5\\:x%"'))
        op.rename_table('Größe', 'Maß')
        """,
        """
        table public.Größe -> public.Maß
        column public.Größe.order -> public.Maß.select
        column public.Größe.a"b -> public.Maß.x;y
        column public.Größe.100% -> public.Maß.5:x%
        """,
    ),
    Read(
        "indexes, constraints and sequences are renamed, each by several statements",
        """
        create table users (id serial primary key, nick text constraint users_nick_key unique, n int check (n > 0));
        create index users_n_idx on users (n)
        """,
        """
        op.execute('alter index users_n_idx rename to ix_users_n')
        op.execute('alter index users_pkey rename to pk_users')
        op.execute('alter table users rename constraint users_nick_key to uq_users_nick')
        op.execute('alter table users rename constraint users_n_check to ck_users_n')
        op.execute('alter sequence users_id_seq rename to people_id_seq')
        op.rename_table('users', 'people')
        """,
        """
        table public.users -> public.people
        index public.users_n_idx -> public.ix_users_n
        constraint public.users.users_pkey -> public.people.pk_users
        constraint public.users.users_nick_key -> public.people.uq_users_nick
        constraint public.users.users_n_check -> public.people.ck_users_n
        sequence public.users_id_seq -> public.people_id_seq
        """,
    ),
    Read(
        "what is part of a table is renamed",
        """
        create function f() returns trigger language plpgsql as 'begin return new; end';
        create table t (a int, b int); create view v as select 1 as x; create materialized view m as select 1 as x;
        create trigger t1 before insert on t for each row execute function f();
        create policy p1 on t; create rule r1 as on insert to t do also nothing; create statistics s1 on a, b from t
        """,
        """
        op.execute('alter trigger t1 on t rename to t2; alter policy p1 on t rename to p2')
        op.execute('alter rule r1 on t rename to r2; alter statistics s1 rename to s2')
        op.execute('alter view v rename to w; alter materialized view m rename to n')
        """,
        """
        trigger public.t.t1 -> public.t.t2
        policy public.t.p1 -> public.t.p2
        rule public.t.r1 -> public.t.r2
        statistics public.s1 -> public.s2
        view public.v -> public.w
        materialized view public.m -> public.n
        """,
    ),
    Read(
        "types are renamed, and the routines that take them have another identity",
        """
        create type mood as enum ('ok'); create domain posint as int; create type pair as (a int, b int);
        create type span as range (subtype = int); create function f(mood[], int) returns int language sql as 'select 1'
        """,
        """
        op.execute('alter type mood rename to feeling; alter domain posint rename to natural_number')
        op.execute('alter type pair rename to couple; alter type span rename to reach')
        """,
        """
        enum public.mood -> public.feeling
        domain public.posint -> public.natural_number
        composite type public.pair -> public.couple
        range type public.span -> public.reach
        function public.f.public.mood[], integer -> public.f.public.feeling[], integer
        """,
    ),
    Read(
        "the right one of several functions is renamed",
        """
        create function f(int) returns int language sql as 'select 1';
        create function f(text, character varying[]) returns int language sql as 'select 1';
        create procedure p() language sql as ''; create aggregate a(int) (sfunc = int4pl, stype = int)
        """,
        """
        op.execute('alter function f(text, varchar[]) rename to g')
        op.execute('alter procedure p rename to q')
        op.execute('alter aggregate a(int4) rename to b')
        op.execute('create or replace function f(integer) returns int language sql as $$ select 2 $$')
        """,
        """
        function public.f.text, character varying[] -> public.g.text, character varying[]
        function public.p. -> public.q.
        aggregate public.a.integer -> public.b.integer
        """,
    ),
    Read(
        "what lives in no schema is renamed",
        """
        create foreign data wrapper w; create server s foreign data wrapper w; create publication p;
        create function f() returns event_trigger language plpgsql as 'begin end';
        create event trigger krakn_recorded on ddl_command_end execute function f()
        """,
        """
        op.execute('alter foreign data wrapper w rename to w2; alter server s rename to s2')
        op.execute('alter publication p rename to q; alter event trigger krakn_recorded rename to krakn_read')
        """,
        """
        foreign data wrapper w -> w2
        foreign server s -> s2
        publication p -> q
        event trigger krakn_recorded -> krakn_read
        """,
    ),
    Read(
        "labels of an enum are renamed",
        "create type mood as enum ('sad', 'ok', 'glad')",
        """
        op.execute("alter type mood rename value 'ok' to 'fine'")
        with op.get_context().autocommit_block():
            op.execute("alter type mood add value 'so so' after 'sad'")
        --
        op.execute("alter type public.mood rename value 'fine' to 'well'")
        op.execute("alter type mood rename value 'so so' to 'meh'")
        op.execute("alter type mood rename to feeling")
        """,
        """
        enum public.mood -> public.feeling
        label public.mood.ok -> well
        """,
    ),
    Read(
        "an enum that is made anew under its name is not renamed",
        "create type mood as enum ('sad', 'ok'); create table t (m mood)",
        """
        op.execute('alter type mood rename to old_mood')
        sa.Enum('ok', name='mood').create(op.get_bind())
        op.execute('alter table t alter m type mood using m::text::mood')
        op.execute('drop type old_mood')
        """,
    ),
    Read(
        "a table goes to another schema with what belongs to it",
        """
        create schema crm; create table users (id serial primary key, nick text);
        create index users_nick on users (nick)
        """,
        """
        op.execute('alter table users set schema crm')
        op.alter_column('users', 'nick', new_column_name='alias', schema='crm')
        op.rename_table('users', 'people', schema='crm')
        """,
        """
        table public.users -> crm.people
        column public.users.nick -> crm.people.alias
        index public.users_nick -> crm.users_nick
        sequence public.users_id_seq -> crm.users_id_seq
        """,
    ),
    Read(
        "a schema is renamed with all that is in it",
        """
        create schema app; create table app.t (a int); create type app.mood as enum ('a');
        create view app.v as select 1 as x
        """,
        "op.execute('alter schema app rename to core')\nop.alter_column('t', 'a', new_column_name='b', schema='core')",
        """
        schema app -> core
        column app.t.a -> core.t.b
        """,
    ),
    Read(
        "search_path says where a name is",
        "create schema a; create schema b; create table a.t (x int); create table b.t (x int); create table t (x int)",
        """
        op.execute('set local search_path to b, a')
        op.rename_table('t', 'u')
        op.get_bind().execute(sa.text("select set_config('search_path', :path, true)"), {'path': 'a'})
        op.rename_table('t', 'v')
        op.execute('reset search_path')
        --
        op.rename_table('t', 'w')
        """,
        """
        table a.t -> a.v
        table b.t -> b.u
        table public.t -> public.w
        """,
    ),
    Read(
        "a column of a parent is renamed in its partitions and heirs",
        """
        create table p (a int, b int) partition by range (a); create table p1 partition of p for values from (0) to (9);
        create table base (x int constraint x_ok check (x > 0)); create table heir (y int) inherits (base)
        """,
        """
        op.alter_column('p', 'b', new_column_name='c')
        op.alter_column('base', 'x', new_column_name='z')
        op.execute('alter table base rename constraint x_ok to z_ok')
        """,
        """
        column public.p.b -> public.p.c
        column public.p1.b -> public.p1.c
        column public.base.x -> public.base.z
        column public.heir.x -> public.heir.z
        constraint public.base.x_ok -> public.base.z_ok
        constraint public.heir.x_ok -> public.heir.z_ok
        """,
    ),
    Read(
        "a DO block renames",
        USERS + "create table roles (id int)",
        """
        op.execute('''
            do $$
            declare n int := 1;
            begin
                if exists (select from pg_class where relname = 'users') then
                    alter table users rename to people;
                end if;
                execute 'alter table roles rename to kinds';
            exception when undefined_table then
                raise notice 'rename it yourself';
            end $$''')
        """,
        """
        table public.users -> public.people
        table public.roles -> public.kinds
        """,
    ),
    Read(
        "DDL objects and functions of Alembic's are heard",
        USERS,
        """
        op.execute(sa.DDL('alter table %(t)s rename to people', context={'t': 'users'}))
        op.create_check_constraint(op.f('ck_people_id'), 'people', sa.column('id') > op.inline_literal(0))
        op.execute(sa.schema.CreateSchema('crm'))
        op.get_context().connection.exec_driver_sql('alter table people rename nick to alias')
        """,
        """
        table public.users -> public.people
        column public.users.nick -> public.people.alias
        """,
    ),
    Read(
        "a view is dropped and created again around a rename",
        USERS + "create view v as select nick from users",
        """
        op.execute('drop view v')
        op.alter_column('users', 'nick', new_column_name='alias')
        op.execute('create view v as select alias from users')
        """,
        "column public.users.nick -> public.users.alias",
    ),
    Read(
        "an index becomes a constraint under another name",
        "create table t (a int not null); create unique index t_a on t (a)",
        "op.execute('alter table t add constraint t_pk primary key using index t_a')",
    ),
    Read(
        "a temporary table stands before another of its name",
        "create table t (a int)",
        "op.execute('create temp table t (a int)')\nop.execute('alter table t rename to u')",
    ),
    Read(
        "prod's own search_path holds",
        "create schema app; create table app.t (a int)",
        "op.rename_table('t', 'u')",
        "table app.t -> app.u",
        search_path="app, public",
    ),
    Read(
        "what is on a table is dropped, made again and renamed",
        """
        create table users (id int primary key, constraint positive check (id > 0));
        create function f() returns trigger language plpgsql as 'begin return new; end';
        create trigger t before insert on users for each row execute function f();
        create policy p on users;
        create rule r as on delete to users do also nothing
        """,
        """
        op.execute('drop trigger t on users; drop policy p on users; drop rule r on users')
        op.execute('create trigger t after insert on users for each row execute function f()')
        op.execute('create policy p on users; create rule r as on update to users do also nothing')
        op.execute('alter trigger t on users rename to tt; alter policy p on users rename to pp')
        op.execute('alter rule r on users rename to rr')
        op.execute('alter table users drop constraint positive, add constraint positive check (id > 1)')
        op.execute('alter table users rename constraint positive to above_one')
        """,
    ),
    Read(
        "a schema is dropped with all that is in it, and made again",
        """
        create schema app; create table app.t (a int); create type app.e as enum ('x');
        create function app.f(int) returns int language sql as 'select 1'
        """,
        """
        op.execute('drop schema app cascade; create schema app; create table app.t (a int)')
        op.execute("create type app.e as enum ('x')")
        op.execute("create function app.f(int) returns int language sql as 'select 1'")
        op.execute('alter table app.t rename to u; alter type app.e rename to ee; alter function app.f rename to g')
        """,
    ),
    Read(
        "routines are called by types that have other names by now",
        """
        create schema app; create type mood as enum ('a'); create domain d as text; create type c as (x int);
        create function f(mood, variadic d[]) returns int language sql as 'select 1';
        create function g(c) returns int language sql as 'select 1';
        create aggregate total (int) (sfunc = int4pl, stype = int);
        create aggregate every_row (*) (sfunc = int8inc, stype = int8, initcond = '0')
        """,
        """
        op.execute('alter type mood set schema app; alter domain d rename to e; alter type c rename to b')
        op.execute('alter function f(app.mood, e[]) set schema app; alter function g(b) rename to h')
        op.execute('alter aggregate total(int) set schema app; alter aggregate every_row(*) rename to rows')
        """,
        """
        enum public.mood -> app.mood
        domain public.d -> public.e
        composite type public.c -> public.b
        function public.f.public.mood, public.d[] -> app.f.app.mood, public.e[]
        function public.g.public.c -> public.h.public.b
        aggregate public.total.integer -> app.total.integer
        aggregate public.every_row.* -> public.rows.*
        """,
    ),
    Read(
        "a column is renamed in what has joined a table, and not in what has left it",
        """
        create table t (a int, k int) partition by list (k); create table t1 partition of t for values in (1);
        create table t2 (a int, k int); create table base (a int); create table u1 () inherits (base);
        create table u2 (a int); create table w (); create table w1 (a int) inherits (w)
        """,
        """
        op.execute('alter table t detach partition t1; alter table t attach partition t2 for values in (2)')
        op.execute('alter table u1 no inherit base; alter table u2 inherit base; alter table base rename to above')
        op.execute('alter table t rename column a to b; alter table above rename column a to b')
        op.execute('alter table w add column a int; alter table w rename column a to b')
        """,
        """
        table public.base -> public.above
        column public.t.a -> public.t.b
        column public.t2.a -> public.t2.b
        column public.base.a -> public.above.b
        column public.u2.a -> public.u2.b
        column public.w1.a -> public.w1.b
        """,
    ),
    Read(
        "a new table has the columns of those that it is made like, and a dropped one takes its partitions along",
        """
        create table t (a int, k int) partition by list (k); create table t1 partition of t for values in (1);
        create table base (a int, k text); create table z (a int) partition by list (a);
        create table z1 partition of z for values in (1)
        """,
        """
        op.execute('create table t2 partition of t for values in (2); create table u () inherits (base)')
        op.execute('create table l (c date, like base); create table if not exists t1 (like base)')
        op.execute('alter table t rename column a to b; alter table base rename column a to b; drop table z')
        there = sa.inspect(op.get_bind())
        assert [each['name'] for each in there.get_columns('t2')] == ['b', 'k']
        assert [str(each['type']) for each in there.get_columns('u')] == ['INTEGER', 'TEXT']
        assert [each['name'] for each in there.get_columns('l')] == ['c', 'a', 'k']
        assert not there.has_table('z1')
        op.rename_table('t1', 't11')
        """,
        """
        table public.t1 -> public.t11
        column public.t.a -> public.t.b
        column public.t1.a -> public.t11.b
        column public.base.a -> public.base.b
        """,
    ),
    Read(
        "tables that queries make stand where they are made",
        "create table t (a int); create table v (a int); create table m (a int)",
        """
        op.execute('drop table t; create table t as select 1 as a; alter table t rename to t2')
        op.execute('drop table v; select 1 as a into v; alter table v rename to v2')
        op.execute('drop table m; create materialized view m as select 1 as a; alter materialized view m rename to m2')
        """,
    ),
    Read(
        "things that live in a schema beside tables are made again and renamed",
        """
        create table t (a int, b int); create statistics s on a, b from t; create collation k from "C";
        create text search dictionary d (template = simple)
        """,
        """
        op.execute('drop statistics s; create statistics s on a, b from t; alter statistics s rename to s2')
        op.execute('drop collation k; create collation k from "C"; alter collation k rename to k2')
        op.execute('drop text search dictionary d; create text search dictionary d (template = simple)')
        op.execute('alter text search dictionary d rename to d2')
        """,
    ),
    Read(
        "names are free that nobody was heard to drop",
        "create table t (a int); create table old (b int); create function f(int) returns int language sql return 1",
        """
        op.execute("do $$ begin execute 'drop ' || 'table old'; execute 'drop ' || 'function f(int)'; end $$")
        op.execute('alter table t rename to old; alter table old rename a to b')
        op.execute("create function f(integer) returns text language sql as $$ select '1' $$")
        op.execute('alter function f(int) rename to g')
        """,
        """
        table public.t -> public.old
        column public.t.a -> public.old.b
        """,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_what_is_read_is_what_postgresql_does(story: Read, tmp_path: Path, new_database: Databases) -> None:
    verify(story, tmp_path, new_database)


UNREAD = [
    ("raise ValueError('boo')", "it raised ValueError: boo"),
    ("import sys; sys.exit(3)", "it raised SystemExit: 3"),
    ("assert op.get_bind().execute(sa.text('select 1 from users')).rowcount", "it raised AssertionError"),
    (
        "import asyncio\nasync def wait(_):\n    await asyncio.sleep(0)\nop.run_async(wait)",
        "it waits for something that is not the database",
    ),
    ("import module_of_nowhere", "it raised ModuleNotFoundError: No module named 'module_of_nowhere'"),
    ("op.execute('alter table users rename to people, please')", "it has a statement with RENAME in it that"),
    (
        "op.execute(\"do $$ begin execute format('alter table %I rename to %I', 'users', 'a'); end $$\")",
        "it has a DO block that makes up a statement with RENAME as it runs",
    ),
    (
        "if op.get_bind().execute(sa.text('select 1 from pg_class')).all(): op.rename_table('users', 'people')",
        "it asks pg_class, which nothing answers here",
    ),
]


@pytest.mark.parametrize(("upgrade", "why"), UNREAD)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(
    upgrade: str, why: str, tmp_path: Path, new_database: Databases
) -> None:
    project = Project(tmp_path)
    project.revision("r0", None, f"op.alter_column('users', 'old', new_column_name='before')\n{upgrade}")
    project.revision("r1", "r0", "op.alter_column('users', 'nick', new_column_name='alias')")
    found = recorded(project, new_database.catalog(USERS))
    assert written(found.renames) == [
        "column public.users.nick -> public.users.alias",
        "column public.users.old -> public.users.before",
    ]
    ((revision, reason),) = found.unread
    assert revision == "r0"
    assert reason.startswith(why)
