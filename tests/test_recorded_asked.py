"""Revisions that ask the database as they go are answered without one, so that what they rename is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import Databases
from reading import USERS, Read, verify

STORIES = [
    Read(
        "rows are asked for and looped over",
        USERS,
        """
        bind = op.get_bind()
        users = sa.table('users', sa.column('id'), sa.column('nick'))
        for row in bind.execute(sa.select(users).where(users.c.id > 1)):
            bind.execute(users.update().where(users.c.id == row.id).values(nick=row.nick.upper()))
        assert bind.execute(sa.text('select count(*) from users where id = :id'), {'id': 1}).scalar() == 0
        assert bind.execute(sa.text('select 1 from users')).scalar() is None
        assert bind.execute(users.delete()).rowcount == 0
        assert bind.execute(sa.text('select max(id), min(nick) from users')).one() == (None, None)
        op.bulk_insert(users, [{'id': 1, 'nick': "it's"}, {'id': 2, 'nick': None}])
        op.bulk_insert(users, [])
        op.rename_table('users', 'people')
        """,
        "table public.users -> public.people",
    ),
    Read(
        "an ORM session asks and writes nothing",
        USERS,
        """
        from sqlalchemy import orm
        Base = orm.declarative_base()
        class User(Base):
            __tablename__ = 'users'
            id = sa.Column(sa.Integer, primary_key=True)
            nick = sa.Column(sa.Text)
        session = orm.Session(bind=op.get_bind())
        for user in session.query(User).filter(User.nick.is_(None)):
            user.nick = str(user.id)
        session.commit()
        op.rename_table('users', 'people')
        """,
        "table public.users -> public.people",
    ),
    Read(
        "the inspector tells what is there by now",
        USERS + "create table posts (id int primary key, by int constraint by_fk references users);"
        "create index i on posts (by)",
        """
        there = sa.inspect(op.get_bind())
        assert there.get_columns('users')[1]['name'] == 'nick'
        assert isinstance(there.get_columns('users')[0]['type'], sa.Integer)
        assert there.get_pk_constraint('users')['constrained_columns'] == ['id']
        assert [key['referred_table'] for key in there.get_foreign_keys('posts')] == ['users']
        assert [index['column_names'] for index in there.get_indexes('posts')] == [['by']]
        if 'users' in there.get_table_names() and not there.has_table('people'):
            op.rename_table('users', 'people')
        there = sa.inspect(op.get_bind())
        assert [key['referred_table'] for key in there.get_foreign_keys('posts')] == ['people']
        if 'nick' in [column['name'] for column in there.get_columns('people')]:
            op.alter_column('people', 'nick', new_column_name='alias')
        assert sa.Table('people', sa.MetaData(), autoload_with=op.get_bind()).c.keys() == ['id', 'alias', 'old']
        """,
        """
        table public.users -> public.people
        column public.users.nick -> public.people.alias
        """,
    ),
    Read(
        "a list of values is one parameter, as psycopg2 takes it",
        USERS,
        """
        for each in (('a', 'b'), ()):
            found = op.get_bind().execute(sa.text('select id from users where nick in :nicks'), {'nicks': each})
            assert found.fetchall() == []
        op.rename_table('users', 'people')
        """,
        "table public.users -> public.people",
        runs=False,
    ),
    Read(
        "the inspector tells the types that columns were made with, or have by now",
        USERS + "create table more (id int)",
        """
        def typed(table):
            return {each['name']: each['type'] for each in sa.inspect(op.get_bind()).get_columns(table)}
        op.alter_column('users', 'id', type_=sa.BigInteger())
        op.alter_column('users', 'nick', new_column_name='alias', type_=sa.String(36))
        assert isinstance(typed('users')['id'], sa.BigInteger) and typed('users')['alias'].length == 36
        op.create_table('anew', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('at', sa.DateTime(True)),
                        sa.Column('sums', sa.ARRAY(sa.Numeric(9, 2))), sa.Column('how', sa.Interval()))
        op.execute('alter table anew add made timestamp(3), add kind pg_catalog."char", add odd unheard.of')
        --
        op.drop_table('users')
        op.rename_table('anew', 'users')
        def typed(table):
            return {each['name']: each['type'] for each in sa.inspect(op.get_bind()).get_columns(table)}
        assert isinstance(typed('users')['id'], sa.Integer)
        assert isinstance(typed('users')['sums'].item_type, sa.Numeric)
        assert typed('users')['at'].timezone and not typed('users')['made'].timezone
        op.drop_column('users', 'odd')
        op.add_column('users', sa.Column('odd', sa.Boolean()))
        assert isinstance(typed('users')['odd'], sa.Boolean)
        op.rename_table('more', 'most')
        """,
        "table public.more -> public.most",
        runs=False,
    ),
    Read(
        "tables are told what to write and where as SQLAlchemy 1.x had it",
        USERS,
        """
        users, more = sa.table('users', sa.column('id'), sa.column('nick')), sa.table('more', sa.column('id'))
        op.execute(users.insert({'id': 1, 'nick': 'a'}))
        op.execute(users.insert(values=[{'id': 2, 'nick': 'b'}, {'id': 3, 'nick': 'c'}]))
        op.execute(users.update(users.c.id == 1, {'nick': 'd'}))
        op.execute(users.update().where(users.c.id == 2).values(nick='e'))
        op.execute(users.delete(users.c.id == 3))
        op.execute(users.delete())
        both = users.join(more, users.c.id == more.c.id).select(users.c.nick.is_(None))
        for query in (both, both.with_only_columns((users.c.id, more.c.id)), more.select(more.c.id > 1)):
            assert op.get_bind().execute(query).fetchall() == []
        op.alter_column('users', 'nick', new_column_name='alias')
        """,
        "column public.users.nick -> public.users.alias",
        runs=False,
    ),
    Read(
        "what is on a column goes with it",
        USERS + "create table posts (id int primary key, by int constraint by_fk references users, at date);"
        "create index i on posts (at, by)",
        """
        op.drop_column('posts', 'by')
        there = sa.inspect(op.get_bind())
        assert there.get_foreign_keys('posts') == there.get_indexes('posts') == []
        assert sa.Table('posts', sa.MetaData(), autoload_with=op.get_bind()).c.keys() == ['id', 'at']
        op.rename_table('posts', 'letters')
        """,
        "table public.posts -> public.letters",
    ),
    Read(
        "foreign keys go with the table that they refer to",
        USERS + "create table posts (id int primary key, by int constraint by_fk references users)",
        """
        op.execute('drop table users cascade')
        assert sa.inspect(op.get_bind()).get_foreign_keys('posts') == []
        op.rename_table('posts', 'letters')
        """,
        "table public.posts -> public.letters",
    ),
    Read(
        "names are made from what the inspector says of keys and counters",
        "create table user_note (id serial primary key)",
        """
        op.execute('create table user_tag (id serial primary key)')
        there = sa.inspect(op.get_bind())
        assert there.get_pk_constraint('user_tag')['name'] == 'user_tag_pkey'
        counter = there.get_columns('user_note')[0]['default'].split("'")[1]
        op.execute(f"alter sequence {counter} rename to {counter.replace('user', 'person')}")
        """,
        "sequence public.user_note_id_seq -> public.person_note_id_seq",
    ),
    Read(
        "what is inserted comes back",
        USERS,
        """
        bind = op.get_bind()
        users = sa.table('users', sa.column('id'), sa.column('nick'), sa.column('old'))
        (number,) = bind.execute(users.insert().values(id=7, nick='a').returning(users.c.id)).one()
        assert number == 7
        text = "insert into users (id, nick) values (8, 'x'), (9, 'y') returning nick"
        assert bind.execute(sa.text(text)).scalars().all() == ['x', 'y']
        op.rename_table('users', 'people')
        """,
        "table public.users -> public.people",
    ),
    Read(
        "calls that only SQLAlchemy 1.x takes are taken",
        USERS,
        """
        from sqlalchemy import orm
        bind = op.get_bind()
        users = sa.table('users', sa.column('id'), sa.column('nick'))
        bind.execute("update users set nick = '%' where id = 1")
        bind.execute('update users set nick = %s where id = %s', ('a', 1))
        bind.execute('update users set nick = %(nick)s', {'nick': 'a'}, {'nick': 'b'})
        assert bind.execute(sa.text('select 1 from users limit :few'), few=3).fetchall() == []
        assert bind.scalar('select count(*) from users') == 0
        assert bind.execute(sa.select([users.c.id, users.c.nick]).where(users.c.id == 1)).fetchall() == []
        session = orm.Session(bind=bind)
        assert session.execute('select nick from users where id = :id', {'id': 1}).fetchone() is None
        assert session.scalar('select count(*) from users') == 0
        with bind.engine.connect() as other:
            other.execute('alter table users rename to people')
        """,
        "table public.users -> public.people",
        runs=False,
    ),
    Read(
        "the inspector tells of sequences, types, views and schemas",
        """
        create schema app; create sequence s; create type mood as enum ('a', 'b'); create type app.mood as enum ('x');
        create domain d as text not null; create view v as select 1 as a; create materialized view m as select 1 as a;
        create table users (nick text)
        """,
        """
        op.execute("alter sequence s rename to q; alter type mood rename value 'a' to 'c'")
        op.execute('create temp table tt (a int); create temp view tv as select 1 as a')
        there = sa.inspect(op.get_bind())
        assert there.get_sequence_names() == ['q'] and there.has_sequence('q') and not there.has_sequence('s')
        assert [(each['name'], each['schema'], each['labels']) for each in there.get_enums()] == [
            ('mood', 'public', ['c', 'b'])
        ]
        assert [(each['labels'], each['visible']) for each in there.get_enums('app')] == [(['x'], False)]
        (domain,) = there.get_domains()
        assert (domain['name'], domain['type'], domain['nullable'], domain['constraints']) == ('d', 'text', False, [])
        assert {'app', 'public'} <= set(there.get_schema_names()) and not there.has_schema('nobody')
        assert there.get_view_names() == ['v'] and there.get_materialized_view_names() == ['m']
        assert there.get_temp_table_names() == ['tt'] and there.get_temp_view_names() == ['tv']
        assert op.get_bind().dialect.has_type(op.get_bind(), 'mood')
        try:
            there.get_columns('nobody')
        except sa.exc.NoSuchTableError:
            op.rename_table('users', 'people')
        """,
        """
        sequence public.s -> public.q
        label public.mood.a -> c
        table public.users -> public.people
        """,
    ),
    Read(
        "an empty database is asked in several ways",
        "create table users (nick text)",
        """
        def ask(query):
            return op.get_bind().execute(sa.text(query))
        assert not ask('select nick from users union select nick from users').all()
        assert not ask('select exists (select 1 from users)').scalar()
        assert ask("select coalesce(null, 'a') as x").one().x == 'a'
        ask('show server_version').all()
        ask('explain select 1').all()
        with op.get_bind().connection.cursor() as cursor:
            cursor.execute('select nick from users where nick = %s', ['x'])
            assert list(cursor) == []
            cursor.execute(b'select 1')
            assert cursor.fetchone() == (1,)
        op.rename_table('users', 'people')
        """,
        "table public.users -> public.people",
    ),
    Read(
        "a rename after something that needs rows",
        USERS,
        """
        op.rename_table('users', 'people')
        op.get_bind().execute(sa.text('select id from people')).one()
        """,
        "table public.users -> public.people",
        runs=False,
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_what_is_read_is_what_postgresql_does(story: Read, tmp_path: Path, new_database: Databases) -> None:
    verify(story, tmp_path, new_database)
