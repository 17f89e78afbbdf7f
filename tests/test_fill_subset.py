"""Stories of values that krakn finds itself in a part of prod: what they refer to comes along."""

from __future__ import annotations

import pytest
from syncing import query, sync

from alembic_krakn.errors import ValidationFailed

PROD = """
    create table parents (id int primary key, name text);
    create table children (id int primary key, note text);
    insert into parents select i, 'p' || i from generate_series(1, 400) i;
    insert into children select i, 'c' || i from generate_series(1, 300) i;
"""
TEST = """
    create table parents (id int primary key, name text);
    create table children (id int primary key, note text, parent int not null {} references parents);
"""
MANNERS = [
    pytest.param({}, id="whole"),
    pytest.param({"swap": True, "jobs": 2, "keep": 0}, id="swap"),
    pytest.param({"mode": "upsert"}, id="upsert"),
]
PROFILES = {  # and how many children and parents come, where they all refer to one, and where to another each
    "a sample of parents": ({"parents": {"sample": "5%"}}, (300, 17), None),
    "the last parents": ({"parents": {"where": "id > 300", "limit": 3}}, (300, 3), None),
    "the first parents": ({"parents": {"limit": 3}}, (300, 3), None),
    "some children": ({"children": {"where": "id % 10 = 3"}}, (30, 1), (30, 400)),
    "few children": ({"children": {"limit": 7}}, (7, 1), (7, 400)),
    "few of both": ({"parents": {"sample": "20%"}, "children": {"limit": 7}}, (7, 83), (7, 83)),
    "following nothing": (
        {"parents": {"where": "id > 390"}, "children": {"follows": [], "limit": 4}},
        (4, 10),
        (4, 10),
    ),
    "all children": ({"parents": {"where": "id > 390"}, "children": {"whole": True}}, (300, 10), None),
}
CASES = [
    pytest.param(name, unique, manner.values[0], id=f"{name}{' of their own' * bool(unique)}, {manner.id}")
    for name in PROFILES
    for unique in ("", "unique")
    for manner in MANNERS
    if not (unique and manner.id == "upsert")  # rows that are numbered have no key
]


@pytest.mark.parametrize(("name", "unique", "manner"), CASES)
def test_no_filled_key_leads_nowhere(new_database, name, unique, manner):
    tables, one, each = PROFILES[name]
    prod, test = new_database(PROD, "analyze"), new_database(TEST.format(unique))
    expected = each if unique else one
    if expected is None:  # there are fewer parents to choose from than children
        with pytest.raises(ValidationFailed, match=r"public\.children, parent NOT NULL: \d+ rows, as parent is NULL"):
            sync(prod, test, tables, auto_fill=True, **manner)
        return
    sync(prod, test, tables, auto_fill=True, **manner)
    assert query(test, "select (select count(*) from children), (select count(*) from parents)") == [expected]
    distinct = expected[0] if unique else 1
    assert query(test, "select count(distinct parent) from children") == [(distinct,)]
