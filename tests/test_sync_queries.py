"""Stories of tables that a query of the profile fills: split, merged, gathered into jsonb."""

from __future__ import annotations

import pytest
from syncing import execute, order, query, state, sync

from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.sync.dry_run import dry_run

PERSONS = """
    create table persons (id int primary key, name text, street text, town varchar(40), extra text[]);
    insert into persons values (1, 'Ada', 'Elm', 'Ulm', '{a,b}'), (2, 'Bo', null, 'Rom', null), (3, null, 'Oak', '', '{}')
"""  # noqa: E501


def test_one_table_becomes_two(new_database):
    prod = new_database(PERSONS)
    test = new_database(
        """create table persons (id int primary key, name text);
        create table addresses (person_id bigint references persons, street text, town text, primary key (person_id))"""
    )
    rules = {"addresses": {"from": "SELECT id AS person_id, street, town FROM persons WHERE town <> '' -- known\n;"}}
    result = sync(prod, test, rules)
    assert query(test, "select * from addresses order by 1") == [(1, "Elm", "Ulm"), (2, None, "Rom")]
    assert query(test, "select * from persons order by 1") == [(1, "Ada"), (2, "Bo"), (3, None)]
    first = result.to_json()["tables"][0]
    assert first["from"] == "SELECT id AS person_id, street, town FROM persons WHERE town <> '' -- known"
    assert (first["rows"], first["checked_columns"]) == (2, ["person_id", "street", "town"])
    assert first["checksum"]


def test_two_tables_become_one(new_database):
    prod = new_database(
        """create table dogs (id int primary key, name text); create table cats (id int primary key, name text);
        insert into dogs values (1, 'Rex'); insert into cats values (1, 'Tom'), (2, 'Kit')"""
    )
    test = new_database("create table pets (kind text, id int, name text, primary key (kind, id))")
    text = "SELECT 'dog' AS kind, * FROM dogs UNION ALL SELECT 'cat', * FROM cats"
    result = sync(prod, test, {"pets": {"from": text, "columns": {"name": {"mask": "hash"}}}})
    assert query(test, "select kind, id from pets order by 1, 2") == [("cat", 1), ("cat", 2), ("dog", 1)]
    assert not {"Rex", "Tom"} & {name for (name,) in query(test, "select name from pets")}
    assert result.to_json()["only_in_prod"] == []  # both were read


def test_values_move_into_jsonb(new_database):
    prod = new_database(
        """create table item (id int primary key, name text);
        create table extra (item int, key text, value text);
        insert into item values (1, 'a'), (2, 'b'); insert into extra values (1, 'x', '1'), (1, 'y', 'é')"""
    )
    test = new_database("create table item (id int primary key, name text, extras jsonb not null)")
    text = """SELECT item.*, coalesce((SELECT jsonb_object_agg(key, value) FROM extra WHERE item = item.id), '{}')
              AS extras FROM item"""
    sync(prod, test, {"item": {"from": text, "where": "krakn_rows.id > 0"}})
    assert query(test, "select id, extras from item order by 1") == [(1, {"x": "1", "y": "é"}), (2, {})]


def test_the_query_is_read_with_the_search_path_of_the_role(new_database):
    prod = new_database("create schema shop; create table shop.t (id int); insert into shop.t values (7)")
    (name,) = query(prod, "select current_database()")[0]
    execute(prod, f'alter database "{name}" set search_path = shop')
    test = new_database("create table t (id int)")
    sync(prod, test, {"t": {"from": "TABLE t"}})
    assert query(test, "select id from t") == [(7,)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT 1 AS id; SELECT 2 AS id", "cannot insert multiple commands into a prepared statement"),
        ("SELECT 1 AS id) AS a, (SELECT 2 AS id", "syntax error"),
        ("INSERT INTO t VALUES (1) RETURNING id", "prod"),
        ("WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone", "prod"),
        ("SELECT id FROM t FOR UPDATE", "read-only"),
        ("SELECT id FROM nowhere", 'relation "nowhere" does not exist'),
        ("COPY t TO STDOUT", "syntax error"),
        ("SELECT id, id FROM t", "the query gives 'id' more than once"),
    ],
)
def test_what_is_no_single_query_is_refused_before_anything_happens(new_database, text, told):
    ddl = "create table t (id int); insert into t values (1)"
    prod, test = new_database(ddl), new_database(ddl)
    before = state(test)
    with pytest.raises(ProfileError) as caught:
        sync(prod, test, {"t": {"from": text}})
    assert str(caught.value).startswith("krakn.yaml, tables.t.from: ")
    assert told in str(caught.value)
    assert state(test) == before


def test_a_query_lacks_a_column_that_test_needs(new_database):
    prod = new_database(PERSONS)
    test = new_database("create table names (id int, name text not null, nick text not null)")
    with pytest.raises(ProfileError, match=r"public.names.nick \(text\) is NOT NULL .* the query has no such column"):
        sync(prod, test, {"names": {"from": "SELECT id, name FROM persons"}})


def test_columns_of_a_query_are_renamed_computed_and_retired(new_database):
    prod = new_database(PERSONS)
    test = new_database("create table names (id bigint, label text, size smallint)")
    rules = {
        "names": {
            "from": "SELECT id, name, town, extra FROM persons",
            "columns": {"label": {"from": "name"}, "size": {"expr": "length(town)"}},
        }
    }
    preview = dry_run(order(prod, test, rules))
    (table,) = preview.to_json()["tables"]
    assert [(column["name"], column["origin"]) for column in table["columns"]] == [
        ("id", "cast"),
        ("label", "rename"),
        ("size", "expression"),
    ]
    assert table["retired_columns"] == ["extra"]
    assert len(table["sample"]) == 3
    sync(prod, test, rules)
    assert query(test, "select * from names order by 1") == [(1, "Ada", 3), (2, "Bo", 3), (3, None, 0)]


def test_a_query_that_fails_on_a_row_leaves_test_as_it_was(new_database):
    prod = new_database(PERSONS)
    test = new_database("create table t (id int); insert into t values (9)")
    with pytest.raises(SyncError, match=r"filling public.t: .*a query.*test is as it was") as caught:
        sync(prod, test, {"t": {"from": "SELECT name::int AS id FROM persons"}})
    assert "Ada" not in str(caught.value)
    assert query(test, "select id from t") == [(9,)]
