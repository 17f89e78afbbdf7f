"""Stories of things that have the same name on both sides and may be different ones: they are remarked, not guessed."""

# ruff: noqa: E501 - messages

from __future__ import annotations

import pytest
from syncing import order, query
from teams import Project

from alembic_krakn import api
from alembic_krakn.config import Settings
from alembic_krakn.errors import ProfileError
from alembic_krakn.sync.dry_run import dry_run


@pytest.fixture
def remarks(new_database):
    """Plan a sync into a test that migrations have made out of prod's schema, and give what is remarked."""

    def make(prod, migrations, tables=None):
        found = dry_run(order(new_database(prod), new_database(prod, migrations), tables)).plan.remarks
        return [text for text in found if "may be another" in text]

    return make


def test_a_column_that_was_dropped_and_made_anew_stands_at_the_end(remarks):
    (told,) = remarks(
        "create table t (id int primary key, day varchar(20) not null, note text)",
        "alter table t drop day, add day date not null default now()",
    )
    assert told == (
        "public.t.day may be another column than prod's of that name: it stands behind others now,"
        " it was character varying(20) and is date; if its values do not belong there, say"
        ' t: {columns: {day: {value: "2000-01-01"}}}'
    )


def test_a_column_that_an_expression_gives_another_type_is_not_a_new_one(remarks):
    others = [f"create table t{n} (id int)" for n in range(4)], [f"alter table t{n} add m int" for n in range(4)]
    told = remarks(
        ";".join(["create table t (id int primary key, path text not null, a int, b int)", *others[0]]),
        ";".join(["alter table t alter path type text[] using string_to_array(path, ':'), add m int", *others[1]]),
        {"t": {"columns": {"path": {"expr": "string_to_array(path, ':')"}}}},
    )
    assert told == []


def test_an_enum_that_has_more_labels_takes_the_place_of_the_column_that_it_changes(remarks):
    prod = "create type st as enum ('sent', 'failed'); create table t (id int, s st, note text)"
    fresh = "create type state as enum ('sent', 'failed', 'lost'); alter table t "
    (told,) = remarks(prod, fresh + "drop s, add s state")
    assert "it stands behind others now, it was public.st and is public.state" in told
    assert remarks(prod, fresh + "alter s type state using s::text::state") == []


def test_what_one_table_tells_holds_for_the_same_change_of_another(remarks):
    told = remarks(
        "create table a (id int, owner int, note text); create table b (id int, owner int)",
        "alter table a drop owner; alter table a add owner text; alter table b drop owner; alter table b add owner text",
    )
    assert [text.split()[0] for text in told] == ["public.a.owner", "public.b.owner"]


def test_a_column_that_refers_to_another_table(remarks):
    (told,) = remarks(
        "create table p (id int primary key); create table q (id int primary key); create table c (x int references p)",
        "alter table c drop x, add x int references q",
    )
    assert "public.c.x may be another column" in told
    assert "it refers to public.q instead of public.p" in told


def test_a_column_that_refers_to_one_that_was_made_anew(remarks):
    files = "create table {0} (id {1} primary key)"
    prod = files.format("file", "int") + "; create table use (file_id int, name text)"
    told = remarks(
        "; ".join((prod, *(f"create table {name} (id int, title text, n int)" for name in GROWN))),
        "; ".join(f"alter table {name} add note text" for name in GROWN)
        + "; alter table file add title text, add extra uuid; alter table file drop id cascade, add id uuid primary key;"
        " alter table use alter file_id type uuid using null, add foreign key (file_id) references file",
    )
    assert [line.partition(" may be")[0] for line in told] == ["public.file.id", "public.use.file_id"]


GROWN = ("a", "b", "c", "d", "e")


def test_a_column_that_others_have_overtaken_where_new_columns_come_last(remarks):
    prod = "; ".join(f"create table {name} (id int, title text, n int)" for name in GROWN)
    grow = "; ".join(f"alter table {name} add note text" for name in GROWN)
    (told,) = remarks(prod, f"{grow}; alter table e drop title, add title text")
    assert told.startswith(
        "public.e.title may be another column than prod's of that name: it stands behind others now; if its values"
    )
    # Where new columns are anywhere, the order is that of models.
    assert (
        remarks(prod, "; ".join(f"drop table {t}; create table {t} (id int, n int, o int, title text)" for t in GROWN))
        == []
    )


def test_columns_that_others_have_overtaken_in_most_of_the_few_tables_that_grew(remarks):
    columns = ", ".join(f"x{n} int" for n in range(9))
    prod = "; ".join(f"create table {name} ({columns})" for name in GROWN)
    grow = "; ".join(f"alter table {name} add note text" for name in GROWN[:3])
    told = remarks(prod, f"{grow}; alter table a drop x3, add x3 int; alter table b drop x5, add x5 int")
    assert [line.partition(" may be")[0] for line in told] == ["public.a.x3", "public.b.x5"]


def test_a_table_whose_columns_stand_behind_new_ones(remarks):
    prod = "; ".join(f"create table {name} (id int, title text, n int)" for name in (*GROWN, "x"))
    grow = "; ".join(f"alter table {name} add note text" for name in GROWN)
    fresh = "drop table x; create table x (code text not null, title text, id int, n int)"
    (told,) = remarks(prod, f"{grow}; {fresh}", {"x": {"columns": {"code": {"fill": "x"}}}})
    assert told.startswith(
        "public.x may be another table than prod's of that name: code is new and NOT NULL, most columns stand behind"
    )


def test_a_table_that_no_other_refers_to_any_longer_and_that_refers_itself(remarks):
    prod = (
        "create table item (id int primary key); create table tag (id int primary key, tag text);"
        " create table item_tag (item int references item, tag int references tag)"
    )
    (told,) = remarks(
        prod,
        "drop table item_tag, tag; create table tag (id int primary key, item int not null references item, tag text)",
        {"tag": {"columns": {"item": {"fill": 0}}}},
    )
    assert told == (
        "public.tag may be another table than prod's of that name: item is new and NOT NULL,"
        " public.item_tag does not refer to it any longer; if its rows do not belong there, say tag: {skip: true}"
    )


def test_a_table_that_is_renamed_is_no_other_table(remarks):
    prod = "create table p (id int primary key); create table c (x int references p)"
    assert remarks(prod, "alter table p rename to q", {"q": {"rename_from": "p"}}) == []


def test_an_enum_with_other_labels(remarks):
    (told,) = remarks(
        "create type st as enum ('a', 'b'); create table t (s st)",
        "create type st2 as enum ('x', 'y'); alter table t drop s, add s st2",
    )
    assert "its labels are all others, it was public.st and is public.st2" in told


def test_a_comment_and_a_type_of_another_kind(remarks):
    (told,) = remarks(
        "create table t (a int, n int); comment on column t.n is 'how many'",
        "alter table t drop n, add n text; comment on column t.n is 'the name'",
    )
    assert "it was integer and is text, its comment is another one" in told


def test_a_table_that_was_dropped_and_made_anew(new_database):
    shared = "create table worker_pool (id int primary key); create table work_pool (id int primary key);"
    prod = new_database(
        shared, "create table worker (id int primary key, worker_pool_id int not null references worker_pool)"
    )
    test = new_database(
        shared, "create table worker (id int primary key, work_pool_id int not null references work_pool)"
    )
    with pytest.raises(ProfileError) as caught:
        dry_run(order(prod, test))
    noticed = (
        "public.worker may be another table than prod's of that name: work_pool_id is new and NOT NULL, it refers to"
        " public.work_pool instead of public.worker_pool; if its rows do not belong there, say worker: {skip: true}"
    )
    assert str(caught.value).splitlines()[-1].strip() == noticed
    found = dry_run(order(prod, test, {"worker": {"columns": {"work_pool_id": {"fill": 1}}}}))
    assert noticed in found.plan.remarks
    found = dry_run(order(prod, test, {"worker": {"skip": True}}))
    assert noticed not in found.plan.remarks


@pytest.mark.parametrize(
    "migrations",
    [
        "alter table t alter n type bigint, alter note type varchar(30), alter doc type jsonb",
        "alter table t alter n type text, alter note set not null",
        "alter table t rename n to m; alter table t add n2 int",
        # as models would make it: all is there, in another order
        "drop table t; create table t (note text, doc json, fresh int, n int, id int primary key)",
    ],
)
def test_what_was_only_altered_is_not_remarked(remarks, migrations):
    assert remarks("create table t (id int primary key, n int, note text, doc json)", migrations) == []


def test_a_rule_for_the_column_answers_the_question(remarks):
    rules = {"t": {"columns": {"day": {"value": None}}}}
    assert (
        remarks("create table t (id int, day varchar, note text)", "alter table t drop day, add day date", rules) == []
    )


def test_revisions_tell_what_they_made_anew(tmp_path, new_database):
    """Where they are known nothing is guessed: `n` changed its type in place, and `day` is no longer prod's."""
    have = "create table t (id int primary key, n int, day date); comment on column t.n is 'how many'"
    version = "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values"
    prod = new_database(have, f"{version} ('one')")
    migrations = "alter table t alter n type text; comment on column t.n is 'who'; alter table t drop day; alter table t add day date"
    test = new_database(have, migrations, f"{version} ('two')")
    project = Project(tmp_path, url=prod)
    project.revision("one", None, "pass")
    project.revision("two", "one", f"op.execute({migrations!r})")
    settings = Settings(prod_url=prod, test_url=test)
    told = [text for text in api.preview(settings, project=project.config).plan.remarks if "may be another" in text]
    assert told == [
        "public.t.day may be another column than prod's of that name: a revision made it anew; if its values do not"
        " belong there, say t: {columns: {day: {value: null}}}"
    ]
    (guessed,) = api.preview(settings).plan.remarks
    assert "public.t.n may be another column" in guessed


def test_labels_that_revisions_renamed_go_along(tmp_path, new_database):
    have = "create type mood as enum ('sad', 'happy'); create table t (m mood); insert into t values ('sad'), ('happy')"
    version = "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values"
    prod = new_database(have, f"{version} ('one')")
    test = new_database(have, "alter type mood rename value 'sad' to 'blue'", f"{version} ('two')")
    project = Project(tmp_path, url=prod)
    project.revision("one", None, "pass")
    project.revision("two", "one", "op.execute(\"alter type mood rename value 'sad' to 'blue'\")")
    api.sync(Settings(prod_url=prod, test_url=test), project=project.config)
    assert sorted(query(test, "select m::text from t")) == [("blue",), ("happy",)]


def test_revisions_that_do_not_run_tell_what_they_made_anew_as_well(tmp_path, new_database):
    """What was read of them is sure, and the rest is guessed."""
    have = "create table t (id int primary key, n int, note text); create table u (id int, v int, w text)"
    version = "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values"
    prod = new_database(have, f"{version} ('one')")
    heard, unheard = (
        "alter table t drop note; alter table t add note text",
        "alter table u drop v; alter table u add v date",
    )
    test = new_database(have, f"{heard}; {unheard}", f"{version} ('two')")
    project = Project(tmp_path, url=prod)
    project.revision("one", None, "pass")
    project.revision("two", "one", f"op.execute({heard!r})\nopen('/there is/no such file')")
    told = api.preview(Settings(prod_url=prod, test_url=test), project=project.config).plan.remarks
    assert [text.partition(";")[0] for text in told if "may be another" in text] == [
        "public.t.note may be another column than prod's of that name: a revision made it anew",
        "public.u.v may be another column than prod's of that name: it stands behind others now,"
        " it was integer and is date",
    ]


def test_a_table_that_grows_while_foreign_keys_to_it_are_given_up_is_the_same(remarks):
    prod = "create table dam (id int primary key, name text); create table fish (id int, dam int constraint f references dam)"
    grown = "alter table fish drop constraint f; alter table dam add height int not null default 1; alter table dam alter height drop default"
    fill = {"dam": {"columns": {"height": {"fill": 1}}}}
    assert remarks(prod, grown, fill) == []
    (told,) = remarks(prod, grown + "; alter table dam drop name; alter table dam add name text", fill)
    assert told.startswith("public.dam may be another table than prod's of that name: height is new and NOT NULL,")


def test_a_column_that_may_be_null_from_now_on_with_another_default_is_the_same(remarks):
    prod = "create table gate (id int, level int[] not null default '{8}', day date)"
    eased = "alter table gate alter level drop not null, alter level set default '{}'"
    assert remarks(prod, eased) == []
    assert remarks(prod, eased + ", add night date") == []
