"""Stories from projects with long histories: what they ask of a sync, and how what cannot go is told."""

from __future__ import annotations

import re

import pytest
import yaml
from syncing import query, state, sync
from teams import Project

from alembic_krakn import api
from alembic_krakn.config import Settings
from alembic_krakn.errors import KraknError


def refused(prod, test, tables=None):
    """Run a sync that is refused, after which test is as it was, and give its message."""
    before = state(test)
    with pytest.raises(KraknError) as caught:
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


def test_numbers_that_became_uuids_have_an_expression_that_keeps_references(new_database):
    keys = "create table crew (id {0} primary key); create table shift (id int primary key, crew {0} references crew);"
    prod = new_database(
        keys.format("int")
        + "insert into crew select generate_series(1, 5); insert into shift select n, n from crew c (n)"
    )
    test = new_database(keys.format("uuid"))
    said = dict(re.findall(r"public\.(\w+)\.\w+ \(integer to uuid.*?(\{columns: .*\})$", refused(prod, test), re.M))
    assert said.keys() == {"crew", "shift"}
    sync(prod, test, {table: yaml.safe_load(rule) for table, rule in said.items()})
    assert query(test, "select count(*), count(distinct crew.id) from shift join crew on crew.id = crew") == [(5, 5)]


def test_a_new_column_that_a_trigger_makes_is_told_as_such(new_database):
    prod = new_database("create table leaf (id int primary key, name text); insert into leaf values (1, 'Ash')")
    test = new_database(
        """create table leaf (id int primary key, name text, lower_name text not null);
        create function lowers() returns trigger language plpgsql as
            'begin new.lower_name = lower(new.name); return new; end';
        create trigger lowers before insert or update on leaf for each row execute function lowers()"""
    )
    assert "a sync does not run trigger lowers of test" in refused(prod, test)
    sync(prod, test, {"leaf": {"columns": {"lower_name": {"expr": "lower(name)"}}}})
    assert query(test, "select * from leaf") == [(1, "Ash", "ash")]


def test_a_key_that_is_missing_is_given_no_example(new_database):
    prod = new_database(
        "create table root (id int primary key); create table twig (id int); insert into root values (7)"
    )
    test = new_database(
        "create table root (id int primary key); create table twig (id int, root int not null references root)"
    )
    assert 'twig: {columns: {root: {fill: "..."}}}' in refused(prod, test)


@pytest.mark.parametrize(("labels", "told"), [("'cold', 'hot'", 0), ("'low', 'high'", 1)])
def test_an_enum_that_another_one_replaces_with_its_labels_is_no_other_column(new_database, labels, told):
    prod = new_database(
        "create type warmth as enum ('cold', 'warm', 'hot'); create table bath (id int primary key, warmth warmth)"
    )
    test = new_database(
        f"create type heat as enum ({labels}); create table bath (id int primary key, warmth heat not null)"
    )
    assert len([text for text in sync(prod, test).plan.remarks if "may be another" in text]) == told


def test_a_key_that_another_one_replaces_is_looked_up_on_prod(new_database):
    """Dishes named their cook, by two columns; now they refer to the number that a cook has had all along."""
    prod = new_database(
        """create table chef (nr int unique, house text, "Name" text, primary key (house, "Name"));
        create table dish (id int primary key, house text, cook text, foreign key (house, cook) references chef);
        insert into chef select n, 'h' || n % 3, 'c' || n from generate_series(1, 9) n;
        insert into dish select n, 'h' || n % 3, 'c' || n from generate_series(1, 9) n"""
    )
    test = new_database(
        """create table cook (number int primary key, house text, "Name" text);
        create table dish (id int primary key, cook_number int not null references cook)"""
    )
    cook = {"rename_from": "chef", "columns": {"number": {"from": "nr"}}}
    (line,) = [text for text in refused(prod, test, {"cook": cook}).splitlines() if "expr:" in text]
    dish = yaml.safe_load(line.strip().removeprefix("or "))["dish"]
    sync(prod, test, {"cook": cook, "dish": dish})
    assert query(test, "select count(*) from dish where id = cook_number") == [(9,)]


def test_a_column_that_refers_to_another_table_is_not_offered_as_the_former_one(new_database):
    herd = "create table cow (id int primary key); create table barn (id int primary key);"
    prod = new_database(herd + "create table bell (id int primary key, cow_id int not null references cow)")
    bell = "create table bell (id int primary key, {0}_id int not null references {0});"
    text = refused(prod, new_database(herd + bell.format("barn")))
    assert "barn_id (integer) is NOT NULL without a default" in text
    assert "from:" not in text
    # The table of cows has become the table of oxen.
    text = refused(prod, new_database(herd.replace("cow", "ox") + bell.format("ox")), {"ox": {"rename_from": "cow"}})
    assert "bell: {columns: {ox_id: {from: cow_id}}}" in text


def test_revisions_get_what_the_projects_env_py_gives_them(tmp_path, new_database):
    version = "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values"
    prod = new_database("create table den (id int, fox text); insert into den values (1, 'red')", f"{version} ('one')")
    test = new_database("create table den (id int, vixen text)", f"{version} ('two')")
    project = Project(tmp_path, url=prod)
    project.edit_env(("context.run_migrations()", "context.run_migrations(names=['fox', 'vixen'])"))
    project.revision("one", None, "pass")
    path = project.revision("two", "one", "op.alter_column('den', names[0], new_column_name=names[1])")
    path.write_text(path.read_text().replace("def upgrade(engine_name: str = '')", "def upgrade(names)"))
    api.sync(Settings(prod_url=prod, test_url=test), project=project.config)
    assert query(test, "select * from den") == [(1, "red")]


def test_a_key_that_grew_by_a_new_column_makes_no_other_table(new_database):
    prod = new_database("create table toll (day date, gate int, cents int, primary key (day, gate))")
    test = new_database("create table toll (day date, gate int, cents int, lane text, primary key (day, gate, lane))")
    plan = sync(prod, test, {"toll": {"columns": {"lane": {"fill": "left"}}}}).plan
    assert not [text for text in plan.remarks if "may be another" in text]
