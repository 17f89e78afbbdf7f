"""Stories of what is checked before a sync becomes visible, and what happens when it is not right."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from syncing import KEY, addresses, execute, query, state

from alembic_krakn.errors import ProfileError, ValidationFailed
from alembic_krakn.mask.hashes import Permute
from alembic_krakn.mask.keyed import Keyed
from alembic_krakn.renames import Renames
from alembic_krakn.sync import sample
from alembic_krakn.sync.order import Order
from alembic_krakn.sync.profile import parse_profile
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.run import run_sync

DDL = """
    create table t (
        id int primary key, name text, code int, ref uuid, short char(30), mail text, amount numeric not null, note text
    )
"""
ROWS = """
    insert into t select i, case when i % 3 > 0 then 'n' || i % 50 end, nullif(i % 7, 0), gen_random_uuid(),
        'c' || i % 5, 'm' || i, i / 4.0, 'note' from generate_series(1, {}) i
"""
MASKS = {
    "t": {
        "columns": {
            "name": {"mask": "hash"},
            "code": {"mask": "hash"},
            "ref": {"mask": "hash"},
            "short": {"mask": "hash"},
            "mail": {"mask": {"fake": "email"}},
            "note": {"mask": "nullify"},
        }
    }
}


@pytest.fixture
def pair(new_database):
    return new_database(DDL, ROWS.format(200)), new_database(DDL)


def sync(prod: str, test: str, **profile: Any) -> SyncResult:
    rules = parse_profile(profile, source="krakn.yaml")
    return run_sync(Order(*addresses(prod, test), rules, Renames(), KEY))


def failed(prod: str, test: str, **profile: Any) -> str:
    """Sync, expect a check to fail with nothing changed, and give what it says."""
    before = state(test)
    with pytest.raises(ValidationFailed) as caught:
        sync(prod, test, **profile)
    assert state(test) == before
    assert caught.value.exit_code == 1
    assert str(caught.value).endswith("; test is as it was")
    return str(caught.value)


def test_masked_columns_keep_their_nulls_and_their_distinct_values(pair):
    result = sync(*pair, tables=MASKS)
    checks = result.to_json()["checks"]
    assert (checks["null_counts"], checks["distinct_counts"], checks["queries"]) == (5, 4, 0)


def test_a_mask_that_loses_a_null_is_found(pair, monkeypatch):
    whole = Keyed.apply
    monkeypatch.setattr(Keyed, "apply", lambda self, values: whole(self, values).fill_null("lost"))
    rules = {"t": {"columns": {"name": {"mask": "hash"}}}}
    assert "public.t.name is masked and has 0 NULLs in test, prod has 66" in failed(*pair, tables=rules)


def test_a_mask_that_makes_values_equal_is_found(pair, monkeypatch):
    monkeypatch.setattr(Permute, "apply", lambda _, values: pl.select(
        pl.when(values.is_not_null()).then(pl.lit("4"))).to_series())  # fmt: skip
    told = failed(*pair, tables=MASKS)
    assert told == "public.t.code is masked and has 1 distinct values in test, prod has 6; test is as it was"


def test_of_a_large_table_the_same_few_rows_are_looked_at_on_both_sides(new_database, monkeypatch):
    monkeypatch.setattr(sample, "ROWS", 100)
    prod, test = new_database(DDL, ROWS.format(5000), "analyze t"), new_database(DDL)
    sync(prod, test, tables=MASKS)
    monkeypatch.setattr(
        Keyed, "apply", lambda self, values: values.str.head(2) if self.pg_type.name == "text" else values
    )
    told = failed(prod, test, tables={"t": {"columns": {"name": {"mask": "hash"}}}})
    assert "in one of 64 rows" in told
    execute(prod, "alter table t drop constraint t_pkey")
    execute(test, "alter table t drop constraint t_pkey")
    monkeypatch.undo()
    monkeypatch.setattr(sample, "ROWS", 100)
    sync(prod, test, tables=MASKS)
    assert query(test, "select count(*) from t") == [(5000,)]


def test_a_query_must_give_the_same_on_both_sides(pair):
    prod, test = pair
    right = ["select sum(amount), count(distinct id) from t;", "select id, amount from t where id < 9 order by id desc"]
    result = sync(prod, test, tables={**MASKS, "t": {**MASKS["t"], "validate": "select from t"}}, validate=right)
    assert result.to_json()["checks"]["queries"] == 3
    told = failed(prod, test, tables=MASKS, validate=[*right, "select mail from t", "select name from t"])
    assert told == (
        "krakn.yaml, validate, number 3: gives 200 rows in test and 200 in prod, and they are not the same;"
        " krakn.yaml, validate, number 4: gives 200 rows in test and 200 in prod, and they are not the same;"
        " test is as it was"
    )


def test_a_query_may_expect_no_rows_in_test(pair):
    prod, test = pair
    sync(prod, test, validate={"query": "select 1 from t where amount < 0 -- ever", "expect": "no rows"})
    told = failed(
        prod, test, tables={"t": {"validate": {"query": "select 1 from t where id > 198", "expect": "no rows"}}}
    )
    assert told == "krakn.yaml, tables.t.validate: finds 2 rows in test, where none were expected; test is as it was"


def test_only_test_is_asked_where_no_rows_are_expected(pair):
    prod, test = pair
    execute(test, "create view only_here as select * from t where id < 0")
    sync(prod, test, validate={"query": "select from only_here", "expect": "no rows"})
    with pytest.raises(ProfileError, match='prod can run; prod says: relation "only_here" does not exist'):
        sync(prod, test, validate="select from only_here")


@pytest.mark.parametrize("wrong", ["select nothing from t", "select 1; select 2", "delete from t", "selec 1", "vacuum"])
def test_a_slip_in_a_query_is_told_before_anything_is_loaded(pair, wrong):
    prod, test = pair
    before = state(test)
    with pytest.raises(ProfileError, match=r"krakn.yaml, validate: expected a query that test can run; "):
        sync(prod, test, validate=wrong)
    assert state(test) == before


@pytest.mark.parametrize("wrong", [7, "", {"query": "select 1"}, {"query": "select 1", "expect": "one"}, [None]])
def test_a_check_is_a_query_or_says_what_it_expects(pair, wrong):
    with pytest.raises(ProfileError, match=r"krakn.yaml: validate: expected a query that gives the same on both sides"):
        sync(*pair, validate=wrong)
