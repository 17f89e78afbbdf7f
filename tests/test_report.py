"""What a diff looks like to a person and to a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import psycopg
import pytest
from teams import Project
from test_diff import STORIES

from alembic_krakn import api
from alembic_krakn.api import DiffResult
from alembic_krakn.config import Settings
from alembic_krakn.report import diff_json, diff_text
from alembic_krakn.report.diff_schema import diff_schema
from alembic_krakn.report.diff_text import uncompared

NewDatabase = Callable[..., str]


def settings(prod: str, test: str) -> Settings:
    return Settings(prod_url=prod, test_url=test)


@pytest.fixture
def diff(new_database: NewDatabase) -> Callable[[str, str], DiffResult]:
    return lambda have, want: api.diff(settings(new_database(have), new_database(want)))


def text_of(result: DiffResult) -> str:
    return "".join(f"{each.text}\n" for each in diff_text.lines(result))


def document_of(result: DiffResult) -> dict[str, Any]:
    """Give the document as a program reads it, which the JSON Schema has checked."""
    document = json.loads(json.dumps(diff_json.document(result)))
    jsonschema.validate(document, diff_schema())
    return document


def test_a_diff_reads_like_gits(diff: Callable[[str, str], DiffResult]) -> None:
    result = diff(
        """
        create type mood as enum ('glad', 'sad');
        create table orders (id int primary key, amount int not null default 0, fax varchar(20), mood mood);
        create table faxes (id int, number text);
        create table kept (id int);
        create view total as select count(*) as n from orders where amount > 100;
        create function twice(n int) returns int language sql as 'select n + n';
        comment on column orders.amount is 'in cents';
        """,
        """
        create type mood as enum ('glad', 'calm', 'sad');
        create table orders (id bigint primary key, amount int not null default 1, coupon text, mood mood);
        create table coupons (
            id bigint generated always as identity primary key,
            code text not null unique,
            made timestamptz not null default now(),
            order_id bigint references orders on delete cascade
        );
        create table kept (id int);
        create index orders_amount on orders (amount desc) where amount > 0;
        create view total as select count(*) as n from orders where amount > 200;
        create function twice(n int) returns int language sql as 'select 2 * n';
        comment on column orders.amount is 'in cents, with tax';
        comment on table coupons is 'what''s given';
        """,
    )
    assert text_of(result) == dedent(
        """\
        ~ enum public.mood
              'glad'
            + 'calm'
              'sad'
            ! downgrade-loss: a downgrade fails when a row of table public.orders still has 'calm' in mood

        + table public.coupons
            + column id bigint not null generated always as identity
            + column code text not null
            + column made timestamp with time zone not null default now()
            + column order_id bigint
            + constraint coupons_code_key UNIQUE (code)
            + constraint coupons_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE CASCADE
            + constraint coupons_pkey PRIMARY KEY (id)
            + comment 'what''s given'

        - table public.faxes
            ! data-loss: every row of table public.faxes is lost

        ~ table public.orders
            ~ column id: type integer -> bigint
                ! table-rewrite: table public.orders is written anew, under an ACCESS EXCLUSIVE lock
                ! downgrade-loss: a downgrade fails when a value of column public.orders.id does not fit integer
            ~ column amount: default 0 -> 1
            + column coupon text
            - column fax character varying(20)
                ! data-loss: every value of column public.orders.fax is lost
            + index orders_amount btree (amount desc) where (amount > 0)
                ! index-build: SHARE on table public.orders while the index is built: writes wait
            ~ comment on column amount: text 'in cents' -> 'in cents, with tax'

        ~ view public.total
              SELECT count(*) AS n
                 FROM public.orders
            -   WHERE (orders.amount > 100)
            +   WHERE (orders.amount > 200)

        ~ function public.twice(integer)
               RETURNS integer
               LANGUAGE sql
            - AS $function$select n + n$function$
            + AS $function$select 2 * n$function$

        11 differences: 3 added, 6 changed, 2 removed
        hazards: 2 data-loss, 1 table-rewrite, 1 index-build, 2 downgrade-loss
        a downgrade drops 1 new table and 1 new column, with what has been put in by then
        """
    ).replace("orders.amount > ", "amount > " if "(amount > 100)" in text_of(result) else "orders.amount > ")


def test_what_is_rebuilt_for_another_is_said_but_does_not_count(diff: Callable[[str, str], DiffResult]) -> None:
    result = diff(
        "create table a (n int); create view v as select n as m from a",
        "create table a (n text); create view v as select n::int as m from a",
    )
    other = diff(
        "create table a (n int); create view v as select count(n) as m from a",
        "create table a (n bigint); create view v as select count(n) as m from a",
    )
    assert "rebuilt because" not in text_of(result)
    text = text_of(other)
    assert "~ view public.v  rebuilt because of column public.a.n\n" in text
    assert "1 difference: 1 changed; 1 more rebuilt because of them\n" in text


def test_no_difference_is_one_line(diff: Callable[[str, str], DiffResult]) -> None:
    text = text_of(diff("create table a (id int)", "create table a (id int)"))
    assert text.startswith("No differences: the schema of prod (")
    assert text.count("\n") == 1


def test_what_is_not_compared_is_said(diff: Callable[[str, str], DiffResult]) -> None:
    result = diff("create table a (id int)", "create table a (id int)")
    result = replace(result, plan=replace(result.plan, uncompared={"subscriptions": 2}))
    assert text_of(result).splitlines()[-1] == "2 subscriptions were not compared"


def test_a_kind_without_words_of_its_own_is_said_by_what_it_holds(diff: Callable[[str, str], DiffResult]) -> None:
    statistics = "create table a (id int, b int); create statistics s on id, b from a"
    text = text_of(diff("create table a (id int, b int)", statistics))
    assert "    + statistics s CREATE STATISTICS public.s ON b, id FROM public.a\n" in text


def test_numbers_of_things_are_said_in_english() -> None:
    assert uncompared({"policies": 3}) == "3 policies were not compared"
    assert uncompared({"rules": 1, "operator classes": 1, "casts": 2}) == (
        "2 casts, 1 operator class and 1 rule were not compared"
    )
    assert uncompared({"statistics objects": 1, "objects with privileges": 1}) == (
        "1 object with privileges and 1 statistics object were not compared"
    )


def test_json_holds_every_change_with_both_sides(diff: Callable[[str, str], DiffResult]) -> None:
    result = diff("create table a (id int, fax text)", "create table a (id bigint)")
    document = document_of(result)
    assert document["version"] == 1
    assert document["summary"] == {
        "differences": 2,
        "added": 0,
        "changed": 1,
        "removed": 1,
        "rebuilt": 0,
        "explained": None,
        "drift": None,
        "hazards": {"data-loss": 1, "table-rewrite": 1, "downgrade-loss": 1},
    }
    gone, altered = document["changes"]
    assert (gone["verb"], gone["kind"], gone["path"], gone["want"]) == ("drop", "column", ["public", "a", "fax"], None)
    assert gone["have"]["type"] == "text"
    assert gone["hazards"] == [{"kind": "data-loss", "message": "every value of column public.a.fax is lost"}]
    assert (altered["verb"], altered["have"]["type"], altered["want"]["type"]) == ("alter", "integer", "bigint")
    assert altered["explained_by"] is None
    assert document["pending"] is None


def test_json_of_every_kind_of_fact_is_as_its_schema_says(new_database: NewDatabase) -> None:
    stories = [
        f"create schema s{n}; set search_path = s{n}; {story.given}; {story.want};"
        for n, story in enumerate(STORIES)
        if "on schema public" not in story.want and "other one" not in story.want
    ]
    result = api.diff(settings(new_database(), new_database("\n".join(stories))))
    assert document_of(result)["summary"]["added"] > len(STORIES)
    shortened = document_of(result)
    column = next(change for change in shortened["changes"] if change["kind"] == "column")
    del column["want"]["not_null"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(shortened, diff_schema())


class Behind:
    """A team whose prod is some revisions behind, with drift on both sides."""

    def __init__(self, folder: Path, new_database: NewDatabase) -> None:
        self.project = Project(folder)
        first = "create table clients (id int primary key, name text, fax text, note text)"
        stamped = "create table alembic_version (version_num varchar(32) primary key)"
        self.prod = new_database(
            first, "alter table clients add hotfix text", stamped, "insert into alembic_version values ('a1')"
        )
        self.test = new_database(
            "create table customers (id int constraint clients_pkey primary key, full_name text, note text, tier text)",
            "create index by_tier on customers (tier)",
            stamped,
            "insert into alembic_version values ('c3')",
        )
        self.project.revision("a1", None, f"op.execute({first!r})")
        self.project.revision(
            "b2",
            "a1",
            """
            op.rename_table('clients', 'customers')
            op.alter_column('customers', 'name', new_column_name='full_name')
            """,
        )
        self.project.revision(
            "c3", "b2", "op.drop_column('customers', 'fax')\nop.add_column('customers', sa.Column('tier', sa.Text()))"
        )

    def diff(self) -> DiffResult:
        with self.project.inside():
            return api.diff(settings(self.prod, self.test), project=self.project.config)


@pytest.fixture
def behind(tmp_path: Path, new_database: NewDatabase) -> Behind:
    return Behind(tmp_path, new_database)


def test_pending_revisions_explain_what_they_do_and_the_rest_is_drift(behind: Behind) -> None:
    assert text_of(behind.diff()) == dedent(
        """\
        ~ table public.customers: renamed from clients  (explained by b2)
            ~ column full_name: renamed from name
            - column fax text  (explained by b2, c3)
                ! data-loss: every value of column public.customers.fax is lost
            + column tier text  (explained by c3)
            - column hotfix text  (drift)
                ! data-loss: every value of column public.customers.hotfix is lost
            + index by_tier btree (tier)  (drift)
                ! index-build: SHARE on table public.customers while the index is built: writes wait

        prod is at a1, 2 revisions behind the project's head
        6 differences: 2 added, 2 changed, 2 removed
        4 explained by pending revisions, 2 drift
        hazards: 2 data-loss, 1 index-build
        a downgrade drops 1 new column, with what has been put in by then
        """
    )


def test_json_names_renames_and_explanations(behind: Behind) -> None:
    document = document_of(behind.diff())
    assert document["prod"]["revisions"] == ["a1"]
    assert [each["revision"] for each in document["pending"]] == ["b2", "c3"]
    renamed = {tuple(change["path"]): change["was"] for change in document["changes"] if change["verb"] == "rename"}
    assert renamed == {
        ("public", "customers"): ["public", "clients"],
        ("public", "customers", "full_name"): ["public", "clients", "name"],
    }
    by = {tuple(change["path"]): change["explained_by"] for change in document["changes"]}
    assert by["public", "customers", "tier"] == ["c3"]
    assert by["public", "by_tier"] == []


def test_a_prod_at_a_revision_nobody_knows_is_compared_all_the_same(
    behind: Behind, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(behind.prod) as conn:
        conn.execute("update alembic_version set version_num = 'zz'")
    result = behind.diff()
    assert result.plan.changes
    assert result.explained is None
    assert "prod is at revision 'zz'" in caplog.text


def test_revisions_that_test_has_not_run_are_remarked_and_explain_nothing(
    behind: Behind, caplog: pytest.LogCaptureFixture
) -> None:
    behind.project.revision("d4", "c3", "op.rename_table('customers', 'later')")
    result = behind.diff()
    assert "test is at c3 and has not run d4" in caplog.text
    assert result.renames.tables == {("public", "clients"): ("public", "customers")}


def test_what_pending_revisions_do_and_test_lacks_is_remarked(behind: Behind, caplog: pytest.LogCaptureFixture) -> None:
    behind.project.revision("d4", "c3", "op.create_table('later', sa.Column('id', sa.Integer()))")
    with psycopg.connect(behind.test) as conn:
        conn.execute("update alembic_version set version_num = 'd4'")
    behind.diff()
    assert "the pending revisions do what test does not have (" in caplog.text
    assert "table public.later" in caplog.text
