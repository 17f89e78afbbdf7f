"""Stories of a quarantine beside other things: a swap that is cut off at some step and resumed, parts of tables, a subset."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import pytest
from syncing import execute, query, sync

from alembic_krakn.errors import SyncError
from alembic_krakn.progress import Silent
from alembic_krakn.sync.swap import ranges

HAVE = """
    create table parent (id int, code text, size text);
    create table child (id int primary key, parent int, note text);
    create table leaf (id int primary key, child int, say text);
    create table split (id int, v text);
    create table other (id int primary key, v text);
"""
WANT = """
    create table parent (id int constraint parent_pk primary key, code text not null, size int);
    create table child (id int primary key, parent int constraint up references parent, note text);
    create table leaf (id int primary key, child int not null constraint leaf_up references child, say text check (say <> 'bad'));
    create table split (id int primary key, v text not null) partition by range (id);
    create table split_low partition of split for values from (0) to (10);
    create table split_high partition of split for values from (10) to (1000);
    create table other (id int primary key, v text);
"""
ROWS = """
    insert into parent select i, 'c' || i, i::text from generate_series(1, 40) i;
    insert into parent values (7, 'again', '1'), (50, null, '1'), (51, 'x', 'large');
    insert into child select i, i % 60, 'n' from generate_series(1, 120) i;
    insert into leaf select i, i, case when i % 50 = 0 then 'bad' else 'good' end from generate_series(1, 130) i;
    insert into split select i, nullif('v' || i, 'v5') from generate_series(1, 20) i;
    insert into other select i, 'v' || i from generate_series(1, 30) i
"""
REJECTS = 'select "table", key, "constraint", reason, "row" from krakn_rejects order by 1, "row"::text'
TABLES = ("parent", "child", "leaf", "split", "other")


def outcome(test):
    rows = {table: query(test, f"select t::text from {table} t order by 1") for table in TABLES}
    return rows, query(test, REJECTS)


def account(result):
    return {
        (each["table"], each["constraint"]): each["rejected"]
        for each in result.to_json()["rejects"]["found"]
        if each["rejected"]
    }


class KillingAt(Silent):
    """End all streams of a swap when a certain step begins."""

    def __init__(self, server, name, step):
        self.server, self.name, self.wanted, self.did = server, name, step, False

    def step(self, text):
        if text.startswith(self.wanted) and not self.did:
            self.did = True
            query(
                self.server,
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname like '{self.name}_krakn_%'",
            )


@pytest.mark.parametrize(
    "step",
    [
        "moving rows whose foreign keys",
        "building constraint public.child.up",
        "setting sequences",
        "comparing both",
    ],
)
def test_a_quarantine_that_is_cut_off_goes_on_where_it_was(new_database, server, step):
    prod, test = new_database(HAVE, ROWS), new_database(WANT)
    whole = sync(prod, test, on_violation="quarantine")
    expected = outcome(test)
    assert {row[0] for row in expected[1]} == {"public.parent", "public.leaf", "public.split"}
    execute(test, "truncate parent, child, leaf, split, other, krakn_rejects")
    name = query(test, "select current_database()")[0][0]
    killing = KillingAt(server, name, step)
    with pytest.raises(SyncError):
        sync(prod, test, on_violation="quarantine", swap=True, jobs=2, keep=0, progress=killing)
    assert killing.did
    assert query(test, "select count(*) from parent") == [(0,)]
    resumed = sync(prod, test, on_violation="quarantine", swap=True, jobs=2, keep=0, resume=True)
    assert outcome(test) == expected
    assert account(resumed) == account(whole)


def test_a_quarantine_sorts_the_parts_of_a_large_table(new_database, monkeypatch):
    prod, test = new_database(HAVE, ROWS), new_database(WANT)
    execute(
        prod,
        "insert into parent select i, nullif('c' || i, 'c777'), i::text from generate_series(100, 9000) i",
        "insert into parent values (500, 'twice', '2')",
        "analyze",
    )
    whole = sync(prod, test, on_violation="quarantine")
    expected = outcome(test)
    monkeypatch.setattr(ranges, "_LARGE", 1)
    parted = sync(prod, test, on_violation="quarantine", swap=True, jobs=3, keep=0)
    assert account(parted) == account(whole)
    assert [row[:3] for row in outcome(test)[1]] == [row[:3] for row in expected[1]]
    assert outcome(test)[0]["leaf"] == expected[0]["leaf"]


@pytest.mark.parametrize(
    "manner", [pytest.param({}, id="whole"), pytest.param({"swap": True, "jobs": 2, "keep": 0}, id="swap")]
)
def test_a_subset_has_a_quarantine(new_database, manner):
    prod, test = new_database(HAVE, ROWS), new_database(WANT)
    result = sync(prod, test, {"leaf": {"where": "id between 40 and 60"}}, on_violation="quarantine", **manner)
    rows, rejects = outcome(test)
    assert {row[2] for row in rejects} >= {"leaf_say_check"}
    assert query(test, "select count(*) from leaf l left join child c on c.id = l.child where c.id is null") == [(0,)]
    assert query(
        test,
        "select count(*) from child c left join parent p on p.id = c.parent where p.id is null and c.parent is not null",
    ) == [(0,)]
    assert len(rows["leaf"]) + sum(row[0] == "public.leaf" for row in rejects) == 21
    assert len(rows["other"]) == 30
    found = result.to_json()
    assert sum(found["rejects"]["found"][at]["rejected"] for at in range(len(found["rejects"]["found"]))) == len(
        rejects
    )
