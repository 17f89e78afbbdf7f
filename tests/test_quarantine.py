"""Stories of rows of prod that break a constraint of test: counted where that fails, and moved where it is asked for."""

# ruff: noqa: E501 - SQL that the stories themselves write

from __future__ import annotations

import json

import pytest
from syncing import execute, query, state, sync

from alembic_krakn.errors import SyncError, ValidationFailed
from alembic_krakn.report.sync_text import lines

REJECTS = 'select "table", key, "constraint", reason, "row" from krakn_rejects order by 1, "row"::text'


def quarantine(prod, test, tables=None, **more):
    """Run a sync with a quarantine, and give what it reports by table and constraint, and the rejected rows."""
    result = sync(prod, test, tables, on_violation="quarantine", **more)
    found = {
        (each["table"], each["constraint"]): (each["rejected"], each["set_null"])
        for each in result.to_json()["rejects"]["found"]
    }
    return found, query(test, REJECTS)


def fails(prod, test, tables=None):
    """Run a sync that fails, after which test is as it was, and give the lines of its message."""
    before = state(test)
    with pytest.raises(ValidationFailed) as caught:
        sync(prod, test, tables)
    assert state(test) == before
    first, *more = str(caught.value).splitlines()
    assert first.startswith("rows do not fit into test")
    return [line.strip() for line in more]


ONE_COLUMN = {
    "not null": ("text", "null", "text not null", "v NOT NULL", "v is NULL"),
    "check": ("int", "-1", "int constraint positive check (v > 0)", "positive", "CHECK ((v > 0)) does not hold"),
    "too long": ("text", "'abcdef'", "varchar(5)", "v character varying(5)", "the value of v does not fit character varying(5) (string data right truncation)"),
    "char": ("text", "'abcdef'", "char(5)", "v character(5)", "the value of v does not fit character(5) (string data right truncation)"),
    "bits": ("text", "'101'", "bit(4)", "v bit(4)", "the value of v does not fit bit(4) (string data length mismatch)"),
    "range": ("bigint", "9999999999", "int", "v integer", "the value of v does not fit integer (numeric value out of range)"),
    "precision": ("numeric", "12345.6", "numeric(5,2)", "v numeric(5,2)", "the value of v does not fit numeric(5,2) (numeric value out of range)"),
    "a cast on prod": ("numeric", "1e30", "int", "v integer", "the value of v does not fit integer (numeric value out of range)"),
    "no date": ("text", "'soon'", "date", "v date", "the value of v does not fit date (invalid datetime format)"),
    "no number": ("text", "'x'", "int", "v integer", "the value of v does not fit integer (invalid text representation)"),
    "array": ("text[]", "'{abc,abcdef}'", "varchar(5)[]", "v character varying(5)[]", "the value of v does not fit character varying(5)[] (string data right truncation)"),
    "domain": ("text", "'abcdef'", "short", "s", "the value of v breaks this constraint of public.short"),
    "what an extension's type says": ("text", "'abcdef'", "picky", "v public.picky", "the value of v does not fit public.picky (internal error)"),
    "what an extension's function says": ("text", "'abcdef'", "text constraint c check (takes(v, '54000'))", "c", "CHECK (public.takes(v, '54000'::text)) fails (program limit exceeded)"),
    "what a function of another language says": ("text", "'abcdef'", "text constraint c check (takes(v, '38000'))", "c", "CHECK (public.takes(v, '38000'::text)) fails (external routine)"),
    "domain without null": ("text", "null", "given", "v public.given", "NULL in v does not fit public.given"),
    "label": ("mood", "'sad'", "mood", "v public.mood", "the value of v does not fit public.mood (invalid text representation)"),
    "key": ("int", "4", "int constraint alone unique", "alone", "another row has the same (v)"),
    "primary key": ("int", "4", "int constraint pk primary key", "pk", "another row has the same (v)"),
    "exclusion": ("int4range", "'[4,9)'", "int4range, constraint apart exclude using gist (v with &&)", "apart", "another row excludes it, EXCLUDE USING gist (v WITH &&)"),
    "foreign key": ("int", "77", "int not null constraint up references parent (id)", "up", "the row of public.parent that (v) refers to is not there, or is rejected"),
}  # fmt: skip
TYPES = {
    "prod": "create domain short as text; create domain given as text; create type mood as enum ('glad', 'sad', 'so'); create table parent (id int primary key); insert into parent values (4), (5)",
    "test": "create domain short as text constraint s check (length(value) < 5); create domain given as text not null; create type mood as enum ('so', 'glad'); create table parent (id int primary key);"
    " create function takes(value text, or_raises text) returns bool language plpgsql immutable as"
    " $$ begin if length(value) > 5 then raise exception using errcode = or_raises; end if; return true; end $$;"
    " create domain picky as text check (takes(value, 'XX000'))",
}
GOOD = {
    "int": "4",
    "bigint": "4",
    "numeric": "4",
    "text": "'4'",
    "varbit": "B'1010'",
    "text[]": "'{4}'",
    "mood": "'so'",
    "int4range": "'[3,5)'",
}
GOOD_ONES = {"no date": "'2020-02-02'", "bits": "'1010'"}


def one(new_database, kind):
    """Make a prod of two rows of which the second does not fit, and a test with one row of its own."""
    have, bad, want, *_ = ONE_COLUMN[kind]
    good = GOOD_ONES.get(kind, GOOD[have])
    prod = new_database(
        TYPES["prod"], f"create table t (id int, v {have}); insert into t values (1, {good}), (2, {bad})"
    )
    return prod, new_database(TYPES["test"], f"create table t (id int, v {want})")


@pytest.mark.parametrize("kind", ONE_COLUMN)
def test_a_row_that_breaks_something_goes_into_quarantine(new_database, kind):
    prod, test = one(new_database, kind)
    *_, constraint, reason = ONE_COLUMN[kind]
    found, rejects = quarantine(prod, test)
    assert found == {("public.t", constraint): (1, 0)}
    ((table, _, named, why, row),) = rejects
    assert (table, named, why) == ("public.t", constraint, reason)
    assert row["id"] == 2
    assert query(test, "select id from t") == [(1,)]


@pytest.mark.parametrize("kind", set(ONE_COLUMN) - {"label"})
def test_a_row_that_breaks_something_is_counted_where_it_fails(new_database, kind):
    prod, test = one(new_database, kind)
    execute(test, "alter table t add ours int")
    *_, constraint, reason = ONE_COLUMN[kind]
    assert fails(prod, test)[0] == f"public.t, {constraint}: 1 row, as {reason}"


MANY = """
    create table parent (id int, code text, size text);
    insert into parent values (1, 'a', '1'), (2, 'b', 'x'), (3, null, '3'), (3, 'c', '4'), (4, 'd', 'y'), (5, 'a', '5');
    create table child (id int, parent int, note text);
    insert into child values (1, 1, 'x'), (2, 2, 'long enough'), (3, 77, 'x'), (4, 4, 'x'), (5, null, 'x');
"""
WANTED = """
    create table parent (id int constraint parent_pk primary key, code text constraint code_once unique, size int);
    create table child (id int primary key, parent int constraint up references parent, note text constraint brief check (length(note) < 5));
    insert into parent values (99, 'ours', 1); insert into child values (1, 99, 'ours');
"""


def test_all_that_is_broken_is_told_at_once(new_database):
    assert fails(new_database(MANY), new_database(WANTED)) == [
        "public.child, brief: 1 row, as CHECK ((length(note) < 5)) does not hold",
        "public.parent, code_once: 1 row, as another row has the same (code)",
        "public.parent, parent_pk: 1 row, as another row has the same (id)",
        "public.parent, size integer: 2 rows, as the value of size does not fit integer (invalid text representation)",
        "rows that refer to tables above, and may fit once those do:",
        "public.child, up: 2 rows, as the row of public.parent that (parent) refers to is not there, or is rejected",
    ]


def test_a_failing_sync_says_which_ways_there_are(new_database):
    with pytest.raises(SyncError, match="--on-violation quarantine; test is as it was:"):
        sync(new_database(MANY), new_database(WANTED))


def test_the_report_says_what_became_of_rows(new_database):
    prod, test = new_database(MANY), new_database(WANTED)
    result = sync(prod, test, on_violation="quarantine")
    tables = {table.test[1]: table for table in result.tables}
    assert (tables["parent"].rows, tables["parent"].rejected) == (2, 4)
    assert (tables["child"].rows, tables["child"].rejected) == (4, 1)
    assert query(test, "select id from parent order by 1") == [(1,), (3,)]
    assert query(test, "select id, parent from child order by 1") == [(1, 1), (3, None), (4, None), (5, None)]
    report = result.to_json()
    assert report["rejects"]["table"] == "public.krakn_rejects"
    assert sum(each["rejected"] for each in report["rejects"]["found"]) == 5 == len(query(test, REJECTS))
    assert sum(each["set_null"] for each in report["rejects"]["found"]) == 2
    assert {table["table"]: table["rejected_rows"] for table in report["tables"]} == {
        "public.child": 1,
        "public.parent": 4,
    }
    text = "\n".join(str(line) for line in lines(result))
    assert "5 rows broke a constraint of test, see krakn_rejects" in text
    assert "2 references set to NULL" in text


def test_what_refers_to_a_rejected_row_goes_with_it(new_database):
    schema = """
        create table a (id int primary key, n int {});
        create table b (id int primary key, a int not null references a on delete cascade);
        create table c (id int primary key, b int not null references b, other int references b on delete cascade);
        create table d (id int primary key, c int references c);
    """
    prod = new_database(
        schema.format(""),
        "insert into a values (1, 1), (2, null); insert into b values (1, 1), (2, 2), (3, 2)",
        "insert into c values (1, 1, 2), (2, 2, 1), (3, 3, null); insert into d values (1, 1), (2, 2)",
    )
    test = new_database(schema.format("not null"), "insert into a values (9, 9)")
    found, rejects = quarantine(prod, test)
    assert found == {
        ("public.a", "n NOT NULL"): (1, 0),
        ("public.b", "b_a_fkey"): (2, 0),
        ("public.c", "c_b_fkey"): (2, 0),
        ("public.c", "c_other_fkey"): (0, 1),
        ("public.d", "d_c_fkey"): (0, 1),
    }
    assert [(table, key) for table, key, *_ in rejects] == [
        ("public.a", {"id": 2}), ("public.b", {"id": 2}), ("public.b", {"id": 3}),
        ("public.c", {"id": 2}), ("public.c", {"id": 3}),
    ]  # fmt: skip
    assert query(test, "select * from c") == [(1, 1, None)]
    assert query(test, "select * from d order by 1") == [(1, 1), (2, None)]


def test_cycles_and_rows_that_refer_to_their_own_table(new_database):
    schema = """
        create table x (id int primary key, n int {}, y int not null);
        create table y (id int primary key, x int not null);
        alter table x add constraint xy foreign key (y) references y;
        alter table y add constraint yx foreign key (x) references x;
        create table tree (id int primary key, up int not null constraint above references tree, n int {});
    """
    prod = new_database(
        schema.format("", ""),
        "begin; alter table x drop constraint xy; insert into x values (1, 1, 1), (2, null, 2), (3, 3, 2); insert into y values (1, 1), (2, 3);"
        " alter table x add constraint xy foreign key (y) references y; commit",
        "insert into tree values (1, 1, 1), (2, 1, null), (3, 2, 1), (4, 3, 1), (5, 5, 1)",
    )
    test = new_database(schema.format("not null", "not null"))
    found, _ = quarantine(prod, test)
    assert found == {
        ("public.x", "n NOT NULL"): (1, 0),
        ("public.tree", "n NOT NULL"): (1, 0),
        ("public.tree", "above"): (2, 0),
    }
    assert query(test, "select id from tree order by 1") == [(1,), (5,)]
    assert query(test, "select id from x order by 1") == [(1,), (3,)]
    execute(prod, "delete from y where false; update x set n = null where id = 3")
    found, _ = quarantine(prod, test)
    assert found["public.y", "yx"] == (1, 0)
    assert query(test, "select id from x") == query(test, "select id from y") == [(1,)]


def test_keys_of_several_columns_lose_what_only_they_need(new_database):
    schema = """
        create table tenant (id int primary key);
        create table post (tenant int, id int, n int {}, primary key (tenant, id));
        create table note (id int primary key, tenant int references tenant, post int, whole int, half int,
            constraint shared foreign key (tenant, post) references post,
            constraint full_match foreign key (whole, half) references post match full);
    """
    prod = new_database(
        schema.format(""),
        "insert into tenant values (1); insert into post values (1, 1, null), (1, 2, 2)",
        "insert into note values (1, 1, 1, 1, 1), (2, 1, 2, 1, 2), (3, 1, null, null, null)",
    )
    test = new_database(schema.format("not null"))
    found, _ = quarantine(prod, test)
    assert found == {
        ("public.post", "n NOT NULL"): (1, 0),
        ("public.note", "shared"): (0, 1),
        ("public.note", "full_match"): (0, 1),
    }
    assert query(test, "select * from note order by 1") == [
        (1, 1, None, None, None),
        (2, 1, 2, 1, 2),
        (3, 1, None, None, None),
    ]


def test_a_reference_that_a_check_wants_takes_the_row_along(new_database):
    schema = """
        create table a (id int primary key, n int {});
        create table b (id int primary key, a int constraint up references a, other int, constraint either check (a is not null or other is not null));
    """
    prod = new_database(
        schema.format(""),
        "insert into a values (1, null), (2, 2)",
        "insert into b values (1, 1, null), (2, 1, 5), (3, 2, null)",
    )
    test = new_database(schema.format("not null"))
    found, _ = quarantine(prod, test)
    assert found["public.b", "up"] == (1, 1)
    assert query(test, "select * from b order by 1") == [(2, None, 5), (3, 2, None)]


def test_masked_values_are_masked_in_quarantine_too(new_database):
    prod = new_database(
        "create table p (id int primary key, email text, n text); insert into p values (1, 'ann@secret.org', 'x'), (2, 'bob@secret.org', '2')",
        "create table c (id int primary key, email text, p int); insert into c values (1, 'eve@secret.org', 1)",
    )
    test = new_database(
        "create table p (id int primary key, email text, n int); create table c (id int primary key, email text, p int not null references p)"
    )
    masks = {"p": {"columns": {"email": {"mask": "hash"}}}, "c": {"columns": {"email": {"mask": {"fake": "email"}}}}}
    found, rejects = quarantine(prod, test, masks)
    assert found == {("public.p", "n integer"): (1, 0), ("public.c", "c_p_fkey"): (1, 0)}
    assert len(rejects) == 2
    assert all(row["email"] for *_, row in rejects)
    assert "secret.org" not in json.dumps(rejects)
    assert "secret.org" not in str(query(test, "select * from p"))


def test_partitioned_tables(new_database):
    have = "create table t (id int, day int, v text, primary key (id, day)); insert into t values (1, 5, 'a'), (2, 15, 'b'), (3, 25, 'c'), (4, 5, null)"
    more = "create table c (id int primary key, t int not null, day int not null); insert into c values (1, 1, 5), (2, 3, 25)"
    prod = new_database(have, more)
    test = new_database(
        """create table t (id int, day int, v text not null, primary key (id, day)) partition by range (day);
        create table t_0 partition of t for values from (0) to (10);
        create table t_1 partition of t for values from (10) to (20);
        create table c (id int primary key, t int not null, day int not null, constraint up foreign key (t, day) references t)"""
    )
    found, _ = quarantine(prod, test)
    assert found == {
        ("public.t", "PARTITION BY"): (1, 0),
        ("public.t", "v NOT NULL"): (1, 0),
        ("public.c", "up"): (1, 0),
    }
    assert query(test, "select id from t order by 1") == [(1,), (2,)]
    assert query(test, "select id from c") == [(1,)]


def test_names_that_need_quotes(new_database):
    schema = """
        create schema "My S"; create table "My S"."ta.ble" ("I d" int primary key, "krakn_row" text {}, "c1" text, "or""der" int {});
        create table "select" (id int primary key, "fr om" int not null constraint "u p" references "My S"."ta.ble");
    """
    prod = new_database(
        schema.format("", ""),
        """insert into "My S"."ta.ble" values (1, 'x', E'a\\\\b\\t''', 1), (2, null, '{}', 1), (3, '"', '$krakn$', null)""",
        'insert into "select" values (1, 1), (2, 2), (3, 3)',
    )
    test = new_database(schema.format("not null", "not null"))
    found, rejects = quarantine(prod, test)
    name = '"My S"."ta.ble"'
    assert found == {
        (name, "krakn_row NOT NULL"): (1, 0),
        (name, 'or"der NOT NULL'): (1, 0),
        ('public."select"', "u p"): (2, 0),
    }
    assert [key for table, key, *_ in rejects if table == name] == [{"I d": 3}, {"I d": 2}]
    assert query(test, 'select c1 from "My S"."ta.ble"') == [("a\\b\t'",)]


def test_rules_and_triggers_do_not_see_what_happens(new_database):
    schema = """
        create table log (t text); create table p (id int primary key, n int {}); create table t (id int primary key, p int not null references p);
        create rule no_delete as on delete to t do instead nothing; create rule no_insert as on insert to p do instead nothing;
        create rule no_update as on update to t do instead nothing;
    """
    prod = new_database(schema.format(""))
    execute(
        prod,
        "drop rule no_insert on p",
        "insert into p values (1, 1), (2, null)",
        "insert into t values (1, 1), (2, 2)",
    )
    test = new_database(schema.format("not null"))
    before = query(test, "select rulename, ev_enabled from pg_rewrite order by oid")
    found, _ = quarantine(prod, test)
    assert found == {("public.p", "n NOT NULL"): (1, 0), ("public.t", "t_p_fkey"): (1, 0)}
    assert query(test, "select rulename, ev_enabled from pg_rewrite order by oid") == before


def test_a_second_sync_begins_the_quarantine_anew(new_database):
    prod, test = new_database(MANY), new_database(WANTED)
    first = quarantine(prod, test)
    assert quarantine(prod, test) == first
    execute(prod, "delete from child; delete from parent")
    assert quarantine(prod, test) == ({}, [])
    execute(test, "insert into krakn_rejects values ('t', null, 'c', 'old', '{}')")
    result = sync(prod, test)
    assert query(test, REJECTS) == []
    assert result.to_json()["rejects"] == {"table": None, "found": []}
    assert not any("krakn" in table.test[1] for table in result.tables)
    assert not any("krakn" in name for _, name in (*result.plan.kept, *result.plan.emptied))


def test_rows_of_tests_own_are_never_moved(new_database):
    schema = "create table p (id int primary key, n int {}); create table mine (id int primary key, p int not null constraint up references p on delete cascade)"
    prod = new_database(schema.format(""), "insert into p values (1, null), (2, 2)")
    test = new_database(schema.format("not null"), "insert into p values (1, 1); insert into mine values (1, 1)")
    before = state(test)
    with pytest.raises(
        ValidationFailed, match=r"up: 1 rows refer to rows of public.p that are not there, as public.mine keeps rows"
    ):
        sync(prod, test, {"mine": {"skip": True}}, on_violation="quarantine")
    assert state(test) == before


def test_rows_of_a_query_are_counted_where_prod_cannot_tell_them_apart(new_database):
    prod = new_database("create table t (id int, v text); insert into t values (1, 'a'), (2, null), (3, 'c')")
    test = new_database("create table t (id int primary key, v text not null)")
    result = sync(prod, test, {"t": {"from": "select id, v from t"}}, on_violation="quarantine")
    assert query(test, "select id from t order by 1") == [(1,), (3,)]
    assert result.tables[0].checksum is None


def test_many_rows_that_fit_are_not_tried_one_by_one(new_database):
    prod = new_database(
        "create table t (id int, v int); insert into t select i, nullif(i % 5000, 0) from generate_series(1, 50000) i"
    )
    test = new_database("create table t (id int primary key, v int not null)")
    found, rejects = quarantine(prod, test)
    assert found == {("public.t", "v NOT NULL"): (10, 0)}
    assert [row["id"] for *_, row in rejects if row["id"] == 5000] == [5000]
    assert query(test, "select count(*) from t") == [(49990,)]


def test_a_new_database_has_its_quarantine_too(new_database):
    prod, test = new_database(MANY), new_database(WANTED)
    found, rejects = quarantine(prod, test)
    assert quarantine(prod, test, swap=True, jobs=3, keep=0) == (found, rejects)
    assert query(test, "select id, parent from child order by 1") == [(1, 1), (3, None), (4, None), (5, None)]
    before = state(test)
    with pytest.raises(ValidationFailed, match=r"public\.parent, parent_pk: 1 row, as another row"):
        sync(prod, test, swap=True, jobs=2)
    assert state(test) == before


def test_an_owner_who_is_no_superuser_has_a_quarantine(new_database):
    prod, test = new_database(MANY), new_database(WANTED)
    role = "krakn_quarantined_owner"
    mine = f"{test}{'&' if '?' in test else '?'}user={role}"
    try:
        execute(
            test,
            f"create role {role} login",
            f"alter table parent owner to {role}",
            f"alter table child owner to {role}",
            f"grant create on schema public to {role}",
        )
        found, rejects = quarantine(prod, mine)
        assert found["public.parent", "size integer"] == (2, 0)
        assert len(rejects) == 5
    finally:
        execute(test, f"drop owned by {role} cascade", f"drop role {role}")


def test_where_no_temporary_table_may_be_the_first_row_is_told(new_database):
    prod, test = new_database(MANY), new_database(WANTED)
    role = "krakn_without_temporary"
    mine = f"{test}{'&' if '?' in test else '?'}user={role}"
    (name,) = query(test, "select quote_ident(current_database())")[0]
    try:
        execute(
            test,
            f"create role {role} login",
            f"revoke temporary on database {name} from public",
            f"alter table parent owner to {role}",
            f"alter table child owner to {role}",
            f"grant create on schema public to {role}",
        )
        with pytest.raises(SyncError, match="test is as it was"):
            sync(prod, mine)
        with pytest.raises(SyncError, match="permission denied to create temporary tables"):
            sync(prod, mine, on_violation="quarantine")
        assert query(test, "select id from parent") == [(99,)]
    finally:
        execute(test, f"drop owned by {role} cascade", f"drop role {role}")


def test_of_rows_with_one_key_of_a_partitioned_table_the_first_stays(new_database):
    prod = new_database(
        "create table t (id int, day int, v text); insert into t values (1, 1, 'first'), (1, 1, 'second'), (2, 2, 'x')"
    )
    test = new_database(
        "create table t (id int, day int, v text, primary key (id, day)) partition by range (day);"
        " create table part partition of t for values from (0) to (10)"
    )
    found, _ = quarantine(prod, test)
    assert found == {("public.t", "t_pkey"): (1, 0)}
    assert query(test, "select v from t order by 1") == [("first",), ("x",)]


def test_keys_over_periods(new_database):
    prod = new_database(
        "create table a (id int4range, d daterange); create table b (id int primary key, a int4range, d daterange)",
        "insert into a values ('[1,2)', '[2020-01-01,2020-02-01)'), ('[1,2)', '[2020-01-15,2020-03-01)')",
        "insert into b values (1, '[1,2)', '[2020-01-05,2020-01-10)'), (2, '[1,2)', '[2020-02-15,2020-02-20)')",
        "insert into a values ('[1,2)', 'empty'), ('[2,3)', 'empty')",  # which no such key takes
        "insert into b values (3, '[1,2)', 'empty')",
    )
    if query(prod, "select current_setting('server_version_num')::int < 180000")[0][0]:
        pytest.skip("keys over periods are PostgreSQL 18's")
    test = new_database(
        """create table a (id int4range, d daterange, constraint pk primary key (id, d without overlaps));
        create table b (id int primary key, a int4range not null, d daterange not null,
            constraint up foreign key (a, period d) references a (id, period d))"""
    )
    found, _ = quarantine(prod, test)
    assert found == {("public.a", "pk"): (3, 0), ("public.b", "up"): (2, 0)}
    assert query(test, "select id from b") == [(1,)]


def test_a_range_that_is_empty_where_the_key_stays_in_place(new_database):
    ddl = "create table up (n int); create table a (id int4range, d daterange) inherits (up)"
    prod = new_database(ddl, "insert into a values (1, '[1,2)', '[2020-01-01,2020-02-01)'), (2, '[1,2)', 'empty')")
    if query(prod, "select current_setting('server_version_num')::int < 180000")[0][0]:
        pytest.skip("keys over periods are PostgreSQL 18's")
    test = new_database(ddl, "alter table a add constraint pk primary key (id, d without overlaps)")
    found, rejects = quarantine(prod, test)
    assert found == {("public.a", "pk"): (1, 0)}
    assert [row["n"] for *_, row in rejects] == [2]


JSON = "id int primary key, up int, v json, more json[]"


@pytest.mark.parametrize("manner", [{}, {"swap": True, "jobs": 2}], ids=["in place", "swap"])
def test_json_that_jsonb_does_not_take_stands_in_no_rows_way(new_database, manner):
    ddl = f"create table parent (id int primary key); create table t ({JSON}); create table u ({JSON})"
    rows = """(1, 1, '"\\u0000"', array['{}', '"\\ud800"']::json[]), (2, null, '{"n": 1e999999}', '{}'), (3, 7, '{"a":  1}', null)"""
    prod = new_database(ddl, f"insert into parent values (1); insert into t values {rows}; insert into u values {rows}")
    test = new_database(
        "create table parent (id int primary key);"
        f" create table t ({JSON}, check (id > 2), foreign key (up) references parent, check (up is not null));"
        f" create table u ({JSON}, foreign key (up) references parent, check (up is not null))"
    )
    assert fails(prod, test)[:2] == [
        "public.t, t_id_check: 2 rows, as CHECK ((id > 2)) does not hold",
        "public.t, t_up_check: 1 row that broke another one first, as CHECK ((up IS NOT NULL)) does not hold",
    ]
    found, rejects = quarantine(prod, test, **manner)
    assert sum(rejected for rejected, _ in found.values()) == 5
    assert sorted((table, key["id"], row["v"]) for table, key, _, _, row in rejects) == [
        ("public.t", 1, '"\\u0000"'),
        ("public.t", 2, '{"n": 1e999999}'),
        ("public.t", 3, {"a": 1}),
        ("public.u", 2, '{"n": 1e999999}'),
        ("public.u", 3, {"a": 1}),
    ]
    assert query(test, "select id from u") == [(1,)]


def test_an_upsert_tells_the_row_and_the_column_that_an_extensions_type_refuses(new_database):
    prod, test = one(new_database, "what an extension's type says")
    for url in (prod, test):
        execute(url, "alter table t add primary key (id)")
    with pytest.raises(SyncError, match=r"row 2, column v: the value does not fit type public.picky;"):
        sync(prod, test, mode="upsert")
