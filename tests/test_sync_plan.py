"""Stories of the plan of a sync: every column of test has an answer, or the plan says all that is missing at once."""

from __future__ import annotations

import pytest
import yaml
from syncing import KEY, catalog, order

from alembic_krakn.errors import ProfileError
from alembic_krakn.names import text_of
from alembic_krakn.renames import Renames
from alembic_krakn.sync.plan import plan_sync
from alembic_krakn.sync.profile import parse_profile


@pytest.fixture
def plan(new_database):
    """Plan a sync between two databases that scripts make."""

    def make(prod, test, tables=None, renames=None, key=KEY):
        sides = new_database(prod), new_database(test)
        return plan_sync(*map(catalog, sides), order(*sides, tables, renames=renames or Renames(), key=key))

    return make


@pytest.fixture
def refusal(plan):
    """Give the text of the error that a plan fails with."""

    def make(*arguments, **more):
        with pytest.raises(ProfileError) as caught:
            plan(*arguments, **more)
        return str(caught.value)

    return make


def test_all_that_is_missing_is_told_at_once_with_the_line_that_would_settle_it(refusal):
    text = refusal(
        "create table t (id int, kind text); create table other (id int)",
        """create type level as enum ('low', 'high');
        create table t (id int, sort text not null, size int not null, level level not null, "a b" date not null);
        create table other (id int, flag boolean not null)""",
    )
    assert text.startswith("krakn.yaml: 5 things stand in the way of a sync")
    assert "public.t.sort (text) is NOT NULL without a default, and prod's public.t has no such column" in text
    lines = [line.strip().removeprefix("or ") for line in text.splitlines() if "columns:" in line]
    assert lines == [
        "other: {columns: {flag: {fill: false}}}",
        "t: {columns: {sort: {from: kind}}}",
        't: {columns: {sort: {fill: "..."}}}',
        "t: {columns: {size: {fill: 0}}}",
        't: {columns: {level: {fill: "low"}}}',
        't: {columns: {"a b": {fill: "2000-01-01"}}}',
    ]
    for line in lines:
        parse_profile({"tables": yaml.safe_load(line)})


def test_the_lines_that_are_told_settle_the_plan(plan, refusal):
    have = "create table t (id int, kind text)"
    want = "create table t (id int, size int not null)"
    (line,) = (line for line in refusal(have, want).splitlines() if "columns:" in line)
    sizes = plan(have, want, yaml.safe_load(line.strip())).tables[0].columns[1]
    assert sizes.answer == "fill"


def test_a_new_column_that_may_be_a_rename_is_remarked(plan):
    found = plan("create table t (id int, phone text)", "create table t (id int, phone_number text, n int)")
    assert found.remarks == (
        "public.t.phone_number is new and stays NULL; should it be phone of prod,"
        " say t: {columns: {phone_number: {from: phone}}}",
    )
    assert found.tables[0].retired == ("phone",)


def test_a_column_that_the_profile_reads_is_not_asked_about(plan):
    rules = {"t": {"columns": {"title": {"from": "name"}}}}
    assert plan("create table t (name text)", "create table t (title text, note text)", rules).remarks == ()


def test_new_columns_that_may_be_the_same_rename_are_remarked_together(plan):
    found = plan(
        "create table t (id int, revision text, a int)",
        "create table t (id int, name text, kind text, version text, b int)",
    )
    assert found.remarks == (
        "public.t.name, kind, version are new and stay NULL; should one of them be revision of prod,"
        " say for example t: {columns: {version: {from: revision}}}",
        "public.t.b is new and stays NULL; should it be a of prod, say t: {columns: {b: {from: a}}}",
    )


def test_labels_that_are_gone_are_known(plan):
    found = plan(
        "create type st as enum ('a', 'b', 'c', 'e'); create table t (s st)",
        "create type st as enum ('a', 'd'); create table t (s st)",
        {"t": {"columns": {"s": {"map": {"e": "d"}}}}},
    )
    assert found.tables[0].columns[0].gone == ("b", "c")


def test_unknown_names_in_the_profile(refusal):
    text = refusal(
        "create table customers (id int, mail text); create table clients (id int)",
        "create table customers (id int, email text); create table fresh (id int); create table part (id int)"
        " partition by list (id); create table part_1 partition of part for values in (1)",
        {
            "customer": {"skip": True},
            "customers": {"columns": {"emial": {"mask": "hash"}, "email": {"from": "mial"}}},
            "fresh": {"rename_from": "client"},
            "part_1": {"where": "true"},
        },
    )
    for line in (
        "krakn.yaml, tables.customer: public.customer is not a table of test; did you mean 'customers'?",
        "krakn.yaml, tables.customers.columns.emial: public.customers has no column 'emial'; did you mean 'email'?",
        "krakn.yaml, tables.customers.columns.email.from: prod's public.customers has no column 'mial'",
        "krakn.yaml, tables.fresh.rename_from: prod has no table public.client; did you mean 'clients'?",
        "krakn.yaml, tables.part_1: public.part_1 is a partition of public.part; write the rule there",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"g": {"value": 1}}, "test computes 'g' itself (GENERATED ALWAYS AS)"),
        ({"id": {"value": None}}, "'id' of public.t is NOT NULL"),
        ({"id": {"mask": "nullify"}}, "mask nullify does not fit, the column is NOT NULL"),
        ({"name": {"mask": {"fake": "frist_name"}}}, "Faker has no provider 'frist_name'; did you mean 'first_name'"),
        ({"flag": {"mask": "hash"}}, "mask hash does not fit type boolean"),
        ({"fresh": {"mask": "hash"}}, "prod's public.t has no column 'fresh'; say where the values come from"),
        ({"name": {"mask": {"call": "no.such:thing"}}}, "hook 'no.such:thing' cannot be imported"),
    ],
)
def test_rules_that_do_not_fit_their_column(refusal, rule, text):
    ddl = "create table t (id int primary key, name text, flag boolean, g int generated always as (id + 1) stored)"
    found = refusal(ddl, f"{ddl}; alter table t add fresh text", {"t": {"columns": rule}})
    assert text in found
    assert f"krakn.yaml, tables.t.columns.{next(iter(rule))}" in found


def test_a_mask_without_a_key(refusal):
    ddl = "create table t (name text)"
    text = refusal(ddl, ddl, {"t": {"columns": {"name": {"mask": "hash"}}}}, key=None)
    assert "KRAKN_MASK_KEY is not set" in text


def test_keys_and_what_refers_to_them_are_masked_alike(refusal):
    ddl = """create table person (id int primary key, ssn int unique, boss int references person);
        create table account (person int references person, ssn int references person (ssn))"""
    masks = {
        "person": {"columns": {"id": {"mask": "hash"}, "ssn": {"mask": {"hash": True, "domain": "ssn"}}}},
        "account": {"columns": {"ssn": {"mask": "hash"}}},
    }
    text = refusal(ddl, ddl, masks)
    assert (
        "public.account.person refers to public.person.id (account_person_fkey), and only the latter is masked" in text
    )
    assert "account: {columns: {person: {mask: hash}}}" in text
    assert "person: {columns: {boss: {mask: hash}}}" in text
    assert "public.account.ssn refers to public.person.ssn (account_ssn_fkey), and their masks differ" in text
    assert 'account: {columns: {ssn: {mask: {hash: true, domain: "ssn"}}}}' in text
    alone = {"account": {"columns": {"person": {"mask": "hash"}}}}
    assert "only the former is masked" in refusal(ddl, ddl, alone)


def test_a_reference_may_be_nullified_alone(plan):
    ddl = "create table person (id int primary key, boss int references person)"
    found = plan(ddl, ddl, {"person": {"columns": {"boss": {"mask": "nullify"}}}})
    assert found.tables[0].columns[1].mask == "nullify"


def test_what_prod_computes_from_a_masked_column_is_masked_too(refusal):
    text = refusal(
        "create table t (email text, search text generated always as (lower(email)) stored)",
        "create table t (email text, search text)",
        {"t": {"columns": {"email": {"mask": "hash"}}}},
    )
    assert "public.t.search: prod computes it from email, which is masked; mask it too" in text
    assert "t: {columns: {search: {mask: hash}}}" in text


def test_a_table_of_which_nothing_would_arrive(refusal):
    text = refusal("create table t (a int)", "create table t (b int default 1)")
    assert "public.t: no column of prod's public.t fits it" in text
    assert "t: {skip: true}" in text


def test_rules_for_a_table_that_prod_lacks(refusal):
    text = refusal("create table clients (id int)", "create table clientes (id int)", {"clientes": {"where": "id > 1"}})
    assert "prod has no table public.clientes; did you mean 'clients'?" in text
    assert "clientes: {rename_from: ...}" in text


def test_renamed_tables_are_not_taken_twice(plan):
    """`b` of prod became `a`, and another `b` is new in test."""
    found = plan(
        "create table b (x int)",
        "create table a (y int); create table b (z int)",
        renames=Renames.of({("public", "b"): ("public", "a")}, {("public", "b", "x"): "y"}),
    )
    (table,) = found.tables
    assert (table.prod, table.test) == (("public", "b"), ("public", "a"))
    assert [(column.answer, column.source) for column in table.columns] == [("rename", ("x",))]
    assert found.kept == (("public", "b"),)


def test_columns_that_swapped_their_names(plan):
    found = plan(
        "create table t (a int, b int)",
        "create table t (a int, b int)",
        renames=Renames.of({}, {("public", "t", "a"): "b", ("public", "t", "b"): "a"}),
    )
    assert [column.source for column in found.tables[0].columns] == [("b",), ("a",)]


def test_rows_are_read_straight_from_the_table_where_nothing_is_asked_of_prod(plan):
    found = plan(
        "create table a (x int, y text); create table b (x int, y text)",
        "create table a (y text, x int); create table b (x bigint, y int)",
        {"b": {"where": "x > 1"}},
    )
    direct, asked = found.tables
    assert (direct.direct, direct.binary) == (True, True)
    assert (asked.direct, asked.binary) == (False, False)
    assert asked.query() == "SELECT x, y FROM ONLY public.b WHERE (x > 1\n)"
    assert [text_of(column.select) for column in direct.sent] == ["y", "x"]
