"""Stories of hooks: SQL and functions of the team that run around a sync, in its transaction."""

from __future__ import annotations

from typing import Any

import pytest
from syncing import addresses, catalog, execute, query, state

from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.progress import Progress
from alembic_krakn.renames import Renames
from alembic_krakn.sync.order import Manner, Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.run import run_sync

DDL = """
    create table t (id int primary key, name text not null);
    create table u (id serial primary key, t int references t);
    create table told (at serial, said text)
"""


@pytest.fixture
def pair(new_database):
    prod = new_database(DDL, "insert into t values (1, 'a'), (2, 'b')", "insert into u (t) values (1), (2), (2)")
    test = new_database(DDL, "insert into t values (9, 'ours')")
    execute(prod, "drop table told")
    return prod, test


def sync(prod: str, test: str, progress: Progress | None = None, **profile: Any) -> SyncResult:
    rules = parse_profile(profile, source="krakn.yaml")
    return run_sync(Order(*addresses(prod, test), rules, Renames()), progress=progress)


def test_rows_of_test_are_kept_across_a_sync(pair):
    prod, test = pair
    sync(
        prod,
        test,
        before="create temp table kept as select * from t where name = 'ours'",
        after=["insert into t select id, name from kept", "drop table kept"],
    )
    assert query(test, "select * from t order by 1") == [(1, "a"), (2, "b"), (9, "ours")]


def test_each_hook_has_its_moment(pair):
    prod, test = pair
    execute(prod, "create table alembic_version (version_num text)", "insert into alembic_version values ('a1')")
    call = {"call": "operated_hooks:tell"}
    table = {"before": call, "after": call}
    sync(prod, test, before=call, after=[call], tables={"t": table, "u": {"after": call}})
    told = [said for (said,) in query(test, "select said from told order by at")]
    assert told == [
        "('before', None, None, ['a1'], [])",
        "('before', 'public.t', None, ['a1'], [])",
        "('after', 'public.t', 2, ['a1'], [])",
        "('after', 'public.u', 3, ['a1'], [])",
        "('after', None, 5, ['a1'], [])",
    ]


def test_hooks_may_change_what_was_checked_already_and_the_keys_hold(pair):
    prod, test = pair
    schema = catalog(test).facts
    result = sync(
        prod,
        test,
        tables={"t": {"after": "update t set name = 'x' where id = 2; insert into t values (3, 'c')"}},
        after="insert into u (id, t) values (40, 3); insert into u (t) values (3)",
    )
    assert query(test, "select name from t order by id") == [("a",), ("x",), ("c",)]
    assert query(test, "insert into u (t) values (1) returning id") == [(41,)]
    assert [table.rows for table in result.tables] == [2, 3]
    assert catalog(test).facts == schema
    before = state(test)
    with pytest.raises(
        SyncError, match=r"running krakn.yaml, after: test refuses with foreign key violation"
    ) as caught:
        sync(prod, test, after="insert into u (t) values (77)")
    assert str(caught.value).endswith("; test is as it was")
    assert "77" not in str(caught.value)
    assert state(test) == before


def test_a_function_gives_one_statement_several_or_none(pair):
    prod, test = pair
    sync(prod, test, after=[{"call": "operated_hooks:several"}, {"call": "operated_hooks:nothing"}])
    assert query(test, "select name from t order by id") == [("first!",), ("b",)]


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        ({"call": "operated_hooks:broken"}, "krakn.yaml, after: the function raised ValueError; test is as it was"),
        ({"call": "operated_hooks:number"}, "the function gave a int; expected None, SQL or a list of SQL"),
        ("select 1; commit; select 2", "test says: EXECUTE of transaction commands is not implemented"),
        ("rollback", "EXECUTE of transaction commands is not implemented"),
        ("do $$ begin commit; end $$", "krakn.yaml, after: test refuses with invalid transaction termination"),
        ("select 1/(id - 1) from t", "krakn.yaml, after: test refuses with division by zero; test is as it was"),
        ("select nothing from t", 'test says: column "nothing" does not exist; test is as it was'),
        ("alter table t add column more int", "a hook of the profile has changed what tables of test are made of"),
    ],
)
def test_a_hook_that_fails_leaves_test_as_it_was(pair, hook, told):
    prod, test = pair
    before = state(test)
    with pytest.raises(SyncError) as caught:
        sync(prod, test, after=hook)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(caught.value).count("test is as it was") == 1
    assert state(test) == before


def test_what_cannot_be_run_is_told_before_anything_happens(pair):
    prod, test = pair
    before = state(test)
    for call, told in [
        (
            "operated_hooks:missing",
            "krakn.yaml, after: hook 'operated_hooks:missing' cannot be imported (AttributeError",
        ),
        ("operated_hooks:not_callable", "hook 'operated_hooks:not_callable' is no function; it is a value of type int"),
    ]:
        with pytest.raises(ProfileError) as caught:
            sync(prod, test, after={"call": call})
        assert told in str(caught.value)
    with pytest.raises(ProfileError, match=r"tables.u.before: prod does not fill public.u; write before at the top"):
        sync(prod, test, tables={"u": {"skip": True, "before": "select 1"}})
    for wrong in (7, "", {"call": "x"}, {"call": "a:b", "more": 1}, ["select 1", None], {"sql": "select 1"}):
        with pytest.raises(ProfileError, match=r"krakn.yaml: after: expected SQL for test, or"):
            sync(prod, test, after=wrong)
    assert state(test) == before


def test_names_are_found_as_the_role_of_test_finds_them(pair):
    prod, test = pair
    execute(test, "create schema mine", "create table mine.notes (n int)")
    (name,) = query(test, "select current_database()")[0]
    execute(test, f'alter database "{name}" set search_path = mine, public')
    sync(prod, test, after="insert into notes select id from t", tables={"t": {"before": "delete from notes"}})
    assert query(test, "select * from mine.notes order by 1") == [(1,), (2,)]


def test_a_swap_runs_them_in_the_new_database(pair):
    prod, test = pair
    rules = parse_profile(
        {"before": {"call": "operated_hooks:tell"}, "after": "insert into t values (3, 'hook')"}, source="krakn.yaml"
    )
    run_sync(Order(*addresses(prod, test), rules, Renames()), Manner(swap=True, keep=0))
    assert query(test, "select name from t order by id") == [("a",), ("b",), ("hook",)]
    assert query(test, "select mode from krakn_history") == [("replace, swap",)]
    run_sync(Order(*addresses(prod, test), rules, Renames()), Manner())
    assert query(test, "select count(*) from krakn_history") == [(2,)]
