"""Stories of subsets: which rows come, by which paths, and that none of them refers to a row that did not."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from syncing import KEY, addresses, catalog, execute, orphans, query, state

from alembic_krakn.catalog import Constraint
from alembic_krakn.errors import ProfileError, SyncError
from alembic_krakn.renames import Renames
from alembic_krakn.sync.dry_run import dry_run
from alembic_krakn.sync.order import Order
from alembic_krakn.sync.profile import load_profile, parse_profile
from alembic_krakn.sync.result import SyncResult
from alembic_krakn.sync.run import run_sync

SHOP = """
    create table country (id int primary key, name text);
    create table customer (id int primary key, country int references country);
    create table product (id int primary key);
    create table review (id int primary key, product int not null references product, text text);
    create table "order" (id int primary key, customer int references customer);
    create table item ("order" int not null references "order", product int not null references product, n int);
    create table note (id int primary key, text text);
"""
SHOP_ROWS = """
    insert into country select i, 'c' || i from generate_series(1, 10) i;
    insert into customer select i, 1 + i % 5 from generate_series(1, 100) i;
    insert into product select generate_series(1, 50);
    insert into review select i, 1 + i % 50, 'r' from generate_series(1, 200) i;
    insert into "order" select i, 1 + i % 100 from generate_series(1, 1000) i;
    insert into "order" select i, null from generate_series(1001, 1010) i;
    insert into item select 1 + i % 1000, 1 + i % 50, i from generate_series(1, 3000) i;
    insert into note select i, 'n' from generate_series(1, 7) i;
"""


def ordered(prod: str, test: str, profile: dict[str, Any], renames: Renames | None = None) -> Order:
    return Order(*addresses(prod, test), parse_profile(profile, source="krakn.yaml"), renames or Renames(), KEY)


def subset(
    prod: str, test: str, tables: dict[str, Any], renames: Renames | None = None, **profile: Any
) -> dict[str, dict[str, int]]:
    """Sync, see that nothing dangles and that the report's counts are those of the rows, and give the paths."""
    result = run_sync(ordered(prod, test, {"tables": tables, **profile}, renames))
    assert dangling(test) == []
    for table in result.tables:
        assert sum(table.paths.values()) == table.rows, table.test
    return {table.test[1]: dict(table.paths) for table in result.tables}


def dangling(url: str) -> list[str]:
    """Name the foreign keys that rows of a database break."""
    found = catalog(url)
    return [key.name for key in found.of(Constraint) if key.references and query(url, orphans(found, key)) != [(0,)]]


def values(url: str, statement: str) -> list[Any]:
    return [row[0] for row in query(url, statement)]


@pytest.fixture
def shop(new_database):
    return new_database(SHOP, SHOP_ROWS), new_database(SHOP)


def test_what_is_chosen_brings_what_is_beneath_it_and_what_that_refers_to(shop):
    prod, test = shop
    execute(prod, 'update item set product = 7 where "order" % 100 = 9')
    assert subset(prod, test, {"customer": {"where": "id in (10, 20)"}}) == {
        "customer": {"where": 2},
        "order": {"child of public.customer": 20},
        "item": {'child of public."order"': 60},
        "product": {"parent of public.item": 2},
        "review": {"child of public.product": 8},
        "country": {"parent of public.customer": 1},
        "note": {"whole": 7},
    }
    assert values(test, "select id from customer order by id") == [10, 20]
    assert query(test, 'select count(*) from "order" where customer is null') == [(0,)]


def test_what_is_above_can_be_left_whole(shop):
    prod, test = shop
    paths = subset(prod, test, {"customer": {"where": "id in (10, 20)"}}, subset={"parents": "whole"})
    assert (paths["product"], paths["review"], paths["country"]) == ({"whole": 50}, {"whole": 200}, {"whole": 10})
    assert paths["item"] == {'child of public."order"': 60}
    rules = {"customer": {"where": "id = 10"}, "country": {"whole": True}}
    paths = subset(prod, test, rules)
    assert (paths["country"], paths["customer"]) == ({"whole": 10}, {"where": 1})
    assert sum(paths["product"].values()) < 50


def test_a_table_that_comes_whole_brings_all_that_it_refers_to(shop):
    prod, test = shop
    execute(prod, 'delete from item where "order" > 30')
    paths = subset(prod, test, {"customer": {"where": "id = 90"}, "item": {"whole": True}})
    assert paths["item"] == {"whole": query(prod, "select count(*) from item")[0][0]}
    assert paths["order"] == {"child of public.customer": 10, "parent of public.item": 30}
    assert paths["customer"]['parent of public."order"'] == 30


def test_a_rule_beneath_another_one_narrows_what_follows_it(shop):
    prod, test = shop
    paths = subset(prod, test, {"customer": {"where": "id <= 10"}, "order": {"where": "id <= 500", "limit": 20}})
    assert paths["customer"] == {"where": 10}
    assert paths["order"] == {"child of public.customer": 20}
    expected = query(prod, 'select id from "order" where customer <= 10 and id <= 500 order by id limit 20')
    assert query(test, 'select id from "order" order by id') == expected


def test_limits_go_by_the_primary_key(new_database):
    ddl = """create table a (x int, y text, primary key (y, x));
        create table b (id int primary key, x int, y text, foreign key (y, x) references a)"""
    prod = new_database(
        ddl,
        """insert into a select i % 10, 'k' || i / 10 from generate_series(0, 99) i;
        insert into b select 1000 - i, i % 10, 'k' || i / 10 % 10 from generate_series(0, 499) i""",
    )
    test = new_database(ddl)
    assert subset(prod, test, {"a": {"limit": 15}, "b": {"limit": 20}}) == {
        "a": {"limit 15": 15},
        "b": {"child of public.a": 20},
    }
    assert query(test, "select y, count(*) from a group by y order by y") == [("k0", 10), ("k1", 5)]
    expected = query(prod, "select id from b where (y, x) <= ('k1', 4) order by id limit 20")
    assert query(test, "select id from b order by id") == expected
    assert subset(prod, test, {"a": {"limit": 0}})["b"] == {}


def test_samples_hold_the_same_rows_every_time(shop):
    prod, test = shop
    first = subset(prod, test, {"customer": {"sample": "20%"}})
    chosen = values(test, "select id from customer order by id")
    assert 5 <= len(chosen) <= 40
    execute(prod, "insert into customer select i, 1 from generate_series(101, 400) i")
    execute(prod, "vacuum full customer", "update customer set country = 2 where id % 2 = 0")
    assert subset(prod, test, {"customer": {"sample": "20%"}})["order"] == first["order"]
    again = values(test, "select id from customer order by id")
    assert [key for key in again if key <= 100] == chosen
    assert 50 <= len(again) <= 110
    subset(prod, test, {"customer": {"sample": 10}})
    assert set(values(test, "select id from customer")) < set(again)
    assert subset(prod, test, {"customer": {"sample": "100%"}})["customer"] == {"sample 100%": 400}


def test_where_sample_and_limit_together(shop):
    prod, test = shop
    execute(prod, "insert into note select i, 'n' from generate_series(8, 3000) i")
    rule = {"where": "id > 1000 -- newer", "sample": "50%", "limit": 200}
    assert subset(prod, test, {"note": rule})["note"] == {"where, sample 50%, limit 200": 200}
    limited = values(test, "select id from note order by id")
    del rule["limit"]
    assert 900 < subset(prod, test, {"note": rule})["note"]["where, sample 50%"] < 1100
    assert values(test, "select id from note order by id")[:200] == limited
    assert limited[0] > 1000


def test_companies_and_users_in_a_cycle_with_managers(new_database):
    ddl = """
        create table company (id int primary key, owner int not null);
        create table person (id int primary key, company int not null references company,
                             manager int references person);
        alter table company add foreign key (owner) references person;
        create table badge (person int references person, code text)
    """
    prod = new_database(
        ddl,
        """begin; set constraints all deferred; alter table company drop constraint company_owner_fkey;
        insert into company select i, i * 10 from generate_series(1, 50) i;
        insert into person select i, (i - 1) / 10 + 1, nullif(i / 2, 0) from generate_series(1, 500) i;
        alter table company add foreign key (owner) references person;
        insert into badge select i, 'b' from generate_series(1, 500) i; commit""",
    )
    test = new_database(ddl)
    paths = subset(prod, test, {"person": {"where": "id = 256"}, "badge": {"where": "true"}})
    # 256 works for 26, whose owner is 260; their managers are 128 (13, of 130), 64, 32, ..., 65, 130 and so on.
    assert paths["person"]["where"] == 1
    assert paths["person"]["parent of public.person"] >= 8
    assert paths["badge"] == {"child of public.person": 1}
    people = set(values(test, "select id from person"))
    expected, queue = set(), [256]
    while queue:
        one = queue.pop()
        if one and one not in expected:
            expected.add(one)
            queue += [one // 2, ((one - 1) // 10 + 1) * 10]
    assert people == expected
    paths = subset(prod, test, {"company": {"where": "id = 3"}})
    assert paths["person"]["child of public.company"] == 10
    assert paths["badge"] == {
        "child of public.person": sum(rows for path, rows in paths["person"].items() if path.startswith("child"))
    }


def test_rows_that_refer_to_themselves_and_in_rings(new_database):
    ddl = """create table shop (id int primary key);
        create table node (id int primary key, shop int references shop, up int not null references node)"""
    prod = new_database(
        ddl,
        """insert into shop values (1), (2);
        insert into node values (1, 1, 1), (2, 1, 3), (3, 1, 2), (4, 2, 4), (5, 2, 6), (6, 1, 5), (7, null, 2)""",
    )
    test = new_database(ddl)
    paths = subset(prod, test, {"shop": {"where": "id = 1"}})
    assert paths["node"] == {"child of public.shop": 4, "child of public.node": 1, "parent of public.node": 1}
    assert paths["shop"] == {"where": 1, "parent of public.node": 1}
    assert values(test, "select id from node order by id") == [1, 2, 3, 5, 6, 7]


def test_keys_that_are_not_the_primary_one(new_database):
    ddl = """
        create table city (id int primary key, code text not null unique, region int, part int, unique (region, part));
        create table street (name text, city text references city (code), region int, part int,
                             foreign key (region, part) references city (region, part));
        create table house (no int, region int, part int,
                            foreign key (region, part) references city (region, part) match full)
    """
    prod = new_database(
        ddl,
        """insert into city select i, 'c' || i, i / 10, i % 10 from generate_series(0, 99) i;
        insert into street select 's' || i, 'c' || i % 100, i % 100 / 10, nullif(i % 10, 3)
            from generate_series(0, 999) i;
        insert into house select i, i % 10, 4 from generate_series(0, 49) i;
        insert into house select i, null, null from generate_series(50, 59) i""",
    )
    test = new_database(ddl)
    paths = subset(prod, test, {"city": {"where": "id between 40 and 45"}})
    assert paths["street"] == {"child of public.city": 60}
    assert paths["house"] == {"child of public.city": 5}
    paths = subset(prod, test, {"street": {"where": "name in ('s3', 's17')"}})
    assert paths["city"] == {"parent of public.street": 2}


def test_all_that_a_row_refers_to_must_be_chosen_for_it_to_follow(new_database):
    ddl = """
        create table person (id int primary key);
        create table post (id int primary key, author int not null references person);
        create table liked (person int references person, post int references post, by_friend int references person)
    """
    prod = new_database(
        ddl,
        """insert into person select generate_series(1, 10);
        insert into post select i, 1 + i % 10 from generate_series(1, 100) i;
        insert into liked select 1 + i % 10, 1 + i / 10 % 100, nullif(i % 5, 0) from generate_series(0, 999) i""",
    )
    test = new_database(ddl)
    paths = subset(prod, test, {"person": {"where": "id <= 2"}})
    assert paths["post"] == {"child of public.person": 20}
    assert set(paths["liked"]) <= {"child of public.person", "child of public.post"}
    both = """select count(*) from liked join post on post.id = post where person <= 2 and author <= 2
        and coalesce(by_friend, 1) <= 2"""
    assert sum(paths["liked"].values()) == query(prod, both)[0][0] > 0
    assert paths["person"] == {"where": 2}
    paths = subset(prod, test, {"person": {"where": "id <= 2"}, "liked": {"follows": ["person"]}})
    friends = "select count(*) from liked where person <= 2 or by_friend <= 2"
    assert paths["liked"] == {"child of public.person": query(prod, friends)[0][0]}
    assert paths["person"]["parent of public.liked"] > 0
    paths = subset(prod, test, {"person": {"where": "id <= 2"}, "liked": {"follows": []}, "post": {"follows": []}})
    assert (paths["liked"], paths["post"]) == ({}, {})
    rules = {"person": {"where": "id <= 2"}, "post": {"follows": [], "where": "id = 5"}}
    paths = subset(prod, test, rules)
    assert (paths["post"], paths["person"]) == ({"where": 1}, {"where": 2, "parent of public.post": 1})


def test_references_that_no_foreign_key_declares(new_database):
    ddl = """
        create table person (id int primary key, login text unique);
        create table team (id bigint primary key);
        create table comment (id int primary key, on_type text, on_id text, by_login text);
        create table picture (of_type text, of_id int)
    """
    prod = new_database(
        ddl,
        """insert into person select i, 'l' || i from generate_series(1, 20) i;
        insert into team select generate_series(1, 20);
        insert into comment select i, case when i % 2 = 0 then 'Person' else 'Team' end, 1 + i % 20, 'l' || 1 + i % 7
            from generate_series(1, 200) i;
        insert into comment values (999, 'Gone', 'nowhere', null);
        insert into picture select 'Person', i from generate_series(1, 30) i""",
    )
    test = new_database(ddl)
    types = [
        {"columns": "on_id", "to": "person", "where": "on_type = 'Person'"},
        {"columns": "on_id", "to": "team", "where": "on_type = 'Team' -- as Rails writes it"},
    ]
    rules = {
        "comment": {"references": [*types, {"columns": ["by_login"], "to": "public.person", "key": "login"}]},
        "picture": {"references": [{"columns": "of_id", "to": "person", "where": "of_type = 'Person'"}]},
        "person": {"where": "id <= 5"},
        "team": {"where": "id <= 4"},
    }
    paths = subset(prod, test, rules)
    expected = """select count(*) from comment where (on_type = 'Person' and on_id::int <= 5
        or on_type = 'Team' and on_id::int <= 4) and substr(by_login, 2)::int <= 5"""
    assert sum(paths["comment"].values()) == query(prod, expected)[0][0] > 0
    assert paths["picture"] == {"child of public.person": 5}
    rules = {"comment": {**rules["comment"], "where": "id in (10, 11)"}}
    paths = subset(prod, test, rules)
    assert paths["comment"] == {"where": 2}
    assert paths["person"] == {"parent of public.comment": 3}
    assert paths["team"] == {"parent of public.comment": 1}


def test_partitioned_tables(new_database):
    parts = """
        create table event_old partition of event for values from (minvalue) to ('2024-01-01');
        create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01') partition by hash (id);
        create table event_2024_0 partition of event_2024 for values with (modulus 2, remainder 0);
        create table event_2024_1 partition of event_2024 for values with (modulus 2, remainder 1);
        create table event_rest partition of event default;
    """
    ddl = """
        create table account (id int primary key);
        create table event (id int, at date not null, account int references account, primary key (id, at))
            partition by range (at);
        %s
        create table mark (id int primary key, event int, at date, foreign key (event, at) references event)
    """
    prod = new_database(
        ddl % parts,
        """insert into account select generate_series(1, 20);
        insert into event select i, date '2023-11-01' + i, 1 + i % 20 from generate_series(1, 600) i;
        insert into mark select i, i, date '2023-11-01' + i from generate_series(1, 600) i""",
    )
    test = new_database(ddl % "create table event_all partition of event default;")
    paths = subset(prod, test, {"account": {"where": "id = 7"}})
    assert paths == {
        "account": {"where": 1},
        "event": {"child of public.account": 30},
        "mark": {"child of public.event": 30},
    }
    assert values(test, "select distinct account from event") == [7]
    paths = subset(prod, test, {"mark": {"limit": 100}})
    assert paths["event"] == {"parent of public.mark": 100}
    assert paths["account"] == {"parent of public.event": 20}
    assert subset(prod, test, {"event": {"sample": "30%"}})["mark"].keys() == {"child of public.event"}


def test_renamed_tables_and_columns_casts_masks_and_names_in_quotes(new_database):
    prod = new_database(
        """create schema s; create table s.clients (pk int primary key, mail text unique, old_only int);
        create table "Größe" (id int primary key, "a""b" int references s.clients, via text references s.clients (mail));
        insert into s.clients select i, 'm' || i from generate_series(1, 30) i;
        insert into "Größe" select i, 1 + i % 30, 'm' || 1 + i % 30 from generate_series(1, 300) i"""
    )
    test = new_database(
        """create table "order" (id bigint primary key, email text unique);
        create table size (id int primary key, "select" bigint, via text references "order" (email));
        alter table size add constraint "the key" foreign key ("select") references "order" not valid"""
    )
    rules = {
        "order": {
            "rename_from": "s.clients",
            "where": "pk % 10 = 3",
            "columns": {"id": {"from": "pk"}, "email": {"from": "mail", "mask": "hash"}},
        },
        "size": {"rename_from": "Größe", "columns": {"select": {"from": 'a"b'}, "via": {"mask": "hash"}}},
    }
    paths = subset(prod, test, rules)
    assert paths == {"order": {"where": 3}, "size": {'child of public."order"': 30}}


def test_renames_that_revisions_tell(new_database):
    prod = new_database(
        """create table users (id int primary key); create table posts (id int primary key, user_id int);
        insert into users select generate_series(1, 10); insert into posts select i, 1 + i % 10 from generate_series(1, 50) i"""
    )
    test = new_database(
        """create table people (id int primary key);
        create table posts (id int primary key, person_id int references people)"""
    )
    renames = Renames.of(
        tables={("public", "users"): ("public", "people")}, columns={("public", "posts", "user_id"): "person_id"}
    )
    assert subset(prod, test, {"people": {"limit": 3}}, renames) == {
        "people": {"limit 3": 3},
        "posts": {"child of public.people": 15},
    }


def test_keys_that_only_prod_has_are_followed_as_well(new_database):
    prod = new_database(
        """create table a (id int primary key); create table b (id int primary key, a int references a, gone int references a);
        insert into a select generate_series(1, 10); insert into b select i, 1 + i % 10, 1 from generate_series(1, 50) i"""
    )
    test = new_database("create table a (id int primary key); create table b (id int primary key, a int)")
    assert subset(prod, test, {"a": {"where": "id = 4"}}) == {"a": {"where": 1}, "b": {"child of public.a": 5}}


def test_values_that_only_test_makes_keep_what_they_refer_to_whole(new_database):
    prod = new_database(
        """create table a (id int primary key); create table b (id int primary key);
        insert into a values (1), (2); insert into b values (1), (2), (3)"""
    )
    test = new_database(
        """create table a (id int primary key);
        create table b (id int primary key, a int not null default 2 references a)"""
    )
    assert subset(prod, test, {"b": {"where": "id < 3"}}) == {"a": {"whole": 2}, "b": {"where": 2}}


def test_a_query_that_fills_a_table_brings_what_its_rows_refer_to(new_database):
    prod = new_database(
        """create table person (id int primary key, city text);
        insert into person select i, 'c' || i % 4 from generate_series(1, 100) i"""
    )
    test = new_database(
        """create table person (id int primary key, city text);
        create table mayor (person int references person, city text)"""
    )
    rules = {
        "person": {"where": "id > 90"},
        "mayor": {"from": "select min(id) as person, city from person group by city"},
    }
    paths = subset(prod, test, rules)
    assert paths == {"person": {"where": 10, "parent of public.mayor": 4}, "mayor": {"whole": 4}}


def test_functions_and_time_in_a_condition(new_database):
    ddl = "create table log (id int primary key, at timestamptz); create table detail (log int references log)"
    prod = new_database(
        ddl,
        "create schema mine; create function mine.recent() returns interval language sql as 'select ''5 days''::interval'",
        """insert into log select i, now() - i * interval '1 hour' from generate_series(1, 500) i;
        insert into detail select generate_series(1, 500)""",
    )
    with_path = f"{prod}{'&' if '?' in prod else '?'}options=-csearch_path%3Dpublic,mine"
    test = new_database(ddl)
    paths = subset(with_path, test, {"log": {"where": "at > now() - recent()"}})
    assert paths["detail"] == {"child of public.log": paths["log"]["where"]}
    assert 115 <= paths["log"]["where"] <= 125


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"t": {"sample": "5%"}}, "tables.t.sample: `sample` goes by the primary key, and prod's public.t has none"),
        ({"t": {"limit": 5}}, "tables.t.limit: `limit` goes by the primary key, and prod's public.t has none"),
        ({"c": {"follows": ["t"]}}, "public.c cannot follow 't'; it refers to public.a (`references` can say more)"),
        ({"t": {"follows": ["a"]}}, "public.t cannot follow 'a'; it refers to no table"),
        ({"t": {"references": [{"columns": "x", "to": "b"}]}}, "public.b is not a table of test"),
        ({"t": {"references": [{"columns": "y", "to": "a"}]}}, "public.t has no column 'y'"),
        ({"t": {"references": [{"columns": "x", "to": "a", "key": "xid"}]}}, "no column 'xid'; did you mean 'id'?"),
        ({"a": {"references": [{"columns": "id", "to": "t"}]}}, "public.t has no primary key; say which columns"),
        ({"t": {"references": [{"columns": ["x", "x"], "to": "a"}]}}, "2 columns cannot refer to 1"),
    ],
)
def test_rules_that_do_not_fit_the_tables(new_database, tables, problem):
    ddl = "create table a (id int primary key); create table t (x int); create table c (a int references a)"
    with pytest.raises(ProfileError) as caught:
        run_sync(ordered(new_database(ddl), new_database(ddl), {"tables": tables}))
    assert problem in str(caught.value)


def test_a_condition_that_prod_cannot_compute_shows_no_value(shop):
    prod, test = shop
    before = state(test)
    with pytest.raises(SyncError) as caught:
        run_sync(ordered(prod, test, {"tables": {"customer": {"where": "id / (id - 10) > 0"}}}))
    assert "reading public.customer: prod refuses with division by zero" in str(caught.value)
    with pytest.raises(ProfileError, match=r'where: .*; prod says: column "nix" does not exist'):
        run_sync(ordered(prod, test, {"tables": {"customer": {"where": "nix"}}}))
    assert state(test) == before


def test_more_rows_than_krakn_keeps_in_mind(shop, monkeypatch):
    monkeypatch.setattr("alembic_krakn.sync.subset.closure.MOST_ROWS", 200)
    with pytest.raises(SyncError) as caught:
        run_sync(ordered(*shop, {"tables": {"customer": {"where": "id <= 30"}}}))
    assert "the subset has more than 200 rows" in str(caught.value)
    assert 'most came to public."order" as child of public.customer (300)' in str(caught.value)


def test_large_sets_are_asked_and_read_in_pieces(new_database, monkeypatch):
    monkeypatch.setattr("alembic_krakn.sync.subset.questions.BATCH", 70)
    monkeypatch.setattr("alembic_krakn.sync.subset.questions._FETCHED", 30)
    monkeypatch.setattr("alembic_krakn.sync.subset.choosing.PART", 50)
    prod, test = new_database(SHOP, SHOP_ROWS), new_database(SHOP)
    paths = subset(prod, test, {"customer": {"where": "id > 40"}, "order": {"limit": 250}})
    assert paths["order"] == {"child of public.customer": 250}
    first = 'select id from "order" where customer > 40 order by id limit 250'
    assert query(test, 'select id from "order" order by id') == query(prod, first)


def test_the_report_says_why_there_are_so_many_rows(shop):
    execute(shop[0], "analyze")
    result: SyncResult = run_sync(ordered(*shop, {"tables": {"customer": {"where": "id <= 80"}}}))
    (remark,) = result.plan.remarks
    assert 'and the profile\'s rules chose 80 of them; most came to public.item as child of public."order"' in remark
    told = {table["table"]: table["rows_by_path"] for table in result.to_json()["tables"]}
    assert told['public."order"'] == {"child of public.customer": 800}
    assert run_sync(ordered(*shop, {"tables": {"note": {"where": "id > 1"}}})).plan.remarks == ()


def test_a_dry_run_tells_the_paths_and_shows_chosen_rows(shop):
    prod, test = shop
    before = state(test)
    preview = dry_run(ordered(prod, test, {"tables": {"customer": {"where": "id = 10"}, "country": {"whole": True}}}))
    told = {table["table"]: table for table in preview.to_json()["tables"]}
    assert told["public.customer"]["rows_by_path"] == {"where": 1}
    assert told["public.customer"]["sample"] == [{"id": "10", "country": "1"}]
    assert {row["customer"] for row in told['public."order"']["sample"]} == {"10"}
    assert told["public.country"]["rows_by_path"] is None
    assert state(test) == before


def test_the_examples_of_the_documentation_are_profiles(tmp_path):
    page = Path(__file__).parents[1] / "docs" / "subset.md"
    examples = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    assert len(examples) == 6
    for text in examples:
        (tmp_path / "krakn.yaml").write_text(text, encoding="utf-8")
        assert load_profile(tmp_path / "krakn.yaml").named_tables
