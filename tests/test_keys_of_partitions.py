"""Stories of keys and unique indexes that partitions share: they go before the rows come, and come back after them."""

from __future__ import annotations

import pytest
from syncing import catalog, query, state, sync

from alembic_krakn.errors import ValidationFailed

EVENTS = """
    create table e (id int, at int not null, kind text) partition by range (at);
    create table e1 partition of e for values from (0) to (100);
    create table e2 (kind text, id int not null, at int not null{more});
    alter table e attach partition e2 for values from (100) to (200);
    create table e3 partition of e for values from (200) to (300) partition by range (at);
    create table e3a partition of e3 default;
"""
KEYED = """
    alter table e add primary key (at, id), add constraint uq unique (at, kind);
    create unique index ui on e (at, lower(kind));
    create unique index own on e1 (kind);
    create table r (at int, id int, foreign key (at, id) references e);
    comment on constraint mypk on e2 is 'mine';
    comment on constraint uq on e is 'theirs';
    alter table e1 cluster on e1_pkey;
    alter table e2 replica identity using index mypk;
"""
ROWS = "insert into e select i, i, 'kind ' || i from generate_series(0, 299) i"
NAMED = EVENTS.format(more=", constraint mypk primary key (at, id), constraint foo unique (at, kind)")
SWAP = {"swap": True, "jobs": 2, "keep": 0}


@pytest.mark.parametrize("manner", [{}, SWAP])
def test_keys_that_partitions_share_come_back_as_they_were(new_database, manner):
    prod = new_database(EVENTS.format(more=""), ROWS, "create table r as select 150 as at, 150 as id")
    test = new_database(NAMED, KEYED, "insert into e values (7, 7, 'ours'); insert into r values (7, 7)")
    before = catalog(test).facts
    sync(prod, test, **manner)
    assert catalog(test).facts == before
    rows = "select tableoid::regclass::text, id, at, kind from e order by at"
    assert query(test, rows) == query(prod, rows)
    assert query(test, "table r") == [(150, 150)]


@pytest.mark.parametrize("manner", [{}, SWAP])
def test_rows_that_stand_against_them_are_told_or_kept_apart(new_database, manner):
    more = "insert into e values (500, 7, 'KIND 7'), (150, 150, 'again')"
    prod = new_database(EVENTS.format(more=""), ROWS, more, "create table r as select at, id from e where id < 150")
    test = new_database(NAMED, KEYED, "insert into e values (7, 7, 'ours'); insert into r values (7, 7)")
    before = state(test)
    told = r"public\.e, e_pkey: 1 row, as another row (.|\n)*public\.e, ui: 1 row, as another row has the same"
    with pytest.raises(ValidationFailed, match=told):
        sync(prod, test, **manner)
    assert state(test) == before
    sync(prod, test, on_violation="quarantine", **manner)
    assert catalog(test).facts == before[0]
    assert query(test, "select count(*), (select count(*) from r) from e") == [(300, 150)]
    kept = query(test, "select \"constraint\", row ->> 'id' from krakn_rejects order by 1")
    assert kept == [("e_pkey", "150"), ("ui", "500")]
