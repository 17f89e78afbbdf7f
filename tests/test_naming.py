"""Stories of how former names become known: from the profile, from a person's answer, or only as a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from databases import Databases
from teams import Project

from alembic_krakn import api, config
from alembic_krakn.diff import Plan, Suggestion, plan, suggestions
from alembic_krakn.errors import ProfileError
from alembic_krakn.names import Ident
from alembic_krakn.renames import NO_RENAMES
from alembic_krakn.sync.former_names import former_names
from alembic_krakn.sync.profile import parse_profile

GUESSES = [
    (
        "create table t (id int, nick text unique)",
        "create table t (id int, handle text unique)",
        "column public.t.nick -> handle",
    ),
    (
        "create table users (id int, nick text, mail text, born date)",
        "create table people (id int, nick text, mail text, born date)",
        "table public.users -> people",
    ),
    (
        "create table t (id int, a text)",
        "create schema app; create table app.t (id int, a text)",
        "table public.t -> app.t",
    ),
    ("create type mood as enum ('a', 'b')", "create type mood as enum ('a', 'c')", "label public.mood.b -> c"),
    ("create view v as select 1 as a", "create view w as select 1 as a", "view public.v -> w"),
    ("create sequence s start 7", "create sequence q start 7", "sequence public.s -> q"),
    (
        "create function f(int) returns int language sql as 'select 1'",
        "create function g(int) returns int language sql as 'select 1'",
        "function public.f(integer) -> g",
    ),
    ("create table t (id int, created date)", "create table t (id int, note text)", None),
    ("create table t (id int)", "create table u (at date, b text)", None),
    ("create table t (a int, b int)", "create table t (a int)", None),
    (
        "create table cow (id int primary key); create table barn (id int primary key);"
        " create table bell (cow_id int references cow)",
        "create table cow (id int primary key); create table barn (id int primary key);"
        " create table bell (barn_id int references barn)",
        None,
    ),
    (
        "create table cow (id int primary key); create table bell (cow_id int references cow)",
        "create table ox (nr int primary key, horns text, weight int); create table bell (ox_id int references ox)",
        "column public.bell.cow_id -> ox_id",
    ),
]


@pytest.mark.parametrize(("have", "want", "expected"), GUESSES)
def test_what_is_alike_may_be_renamed(have: str, want: str, expected: str | None, new_database: Databases) -> None:
    found = suggestions(new_database.catalog(have), new_database.catalog(want), NO_RENAMES)
    assert [str(each).partition(" (")[0] for each in found] == ([expected] if expected else [])


def renamed(way: Plan) -> dict[str, str]:
    """Say what a plan renames, from the new names to the former ones."""
    return {str(each.ident): str(each.have.ident) for each in way.changes if each.verb.value == "rename" and each.have}


def test_the_profile_tells_former_names(new_database: Databases) -> None:
    have = new_database.catalog(
        """create type mood as enum ('glad'); create table clients (id int, name text, tel text, a int);
            create view by_tier as select 1 as a; create sequence "Zähler"; create function f(int) returns int
            language sql as 'select 1'"""
    )
    want = new_database.catalog(
        """create type mood as enum ('happy');
            create table customers (id int, full_name text, tel text, a int, b int);
            create view tiers as select 1 as a; create sequence counter; create function g(int) returns int
            language sql as 'select 1'"""
    )
    profile = parse_profile(
        {
            "tables": {
                "customers": {
                    "rename_from": "clients",
                    "columns": {"full_name": {"from": "name"}, "b": {"from": "a"}, "tel": {"mask": "nullify"}},
                }
            },
            "rename_from": {
                "view public.tiers": "by_tier",
                "sequence public.counter": "Zähler",
                "function public.g(integer)": "f",
                "enum public.mood": {"happy": "glad"},
            },
        }
    )
    way = plan(have, want, former_names(profile, have, want))
    assert renamed(way) == {
        "column public.customers.full_name": "column public.clients.name",
        "enum public.mood": "enum public.mood",
        "function public.g(integer)": "function public.f(integer)",
        "sequence public.counter": 'sequence public."Zähler"',
        "table public.customers": "table public.clients",
        "view public.tiers": "view public.by_tier",
    }
    assert [str(each.ident) for each in way.changes if each.verb.value == "create"] == ["column public.customers.b"]


def test_a_former_name_of_what_test_does_not_have_is_an_error(new_database: Databases) -> None:
    catalog = new_database.catalog("create view tiers as select 1 as a")
    profile = parse_profile({"rename_from": {"view public.tier": "by_tier"}}, source="krakn.yaml")
    with pytest.raises(
        ProfileError, match=r"krakn.yaml: rename_from names 'view public.tier'.*did you mean 'view public.tiers'"
    ):
        former_names(profile, catalog, catalog)


@pytest.fixture
def asked(tmp_path: Path, new_database: Databases) -> Callable[[bool], tuple[str, list[str]]]:
    """Write a revision with a person who gives one answer to everything; give its upgrade() and the questions."""
    prod = new_database("create table users (id int, nick text, mail text); create index i on users (nick)")
    test = new_database("create table people (id int, handle text, mail text); create index i on people (handle)")

    def run(answer: bool) -> tuple[str, list[str]]:
        project = Project(tmp_path, "generic", url=prod.replace("postgresql:", "postgresql+psycopg:"))
        questions: list[str] = []

        def ask(suggestion: Suggestion) -> bool:
            questions.append(str(suggestion).partition(" (")[0])
            return answer

        settings = config.load({"prod_url": prod, "test_url": test}, environ={}, folder=tmp_path)
        with project.inside():
            result = api.migrate(settings, project.config, message="names", ask=ask)
        return result.files[0].read_text(encoding="utf-8").partition("def downgrade")[0], questions

    return run


def test_a_person_says_what_was_renamed(asked: Callable[[bool], tuple[str, list[str]]]) -> None:
    upgrade, questions = asked(True)
    assert questions == ["table public.users -> people", "column public.users.nick -> public.people.handle"]
    assert "op.rename_table('users', 'people')" in upgrade
    assert "new_column_name='handle'" in upgrade
    assert "drop" not in upgrade


def test_what_a_person_denies_is_dropped_and_added(asked: Callable[[bool], tuple[str, list[str]]]) -> None:
    upgrade, questions = asked(False)
    assert questions == ["table public.users -> people"]
    assert "op.drop_table('users')" in upgrade


def test_with_nobody_to_ask_it_stays_a_suggestion(tmp_path: Path, new_database: Databases) -> None:
    prod, test = new_database("create table t (a int, b text)"), new_database("create table t (a int, c text)")
    result = api.diff(config.load({"prod_url": prod, "test_url": test}, environ={}, folder=tmp_path))
    assert [(each.have, each.want) for each in result.open] == [
        (Ident("column", ("public", "t", "b")), Ident("column", ("public", "t", "c")))
    ]
    assert [change.verb.value for change in result.plan.changes] == ["drop", "create"]
