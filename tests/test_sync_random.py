"""Random pairs of schemas with rows: what a sync brings is what PostgreSQL's own casts would have made of it.

Beside prod and test stands gold: prod's tables with their rows, altered to test's types by PostgreSQL itself. Where
gold cannot be made because a value does not fit, the sync is refused, and test is as it was.
"""

# ruff: noqa: E501 - values

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from databases import Databases
from hypothesis import given, note
from hypothesis import strategies as st
from psycopg import errors, sql
from randomly import examples
from syncing import state, sync

from alembic_krakn.errors import KraknError

SPEECH = """
    set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set lc_monetary = 'C';
    set bytea_output = 'hex'; set extra_float_digits = 1;
"""
MADE = """
    create type mood as enum ('sad', 'ok', 'happy'); create type grade as enum ('happy', 'ok', 'new', '1');
    create domain percent as int check (value between 0 and 100); create domain word as varchar(12) check (value <> 'no');
    create type pair as (a int, b text); create type span as range (subtype = text);
"""

# Values of each type; the numbers and the plain words are among them often, so that changes of type succeed as well.
VALUES = {
    "boolean": ("true", "false"),
    "smallint": ("0", "1", "-7", "32767"),
    "integer": ("0", "1", "100", "-2147483648", "2147483647"),
    "bigint": ("0", "1", "42", "9223372036854775807"),
    "numeric": ("0", "1.5", "-2.5", "3", "1e30", "NaN", "0.000001"),
    "numeric(8,2)": ("0", "2.50", "-999999.99", "7"),
    "real": ("0", "1.5", "2.5", "1e10", "NaN"),
    "double precision": ("0", "1", "0.1", "1e300", "-Infinity", "2.5"),
    "money": ("0", "12.34", "-1234567.89"),
    "text": ("", "ok", "happy", "1", "2024-02-29", "true", "{a,b}", "ü \\ \t\n'\"", "\\N", "[]", "12.5 ", "\\x00ff"),
    "varchar(8)": ("", "ok", "1", "12345678", "sad", "{1,2}"),
    "char(5)": ("", "ok", "1", "abcde", "a b"),
    "name": ("ok", "1", "x y"),
    "bytea": ("\\x", "\\x00ff5c0a", "abc"),
    "date": ("2024-02-29", "0044-03-15 BC", "infinity", "1999-12-31"),
    "time": ("00:00", "23:59:59.999999", "24:00"),
    "timetz": ("12:00+02", "00:00-15:59"),
    "timestamp": ("2024-02-29 12:34:56.789", "-infinity", "2024-06-30 23:30"),
    "timestamp(0)": ("2024-02-29 12:34:56", "1970-01-01"),
    "timestamptz": ("2024-02-29 12:34:56.789+05:30", "infinity", "2024-06-30 23:30-07"),
    "interval": ("1 day 02:03:04.5", "-3 months", "0", "178000000 years"),
    "uuid": ("00000000-0000-0000-0000-00000000000a", "c0ffee00-0000-4000-8000-000000000000"),
    "json": ('{"b":1, "a": [1,2 ]}', "1", "null", '"x"', '{"a":1,"a":2}'),
    "jsonb": ('{"b": 1}', "1", "true", "null", "[]", '"é"'),
    "inet": ("10.0.0.1", "::1/64", "192.168.0.0/16"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("08:00:2b:01:02:03",),
    "bit(5)": ("10101", "00000"),
    "varbit": ("", "1", "10101"),
    "point": ("(1.5,-2)",),
    "tsvector": ("a:1 fat:2B", ""),
    "int4range": ("[1,5)", "empty", "(,)"),
    "int8range": ("[1,5)", "empty"),
    "tstzrange": ('["2024-01-01 00:00+01",infinity)', "empty"),
    "tsrange": ('["2024-01-01 00:00",)',),
    "int4multirange": ("{[1,2),[5,9)}", "{}"),
    "span": ('["a b",c)', "empty"),
    "mood": ("sad", "ok", "happy"),
    "grade": ("happy", "ok", "1"),
    "percent": ("0", "100", "1"),
    "word": ("ok", "1", "twelve chars"),
    "pair": ("(1,)", '(,"a ""q"" \\\\ b")', "(,)"),
    "integer[]": ("{}", "{1,NULL,0}", "{{1,2},{3,4}}", "[2:3]={7,8}"),
    "bigint[]": ("{1,2}", "{}"),
    "numeric[]": ("{1.5,2}", "{NULL}"),
    "text[]": ('{a,"b,c",NULL,"NULL",""}', "{1,2}", "{ok}", "{}"),
    "char(4)[]": ("{ab,c}", "{}"),
    "boolean[]": ("{t,f,NULL}",),
    "timestamptz[]": ('{"2024-01-01 00:00+01",infinity}',),
    "mood[]": ("{ok,NULL}", "{}"),
    "pair[]": ('{"(1,x)"}',),
    "jsonb[]": ('{"{\\"a\\": 1}"}',),
}
# A cast to these cuts off what is too long, which neither ALTER TABLE nor a sync does.
WITHOUT_LENGTH = {
    "varchar(8)": "text",
    "char(5)": "bpchar",
    "bit(5)": "varbit",
    "name": "text",
    "word": "text",
    "char(4)[]": "text[]",
}
NUMBERS = ("smallint", "integer", "bigint", "numeric", "numeric(8,2)", "real", "double precision")


def meant(have: str, want: str) -> str | None:
    """Say what a change means for which PostgreSQL has no cast."""
    if have == "boolean" and want in NUMBERS:
        return f"{{}}::int::{want}"
    if have in NUMBERS and want == "boolean":
        return "({} <> 0)"
    if have == "boolean[]" and want in ("bigint[]", "numeric[]"):
        return f"{{}}::int[]::{want}"
    if "money" in (have, want) and {have, want} & set(NUMBERS):
        return f"{{}}::numeric::{want}"
    if want in ("json", "jsonb") and have not in ("text", "varchar(8)", "char(5)", "name", "word", "jsonb", "json"):
        return f"to_{want}({{}})"
    return None


@dataclass(frozen=True)
class Column:
    have: str
    want: str
    renamed: bool


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    parent: int | None  # the table that a key refers to, perhaps itself
    keys: str  # prod's type of keys
    wide: str  # and test's
    renamed: bool


@st.composite
def tables(draw: st.DrawFn, count: int) -> Table:
    columns = []
    for _ in range(draw(st.integers(1, 6))):
        have = draw(st.sampled_from(sorted(VALUES)))
        want = draw(st.one_of(st.just(have), st.sampled_from(sorted(VALUES))))
        columns.append(Column(have, want, draw(st.booleans())))
    row = st.tuples(*(st.one_of(st.none(), st.sampled_from(VALUES[column.have])) for column in columns))
    return Table(
        tuple(columns),
        tuple(draw(st.lists(row, max_size=4))),
        draw(st.one_of(st.none(), st.integers(0, count - 1))),
        draw(st.sampled_from(("int", "bigint"))),
        draw(st.sampled_from(("int", "bigint", "numeric"))),
        draw(st.booleans()),
    )


@st.composite
def databases_of_tables(draw: st.DrawFn) -> list[Table]:
    count = draw(st.integers(1, 3))
    return [draw(tables(count)) for _ in range(count)]


def script(made: Sequence[Table], *, test: bool) -> str:
    """Write the DDL of one side."""
    lines = [MADE]
    for at, table in enumerate(made):
        columns = [
            f"c{n}{'_new' * (test and column.renamed)} {column.want if test else column.have}"
            for n, column in enumerate(table.columns)
        ]
        key = table.wide if test else table.keys
        lines.append(
            f"create table {name_of(made, at, test=test)} (id {key} primary key, ref {key}, {', '.join(columns)});"
        )
    for at, table in enumerate(made):
        if table.parent is not None and (table.wide if test else table.keys) == (
            made[table.parent].wide if test else made[table.parent].keys
        ):
            lines.append(
                f"alter table {name_of(made, at, test=test)} add foreign key (ref) references {name_of(made, table.parent, test=test)};"
            )
    return "\n".join(lines)


def name_of(made: Sequence[Table], at: int, *, test: bool) -> str:
    return f"t{at}{'_new' * (test and made[at].renamed)}"


def fill(conn: psycopg.Connection[Any], made: Sequence[Table]) -> None:
    """Write prod's rows, whose keys refer in circles."""
    conn.execute(SPEECH)
    for at, table in enumerate(made):
        for number, row in enumerate(table.rows, 1):
            values = sql.SQL(", ").join(sql.Literal(value) for value in row)
            conn.execute(
                sql.SQL("insert into {} values ({}, null, {})").format(
                    sql.Identifier(f"t{at}"), sql.Literal(number), values
                )
            )
    for at, table in enumerate(made):
        if table.parent is not None and made[table.parent].rows:
            conn.execute(f"update t{at} set ref = (id % {len(made[table.parent].rows)}) + 1")


def alter(conn: psycopg.Connection[Any], made: Sequence[Table]) -> bool:
    """Let PostgreSQL turn prod's columns into test's; say whether all values fit."""
    conn.execute(SPEECH)
    for at, table in enumerate(made):
        for number, column in enumerate(table.columns):
            if column.have != column.want and not cast(conn, f"t{at}", f"c{number}", column):
                return False
    return True


def cast(conn: psycopg.Connection[Any], table: str, name: str, column: Column) -> bool:
    target = WITHOUT_LENGTH.get(column.want, column.want)
    ways = [f"{name}::{target}", (meant(column.have, column.want) or "{}::text::" + target).format(name)]
    for way in ways:
        try:
            with conn.transaction():
                conn.execute(f"alter table {table} alter {name} type {column.want} using {way}")
        except errors.CannotCoerce:
            continue
        except (errors.DataError, errors.IntegrityError) as exc:
            note(f"{table}.{name}, {column.have} to {column.want}: {exc.sqlstate}")
            return False
        return True
    raise AssertionError(f"{column.have} to {column.want}")


@given(databases_of_tables())
@examples(15)
def test_rows_arrive_as_postgresql_casts_them(new_database: Databases, made: list[Table]) -> None:
    before, after = script(made, test=False), script(made, test=True)
    note(after)
    with new_database.briefly(before, after, before) as (prod, test, gold):
        for url in (prod, gold):
            with psycopg.connect(url, autocommit=True) as conn:
                fill(conn, made)
        with psycopg.connect(gold, autocommit=True) as conn:
            fits = alter(conn, made)
        was, refused = state(test), ""
        try:
            result = sync(prod, test, rules(made))
        except KraknError as exc:
            refused = str(exc)
        assert bool(refused) is not fits, refused or "PostgreSQL's casts refuse a value, and the sync took it"
        if refused:
            assert state(test) == was
            return
        assert result.rows == sum(len(table.rows) for table in made)
        for at, table in enumerate(made):
            assert rows(test, name_of(made, at, test=True), table, test=True) == rows(gold, f"t{at}", table, test=False)


def rules(made: Sequence[Table]) -> dict[str, Any]:
    """Say all renames in a profile."""
    return {
        name_of(made, at, test=True): {
            **({"rename_from": f"t{at}"} if table.renamed else {}),
            "columns": {f"c{n}_new": {"from": f"c{n}"} for n, column in enumerate(table.columns) if column.renamed},
        }
        for at, table in enumerate(made)
    }


def rows(url: str, name: str, table: Table, *, test: bool) -> list[tuple[Any, ...]]:
    columns = [f"c{n}{'_new' * (test and column.renamed)}::text" for n, column in enumerate(table.columns)]
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(SPEECH)
        return conn.execute(f"select id::text, ref::text, {', '.join(columns)} from {name} order by id").fetchall()
