"""Stories from projects with long histories: what they ask of a sync, and how what cannot go is told."""

from __future__ import annotations

import pytest
from syncing import query, state, sync

from alembic_krakn.errors import SyncError


def refused(prod, test, tables=None):
    """Run a sync that is refused, after which test is as it was, and give its message."""
    before = state(test)
    with pytest.raises(SyncError) as caught:
        sync(prod, test, tables)
    assert state(test) == before
    return str(caught.value)


HERD = """
    create table farm (id int primary key, tag text);
    create table barn (id int primary key, farm int not null references farm);
    create table cow (id int primary key, barn int not null references barn, mother int references cow);
    insert into farm select n, 'f' || n from generate_series(1, 9) n;
    insert into barn select n, n from generate_series(1, 9) n;
    insert into cow select n, n, nullif(n - 1, 0) from generate_series(1, 9) n;
"""


def test_causes_are_told_before_what_follows_from_them(new_database):
    prod = new_database(HERD)
    test = new_database(HERD.split("insert")[0].replace("tag text", "tag text constraint short check (tag < 'f5')"))
    _, *lines = refused(prod, test).splitlines()
    assert [line.split(",")[0].strip() for line in lines] == [
        "public.farm",
        "rows that refer to tables above",
        "public.barn",
        "public.cow",
    ]


def test_a_missing_row_of_prod_is_a_cause_and_not_a_consequence(new_database):
    prod = new_database(HERD.replace("not null references farm", "not null") + "insert into barn values (10, 77)")
    test = new_database(HERD.split("insert")[0])
    _, *lines = refused(prod, test).splitlines()
    assert [line.split(",")[0].strip() for line in lines] == ["public.barn"]


def test_a_value_that_is_the_same_in_every_row_of_a_key_is_named(new_database):
    prod = new_database(HERD)
    test = new_database(
        HERD.split("insert")[0]
        + "alter table cow add ear uuid not null constraint one_ear unique, add vet int not null constraint vets"
        " references farm"
    )
    rules = {"cow": {"columns": {"ear": {"value": "00000000-0000-0000-0000-000000000000"}, "vet": {"fill": 0}}}}
    text = refused(prod, test, rules)
    assert "cow, one_ear: 8 rows, as another row has the same (ear), where ear is the same in every row;" in text
    assert "is not there, or is rejected, where vet is the same in every row;" in text
    del rules["cow"]["columns"]["ear"], rules["cow"]["columns"]["vet"]
    sync(prod, test, rules, auto_fill=True)
    assert query(test, "select count(distinct ear), min(vet) from cow") == [(9, 1)]


def test_what_was_noticed_about_a_table_is_told_when_its_rows_do_not_fit(new_database):
    prod = new_database("create table pen (id int primary key, code int); insert into pen values (1, 4), (2, 5)")
    test = new_database("create table pen (id int primary key); alter table pen add size int, add code uuid")
    text = refused(prod, test)
    assert "pen, code uuid: 2 rows" in text
    assert "public.pen.code may be another column than prod's of that name: " in text
