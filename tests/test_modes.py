"""Stories of syncs that leave alone what is as it should be: new, changed and vanished rows, told apart by keys."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import os

import psycopg
import pytest
from syncing import catalog, execute, query, state, sync

from alembic_krakn.errors import KraknError, SettingsError, SyncError
from alembic_krakn.mask import MaskKey
from alembic_krakn.progress import Silent
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.upsert import comparing
from alembic_krakn.sync.values import Changes

SHOP = """
    create table customer (id bigint generated always as identity primary key, name text not null, email text unique, balance numeric);
    create table item (
        customer bigint references customer on delete cascade, nr int, note text, size int generated always as (length(note)) stored,
        primary key (customer, nr)
    );
    create index on item (note);
"""
ROWS = """
    insert into customer (name, email, balance) select 'name ' || i, 'e' || i || '@example.org', i / 10.0 from generate_series(1, 10000) i;
    insert into item select i % 500 + 1, i / 500, 'note ' || i from generate_series(1, 3000) i;
"""


def changes(result: SyncResult, name: str) -> Changes:
    """Give what became of a table."""
    (found,) = [table.changes for table in result.tables if table.test[1] == name]
    assert found is not None
    return found


def numbers(result: SyncResult, name: str) -> tuple[int, int, int, int]:
    """Give how many rows are new, changed, deleted, and as they were."""
    did = changes(result, name)
    return did.inserted, did.updated, did.deleted, did.unchanged


def rows(url: str, table: str) -> list[str]:
    return [row for (row,) in query(url, f"select t::text from {table} t order by 1")]


@pytest.fixture
def shop(new_database):
    """Make prod with rows, and test that has them too."""
    prod, test = new_database(SHOP, ROWS), new_database(SHOP)
    sync(prod, test, mode="upsert")
    assert rows(test, "customer") == rows(prod, "customer")
    assert rows(test, "item") == rows(prod, "item")
    return prod, test


def test_what_has_not_changed_does_not_travel(shop):
    prod, test = shop
    before = state(test)
    result = sync(prod, test, mode="upsert", delete_vanished=True)
    assert (result.rows, sum(table.bytes for table in result.tables)) == (0, 0)
    assert numbers(result, "customer") == (0, 0, 0, 10_000)
    assert changes(result, "customer").ranges > 3
    assert state(test)[1].keys() == before[1].keys()
    assert {name: held for name, held in state(test)[1].items() if "krakn" not in name} == {
        name: held for name, held in before[1].items() if "krakn" not in name
    }
    assert query(test, "select mode, rows from krakn_history order by began") == [
        ("upsert", 13_000),
        ("upsert, vanished rows deleted", 0),
    ]


def test_only_ranges_with_new_and_changed_rows_travel(shop):
    prod, test = shop
    execute(
        prod,
        "update customer set name = 'another' where id in (5, 5000)",
        "insert into customer (name) values ('new')",
        "update customer set balance = 1.00 where id = 10",  # equal to 1.0, and yet another text
        "delete from item where customer = 7",
        "delete from customer where id = 7",
    )
    result = sync(prod, test, mode="upsert")
    assert numbers(result, "customer") == (1, 3, 0, 9_996)
    assert 0 < result.rows < 10_000
    assert query(
        test,
        "select id, name, trim_scale(balance)::text, scale(balance) from customer where id in (5, 7, 10, 10001) order by 1",
    ) == [
        (5, "another", "0.5", 20),
        (7, "name 7", "0.7", 20),  # stays, as nobody asked for its end
        (10, "name 10", "1", 2),
        (10_001, "new", None, None),
    ]
    result = sync(prod, test, mode="upsert", delete_vanished=True)
    assert numbers(result, "customer") == (0, 0, 1, 10_000)
    assert numbers(result, "item") == (0, 0, 6, 2_994)
    for table in ("customer", "item"):
        assert rows(test, table) == rows(prod, table)


def test_few_rows_of_a_large_table_travel(new_database):
    ddl = "create table t (id int primary key, v int)"
    prod, test = new_database(ddl, "insert into t select i, i from generate_series(1, 200000) i"), new_database(ddl)
    sync(prod, test)
    execute(prod, "update t set v = 0 where id % 20000 = 0", "delete from t where id = 77", "analyze t")
    result = sync(prod, test, mode="upsert", delete_vanished=True)
    assert numbers(result, "t") == (0, 10, 1, 199_989)
    assert result.rows < 2_000
    assert rows(test, "t") == rows(prod, "t")


def test_rows_may_exchange_what_is_unique(shop):
    prod, test = shop
    execute(
        prod,
        "update customer set email = 'x' where id = 1",
        "update customer set email = 'e1@example.org' where id = 2",
        "update customer set email = 'e2@example.org' where id = 1",
        "delete from item where customer = 3",
        "delete from customer where id = 3",
        "insert into customer (name, email) values ('heir', 'e3@example.org')",
    )
    with pytest.raises(SyncError, match="customer_email_key"):
        sync(prod, test, mode="upsert")
    sync(prod, test, mode="upsert", delete_vanished=True)
    assert rows(test, "customer") == rows(prod, "customer")


def test_append_leaves_existing_rows_alone(shop):
    prod, test = shop
    execute(test, "update customer set name = 'mine' where id = 1", "delete from item where nr = 0")
    execute(
        prod, "update customer set name = 'theirs' where id in (1, 2)", "insert into customer (name) values ('new')"
    )
    result = sync(prod, test, {"customer": {"columns": {"name": {"mask": "hash"}}}}, mode="append")
    assert numbers(result, "customer")[:3] == (1, 0, 0)
    assert result.tables[0].checked == ("id",)
    assert query(test, "select name from customer where id <= 2 order by id") == [("mine",), ("name 2",)]
    ((name,),) = query(test, "select name from customer where id = 10001")
    assert len(name) == 64
    assert rows(test, "item") == rows(prod, "item")
    assert sync(prod, test, {"customer": {"columns": {"name": {"mask": "hash"}}}}, mode="append").rows == 0


@pytest.mark.parametrize(
    ("key", "made"),
    [
        ("uuid", "md5(i::text)::uuid"),
        ("text", "(array['ä','z','Z','a','_'])[i % 5 + 1] || i"),
        ("timestamptz", "'2020-01-01'::timestamptz + i * '1 hour'::interval"),
        ("numeric", "i / 7.0"),
        ("varchar(40)", "'Key ''' || i || E'\\\\ \"'"),
        ("char(9)", "i::text"),
        ("date", "'2020-01-01'::date + i"),
        ("inet", "'10.0.0.0'::inet + i"),
        ("bytea", "int4send(i)"),
        ("mood", "(enum_range(null::mood))[i % 3 + 1]"),
        ("interval", "i * '1 minute'::interval"),
    ],
)
def test_keys_of_many_types(new_database, monkeypatch, key, made):
    for name, value in {"RANGE": 20, "WORTH": 30, "FINE": 4}.items():
        monkeypatch.setattr(comparing, name, value)
    ddl = f"create type mood as enum ('a', 'c', 'b'); create table t (k {key}, nr int, v text, primary key (k, nr)); create table one (k {key} primary key, v text)"
    fill = f"insert into t select {made}, i, 'v' || i from generate_series(1, 400) i; insert into one select distinct on ({made}) {made}, 'v' || i from generate_series(1, 400) i"
    prod, test = new_database(ddl, fill), new_database(ddl)
    sync(prod, test, mode="upsert")
    execute(
        prod,
        "update t set v = 'w' where nr % 50 = 0",
        "delete from t where nr in (3, 4)",
        "insert into t select k, 1000, v from t where nr = 9",
    )
    execute(prod, f"update one set v = 'w' where k = (select min(k::text) from one)::{key}")
    result = sync(prod, test, mode="upsert", delete_vanished=True)
    assert numbers(result, "t") == (1, 8, 2, 390)
    assert numbers(result, "one")[:3] == (0, 1, 0)
    assert changes(result, "t").ranges > 5
    assert result.rows < 400
    for table in ("t", "one"):
        assert rows(test, table) == rows(prod, table)
    assert sync(prod, test, mode="upsert").rows == 0


def test_names_that_need_quotes(new_database):
    ddl = """create schema "My S"; create table "My S"."or""der" ("se lect" int, "%d" text, "krakn_state" text, primary key ("%d", "se lect"))"""
    prod = new_database(ddl, """insert into "My S"."or""der" select i, 'a%' || i, '{}' from generate_series(1, 50) i""")
    test = new_database(ddl)
    sync(prod, test, mode="upsert")
    execute(prod, """update "My S"."or""der" set krakn_state = 'x' where "se lect" = 7""")
    (table,) = sync(prod, test, mode="upsert").tables
    assert table.changes
    assert table.changes.updated == 1
    assert rows(test, '"My S"."or""der"') == rows(prod, '"My S"."or""der"')


def test_masked_rows_travel_and_only_what_differs_is_written(new_database):
    ddl = "create table t (id int primary key, secret text, plain text)"
    prod = new_database(ddl, "insert into t select i, 's' || i, 'p' from generate_series(1, 100) i")
    test = new_database(ddl)
    masks = {"t": {"columns": {"secret": {"mask": "hash"}}}}
    sync(prod, test, masks, mode="upsert")
    execute(prod, "update t set secret = 'another' where id = 5", "update t set plain = 'q' where id = 6")
    before = dict(query(test, "select id, secret from t"))
    result = sync(prod, test, masks, mode="upsert")
    assert (numbers(result, "t"), result.rows) == ((0, 2, 0, 98), 100)
    after = dict(query(test, "select id, secret from t"))
    assert [id for id in after if after[id] != before[id]] == [5]
    assert len(after[5]) == 64


def test_all_rows_of_a_table_are_checked_at_once_and_not_one_by_one(new_database):
    """Where what has come is too much to be hashed in memory, each row of test must not search all of it."""
    ddl = "create table t (id int primary key, v text)"
    prod = new_database(ddl, "insert into t select i, 'v' || i from generate_series(1, 40000) i")
    test = new_database(ddl, "insert into t values (0, 'own')")
    execute(test, f"alter database {query(test, 'select current_database()')[0][0]} set work_mem = '64kB'")
    masked = {"t": {"columns": {"v": {"mask": "hash"}}}}
    assert numbers(sync(prod, test, masked, mode="upsert", statement_timeout="4s"), "t") == (40000, 0, 0, 0)
    assert numbers(sync(prod, test, masked, mode="upsert", statement_timeout="4s"), "t") == (0, 0, 0, 40000)


def test_masked_keys_are_the_same_every_time_with_the_same_secret(new_database):
    ddl = "create table person (ssn text primary key, v int); create table pet (id int primary key, owner text references person)"
    prod = new_database(
        ddl, "insert into person values ('1', 1), ('2', 2)", "insert into pet values (1, '1'), (2, '2')"
    )
    test = new_database(ddl)
    masks = {"person": {"columns": {"ssn": {"mask": "hash"}}}, "pet": {"columns": {"owner": {"mask": "hash"}}}}
    sync(prod, test, masks, mode="upsert")
    execute(
        prod,
        "update person set v = 3 where ssn = '1'",
        "insert into person values ('3', 3)",
        "insert into pet values (3, '3')",
    )
    result = sync(prod, test, masks, mode="upsert")
    assert numbers(result, "person") == (1, 1, 0, 1)
    assert numbers(result, "pet") == (1, 0, 0, 2)
    before = state(test)
    with pytest.raises(SyncError, match="mask key is another one"):
        sync(prod, test, masks, mode="upsert", key=MaskKey(b"a key that nobody has used here yet"))
    assert state(test) == before


def test_columns_that_only_test_has_keep_their_values(new_database):
    prod = new_database(
        "create table t (id int primary key, v text)", "insert into t select i, 'v' from generate_series(1, 9) i"
    )
    test = new_database(
        """create table t (id int primary key, v text, mine int default 7, note text, nr int generated always as identity,
        twice int generated always as (id * 2) stored)"""
    )
    sync(prod, test, mode="upsert")
    execute(test, "update t set mine = 8, note = 'kept' where id = 1")
    execute(prod, "update t set v = 'w' where id = 1", "insert into t values (10, 'x')")
    sync(prod, test, mode="upsert")
    assert query(test, "select id, v, mine, note, nr, twice from t where id in (1, 10) order by 1") == [
        (1, "w", 8, "kept", 1, 2),
        (10, "x", 7, None, 10, 20),
    ]


def test_foreign_keys_in_circles_and_to_the_same_table(new_database):
    ddl = """
        create table company (id int primary key, boss int not null);
        create table person (id int primary key, company int not null references company on delete cascade, mentor int references person on delete set null);
        alter table company add constraint company_boss foreign key (boss) references person deferrable initially deferred;
        comment on constraint company_boss on company is 'who leads';
    """
    prod = new_database(
        ddl,
        "begin; insert into company values (1, 2), (2, 1); insert into person values (1, 1, 2), (2, 2, 1), (3, 1, 3); commit",
    )
    test = new_database(ddl)
    before = catalog(test)
    sync(prod, test, mode="upsert")
    execute(
        prod,
        "begin; insert into company values (3, 4); insert into person values (4, 3, 4); update company set boss = 4 where id = 1; update person set mentor = 4 where id = 2; delete from person where id = 3; commit",
    )
    result = sync(prod, test, mode="upsert", delete_vanished=True)
    assert result.foreign_keys == 3
    assert catalog(test).facts == before.facts
    for table in ("company", "person"):
        assert rows(test, table) == rows(prod, table)


def test_rows_move_from_one_partition_to_another(new_database):
    ddl = """create table t (id int, region text, v int, primary key (id, region)) partition by list (region);
        create table t_a partition of t for values in ('a'); create table t_b partition of t default;
        create table r (id int primary key, t int, region text default 'a', foreign key (t, region) references t)"""
    prod = new_database(
        ddl,
        "insert into t select i, 'a', i from generate_series(1, 40) i",
        "insert into r select i, i from generate_series(1, 40) i",
    )
    test = new_database(ddl)
    sync(prod, test, mode="upsert")
    execute(prod, "update r set region = null where id = 5", "update t set region = 'b', v = 0 where id = 5")
    sync(prod, test, mode="upsert", delete_vanished=True)
    assert query(test, "select * from t_b") == [(5, "b", 0)]
    for table in ("t", "t_a", "r"):
        assert rows(test, table) == rows(prod, table)


def test_triggers_and_rules_are_silent_and_come_back(new_database):
    ddl = """create table t (id int primary key, v text); create table log (what text);
        create function shout() returns trigger language plpgsql as $$ begin insert into public.log values (tg_op); new.v = 'loud'; return new; end $$;
        create trigger shouts before insert or update on t for each row execute function shout();
        create rule never as on insert to t where new.id < 0 do instead nothing;
        create rule forget as on delete to t do instead nothing"""
    prod = new_database(
        ddl,
        "insert into t values (1, 'a'), (2, 'b')",
        "delete from log",
        "alter table t disable trigger shouts",
        "update t set v = 'a' || id",
    )
    test = new_database(ddl, "insert into t values (1, 'old'), (3, 'gone')", "delete from log")
    before = catalog(test)
    sync(prod, test, {"log": {"skip": True}}, mode="upsert", delete_vanished=True)
    assert query(test, "select * from t order by 1") == [(1, "a1"), (2, "a2")]
    assert query(test, "select * from log") == []
    assert catalog(test).facts == before.facts
    assert query(test, "select tgenabled::text from pg_trigger where tgname = 'shouts'") == [("O",)]


@pytest.mark.parametrize("mode", ["upsert", "append"])
def test_a_row_that_does_not_fit_leaves_everything_as_it_was(new_database, mode):
    prod = new_database(
        "create table a (id int primary key, v int)",
        "insert into a select i, i from generate_series(1, 5) i",
        "create table z (id int primary key, v int)",
        "insert into z values (1, -1)",
    )
    test = new_database(
        "create table a (id int primary key, v int)",
        "create table z (id int primary key, v int constraint positive check (v > 0))",
    )
    before = state(test)
    with pytest.raises(SyncError, match="positive"):
        sync(prod, test, mode=mode)
    assert state(test) == before


def test_a_vanished_row_that_others_still_need_leaves_everything_as_it_was(new_database):
    ddl = "create table t (id int primary key)"
    prod = new_database(ddl, "insert into t values (1)")
    test = new_database(
        ddl, "create table mine (t int references t)", "insert into t values (1), (2)", "insert into mine values (2)"
    )
    before = state(test)
    with pytest.raises(KraknError, match=r"public\.mine, mine_t_fkey: 1 rows refer"):
        sync(prod, test, mode="upsert", delete_vanished=True)
    assert state(test) == before
    sync(prod, test, mode="upsert")
    assert query(test, "select * from mine") == [(2,)]  # what refers to rows that stay is not emptied


def test_tables_without_a_key_are_refused_or_replaced(new_database):
    ddl = "create table log (what text); create table pair (a int not null, b int not null, v int, unique (a, b))"
    prod = new_database(ddl, "insert into log values ('x'), ('x'), (null)", "insert into pair values (1, 1, 1)")
    test = new_database(ddl, "insert into log values ('old')", "insert into pair values (1, 1, 2)")
    before = state(test)
    with pytest.raises(KraknError, match=r"public\.log has neither a primary key nor a unique index") as refused:
        sync(prod, test, mode="upsert")
    assert "public.pair" not in str(refused.value)
    assert state(test) == before
    result = sync(prod, test, {"log": {"mode": "replace"}}, mode="upsert")
    assert numbers(result, "log") == (3, 0, 1, 0)
    assert numbers(result, "pair") == (0, 1, 0, 0)
    assert query(test, "select * from log order by 1") == [("x",), ("x",), (None,)]
    assert sync(prod, test, {"log": {"mode": "replace"}}, mode="upsert").rows == 0


def test_rows_of_prod_that_share_a_key_of_test_are_counted(new_database):
    prod = new_database("create table t (id int, v int)", "insert into t values (1, 1), (1, 2), (2, 1), (null, 1)")
    test = new_database("create table t (id int primary key, v int)")
    before = state(test)
    with pytest.raises(SyncError, match="t"):
        sync(prod, test, mode="upsert")
    execute(prod, "delete from t where id is null")
    with pytest.raises(SyncError, match=r"2 rows of prod share 1 key \(id\)"):
        sync(prod, test, mode="upsert")
    assert state(test) == before


def test_a_subset_is_merged_and_what_is_not_chosen_goes_on_request(new_database):
    ddl = "create table a (id int primary key); create table b (id int primary key, a int not null references a)"
    prod = new_database(
        ddl, "insert into a select generate_series(1, 100)", "insert into b select i, i from generate_series(1, 100) i"
    )
    test = new_database(ddl)
    sync(prod, test, {"b": {"where": "id <= 10"}}, mode="upsert")
    sync(prod, test, {"b": {"where": "id > 95"}}, mode="upsert")
    kept = {id for (id,) in query(test, "select id from b")}
    assert kept >= set(range(96, 101))
    sync(prod, test, {"b": {"where": "id > 95"}}, mode="upsert", delete_vanished=True)
    again = new_database(ddl)
    sync(prod, again, {"b": {"where": "id > 95"}})
    for table in ("a", "b"):
        assert rows(test, table) == rows(again, table)


def test_types_that_change_and_expressions_on_the_way(new_database):
    prod = new_database(
        "create table t (id int primary key, n text, d text)",
        "insert into t values (1, '10', '2020-01-02'), (2, '20', '2020-01-03')",
    )
    test = new_database("create table t (id bigint primary key, n int, d date, total int, tag text)")
    tables = {"t": {"columns": {"total": {"expr": "n::int * 2"}, "tag": {"value": "x"}}}}
    sync(prod, test, tables, mode="upsert")
    execute(prod, "update t set n = '11' where id = 1")
    result = sync(prod, test, tables, mode="upsert")
    assert numbers(result, "t") == (0, 1, 0, 1)
    assert query(test, "select id, n, d::text, total, tag from t order by id") == [
        (1, 11, "2020-01-02", 22, "x"),
        (2, 20, "2020-01-03", 40, "x"),
    ]


def test_what_is_the_same_in_every_row_need_not_travel(new_database):
    prod = new_database(
        "create table t (id int primary key, secret text, v text)",
        "insert into t select i, 's', 'v' from generate_series(1, 50) i",
    )
    test = new_database(
        "create table t (id int primary key, secret text, v text, tier numeric(6,2) not null, gone text)"
    )
    tables = {"t": {"columns": {"secret": {"mask": "nullify"}, "tier": {"fill": 5}, "gone": {"value": None}}}}
    sync(prod, test, tables, mode="upsert")
    assert sync(prod, test, tables, mode="upsert").rows == 0
    tables["t"]["columns"]["tier"] = {"fill": 6}
    assert numbers(sync(prod, test, tables, mode="upsert"), "t") == (0, 50, 0, 0)
    assert query(test, "select distinct secret, v, tier, gone from t") == [(None, "v", 6, None)]


def test_ranges_of_a_key_whose_first_column_says_little(new_database):
    ddl = "create table t (tenant int, k text, v int, primary key (tenant, k))"
    prod, test = (
        new_database(ddl, "insert into t select i % 2, 'k' || i, i from generate_series(1, 60000) i"),
        new_database(ddl),
    )
    sync(prod, test)
    execute(prod, "update t set v = 0 where k in ('k5', 'k50000')", "analyze t")
    result = sync(prod, test, mode="upsert")
    assert numbers(result, "t") == (0, 2, 0, 59_998)
    assert changes(result, "t").ranges > 20
    assert result.rows < 10_000
    assert rows(test, "t") == rows(prod, "t")


def test_a_lost_connection_in_the_middle_leaves_everything_as_it_was(shop):
    prod, test = shop
    execute(prod, "update customer set name = 'another'")
    before = state(test)

    class Cut(Silent):
        def step(self, text: str) -> None:
            if text.startswith("merging"):
                ends = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'krakn sync' and state <> 'active'"
                query(test, ends)

    with pytest.raises(SyncError, match="test is as it was"):
        sync(prod, test, mode="upsert", progress=Cut())
    assert state(test) == before


def test_everybody_may_read_until_something_changes(shop):
    prod, test = shop
    with psycopg.connect(test) as reader:
        reader.execute("select count(*) from customer")  # in a transaction that stays open
        assert sync(prod, test, mode="upsert", lock_timeout="200ms").rows == 0
        execute(prod, "update customer set name = 'another' where id = 1")
        with pytest.raises(SyncError, match="lock"):
            sync(prod, test, mode="upsert", lock_timeout="200ms")


def test_the_owner_is_enough_even_where_row_security_is_forced(new_database, server):
    prod = new_database(
        "create table t (id int primary key, v int)", "insert into t select i, i from generate_series(1, 9) i"
    )
    test = new_database(
        "create table t (id int primary key, v int); alter table t enable row level security; alter table t force row level security; create policy none on t using (id < 0)"
    )
    role = f"krakn_modes_{os.getpid()}"
    execute(server, f"drop role if exists {role}", f"create role {role} login")
    try:
        execute(test, f"alter schema public owner to {role}", f"alter table t owner to {role}")
        before = catalog(test)
        mine = test.replace("//postgres@", f"//{role}@").replace("//postgres:", f"//{role}:")
        assert numbers(sync(prod, mine, mode="upsert"), "t") == (9, 0, 0, 0)
        assert sync(prod, mine, mode="upsert").rows == 0
        assert catalog(test).facts == before.facts
    finally:
        execute(test, f"reassign owned by {role} to current_user", f"drop owned by {role}")
        execute(server, f"drop role {role}")


@pytest.mark.parametrize("at", ["daterange", "datemultirange"])
def test_a_key_without_overlaps(new_database, at):
    day = "'{{[2024-0{0}-01,2024-0{0}-09)}}'" if at == "datemultirange" else "'[2024-0{0}-01,2024-0{0}-09)'"
    ddl = f"create table stay (room int4range, at {at}, guest text)"
    made = "insert into stay select int4range(i, i + 1), {}, 'g' || i from generate_series(1, 50) i"
    prod = new_database(ddl, *(made.format(day.format(month)) for month in (1, 2, 3)))
    if query(prod, "select current_setting('server_version_num')::int < 180000")[0][0]:
        pytest.skip("keys without overlaps are PostgreSQL 18's")
    test = new_database(ddl, "alter table stay add primary key (room, at without overlaps)")
    sync(prod, test, mode="upsert")
    assert rows(test, "stay") == rows(prod, "stay")
    february = day.format(2)
    execute(
        prod,
        f"update stay set guest = 'other' where room = '[7,8)' and at = {february}",
        f"delete from stay where room = '[8,9)' and at = {february}",
        f"update stay set at = {february.replace('01,', '02,')} where room = '[9,10)' and at = {february}",
        f"insert into stay values ('[77,78)', {february}, 'new')",
    )
    assert numbers(sync(prod, test, mode="upsert", delete_vanished=True), "stay") == (2, 1, 2, 147)
    assert rows(test, "stay") == rows(prod, "stay")
    execute(prod, f"insert into stay values ('[88,89)', '{'{}' if 'multi' in at else 'empty'}', 'none')")
    with pytest.raises(SyncError, match=r"a row breaks the rule that no range of a key WITHOUT OVERLAPS is empty"):
        sync(prod, test, mode="upsert")


def test_keys_that_are_equal_in_upper_and_lower_case(new_database):
    try:
        prod = new_database("create extension citext; create table t (k citext primary key, v int)")
    except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
        pytest.skip("this server has no citext")
    test = new_database("create extension citext; create table t (k citext primary key, v int)")
    execute(prod, "insert into t values ('Bob', 1), ('Eve', 2)")
    sync(prod, test, mode="upsert")
    execute(prod, "update t set k = 'BOB', v = 3 where k = 'Bob'")
    assert numbers(sync(prod, test, mode="append"), "t")[:3] == (0, 0, 0)
    assert rows(test, "t") == ["(Bob,1)", "(Eve,2)"]
    assert numbers(sync(prod, test, mode="upsert"), "t") == (0, 1, 0, 1)
    assert rows(test, "t") == ["(BOB,3)", "(Eve,2)"]


def test_a_query_of_the_profile_is_merged(new_database):
    prod = new_database(
        "create table o (id int primary key, a text)", "insert into o select i, 'x' || i from generate_series(1, 300) i"
    )
    test = new_database("create table n (id int primary key, a text, b text)")
    tables = {"n": {"from": "select id, upper(a) as a, a as b from o where id > 5 -- all but a few"}}
    sync(prod, test, tables, mode="upsert")
    execute(prod, "update o set a = 'y' where id = 50", "delete from o where id = 60")
    assert numbers(sync(prod, test, tables, mode="upsert", delete_vanished=True), "n") == (0, 1, 1, 293)
    assert query(test, "select * from n where id in (50, 60)") == [(50, "Y", "y")]


def test_random_changes_arrive(new_database, monkeypatch):
    for name, value in {"RANGE": 20, "WORTH": 30, "FINE": 4}.items():
        monkeypatch.setattr(comparing, name, value)
    ddl = """create table a (id int primary key, x int unique, t text);
        create table b (a int references a on delete cascade, n uuid, v numeric, primary key (a, n));
        create table c (id text primary key, up text references c, b_a int, b_n uuid, foreign key (b_a, b_n) references b)"""
    prod, test = new_database(ddl), new_database(ddl)
    for turn in range(4):
        execute(
            prod,
            f"select setseed(0.{turn})",
            "delete from c where random() < 0.2 and id not in (select up from c where up is not null)",
            "delete from b where random() < 0.1 and not exists (select from c where b_a = a and b_n = n)",
            "delete from a where random() < 0.1 and not exists (select from b where b.a = a.id)",
            "update a set x = -x - 1 where random() < 0.5",
            "insert into a select i, i * 7, 'é' || i from generate_series(1, 400) i where random() < 0.3 on conflict do nothing",
            "insert into b select id, gen_random_uuid(), random() from a where random() < 0.3",
            "insert into c select chr(65 + (random() * 50)::int) || i, null, a, n from b, generate_series(1, 2) i where random() < 0.2 on conflict do nothing",
            "update c set up = (select id from c order by random() limit 1) where random() < 0.2",
        )
        sync(prod, test, mode="upsert", delete_vanished=True)
        for table in "abc":
            assert rows(test, table) == rows(prod, table)
        assert sync(prod, test, mode="upsert", delete_vanished=True).rows == 0


def test_sequences_go_on_and_never_back(new_database):
    ddl = "create table t (id serial primary key, v int); create sequence free"
    prod = new_database(ddl, "insert into t (v) values (1), (2)", "select nextval('free')")
    test = new_database(ddl, "select setval('t_id_seq', 50)", "select setval('free', 9)")
    sync(prod, test, mode="upsert")
    assert query(test, "select nextval('t_id_seq'), nextval('free')") == [(51, 10)]
    execute(prod, "insert into t values (99, 1)")
    sync(prod, test, mode="upsert")
    assert query(test, "select nextval('t_id_seq')") == [(100,)]


def test_materialized_views_are_refreshed_where_what_they_read_has_changed(new_database):
    ddl = "create table a (id int primary key); create table b (id int primary key); create materialized view va as select count(*) from a; create materialized view vb as select count(*) from b"
    prod, test = new_database(ddl, "insert into a values (1); insert into b values (1)"), new_database(ddl)
    sync(prod, test, mode="upsert")
    execute(prod, "insert into a values (2)")
    assert sync(prod, test, mode="upsert").refreshed == (("public", "va"),)
    assert query(test, "select * from va, vb") == [(2, 1)]


@pytest.mark.parametrize(
    ("manner", "told"),
    [
        ({"mode": "upsert", "swap": True}, "--swap"),
        ({"mode": "append", "swap": True}, "--swap"),
        ({"mode": "append", "delete_vanished": True}, "--delete-vanished"),
        ({"delete_vanished": True}, "--delete-vanished"),
    ],
)
def test_what_cannot_go_together_is_refused(new_database, manner, told):
    prod, test = (
        new_database("create table t (id int primary key)"),
        new_database("create table t (id int primary key)"),
    )
    with pytest.raises(SettingsError, match=told):
        sync(prod, test, **manner)
