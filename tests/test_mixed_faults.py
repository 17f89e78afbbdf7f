"""Stories of what goes wrong while features meet: row security and a swap that is resumed, and the like."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from faults import Killing, Moments
from roles import owned, role
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import ConnectError, ProfileError, SyncError, ValidationFailed
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Manner
from alembic_krakn.sync.run import run_sync


@pytest.fixture
def owner(server) -> Iterator[str]:
    """Give a role that is no superuser, and may make databases."""
    with role(server, "createdb") as name:
        yield name


def test_a_swap_that_was_nearly_done_is_resumed_where_row_security_binds_the_owner(owner, new_database, server):
    ddl = "create table a (id serial primary key); create table b (id int primary key, a int references a)"
    prod = new_database(ddl, "insert into a values (1), (2); insert into b values (7, 2)")
    forced = "alter table a enable row level security; alter table a force row level security"
    test = owned(new_database(), owner, ddl, forced, "create materialized view m as select count(*) from b")
    name = query(test, "select current_database()")[0][0]
    with pytest.raises(SyncError, match="2 tables are done, and --resume goes on with the others"):
        run_sync(order(prod, test), Manner(swap=True, keep=0), Killing(server, name, "refreshing public.m"))
    run_sync(order(prod, test), Manner(swap=True, keep=0, resume=True))
    assert query(test, "table m") == [(1,)]
    assert query(test, "select nextval('a_id_seq')") == [(3,)]
    execute(test, "alter table a no force row level security")
    assert query(test, "select b.id from a join b on b.a = a.id") == [(7,)]


RATIO = "create table t (id int primary key, a int, b int, ratio int generated always as (a / b) stored)"


@pytest.mark.parametrize("manner", [{}, {"swap": True, "keep": 0}])
def test_rows_that_test_cannot_compute_a_column_of_are_told_by_that_column(new_database, manner):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(RATIO, "insert into t values (5, 5, 5)")
    before = state(test)
    (foreseen,) = dry_run(order(prod, test)).unfit
    assert foreseen == (
        "public.t: rows that hold values of which ratio cannot be computed in test as (a / b) could not be counted"
        " (prod refuses with division by zero)"
    )
    with pytest.raises(ValidationFailed) as told:
        sync(prod, test, **manner)
    assert str(told.value).splitlines()[1:] == [
        "  public.t, ratio integer: 1 row, as test computes ratio as (a / b), which fails (division by zero)"
    ]
    assert state(test) == before
    sync(prod, test, on_violation="quarantine", **manner)
    assert query(test, "select id, ratio from t") == [(1, 1)]
    assert query(test, "select key from krakn_rejects") == [({"id": 2},)]


def test_an_upsert_tells_what_test_computes_of_rows_that_it_refuses(new_database):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(RATIO, "insert into t values (5, 5, 5)")
    before = state(test)
    with pytest.raises(
        ValidationFailed, match=r"^merging public\.t: .* \(division by zero\); .* ratio as \(a / b\); test"
    ):
        sync(prod, test, mode="upsert")
    assert state(test) == before


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("c int not null generated always as (nullif(b, 0)) stored", "c NOT NULL: 1 row, as c is NULL, which test computes as NULLIF(b, 0)"),
        ("c int generated always as (b) stored check (c > 0)", "t_c_check: 1 row, as CHECK ((c > 0)) does not hold"),
        ("c positive generated always as (b) stored", "positive_check: 1 row, as the value of c breaks this constraint of public.positive"),
        ("c text, check (a / b > 0)", "t_check: 1 row, as CHECK (((a / b) > 0)) fails (division by zero)"),
    ],
)  # fmt: skip
def test_what_refuses_a_row_that_test_computes_something_of(new_database, more, line):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    domain = "create domain positive as int check (value > 0);"
    test = new_database(f"{domain} create table t (id int primary key, a int, b int, {more})")
    with pytest.raises(ValidationFailed) as told:
        sync(prod, test)
    assert str(told.value).splitlines()[1:] == [f"  public.t, {line}"]


def test_a_check_of_a_column_that_test_computes_is_foreseen(new_database):
    prod = new_database(
        "create table t (id int primary key, a int, b int)", "insert into t values (1, 1, 1), (2, 777, 0)"
    )
    test = new_database(
        "create table t (id int, a int, b int, c int generated always as (b) stored check (c > id - 2))"
    )
    assert dry_run(order(prod, test)).unfit == (
        "public.t: 1 of prod's rows break constraint t_check: CHECK ((c > (id - 2)))",
    )


def test_an_upsert_says_that_a_table_is_numbered_by_fills(new_database):
    prod = new_database("create table t (id int primary key)", "insert into t values (1), (2)")
    test = new_database("create table t (id int primary key, code text not null unique)")
    with pytest.raises(ProfileError, match=r"public\.t has a column that --fill auto numbers.*; t: \{mode: replace\}"):
        sync(prod, test, auto_fill=True, mode="upsert")


WHEN_TWO_ARE_DONE = """do $$ begin
    while (select count(*) < 2 from krakn_unfinished.done) loop perform pg_sleep(0.01); end loop;
end $$"""


def test_rows_that_test_numbers_are_numbered_as_ever_when_a_swap_is_resumed(new_database, server):
    """A table is numbered anew unless it is finished; what numbers two goes on behind the finished one."""
    prod = new_database(*(f"create table {name} as select generate_series(1, 3) as v" for name in "abc"))
    test = new_database(
        "create sequence shared; create table a (v int, n int default nextval('shared')); create table b (v int, n serial)",
        "create table c (v int, n int default nextval('shared'), i int generated always as identity)",
        "insert into c values (1), (2), (3), (4)",
    )
    name, later = query(test, "select current_database()")[0][0], {"c": {"before": WHEN_TWO_ARE_DONE}}
    with pytest.raises(SyncError, match="2 tables are done"):
        run_sync(order(prod, test, later), Manner(swap=True, jobs=2), Killing(server, name, "start public.c"))
    run_sync(order(prod, test, later), Manner(swap=True, jobs=2, keep=0, resume=True))
    assert sorted(query(test, "select n from a union all select n from c")) == [(n,) for n in range(1, 7)]
    assert query(test, "select min(n), max(n), nextval('shared'), nextval('b_n_seq') from b") == [(1, 3, 7, 4)]
    assert query(test, "select i, nextval('c_i_seq') from c order by 1") == [(1, 4), (2, 5), (3, 6)]


def change(prod, *statements):
    """Change prod, which nothing of the sync's must be in the way of so early."""
    execute(prod, "set lock_timeout = '5s'", *statements)


DROPPED = "drop table b; create table b (id int primary key)"
PARTED = "create table p (id int primary key) partition by range (id); create table p1 partition of p for values from (0) to (5); create table p2 partition of p default"


@pytest.mark.parametrize(
    ("manner", "what"),
    [
        ({}, "truncate b"),
        ({}, "alter table p detach partition p1"),
        ({"swap": True, "jobs": 2, "keep": 0}, "alter table b alter id type bigint"),
        ({"mode": "upsert", "delete_vanished": True}, DROPPED),
        ({"mode": "append"}, "truncate b"),
    ],
)
def test_rows_that_prod_took_away_from_the_snapshot_are_not_taken_for_none(new_database, manner, what):
    """What such a statement leaves looks empty to every snapshot from before: a sync would empty test, and prove it."""
    tables = f"create table b (id int primary key); {PARTED}"
    prod = new_database(
        tables, "insert into b select generate_series(1, 9); insert into p select generate_series(1, 9)"
    )
    test = new_database(tables, "insert into b values (1), (2)")
    before = state(test)
    with pytest.raises(
        SyncError, match=r"prod has truncated, rewritten or replaced public\.[bp], .* run it again .*test is as it was"
    ):
        run_sync(order(prod, test), Manner(**manner), Moments(1, lambda: change(prod, *what.split("; "))))
    assert state(test) == before
    sync(prod, test, **manner)


@pytest.mark.parametrize(
    ("manner", "what"),
    [
        ({}, "drop table b"),
        ({}, "drop schema s cascade"),
        ({"swap": True, "jobs": 2, "keep": 0}, "alter table b drop v"),
        ({"mode": "upsert"}, "alter table b rename to bb"),
    ],
)
def test_a_schema_of_prod_that_changes_before_it_is_read(new_database, manner, what):
    tables = "create table b (id int primary key, v text); create schema s; create table s.t (id int primary key)"
    prod, test = new_database(tables, "insert into b values (1)"), new_database(tables)
    before = state(test)
    with pytest.raises(
        SyncError, match=r"prod's schema is another one than when krakn planned; run it again; test is as it was"
    ):
        run_sync(order(prod, test), Manner(**manner), Moments(1, lambda: change(prod, what)))
    assert state(test) == before


def test_what_prod_changes_without_harm_is_no_reason_to_fail(new_database):
    tables = f"create table b (id int primary key); {PARTED}"
    prod = new_database(tables, "insert into b values (1), (2); insert into p values (1), (7)")
    test = new_database(f"{tables}; create table q (id int)")
    quiet = (
        "create index on b ((id + 1)); analyze b; alter table b add more text default 'x'; insert into b values (3);"
        "create table p3 partition of p for values from (100) to (200); insert into p values (150); delete from b"
    )
    rules = {"q": {"from": "select b.id from b join p using (id)"}}
    run_sync(order(prod, test, rules), Manner(), Moments(0, lambda: change(prod, *quiet.split(";"))))
    assert query(test, "select count(*), (select count(*) from p), (select min(id) from q) from b") == [(2, 2, 1)]


def test_a_view_that_prod_refreshes_before_a_query_of_the_profile_reads_it(new_database):
    prod = new_database("create table t (id int); insert into t values (7)", "create materialized view m as table t")
    test = new_database("create table t (id int); create table q (id int)")
    rules, before = {"q": {"from": "select id from m"}}, state(test)
    refresh = Moments(0, lambda: change(prod, "refresh materialized view m"))
    with pytest.raises(SyncError, match=r"replaced what the profile's SQL for public\.q reads"):
        run_sync(order(prod, test, rules), Manner(), refresh)
    assert state(test) == before


def test_a_masked_column_that_is_unique_gets_another_value_for_each_of_its_nulls(new_database):
    prod = new_database(
        "create table t (id int primary key, mail text)", "insert into t values (1, 'anna'), (2, null), (3, null)"
    )
    test = new_database("create table t (id int primary key, mail text not null unique)")
    result = sync(prod, test, {"t": {"columns": {"mail": {"mask": "hash"}}}}, auto_fill=True)
    assert result.rows == 3
    assert query(test, "select count(distinct mail) from t where mail <> 'anna'") == [(3,)]


def test_who_holds_a_table_of_test_is_told(new_database):
    prod = new_database("create table t (id int primary key); insert into t values (1)")
    test = new_database("create table t (id int primary key)")
    with psycopg.connect(test, application_name="a tool") as other:
        other.execute("lock t in access share mode")
        for manner in ({}, {"mode": "upsert"}):
            told = rf"session {other.info.backend_pid} of '.*' \(a tool, idle in transaction\) uses public\.t; end that session"
            with pytest.raises(SyncError, match=told):
                sync(prod, test, lock_timeout="200ms", **manner)


def test_a_transaction_of_prod_that_ends_by_itself_when_all_is_done(new_database):
    """What has been committed is not denied because prod has ended the snapshot meanwhile."""
    prod = new_database("create table t (id int primary key); insert into t values (1)")
    (version,) = query(prod, "select current_setting('server_version_num')::int")[0]
    if version < 170000:
        pytest.skip("PostgreSQL ends no transaction by itself before 17")
    execute(prod, f"alter database {query(prod, 'select current_database()')[0][0]} set transaction_timeout = '1s'")
    test = new_database("create table t (id int primary key)")
    assert sync(prod, test, {"t": {"after": "select pg_sleep(1.5)"}}).rows == 1
    assert query(test, "table t") == [(1,)]


def test_too_few_connections_are_told_with_what_to_do(new_database, server):
    ddl = "create table t (id int primary key)"
    with role(server, "connection limit 2") as few:
        prod = owned(new_database(), few, ddl)
        test = new_database(ddl)
        with pytest.raises(
            ConnectError, match=r"too many connections for role .*; allow more of them, or sync with fewer --jobs"
        ):
            sync(prod, test, swap=True, jobs=4)
        sync(prod, test)
        execute(prod, "drop table t")
        execute(server, f"alter database {query(prod, 'select current_database()')[0][0]} owner to current_user")


@pytest.mark.parametrize("gone", [True, False])
def test_an_upsert_says_why_rows_may_refer_to_nothing(new_database, gone):
    ddl = "create table a (id int primary key); create table b (id int primary key, a int{})"
    prod = new_database(ddl.format(""), "insert into a values (1); insert into b values (1, 1), (2, 7)")
    test = new_database(ddl.format(" references a"), "insert into a values (9); insert into b values (5, 9)")
    before = state(test)
    with pytest.raises(
        ValidationFailed, match=r"b_a_fkey: 1 rows refer .*, as they come so from prod, or stay in test"
    ):
        sync(prod, test, mode="upsert", delete_vanished=gone)
    assert state(test) == before


def test_upserts_bring_what_a_replacement_brings_where_features_meet(new_database):
    """Partitions, names, masks, numbers and keys of all kinds, in rows that came, changed and went."""
    prod = new_database(
        "create table org (id int primary key, code text unique, parent int);"
        " create table person (org int, nr int, name text, mail text, boss_org int, boss_nr int, primary key (org, nr));"
        " create table part (id bigint, region text, v numeric, primary key (id, region));"
        " create table maybe (a int, b int, c text); create table ident (id int primary key, v text)",
        "insert into org select i, 'c' || i, nullif(i / 2, 0) from generate_series(1, 20) i;"
        " insert into person select i % 7 + 1, i, 'n' || i, 'm' || i, (i - 3) % 7 + 1, i - 3 from generate_series(4, 40) i;"
        " update person set boss_org = null, boss_nr = null where nr < 7;"
        " insert into part select i, 'r' || i % 3, i / 3.0 from generate_series(1, 40) i;"
        " insert into maybe select nullif(i % 5, 0), i, 'x' from generate_series(1, 10) i;"
        " insert into ident select i, 'v' from generate_series(1, 9) i",
    )
    ddl = """
        create table org (id int primary key, code text unique deferrable initially deferred, parent int references org);
        create table person (nr int, org int references org, full_name text not null, mail text unique, boss_org int,
            boss_nr int, up text generated always as (upper(mail)) stored, seen date default '2020-02-02',
            primary key (org, nr), foreign key (boss_org, boss_nr) references person match full);
        create table part (id bigint, v numeric(12, 2), region text, primary key (id, region)) partition by hash (id);
        create table part0 partition of part for values with (modulus 2, remainder 0);
        create table part1 partition of part for values with (modulus 2, remainder 1);
        create table maybe (a int, b int not null, c text, unique (a, b), unique (b));
        create table ident (id int generated always as identity primary key, v text);
        alter table person enable row level security; alter table person force row level security;
    """
    own = "insert into org values (500, 'own'); insert into part values (999, 1, 'own'); insert into maybe values (null, 77)"
    test, fresh = new_database(ddl, own), new_database(ddl)
    rules = {
        "person": {"columns": {"full_name": {"from": "name", "mask": "hash"}, "mail": {"mask": "hash"}}},
        "org": {"columns": {"code": {"mask": "hash"}}},
        "part": {"where": "id % 4 <> 0"},
    }
    changes = (
        "update org set code = 'tmp' where id = 1; update org set code = 'c1' where id = 2; update org set code = 'c2' where id = 1;"
        "delete from org where id = 20; update person set mail = 'new' || nr where nr % 9 = 0; delete from person where nr = 40;"
        "update part set region = 'moved' where id < 4; delete from part where id > 30; insert into part values (100, 'new', 1);"
        "update maybe set a = 9 where b = 5; delete from maybe where b = 3; insert into maybe values (null, 99, null);"
        "insert into ident values (77, 'new'); delete from ident where id = 5"
    )
    for statements in ("select 1", changes):
        execute(prod, *statements.split(";"))
        sync(prod, fresh, rules)
        sync(prod, test, rules, mode="upsert", delete_vanished=True)
        for table in ("org", "person", "part", "maybe", "ident"):
            rows = f"select t::text, tableoid::regclass::text from {table} t order by 1"
            assert query(test, rows) == query(fresh, rows), table
    again = sync(prod, test, rules, mode="upsert", delete_vanished=True)
    assert not any(one.changes.inserted or one.changes.updated or one.changes.deleted for one in again.tables)


@pytest.mark.parametrize("manner", [{}, {"swap": True, "keep": 0}, {"mode": "upsert"}])
def test_functions_of_test_find_what_their_author_found(new_database, manner):
    """They are written for the search path of a session, and krakn's own has nothing but pg_catalog."""
    prod = new_database("create table t (id int primary key)", "insert into t values (1), (2)")
    later = query(prod, "select current_setting('server_version_num')::int >= 170000")[0][0]  # an index may not, there
    test = new_database(
        """create sequence s; create table codes (c text);
        create function code() returns text language sql as 'select ''q'' || left(count(*)::text, 0) from codes';
        create function twice(int) returns int immutable language sql as 'select $1 * 2';
        create function four(int) returns int immutable language plpgsql as 'begin return twice(twice($1)); end';
        create domain even as int check (four(value) > 3);
        create table t (id int primary key, n int default nextval('s'::text), c text default code(),
            g int generated always as (four(id)) stored, e even default 2, check (four(id) > 0))""",
        "select 1" if later else "create index on t (four(id)); create materialized view m as select four(id) from t",
    )
    sync(prod, test, **manner)
    assert query(test, "select id, n, c, g, e from t order by 1") == [(1, 1, "q", 4, 2), (2, 2, "q", 8, 2)]
    execute(prod, "insert into t values (-3)")
    with pytest.raises(ValidationFailed, match="t_id_check"):
        sync(prod, test, **manner)
