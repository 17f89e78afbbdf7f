"""Stories of a sync: what is in prod, what test looks like, and what is in test afterwards."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import json

import psycopg
import pytest
from syncing import KEY, catalog, execute, order, query, state, sync

from alembic_krakn.errors import SyncError
from alembic_krakn.renames import Renames
from alembic_krakn.sync.dry_run import dry_run

ZOO = """
    create type mood as enum ('sad', 'happy');
    create domain percent as int check (value between 0 and 100);
    create type point3 as (x int, y int, label text);
    create table zoo (
        id int primary key, b boolean, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, n2 numeric(20,5),
        t text, v varchar(50), c char(8), nm name, by bytea, d date, tm time, tz timetz, ts timestamp, tstz timestamptz,
        iv interval, u uuid, j json, jb jsonb, ip inet, ci cidr, mc macaddr, mc8 macaddr8, bt bit(5), vb varbit, mo money,
        x xml, pt point, bx box, pg polygon, cr circle, ln pg_lsn, tsv tsvector, tsq tsquery,
        ir int4range, nr numrange, tr tstzrange, mr int4multirange, ia int[], ta text[], tsa timestamptz[], ba bytea[],
        m mood, ma mood[], p percent, co point3, coa point3[], o oid, rc regclass, ja jsonb[], ch "char"
    );
    insert into zoo (id) values (1);
    insert into zoo values (
        2, true, -32768, -2147483648, -9223372036854775808, 'NaN', '-Infinity', 'NaN', 'NaN',
        E'tab\\t nl\\n cr\\r back\\\\ \\\\N \\\\. quote" ''q'' \\b\\f\\v 😀', '', 'x', 'name', '\\x00ff5c0a', '4713-01-01 BC', '24:00',
        '23:59:59.999999-15:59', '-infinity', 'infinity', '-178000000 years', '00000000-0000-0000-0000-000000000000',
        '{"a":  1, "a": 2}', '{"k": "\\u00e9\\n"}', '::1/128', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
        '10101', '', '-92233720368547758.08', null, '(1.5,-2)', '((0,0),(1,1))', '((0,0),(1,1),(2,0))',
        '<(0,0),1.1>', '16/B374D848', 'a:1 fat:2B', 'fat & rat', '[1,5)', '(,)', '["2020-01-01 00:00+00",infinity)',
        '{[1,2),[5,9)}', '{{1,NULL},{3,4}}', E'{"","a,b","c\\\\"d",NULL,"\\\\\\\\N","NULL"}', '{infinity,"0044-03-15 BC"}',
        '{"\\\\x00"}', 'happy', '{sad,NULL}', 100, '(1,,"a ""q"" \\\\ b")', '{"(1,2,z)"}', 4294967295, 'pg_class',
        '{"{\\\"a\\\": 1}"}', 'x'
    );
    insert into zoo (id, t, v, f8, n, d, ts, jb, ia) values
        (3, '', ' ', 5e-324, 1e-1000, 'infinity', '294276-12-31 23:59:59.999999', 'null', '{}'),
        (4, '\\N', E'\\u00a0', 1.7976931348623157e308, repeat('9', 1000)::numeric, '5874897-12-31', '4713-01-01 BC', '[]', '[2:3]={7,8}');
    do $$ begin  -- a server without libxml has the type and no values
        update zoo set x = '<a>ü &amp; <b/></a>' where id = 2;
    exception when feature_not_supported then null;
    end $$
"""


def test_every_type_arrives_as_it_was(new_database):
    prod = new_database(ZOO)
    test = new_database(ZOO, "delete from zoo", "alter table zoo add column added text default 'new'")
    result = sync(prod, test)
    rows = "select id, (to_jsonb(zoo) - 'added')::text, t, by, ba from zoo order by id"
    for column in catalog(prod).columns("public", "zoo"):
        values = f"select id, {column.name}::text from zoo order by zoo.id"
        assert query(test, values) == query(prod, values), column.name
    assert [row[0] for row in query(test, rows)] == [1, 2, 3, 4]
    assert query(test, "select distinct added from zoo") == [("new",)]
    (table,) = result.tables
    assert (table.rows, table.binary, table.retired) == (4, False, ())
    assert "rc" not in table.checked
    assert "t" in table.checked


def test_types_whose_binary_form_is_safe_travel_in_binary(new_database):
    ddl = """create table t (id int primary key, a text, b numeric[], c timestamptz, d jsonb, e uuid, f inet, g bytea,
        h varchar(9)[], i interval, j float8, k char(3), l bit varying, m date)"""
    prod = new_database(
        ddl,
        """insert into t select i, 'a'||i, array[i, null, 1e100], now(), '{"a":1}', gen_random_uuid(), '::1',
        '\\x00', '{a,b}', '1 mon', 'NaN', 'x', '101', 'infinity' from generate_series(1, 5000) i""",
    )
    test = new_database(ddl)
    (table,) = sync(prod, test).tables
    assert table.binary
    assert table.rows == 5000
    assert query(test, "select t::text from t order by id") == query(prod, "select t::text from t order by id")


def test_names_that_need_quotes(new_database):
    ddl = """
        create schema "My Schema";
        create table "My Schema"."order" ("select" int generated always as identity primary key, "a""b" text, "Größe" int, "tab\tname" int);
        create table "Tabelle ü" (id int primary key, "order" int references "My Schema"."order" ("select"));
        create index "an index" on "My Schema"."order" ("a""b");
    """
    prod = new_database(ddl, """insert into "My Schema"."order" ("a""b", "Größe") values ('x', 1), (null, 2)""")
    execute(prod, 'insert into "Tabelle ü" values (1, 2)')
    test = new_database(ddl)
    sync(prod, test, {'"My Schema"."order"': {"columns": {'a"b': {"mask": "hash"}}}})
    assert query(test, 'select "select", "Größe" from "My Schema"."order" order by 1') == [(1, 1), (2, 2)]
    assert query(test, 'select * from "Tabelle ü"') == [(1, 2)]
    (masked,), (null,) = query(test, 'select "a""b" from "My Schema"."order" order by "select"')
    assert len(masked) == 64
    assert null is None


def test_foreign_keys_may_form_cycles_and_refer_to_their_own_table(new_database):
    ddl = """
        create table company (id int primary key, boss int not null);
        create table person (id int primary key, company int not null references company, mentor int references person);
        alter table company add constraint company_boss foreign key (boss) references person deferrable initially deferred;
        comment on constraint company_boss on company is 'who leads';
    """
    prod = new_database(
        ddl,
        """begin; insert into company values (1, 2), (2, 1); insert into person values (1, 1, 2), (2, 2, 1), (3, 1, 3);
        commit""",
    )
    test = new_database(ddl, "begin; insert into company values (9, 9); insert into person values (9, 9, 9); commit")
    before = catalog(test)
    result = sync(prod, test)
    assert query(test, "select * from company order by 1") == [(1, 2), (2, 1)]
    assert query(test, "select * from person order by 1") == [(1, 1, 2), (2, 2, 1), (3, 1, 3)]
    assert catalog(test).facts == before.facts
    assert result.foreign_keys == 3


def test_partitioned_tables_are_loaded_through_their_roots(new_database):
    ddl = """
        create table event (id int, at date not null, kind text, primary key (id, at)) partition by range (at);
        create table event_old partition of event for values from (minvalue) to ('2024-01-01');
        create index event_kind on event (kind);
        create table mark (id int primary key, event_id int, event_at date,
                           foreign key (event_id, event_at) references event);
    """
    prod = new_database(
        ddl,
        """create table event_new partition of event for values from ('2024-01-01') to (maxvalue);
        insert into event select i, date '2023-12-01' + i, 'k' from generate_series(1, 60) i;
        insert into mark select i, i, date '2023-12-01' + i from generate_series(1, 60) i""",
    )
    test = new_database(
        ddl,
        """create table event_rest partition of event for values from ('2024-01-01') to (maxvalue) partition by range (id);
        create table event_rest_k partition of event_rest for values from (1) to (100);
        create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end';
        create trigger deny before insert on event for each row execute function no();
        alter table event_rest_k disable trigger deny""",
    )
    before = state(test)
    sync(prod, test)
    assert query(test, "select count(*), min(at) from event") == query(prod, "select count(*), min(at) from event")
    assert query(test, "select count(*) from event_rest_k") == [(30,)]
    after = state(test)
    assert after[0] == before[0]
    assert after[3] == before[3]


def test_inherited_tables_keep_their_own_rows(new_database):
    ddl = "create table base (id int); create table more (extra text) inherits (base)"
    prod = new_database(ddl, "insert into base values (1); insert into more values (2, 'x')")
    test = new_database(ddl, "insert into base values (7); insert into more values (8, 'y')")
    sync(prod, test)
    assert query(test, "select * from only base") == [(1,)]
    assert query(test, "select * from more") == [(2, "x")]


def test_sequences_go_on_beyond_the_highest_key(new_database):
    ddl = """
        create table a (id serial primary key, n int generated always as identity, small smallserial);
        create table b (id int generated by default as identity (increment by -1 minvalue -1000 maxvalue -1 start -1));
        create sequence invoice; create sequence shared;
        create table c (id bigint default nextval('shared'), other bigint default nextval('shared'));
        create table full_up (id int generated by default as identity (maxvalue 3));
        create table none (id serial)
    """
    prod = new_database(
        ddl,
        """insert into a (id, n, small) overriding system value values (40, 70, 5), (41, 60, 6);
        insert into b values (-7); insert into c values (10, 90); insert into full_up values (3);
        select setval('invoice', 1234)""",
    )
    test = new_database(ddl, "insert into none default values; insert into none default values")
    result = sync(prod, test)
    assert query(test, "insert into a default values returning id, n, small") == [(42, 71, 7)]
    assert query(test, "insert into b default values returning id") == [(-8,)]
    assert query(test, "insert into c default values returning id") == [(91,)]
    assert query(test, "select nextval('invoice')") == [(1235,)]
    assert query(test, "insert into none default values returning id") == [(1,)]
    with pytest.raises(psycopg.errors.SequenceGeneratorLimitExceeded):
        execute(test, "insert into full_up default values")
    assert result.sequences == 8


def test_columns_that_test_makes_itself(new_database):
    prod = new_database(
        "create table t (a int, b int generated always as (a + 1) stored)", "insert into t values (1), (2)"
    )
    test = new_database(
        """create table t (a int, b int generated always as (a * 10) stored, since date default '2020-01-01',
        serial int generated always as identity, nothing text)"""
    )
    (table,) = sync(prod, test).tables
    assert query(test, "select a, b, since::text, nothing from t order by a") == [
        (1, 10, "2020-01-01", None),
        (2, 20, "2020-01-01", None),
    ]
    assert query(test, "select serial from t order by a") == [(1,), (2,)]
    assert table.columns == {
        "copy": ("a",),
        "generated": ("b",),
        "default": ("since",),
        "identity": ("serial",),
        "null": ("nothing",),
    }
    assert table.retired == ()


def test_a_column_that_prod_computed_becomes_plain(new_database):
    prod = new_database("create table t (a int, b int generated always as (a + 1) stored)", "insert into t values (1)")
    test = new_database("create table t (a int, b int)")
    sync(prod, test)
    assert query(test, "select * from t") == [(1, 2)]


@pytest.mark.parametrize("enabled", ["enable", "enable always", "enable replica", "disable"])
def test_triggers_and_row_security_do_not_touch_the_load(new_database, enabled):
    prod = new_database("create table t (id int primary key)", "insert into t values (1), (2)")
    test = new_database(
        f"""create table t (id int primary key);
        create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end';
        create trigger deny before insert or delete on t for each row execute function no();
        create trigger deny_all before truncate on t execute function no();
        alter table t {enabled} trigger deny; alter table t {enabled} trigger deny_all;
        create rule divert as on insert to t do instead nothing;
        alter table t enable row level security; alter table t force row level security"""
    )
    before = state(test)
    sync(prod, test)
    assert query(test, "select count(*) from t") == [(2,)]
    after = state(test)
    assert (after[0], after[3]) == (before[0], before[3])


def test_indexes_and_all_that_hangs_on_them_come_back(new_database):
    ddl = """
        create table t (id int, code text not null, at int4range, constraint t_pk primary key (id) with (fillfactor = 70),
            constraint t_code unique (code) deferrable initially deferred, exclude using gist (at with &&));
        create unique index t_ri on t (code);
        create unique index t_lower on t (lower(code) text_pattern_ops desc nulls last) include (id) where id > 0;
        create index t_stat on t ((id + 1)); alter index t_stat alter column 1 set statistics 77;
        comment on index t_lower is 'by code'; comment on constraint t_pk on t is 'the key';
        cluster t using t_pk; alter table t replica identity using index t_ri;
        create view grouped as select id, code from t group by id;
        create materialized view deep as select count(*) as n from grouped;
        create unique index deep_n on deep (n);
        create materialized view deeper as select n + 1 as n from deep;
        create materialized view unfilled as select * from t with no data
    """
    prod = new_database(ddl, "insert into t values (1, 'a', '[1,2)'), (2, 'b', '[2,3)')")
    test = new_database(ddl)
    before = catalog(test)
    result = sync(prod, test)
    assert catalog(test).facts == before.facts
    assert query(test, "select * from deeper") == [(3,)]
    assert result.refreshed == (("public", "deep"), ("public", "deeper"))
    assert query(test, "select relispopulated from pg_class where relname = 'unfilled'") == [(False,)]


def test_renames_that_revisions_know(new_database):
    prod = new_database("create table clients (id int primary key, phone text)", "insert into clients values (1, '42')")
    test = new_database("create table customers (id int primary key, phone_number text)")
    renames = Renames.of(
        {("public", "clients"): ("public", "customers")}, {("public", "clients", "phone"): "phone_number"}
    )
    result = sync(prod, test, renames=renames)
    assert query(test, "select * from customers") == [(1, "42")]
    assert result.tables[0].columns["rename"] == ("phone_number",)
    assert result.plan.retired == ()


def test_renames_that_the_profile_knows(new_database):
    prod = new_database(
        "create schema old; create table old.clients (id int, phone text)", "insert into old.clients values (1, '42')"
    )
    test = new_database("create table customers (id int, phone_number text)")
    rule = {"rename_from": "old.clients", "columns": {"phone_number": {"from": "phone"}}}
    sync(prod, test, {"customers": rule})
    assert query(test, "select * from customers") == [(1, "42")]


CASTS = [
    ("int", "bigint", "1"),
    ("bigint", "int", "2147483647"),
    ("int", "numeric(10,2)", "7"),
    ("numeric", "int", "2.5"),
    ("float4", "float8", "0.1"),
    ("boolean", "int", "true"),
    ("boolean", "text", "true"),
    ("int", "boolean", "5"),
    ("text", "int", "' 7 '"),
    ("char(6)", "text", "'ab'"),
    ("char(6)", "varchar(3)", "'ab'"),
    ("varchar(9)", "text", "'ab '"),
    ("text", "char(5)", "'ab'"),
    ("text", "mood", "'happy'"),
    ("mood", "text", "'sad'"),
    ("mood[]", "text[]", "'{sad}'"),
    ("text[]", "mood[]", "'{sad,happy}'"),
    ("json", "jsonb", '\'{"b": 1,  "a": 2}\''),
    ("jsonb", "text", "'{\"b\": 1}'"),
    ("text", "jsonb", "'[1,  2]'"),
    ("timestamptz", "date", "'2020-01-01 23:30+00'"),
    ("timestamp", "timestamptz", "'2020-01-01 12:00'"),
    ("timestamptz", "timestamp", "'2020-01-01 12:00+02'"),
    ("date", "timestamp", "'2020-01-01'"),
    ("money", "numeric", "'1234.50'"),
    ("int[]", "bigint[]", "'{1,NULL}'"),
    ("numeric[]", "int[]", "'{1.5,2.4}'"),
    ("text", "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"),
    ("inet", "text", "'10.0.0.1'"),
    ("bytea", "text", "'\\x00ff'"),
    ("text", "interval", "'90 minutes'"),
    ("int", "percent", "50"),
    ("percent", "int", "50"),
    ("numeric(10,4)", "numeric(10,2)", "1.2345"),
    ("timestamp", "timestamp(0)", "'2020-01-01 12:00:00.6'"),
    ("int4range", "text", "'[1,3]'"),
    ("point", "text", "'(1,2)'"),
]


def test_values_change_their_type_as_postgresql_casts_them(new_database):
    types = "create type mood as enum ('sad', 'happy'); create domain percent as int check (value <= 100);"
    columns = [(f"c{at}", *cast) for at, cast in enumerate(CASTS)]
    prod = new_database(
        types,
        f"create table t ({', '.join(f'{name} {have}' for name, have, _, _ in columns)})",
        f"insert into t values ({', '.join(value for *_, value in columns)})",
        "insert into t default values",
        "set timezone = 'UTC'",
    )
    test = new_database(types, f"create table t ({', '.join(f'{name} {want}' for name, _, want, _ in columns)})")
    (table,) = sync(prod, test).tables
    for name, have, want, _ in columns:
        through_text = "::text" if {"mood", "mood[]"} & {have, want} and "text" not in have else ""
        with psycopg.connect(prod) as conn:
            conn.execute("set timezone = 'UTC'")
            expected = conn.execute(f"select {name}{through_text}::{want}::text from t order by 1").fetchall()
        with psycopg.connect(test) as conn:
            conn.execute("set timezone = 'UTC'")
            assert conn.execute(f"select {name}::text from t order by 1").fetchall() == expected, (have, want)
    # Prod does not know the elements' type, so their text is not compared.
    assert len(table.checked) == len(columns) - 1


def test_values_and_expressions_of_the_profile(new_database):
    prod = new_database(
        "create schema helper; create function helper.double(int) returns int language sql as 'select $1 * 2'",
        "create table t (id int, a int, b text)",
        "insert into t values (1, 3, 'x'), (2, null, 'y')",
        "do $$ begin execute format('alter database %I set search_path = helper, public', current_database()); end $$",
    )
    test = new_database(
        """create type st as enum ('new', 'old');
        create table t (id int, total int, state st not null, ok boolean not null, note text, since date not null)"""
    )
    columns = {
        "total": {"expr": "double(coalesce(a, 0)) -- twice"},
        "state": {"expr": "case when b = 'x' then 'new' else 'old' end"},
        "ok": {"value": True},
        "note": {"value": None},
        "since": {"value": "2020-01-01"},
    }
    (table,) = sync(prod, test, {"t": {"where": "id < double(5) -- few", "columns": columns}}).tables
    assert query(test, "select total, state, ok, note, since::text from t order by id") == [
        (6, "new", True, None, "2020-01-01"),
        (0, "old", True, None, "2020-01-01"),
    ]
    assert table.columns["expression"] == ("total", "state")
    assert table.retired == ()


def test_only_rows_that_the_profile_wants(new_database):
    ddl = "create table t (id int primary key, at timestamptz default now())"
    prod = new_database(ddl, "insert into t select i, now() - i * interval '1 day' from generate_series(1, 100) i")
    test = new_database(ddl)
    sync(prod, test, {"t": {"where": "at > now() - interval '30 days'"}})
    assert query(test, "select count(*) from t") == [(29,)]


def test_tables_that_are_left_alone(new_database):
    prod = new_database(
        """create table users (id int primary key); insert into users values (1), (2);
        create table settings (id int, theirs text); insert into settings values (1, 'prod');
        create table gone (id int); create table alembic_version (version_num text);
        insert into alembic_version values ('old')"""
    )
    test = new_database(
        """create table users (id int primary key); insert into users values (2), (7);
        create table settings (id int, ours text); insert into settings values (5, 'test');
        create table login (user_id int references users); insert into login values (2);
        create table feature (id int primary key); insert into feature values (3);
        create table vote (user_id int references users, feature int references feature); insert into vote values (7, 3);
        create table comment (vote int); alter table vote add id int unique; update vote set id = 1;
        alter table comment add foreign key (vote) references vote (id); insert into comment values (1);
        create table alembic_version (version_num text); insert into alembic_version values ('new')"""
    )
    result = sync(prod, test, {"settings": {"skip": True}, "login": {"skip": True}})
    assert query(test, "select id from users order by 1") == [(1,), (2,)]
    assert query(test, "select * from settings") == [(5, "test")]
    assert query(test, "select * from login") == [(2,)]
    assert query(test, "select * from feature") == [(3,)]
    assert query(test, "select count(*) from vote") == [(0,)]
    assert query(test, "select count(*) from comment") == [(0,)]
    assert query(test, "select * from alembic_version") == [("new",)]
    report = result.to_json()
    assert report["only_in_prod"] == ["public.gone"]
    assert report["only_in_test"] == {"kept": ["public.feature"], "emptied": ["public.comment", "public.vote"]}
    assert report["skipped"] == ["public.login", "public.settings"]
    assert len(report["remarks"]) == 2


def test_masked_keys_still_lead_to_their_rows(new_database):
    ddl = """
        create table person (email varchar(80) primary key, age int);
        create table account (id int primary key, owner varchar(80) not null references person, ssn int unique);
        create table claim (account_ssn int references account (ssn))
    """
    prod = new_database(
        ddl,
        """insert into person select 'p' || i || '@real.com', i from generate_series(1, 500) i;
        insert into account select i, 'p' || i || '@real.com', 1000 + i from generate_series(1, 500) i;
        insert into claim select 1000 + i from generate_series(1, 500) i""",
    )
    test = new_database(ddl)
    masks = {
        "person": {"columns": {"email": {"mask": {"fake": "email"}}}},
        "account": {"columns": {"owner": {"mask": {"fake": "email"}}, "ssn": {"mask": "hash"}}},
        "claim": {"columns": {"account_ssn": {"mask": "hash"}}},
    }
    result = sync(prod, test, masks)
    joined = query(test, "select p.age, a.id from person p join account a on a.owner = p.email order by 1")
    assert joined == [(i, i) for i in range(1, 501)]
    assert query(test, "select count(*) from claim c join account a on a.ssn = c.account_ssn") == [(500,)]
    assert query(test, "select count(*) from person where email like '%real.com'") == [(0,)]
    assert result.plan.key_fingerprint == KEY.fingerprint
    assert result.tables[2].masks == {"email": "fake: email"}


def test_awkward_texts_stay_beside_masked_ones(new_database):
    ddl = "create table t (id int, secret text, note text, last text)"
    prod = new_database(
        ddl,
        r"""insert into t values (1, E'tab\tnl\nback\\', E'a\tb\nc\\N\r', '\N'), (2, '', '', ''), (3, null, null, null),
        (4, 'x', '\.', E'\\'), (5, '"', '"quoted"', '😀')""",
    )
    test = new_database(ddl)
    sync(prod, test, {"t": {"columns": {"secret": {"mask": "hash"}}}})
    rest = "select id, note, last, secret is null, secret = '' from t order by id"
    assert query(test, rest) == query(prod, rest)


def test_a_table_of_one_masked_column(new_database):
    ddl = "create table t (secret text)"
    prod = new_database(ddl, "insert into t values (''), (null), ('a'), ('')")
    test = new_database(ddl)
    sync(prod, test, {"t": {"columns": {"secret": {"mask": "hash"}}}})
    assert query(test, "select count(*), count(secret), count(*) filter (where secret = '') from t") == [(4, 3, 2)]


def test_nullified_values_never_leave_prod(new_database):
    prod = new_database("create table t (id int, secret text)", "insert into t values (1, 'hidden')")
    test = new_database("create table t (id int, secret text)")
    result = sync(prod, test, {"t": {"columns": {"secret": {"mask": "nullify"}}}}, key=None)
    assert query(test, "select * from t") == [(1, None)]
    assert "NULL::text" in result.plan.tables[0].query()
    assert result.tables[0].masks == {"secret": "nullify"}


def test_rows_of_many_megabytes_pass(new_database):
    ddl = "create table t (id int, big text, small text)"
    prod = new_database(ddl, "insert into t select i, repeat('x', 12000000), 's' from generate_series(1, 2) i")
    test = new_database(ddl)
    sync(prod, test, {"t": {"columns": {"small": {"mask": "hash"}}}})
    assert query(test, "select id, length(big) from t order by id") == [(1, 12000000), (2, 12000000)]


def test_empty_tables_and_databases(new_database):
    ddl = "create table t (id serial primary key, name text); create table u (t int references t)"
    prod, test = new_database(ddl), new_database(ddl, "insert into t (name) values ('x'); insert into u values (1)")
    assert sync(prod, test).rows == 0
    assert query(test, "select count(*) from t") == [(0,)]
    assert sync(new_database(), new_database()).tables == ()


def test_a_second_sync_replaces_the_rows_of_the_first(new_database):
    ddl = "create table t (id int primary key, secret text)"
    prod, test = new_database(ddl, "insert into t values (1, 'a')"), new_database(ddl)
    masks = {"t": {"columns": {"secret": {"mask": "hash"}}}}
    sync(prod, test, masks)
    first = query(test, "select * from t")
    sync(prod, test, masks)
    assert query(test, "select * from t") == first


def test_an_owner_who_is_no_superuser_can_sync(new_database):
    ddl = """create table parent (id serial primary key); create table child (parent int references parent, n int);
        create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end';
        create materialized view total as select count(*) from child"""
    prod = new_database(ddl, "insert into parent default values; insert into child values (1, 2)")
    test = new_database(ddl, "create trigger deny before insert on child for each row execute function no()")
    role = "krakn_plain_owner"
    try:
        execute(
            test,
            f"create role {role} login",
            f"alter table parent owner to {role}",
            f"alter table child owner to {role}",
            f"alter materialized view total owner to {role}",
            f"grant create on schema public to {role}",
        )
        result = sync(prod, as_role(test, role))
        assert result.rows == 2
        assert query(test, "select * from total") == [(1,)]
    finally:
        execute(test, f"drop owned by {role} cascade", f"drop role {role}")


def as_role(url: str, role: str) -> str:
    """Give the URL with a role that needs no password."""
    return f"{url}{'&' if '?' in url else '?'}user={role}"


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(new_database):
    prod = new_database(
        "create table users (id int primary key, email text, age int, old text)",
        "insert into users select i, 'u' || i || '@real.com', i from generate_series(1, 50) i",
        "analyze",
    )
    test = new_database(
        "create table users (id int primary key, email text, age bigint, state text default 'new')",
        "insert into users values (7)",
    )
    before = state(test)
    preview = dry_run(order(prod, test, {"users": {"columns": {"email": {"mask": {"fake": "email"}}}}})).to_json()
    assert state(test) == before
    (table,) = preview["tables"]
    assert table["estimated_rows"] == 50
    assert table["estimated_bytes"] > 0
    assert [(column["name"], column["origin"], column["mask"]) for column in table["columns"]] == [
        ("id", "copy", None),
        ("email", "copy", "fake: email"),
        ("age", "cast", None),
        ("state", "default", None),
    ]
    assert table["retired_columns"] == ["old"]
    assert [(row["id"], row["age"]) for row in table["sample"]] == [("1", "1"), ("2", "2"), ("3", "3")]
    assert "real.com" not in json.dumps(preview)
    sync(prod, test, {"users": {"columns": {"email": {"mask": {"fake": "email"}}}}})
    masked = {row["email"] for row in table["sample"]}
    assert masked == {email for (email,) in query(test, "select email from users where id < 4")}


def test_foreign_tables_are_left_alone(new_database):
    far = (
        "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table f (a int) server s"
    )
    prod, test = new_database(far, "create table t (a int); insert into t values (1)"), new_database(far)
    execute(test, "create table t (a int); create foreign table other (a int) server s")
    result = sync(prod, test)
    assert [table.test for table in result.tables] == [("public", "t")]
    assert query(test, "select a from t") == [(1,)]


def test_a_partition_on_another_server_is_not_filled(new_database):
    whole = "create table p (a int) partition by range (a); create table p1 partition of p for values from (0) to (10)"
    prod, test = new_database(whole), new_database(whole)
    execute(
        test,
        "create foreign data wrapper w; create server s foreign data wrapper w",
        "create foreign table p2 partition of p for values from (10) to (20) server s",
    )
    with pytest.raises(SyncError, match=r"public\.p has the foreign table public\.p2 as a partition"):
        sync(prod, test)
    assert sync(prod, test, {"p": {"skip": True}}).tables == ()
