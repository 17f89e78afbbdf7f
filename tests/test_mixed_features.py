"""Stories of features that met each other: each works by itself, and these were the ones that did not together."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

from collections.abc import Iterator

import pytest
from roles import owned, role
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.renames import Renames
from alembic_krakn.sync.dry_run import dry_run

MANNERS = [
    pytest.param({}, id="whole"),
    pytest.param({"swap": True, "jobs": 2, "keep": 0}, id="swap"),
    pytest.param({"mode": "upsert"}, id="upsert"),
]


@pytest.fixture
def owner(server) -> Iterator[str]:
    """Give a role that is no superuser, and may make databases."""
    with role(server, "createdb") as name:
        yield name


FORCED = "alter table {0} enable row level security; alter table {0} force row level security; create policy few on {0} using (id < 3)"


@pytest.mark.parametrize("manner", MANNERS)
def test_foreign_keys_between_tables_whose_row_security_binds_the_owner(owner, new_database, manner):
    ddl = "create table a (id int primary key, v int); create table b (id int primary key, a int references a)"
    prod = new_database(ddl, "insert into a values (1, 1), (5, 5); insert into b values (1, 5), (7, 1)")
    test = owned(new_database(), owner, ddl, "insert into a values (5, 4)", FORCED.format("a"), FORCED.format("b"))
    sync(prod, test, {"a": {"validate": "select count(*) from a"}}, **manner)
    assert query(test, "select * from a") == [(1, 1)]
    execute(test, "alter table a no force row level security; alter table b no force row level security")
    assert query(test, "select b.id, a.v from b join a on a.id = b.a order by 1") == [(1, 5), (7, 1)]


@pytest.mark.parametrize("manner", [MANNERS[0], MANNERS[2]])
def test_a_table_that_is_left_alone_binds_its_owner_and_is_referred_to(owner, new_database, manner):
    ddl = "create table a (id int primary key); create table b (id int primary key, a int references a)"
    prod = new_database(ddl, "insert into a values (5); insert into b values (1, 5)")
    test = owned(new_database(), owner, ddl, "insert into a values (5)", FORCED.format("a"))
    sync(prod, test, {"a": {"skip": True}}, **manner)
    assert query(test, "select id, a from b") == [(1, 5)]
    assert query(test, "select relforcerowsecurity from pg_class where relname = 'a'") == [(True,)]


def test_a_swap_does_not_lose_rows_that_are_hidden_from_the_owner(owner, new_database):
    prod = new_database("create table b (id int)", "insert into b values (1)")
    test = owned(new_database(), owner, "create table b (id int); create table a (id int)", "insert into a values (5)")
    execute(test, FORCED.format("a"))
    before = state(test)
    with pytest.raises(SyncError, match=r"tables that are kept \(public\.a\), .* sync without --swap"):
        sync(prod, test, swap=True, keep=0)
    assert state(test) == before
    sync(prod, test)
    execute(test, "alter table a no force row level security")
    assert query(test, "select id from a") == [(5,)]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_view_holds_what_its_owner_may_see(owner, new_database, manner):
    ddl = "create table a (id int primary key, v int)"
    prod = new_database(ddl, "insert into a values (1, 1), (5, 5)")
    test = owned(new_database(), owner, ddl, FORCED.format("a"), "create materialized view m as select * from a")
    sync(prod, test, {}, **manner)
    assert query(test, "select * from m") == [(1, 1)]
    execute(test, "refresh materialized view m")
    assert query(test, "select * from m") == [(1, 1)]


def test_rows_that_test_numbers_begin_anew_each_time(new_database):
    prod = new_database("create table t (v text)", "insert into t values ('a'), ('b'), ('c')")
    test = new_database("create table t (v text, n serial, i int generated always as identity (start 10))")
    for _ in range(3):
        sync(prod, test)
        assert query(test, "select min(n), max(n), min(i), max(i) from t") == [(1, 3, 10, 12)]
        assert query(test, "select nextval('t_n_seq'), nextval('t_i_seq')") == [(4, 13)]


def test_rows_that_test_numbers_do_not_meet_those_of_other_tables(new_database):
    prod = new_database("create table t (v text)", "insert into t values ('a'), ('b'), ('c')")
    test = new_database(
        "create sequence n; create table t (v text, n int default nextval('n')); create table own (n int default nextval('n'))",
        "insert into own default values; insert into own default values",
    )
    sync(prod, test)
    assert query(test, "select n from own union all select n from t order by 1") == [(1,), (2,), (3,), (4,), (5,)]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_refused_sync_leaves_the_sequences_that_number_rows(new_database, manner):
    prod = new_database("create table t (id int primary key, v text)", "insert into t values (1, 'a'), (2, 'b')")
    test = new_database("create table t (id int primary key, v text, n serial)", "insert into t values (1, 'c')")
    before = state(test)
    with pytest.raises(SyncError, match="1 row in test"):
        sync(prod, test, {"t": {"validate": {"query": "select 1", "expect": "no rows"}}}, **manner)
    assert state(test) == before


def test_a_dry_run_has_no_doubt_about_values_that_prod_itself_can_read(new_database):
    """Before PostgreSQL 16 only a try tells whether a text is an address, and always whether an extension takes it."""
    prod = new_database(
        "create table t (id int primary key, v text)", "insert into t values (1, '10.0.0.1'), (2, null)"
    )
    test = new_database("create table t (id int primary key, v inet)")
    assert dry_run(order(prod, test)).unfit == ()
    execute(prod, "insert into t values (3, 'secretive')")
    (told,) = dry_run(order(prod, test)).unfit
    assert "hold a value in v that does not fit inet" in told
    assert "secretive" not in told


def test_a_dry_run_has_no_doubt_about_types_that_take_every_value(new_database):
    prod = new_database(
        "create table t (a real, b timestamp(0), c oid, e time(3) with time zone)",
        "insert into t values ('nan', '-infinity', 7, '12:00+01')",
    )
    test = new_database(
        "create domain number as oid; create table t (a double precision, b timestamp, c number, e timetz)"
    )
    assert dry_run(order(prod, test)).unfit == ()
    sync(prod, test)


def refused(prod: str, test: str, tables: dict[str, object]) -> str:
    before = state(test)
    with pytest.raises(ProfileError) as told:
        sync(prod, test, tables)
    assert state(test) == before
    return str(told.value)


def test_a_masked_column_does_not_come_a_second_time_under_its_old_name(new_database):
    prod = new_database("create table t (id int, mail text)", "insert into t values (1, 'anna@example.ch')")
    test = new_database("create table t (id int, address text, mail text default 'none')")
    address = {"from": "mail", "mask": {"fake": "email"}}
    told = refused(prod, test, {"t": {"columns": {"address": address}}})
    assert told.splitlines()[1:] == [
        "  public.t.mail: it copies mail of prod, which address masks; mask it too, or say that it shall come as it is",
        '      t: {columns: {mail: {mask: {fake: "email"}}}}',
        "      or t: {columns: {mail: {from: mail}}}",
    ]
    sync(prod, test, {"t": {"columns": {"address": address, "mail": {"mask": {"fake": "email"}}}}})
    assert query(test, "select address = mail, mail like '%@example.%' and mail <> 'anna@example.ch' from t") == [
        (True, True)
    ]
    sync(prod, test, {"t": {"columns": {"address": address, "mail": {"from": "mail"}}}})
    assert query(test, "select mail from t") == [("anna@example.ch",)]


def test_what_inherits_a_masked_column_is_masked_too(new_database):
    ddl = "create table a (id int, mail text); create table b (extra int) inherits (a); create table c () inherits (b)"
    prod, test = new_database(ddl, "insert into c values (1, 'anna@example.ch', 2)"), new_database(ddl)
    told = refused(prod, test, {"a": {"columns": {"mail": {"mask": "hash"}}}})
    assert "public.b.mail: it is inherited from public.a, where it is masked; mask it too" in told
    masked = {"columns": {"mail": {"mask": "hash"}}}
    told = refused(prod, test, {"a": masked, "b": masked})
    assert "public.c.mail: it is inherited from public.b, where it is masked; mask it too" in told
    sync(prod, test, {"a": masked, "b": masked, "c": masked})
    assert query(test, "select id, mail = 'anna@example.ch' from a") == [(1, False)]


def test_what_prod_computes_from_a_renamed_masked_column_is_masked_too(new_database):
    prod = new_database("create table t (id int, mail text, up text generated always as (upper(mail)) stored)")
    test = new_database("create table t (id int, address text, up text)")
    renames = Renames.of(columns={("public", "t", "mail"): "address"})
    with pytest.raises(ProfileError, match=r"t\.up: prod computes it from address, which is masked; mask it too"):
        sync(prod, test, {"t": {"columns": {"address": {"mask": "hash"}}}}, renames=renames)


@pytest.mark.parametrize("manner", MANNERS)
def test_one_column_of_prod_fills_several_of_test(new_database, manner):
    prod = new_database("create table t (id int primary key, a text)", "insert into t values (1, 'x'), (2, null)")
    test = new_database("create table t (id int primary key, a text, b text, c varchar(9))")
    sync(prod, test, {"t": {"columns": {"b": {"from": "a"}, "c": {"from": "a"}}}}, **manner)
    assert query(test, "select * from t order by id") == [(1, "x", "x", "x"), (2, None, None, None)]


@pytest.mark.parametrize("manner", MANNERS[:2])
def test_a_table_without_columns_has_rows(new_database, manner):
    prod = new_database("create table t ()", *["insert into t default values"] * 3)
    test = new_database("create table t ()", "insert into t default values")
    result = sync(prod, test, **manner)
    assert (result.rows, query(test, "select count(*) from t")) == (3, [(3,)])
    assert dry_run(order(prod, test)).unfit == ()
    with pytest.raises(ProfileError, match=r"public\.t has no columns at all; t: \{skip: true\}"):
        sync(prod, test, {"t": {"mode": "replace"}}, mode="upsert")


def test_names_are_quoted_in_the_lines_that_would_settle_it(new_database):
    prod = new_database('create table t ("a: b" int, "%s" text)')
    test = new_database('create table t (c int not null, "%s" text, d text)')
    told = refused(prod, test, {"t": {"columns": {"d": {"from": "%s", "mask": "hash"}}}})
    assert '{columns: {c: {from: "a: b"}}}' in told
    assert '{columns: {"%s": {from: "%s"}}}' in told


PEOPLE = "create table t (id int primary key, name varchar(9), age int)"
SLIPS = [
    ({"where": "agge > 3"}, 't.where: expected a condition that prod can compute; prod says: column "agge" does not'),
    ({"where": "age > 3) or (true"}, "t.where: expected a condition .*; prod says: syntax error"),
    ({"where": "true; delete from t"}, "t.where: expected a condition .*; prod says: cannot insert multiple commands"),
    ({"where": "true limit 1"}, "t.where: expected a condition .*; prod says: syntax error"),
    ({"where": "age"}, "t.where: expected a condition .*; prod says: argument of WHERE must be type boolean"),
    ({"columns": {"age": {"expr": "max(age)"}}}, "columns.age.expr: expected an expression .*; prod says: .* GROUP BY"),
    ({"columns": {"age": {"expr": "nam || 'x'"}}}, "columns.age.expr: expected an expression .*; prod says: column"),
    ({"columns": {"age": {"value": "abc"}}}, "columns.age.value: 'abc' does not fit type integer of test"),
    ({"columns": {"age": {"fill": "abc"}}}, "columns.age.fill: 'abc' does not fit type integer of test"),
    ({"columns": {"name": {"value": "no"}}}, r"columns.name.value: 'no' does not fit type public.word of test \(check"),
    ({"from": "select 1, 2"}, "t.from: the query gives a column without a name; give it one with AS"),
]


@pytest.mark.parametrize(("rule", "told"), SLIPS)
def test_a_slip_in_the_profile_is_told_by_its_line_before_anything_happens(new_database, rule, told):
    prod = new_database(PEOPLE, "insert into t values (1, 'a', 4)")
    test = new_database(
        "create domain word as varchar(9) check (value <> 'no')",
        PEOPLE.replace("varchar(9)", "word"),
        "insert into t values (9, 'mine', 9)",
    )
    before = state(test)
    for work in (lambda: sync(prod, test, {"t": rule}), lambda: dry_run(order(prod, test, {"t": rule}))):
        with pytest.raises(ProfileError, match=told):
            work()
    assert state(test) == before


def test_sql_of_the_profile_that_is_not_the_same_twice_is_told(new_database):
    prod, test = new_database(PEOPLE, "insert into t values (1, 'a', 4)"), new_database(PEOPLE)
    with pytest.raises(SyncError, match=r"checksum .* must give the same whenever it is asked"):
        sync(prod, test, {"t": {"from": "select id, name, (random() * 1e9)::int as age from t"}})


@pytest.mark.parametrize("function", ["leaves", "zero"])
def test_a_function_that_leaves_or_gives_what_no_text_is(new_database, function):
    prod, test = new_database(PEOPLE, "insert into t values (1, 'secret', 4)"), new_database(PEOPLE)
    rule = {"t": {"columns": {"name": {"mask": {"call": f"operated_hooks:{function}"}}}}}
    for work in (lambda: sync(prod, test, rule), lambda: dry_run(order(prod, test, rule))):
        with pytest.raises(
            SyncError, match=f"hook 'operated_hooks:{function}' (raised SystemExit|gave text with a zero)"
        ):
            work()


@pytest.mark.parametrize("manner", MANNERS[:2])
def test_rules_do_not_divert_rows_that_are_sorted(new_database, manner):
    prod = new_database(PEOPLE, "insert into t values (1, 'a', 4), (2, 'b', -1)")
    test = new_database(
        PEOPLE, "alter table t add check (age > 0); create rule divert as on insert to t do instead nothing"
    )
    sync(prod, test, on_violation="quarantine", **manner)
    assert query(test, "select id from t") == [(1,)]
    assert query(test, "select key from krakn_rejects") == [({"id": 2},)]
    assert query(test, "select rulename from pg_rules where tablename = 't'") == [("divert",)]


def test_fakes_are_unique_where_equal_ones_exclude_each_other(new_database):
    prod = new_database(
        PEOPLE.replace("(9)", "(40)"), "insert into t select i, 'n' || i from generate_series(1, 2000) i"
    )
    test = new_database(PEOPLE.replace("(9)", "(40)"), "alter table t add exclude using hash (name with =)")
    sync(prod, test, {"t": {"columns": {"name": {"mask": {"fake": "first_name"}}}}})
    assert query(test, "select count(distinct name) from t") == [(2000,)]


def test_a_published_table_that_takes_no_deletes_is_told_what_it_needs(new_database):
    """As nobody may delete of it; in a new database, what is published is told last."""
    prod = new_database("create table p (id int primary key); create table t (p int)", "insert into t values (7)")
    test = new_database("create table p (id int primary key); create table t (p int not null references p)")
    execute(test, "create publication pub for table t")
    needs = r"does not have a replica identity and publishes deletes; a table that is published needs .* FULL; test is"
    with pytest.raises(SyncError, match=needs):
        sync(prod, test, on_violation="quarantine")
    assert sync(prod, test, on_violation="quarantine", swap=True, keep=0).rows == 0
    assert query(test, 'select "constraint" from krakn_rejects') == [("t_p_fkey",)]


@pytest.mark.parametrize("manner", [MANNERS[0], MANNERS[2]])
def test_a_test_database_that_is_read_only_is_told_so(new_database, manner):
    prod, test = new_database(PEOPLE, "insert into t values (1)"), new_database(PEOPLE, "insert into t values (2)")
    read_only = f"{test}{'&' if '?' in test else '?'}options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(SyncError, match=r"read-only transaction; it must be writable: .*; test is as it was"):
        sync(prod, read_only, **manner)
    assert query(test, "select id from t") == [(2,)]
