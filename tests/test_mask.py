"""Masks on rows that a real PostgreSQL wrote, and that a real PostgreSQL must read again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from datetime import date

import faker.providers.date_time
import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from alembic_krakn.errors import ProfileError, SettingsError, SyncError
from alembic_krakn.mask import (
    CallMask,
    ColumnInfo,
    FakeMask,
    HashMask,
    Masker,
    MaskKey,
    MaskSpec,
    build,
    mask_block,
)
from alembic_krakn.mask import block as blocks
from alembic_krakn.mask.pools import pool

KEY = MaskKey.from_environment({"KRAKN_MASK_KEY": "0123456789abcdef" * 4})
OTHER_KEY = MaskKey.from_environment({"KRAKN_MASK_KEY": "fedcba9876543210" * 4})
SECRET = "jane.roe@private.example"  # a value that no message may show


def column(type_: str = "text", *, name: str = "c", **facts: object) -> ColumnInfo:
    return ColumnInfo("public.people", name, type_, **facts)  # type: ignore[arg-type]


def masked(spec: MaskSpec, values: list[str | None], type_: str = "text", key: MaskKey = KEY, **facts: object) -> list:
    return build(spec, column(type_, **facts), key).apply(pl.Series(values, dtype=pl.String)).to_list()


class Same:
    """A masker that changes nothing, so that only the way in and out is seen."""

    label = "same"

    def apply(self, values: pl.Series) -> pl.Series:
        return values


# --- the way in and out -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conn(server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server) as conn:
        yield conn
        conn.rollback()


def copy_out(conn: psycopg.Connection, query: str | sql.Composed) -> bytes:
    with conn.cursor().copy(
        sql.SQL("COPY ({}) TO STDOUT").format(sql.SQL(query) if isinstance(query, str) else query)
    ) as copy:
        return b"".join(bytes(data) for data in copy)


def copy_in(conn: psycopg.Connection, table: str, data: bytes) -> None:
    with conn.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        copy.write(data)


# PostgreSQL's text holds every character but NUL; a lone surrogate is none.
texts = st.one_of(
    st.none(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.text("\\\t\n\r\b\f\v\"'N.,;#  é😀\ufeff\u2028\x7f\x01", max_size=8),
)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[texts] * width), min_size=1, max_size=8))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
@example([("",)])
@example([("",), ("",), (None,)])
@example([("\\N",), (None,), ("\\.",), ("N",)])
@example([("\ufeffbegins with a byte order mark", "\ufeff"), ("x", "")])
@example([("\r",), ("\r\n",), ("a\rb",)])
@example([("a\\", "\\\\"), ("\\n\n", "\t\\t")])
def test_any_text_comes_out_as_it_went_in(conn: psycopg.Connection, rows: list[tuple[str | None, ...]]) -> None:
    width = len(rows[0])
    values = sql.SQL(", ").join(
        sql.SQL("({}, {})").format(
            sql.Literal(at), sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Literal(v)) for v in row)
        )
        for at, row in enumerate(rows)
    )
    fields = sql.SQL(", ").join(sql.Identifier(f"c{at}") for at in range(width))
    data = copy_out(conn, sql.SQL("SELECT {f} FROM (VALUES {v}) AS t(n, {f}) ORDER BY n").format(f=fields, v=values))

    frame = blocks.split(data, width)
    assert blocks.join(frame) == data
    assert list(zip(*(blocks.decode(series).to_list() for series in frame.get_columns()), strict=True)) == rows
    assert mask_block(data, width, {at: Same() for at in range(width)}) == data


def test_a_block_without_rows_stays_empty() -> None:
    assert mask_block(b"", 3, {1: build("hash", column(), KEY)}) == b""


def test_a_very_long_field_passes(conn: psycopg.Connection) -> None:
    data = copy_out(conn, r"SELECT repeat(E'tab\t, line\n, backslash\\ ', 1000000), 'x'")
    assert len(data) > 20_000_000
    assert mask_block(data, 2, {0: Same(), 1: Same()}) == data


def test_only_masked_columns_change() -> None:
    data = b"1\tann\\tlee\t\\N\t\n2\t\\N\tx\\\\y\tz\n"
    out = mask_block(data, 4, {1: build("nullify", column(), None)})
    assert out == b"1\t\\N\t\\N\t\n2\t\\N\tx\\\\y\tz\n"


def test_bytes_that_are_no_utf8_are_refused_without_showing_them() -> None:
    with pytest.raises(SyncError, match=r"not UTF-8.*SQL_ASCII") as caught:
        mask_block(SECRET.encode() + b"\xff\tx\n", 2, {0: build("hash", column(), KEY)})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("width", [1, 3])
def test_a_block_of_another_width_is_refused_without_showing_it(width: int) -> None:
    with pytest.raises(SyncError, match=f"does not have {width} columns") as caught:
        mask_block(f"{SECRET}\t{SECRET}\n".encode(), width, {0: build("hash", column(), KEY)})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_text_where_an_integer_should_be_is_refused_without_showing_it() -> None:
    with pytest.raises(SyncError, match=r"hash of column 1 failed") as caught:
        mask_block(f"{SECRET}\n".encode(), 1, {0: build("hash", column("integer"), KEY)})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# --- the key ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "no mask key was found"),
        ("   ", "no mask key was found"),
        ("short", "holds 5 bytes, at least 16"),
        ("0123456789abcdef", "holds 8 bytes, at least 16"),
        ("x" * 40, "repeats 1 characters"),
    ],
)
def test_a_weak_key_is_refused_with_the_way_to_make_one(text: str | None, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        MaskKey.from_environment({} if text is None else {"KRAKN_MASK_KEY": text})
    assert "secrets.token_hex(32)" in str(caught.value)
    assert text is None or not text.strip() or text not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["00112233445566778899aabbccddeeff", "q83vEjRWeJCrze8SNFZ4kA==", "a plain sentence, long"]
)
def test_hex_base64_and_text_are_keys_that_never_show(text: str) -> None:
    key = MaskKey.from_environment({"KRAKN_MASK_KEY": f" {text}\n"})
    assert text not in repr(key)
    assert text not in repr(build("hash", column(), key))
    assert key.subkey("a").hex() not in repr(build(HashMask(hash=True, domain="a"), column(), key))
    assert re.fullmatch("[0-9a-f]{8}", key.fingerprint)
    assert key.subkey("a") != key.subkey("b")


@pytest.mark.parametrize("spec", ["hash", FakeMask(fake="email")])
def test_a_keyed_mask_without_a_key_is_refused(spec: MaskSpec) -> None:
    with pytest.raises(SettingsError, match=r"public\.people\.c needs a mask key"):
        build(spec, column(), None)


# --- what every mask keeps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["hash", FakeMask(fake="name"), FakeMask(fake="email")])
@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("repeats", [1, 9])
def test_null_and_the_empty_text_stay(spec: MaskSpec, unique: bool, repeats: int) -> None:
    out = masked(spec, [None, "", "ann"] * repeats, unique=unique)
    assert out[:2] * repeats == [None, ""] * repeats
    assert out[2] not in ("", "ann", None)
    assert out == out[:3] * repeats


def test_a_block_of_nulls_alone_passes_every_mask() -> None:
    for spec, type_ in [("hash", "text"), ("hash", "integer"), ("hash", "uuid"), (FakeMask(fake="email"), "text")]:
        assert masked(spec, [None, None], type_) == [None, None]
        assert masked(spec, [], type_) == []


def test_equal_values_mask_equally_whatever_the_block_and_the_column() -> None:
    many = [f"v{at % 40}" for at in range(400)]  # masked once each
    few = [f"v{at}" for at in range(40)]  # masked one by one
    for spec in ("hash", FakeMask(fake="name")):
        assert masked(spec, many)[:40] == masked(spec, few, name="other")


def test_another_key_and_another_domain_give_other_values() -> None:
    plain = masked("hash", ["ann"])
    assert plain != masked("hash", ["ann"], key=OTHER_KEY)
    assert plain != masked(HashMask(hash=True, domain="crm"), ["ann"])
    people = [f"person {at}" for at in range(50)]
    fakes = masked(FakeMask(fake="name"), people)
    assert fakes != masked(FakeMask(fake="name"), people, key=OTHER_KEY)
    assert fakes != masked(FakeMask(fake="name", domain="crm"), people)


def test_what_postgresql_holds_equal_masks_equally() -> None:
    assert len(set(masked("hash", ["Ann@x.org", "ann@X.org"], "public.citext"))) == 1
    assert len(set(masked("hash", ["ann       ", "ann"], "character(20)"))) == 1


# --- nullify ------------------------------------------------------------------------------------------------------


def test_nullify_nulls_and_a_not_null_column_refuses_it() -> None:
    assert masked("nullify", ["a", "", None]) == [None] * 3
    with pytest.raises(ProfileError, match=r"public\.people\.c: mask nullify does not fit, the column is NOT NULL"):
        build("nullify", column(nullable=False), KEY)


# --- hash ---------------------------------------------------------------------------------------------------------


def test_hashes_have_the_shape_of_the_type() -> None:
    assert re.fullmatch("[0-9a-f]{64}", masked("hash", ["ann"])[0])
    assert re.fullmatch("[0-9a-f]{20}", masked("hash", ["ann"], "character varying(20)")[0])
    assert re.fullmatch("[0-9a-f]{64}", masked("hash", ["ann"], "character varying(200)")[0])
    assert re.fullmatch(r"\\x[0-9a-f]{64}", masked("hash", [r"\x00ff"], "bytea")[0])
    (text,) = masked("hash", [str(uuid.uuid4())], "uuid")
    assert uuid.UUID(text).version == 4
    assert uuid.UUID(text).variant == uuid.RFC_4122
    assert 0 <= int(masked("hash", ["-7"], "bigint")[0]) < 2**63


def test_a_domain_type_is_masked_as_what_it_is_made_of() -> None:
    assert re.fullmatch("[0-9a-f]{20}", masked("hash", ["a"], "public.code", base_type="character varying(20)")[0])
    assert masked("hash", ["5"], "public.number", base_type="integer") == masked("hash", ["5"], "integer")


@pytest.mark.parametrize(
    ("type_", "problem"),
    [
        ("character varying(15)", r"needs room for 16 characters, character varying\(15\) has 15"),
        ("character", "needs room for 16 characters, character has 1"),
        ("date", "does not fit type date, it makes text, varchar, char, citext, uuid"),
        ("jsonb", "does not fit type jsonb"),
        ("boolean", "does not fit type boolean"),
        ("text[]", r"does not fit type text\[\]"),
        ("public.mood", r"does not fit type public\.mood"),
    ],
)
def test_a_type_that_holds_no_hash_is_refused(type_: str, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        build("hash", column(type_), KEY)


def test_a_hash_of_smallint_is_a_permutation_of_the_whole_type() -> None:
    everything = range(-(2**15), 2**15)
    out = [int(text) for text in masked("hash", [str(number) for number in everything], "smallint")]
    assert sorted(out) == list(everything)
    assert sorted(out[2**15 :]) == list(range(2**15))  # what is not negative stays so
    assert sum(a == b for a, b in zip(everything, out, strict=True)) < 20


def test_a_hash_of_integer_keeps_every_key_apart() -> None:
    numbers = [*range(-50_000, 200_000), 2**31 - 1, -(2**31)]
    out = [int(text) for text in masked("hash", [str(number) for number in numbers], "integer", unique=True)]
    assert len(set(out)) == len(numbers)
    assert all((a < 0) == (b < 0) and -(2**31) <= b < 2**31 for a, b in zip(numbers, out, strict=True))
    small = out[50_000:60_000]
    assert max(small) > 2**30  # neighbours are spread over the whole range
    assert masked("hash", ["77", None], "integer", key=OTHER_KEY) != masked("hash", ["77", None], "integer")


# --- fakes --------------------------------------------------------------------------------------------------------


def test_fakes_look_like_what_they_stand_for() -> None:
    people = [f"person {at}" for at in range(500)]
    assert len(set(masked(FakeMask(fake="first_name"), people))) > 150
    assert all(" " in name for name in masked(FakeMask(fake="name"), people))
    german = masked(FakeMask(fake="city", locale="de_DE"), people)
    assert german == masked(FakeMask(fake="city", locale="de-DE"), people)
    assert german != masked(FakeMask(fake="city"), people)


@pytest.mark.parametrize("provider", ["email", "free_email", "company_email", "safe_email", "ascii_email"])
@pytest.mark.parametrize("unique", [False, True])
def test_no_mail_reaches_anyone(provider: str, unique: bool) -> None:
    out = masked(FakeMask(fake=provider), [f"p{at}" for at in range(300)], unique=unique)
    assert all(re.fullmatch(r"[\w.+-]+@example\.(org|com|net)", mail) for mail in out)


def test_unique_columns_stay_unique_and_fit() -> None:
    people = [f"p{at}" for at in range(20_000)]
    for provider, type_, limit in [
        ("email", "text", None),
        ("email", "character varying(40)", 40),
        ("email", "character varying(25)", 25),
        ("email", "character varying(24)", 24),
        ("user_name", "character varying(30)", 30),
        ("user_name", "character varying(13)", 13),
        ("user_name", "character varying(12)", 12),
        ("phone_number", "public.citext", None),
    ]:
        out = masked(FakeMask(fake=provider), people, type_, unique=True)
        assert len({text.lower() for text in out}) == len(people)
        assert limit is None or max(map(len, out)) <= limit


def test_a_column_that_is_too_short_for_a_unique_fake_is_refused() -> None:
    with pytest.raises(
        ProfileError, match=r"fake: email needs 24 characters to be unique, character varying\(23\) has 23"
    ):
        build(FakeMask(fake="email"), column("character varying(23)", unique=True), KEY)
    with pytest.raises(ProfileError, match="fake: user_name needs 12 characters to be unique"):
        build(FakeMask(fake="user_name"), column("character varying(11)", unique=True), KEY)
    with pytest.raises(ProfileError, match="fake: email needs 13 characters, character varying"):
        build(FakeMask(fake="email"), column("character varying(12)"), KEY)
    with pytest.raises(
        ProfileError, match="repeat values, and a unique key or index has the column; on type uuid take `hash`"
    ):
        build(FakeMask(fake="uuid4"), column("uuid", unique=True), KEY)


TYPED_FAKES = [
    ("date_of_birth", "date"),
    ("date", "date"),
    ("date_time", "timestamp without time zone"),
    ("date_time", "timestamp(3) with time zone"),
    ("date_time", "date"),
    ("date_of_birth", "timestamp with time zone"),
    ("time", "time without time zone"),
    ("boolean", "boolean"),
    ("pyint", "smallint"),
    ("random_int", "integer"),
    ("postcode", "integer"),
    ("credit_card_number", "bigint"),
    ("pyfloat", "numeric"),
    ("pyfloat", "double precision"),
    ("latitude", "numeric(8,5)"),
    ("pydecimal", "numeric"),
    ("uuid4", "uuid"),
    ("ipv4", "inet"),
    ("ipv6", "inet"),
    ("mac_address", "macaddr"),
    ("json", "jsonb"),
    ("simple_profile", "json"),
    ("address", "text"),
    ("address", "character varying(15)"),
    ("name", "character(10)"),
    ("sentence", "name"),
    ("country_code", "character(2)"),
    ("date_of_birth", "text"),
    ("boolean", "text"),
    ("pyint", "text"),
]


@pytest.mark.parametrize(("provider", "type_"), TYPED_FAKES)
def test_postgresql_takes_the_fakes_of_each_type(conn: psycopg.Connection, provider: str, type_: str) -> None:
    masker = build(FakeMask(fake=provider), column(type_), KEY)
    data = "".join(f"{at}\tvalue {at}\n" for at in range(400)).encode() + b"400\t\\N\n"
    conn.execute(f"CREATE TEMP TABLE fakes (id int, c {type_}) ON COMMIT DROP".encode())
    try:
        copy_in(conn, "fakes", mask_block(data, 2, {1: masker}))
        assert conn.execute("SELECT count(*), count(c) FROM fakes").fetchone() == (401, 400)
    finally:
        conn.rollback()


def test_an_address_of_several_lines_arrives_whole(conn: psycopg.Connection) -> None:
    conn.execute("CREATE TEMP TABLE fakes (c text) ON COMMIT DROP")
    data = "".join(f"value {at}\n" for at in range(100)).encode()
    copy_in(conn, "fakes", mask_block(data, 1, {0: build(FakeMask(fake="address"), column(), KEY)}))
    assert conn.execute(r"SELECT count(*) FROM fakes WHERE c ~ E'\n'").fetchone() == (100,)
    conn.rollback()


@pytest.mark.parametrize(
    ("provider", "type_", "problem"),
    [
        ("first_name", "integer", "type integer cannot take the values of Faker's provider 'first_name'"),
        ("name", "date", "type date cannot take the values of Faker's provider 'name'"),
        ("pyint", "boolean", "type boolean cannot take"),
        ("credit_card_number", "integer", "type integer cannot take"),
        ("pyfloat", "numeric(4,2)", r"type numeric\(4,2\) cannot take"),
        ("words", "text", "type text cannot take"),
        ("words", "text[]", r"type text\[\] cannot take"),
        ("word", "public.mood", r"type public\.mood cannot take"),
        ("frist_name", "text", r"Faker has no provider 'frist_name'; did you mean 'first_name'"),
        ("seed_instance", "text", "Faker has no provider 'seed_instance'"),
        ("enum", "text", "'enum' gives nothing without arguments"),
    ],
)
def test_a_fake_that_does_not_fit_is_refused(provider: str, type_: str, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem) as caught:
        build(FakeMask(fake=provider), column(type_), KEY)
    assert str(caught.value).startswith("public.people.c: ")


def test_an_unknown_locale_is_refused_with_the_nearest() -> None:
    with pytest.raises(ProfileError, match=r"no locale 'de_DR'; did you mean .*'de_DE'"):
        build(FakeMask(fake="name", locale="de_DR"), column(), KEY)


POOLS = """
from alembic_krakn.mask.pools import pool
for provider in ("first_name", "name", "email", "address", "date_of_birth", "date_time_this_year", "company", "city"):
    for locale in ("en_US", "de_DE"):
        print(provider, locale, pool(provider, locale))
"""


def test_pools_are_the_same_in_every_process() -> None:
    """Neither Python's hash seed, nor the time zone, nor what was drawn before moves a pool."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone, script in [("1", "UTC", POOLS), ("2", "Asia/Tokyo", "import random; random.random()" + POOLS)]
    ]
    assert runs[0] == runs[1]
    assert runs[0].count(b"\n") == 16


def test_pools_do_not_follow_the_calendar() -> None:
    assert {day.year for day in pool("date_this_year", "en_US")} == {2024}
    assert max(pool("date_of_birth", "en_US")).year <= 2024
    assert faker.providers.date_time.dtdate is date  # the clock runs on for everybody else


# --- hooks --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hook(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Masker]:
    """Write a function `fn(values)` into a module of its own, and build its masker."""

    def make(body: str, **facts: object) -> Masker:
        (tmp_path / "team_masks.py").write_text(f"import polars as pl\n\ndef fn(values):\n    {body}\n", "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "team_masks", raising=False)
        return build(CallMask(call="team_masks:fn"), column(**facts), None)

    return make


def test_a_hook_sees_values_and_gives_values(hook: Callable[[str], Masker]) -> None:
    masker = hook("return values.str.to_uppercase()")
    assert mask_block(b"a\\tb\n\\N\n\n", 1, {0: masker}) == b"A\\tB\n\\N\n\n"
    assert mask_block(b"a\nb\n", 1, {0: hook("return pl.Series([None, None])")}) == b"\\N\n\\N\n"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("raise ValueError(values[0])", "raised ValueError"),
        ("return values.cast(pl.Int64)", "raised InvalidOperationError"),
        ("return values.to_list()", "gave a list instead of a polars Series"),
        ("return values.str.len_chars()", "gave a Series of UInt32 instead of String"),
        ("return values.head(0)", "gave 0 values for 1"),
    ],
)
def test_a_hook_that_fails_is_named_and_shows_no_value(hook: Callable[[str], Masker], body: str, problem: str) -> None:
    masker = hook(body)
    with pytest.raises(SyncError, match=rf"public\.people\.c: hook 'team_masks:fn' {problem}") as caught:
        mask_block(f"{SECRET}\n".encode(), 1, {0: masker})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_hook_may_not_give_null_to_a_not_null_column(hook: Callable[..., Masker]) -> None:
    with pytest.raises(SyncError, match="gave nulls, and the column is NOT NULL"):
        mask_block(b"a\n", 1, {0: hook("return pl.Series([None], dtype=pl.String)", nullable=False)})


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no_such_module_here:fn", r"cannot be imported \(ModuleNotFoundError"),
        ("polars:no_such_function", r"cannot be imported \(AttributeError"),
        ("sys:version", "is no function; it is a value of type str"),
    ],
)
def test_a_hook_that_is_not_there_is_refused(name: str, problem: str) -> None:
    with pytest.raises(ProfileError, match=rf"public\.people\.c: hook '{name}' {problem}"):
        build(CallMask(call=name), column(), None)


# --- all together -------------------------------------------------------------------------------------------------


def test_masked_rows_keep_their_keys_and_links(new_database: Callable[..., str]) -> None:
    """A hashed primary key and the foreign key to it still meet, and unique columns take their fakes."""
    shape = """
        CREATE TABLE person{0} (
            id int PRIMARY KEY, token uuid UNIQUE, mail varchar(60) UNIQUE, name text NOT NULL, born date
        );
        CREATE TABLE visit{0} (id bigint PRIMARY KEY, person int NOT NULL REFERENCES person{0}, mail text, note text);
    """
    url = new_database(
        shape.format("_have"),
        shape.format("_want"),
        r"""
        INSERT INTO person_have
        SELECT n, gen_random_uuid(), 'p' || n || '@corp.com', E'A\tB\\' || n, date '1980-01-01' + n
          FROM generate_series(1, 3000) n;
        INSERT INTO visit_have SELECT n, 1 + n % 3000, 'p' || 1 + n % 3000 || '@corp.com', E'line\n' || n
          FROM generate_series(1, 9000) n;
        """,
    )
    person = {
        0: build("hash", column("integer", unique=True, nullable=False), KEY),
        1: build("hash", column("uuid", unique=True), KEY),
        2: build(FakeMask(fake="email", domain="mail"), column("character varying(60)", unique=True), KEY),
        3: build(FakeMask(fake="name"), column(nullable=False), KEY),
        4: build(FakeMask(fake="date_of_birth"), column("date"), KEY),
    }
    visit = {1: build("hash", column("integer", nullable=False), KEY)}
    with psycopg.connect(url) as conn:
        copy_in(conn, "person_want", mask_block(copy_out(conn, "TABLE person_have"), 5, person))
        copy_in(conn, "visit_want", mask_block(copy_out(conn, "TABLE visit_have"), 4, visit))
        assert conn.execute("SELECT count(*), count(DISTINCT name) > 500 FROM person_want").fetchone() == (3000, True)
        per_person = "SELECT array_agg(n ORDER BY n) FROM (SELECT count(*) n FROM visit{} GROUP BY person) t"
        have, want = (conn.execute(per_person.format(side).encode()).fetchone() for side in ("_have", "_want"))
        assert have == want
        assert conn.execute("SELECT count(*) FROM visit_want JOIN visit_have USING (id, note)").fetchone() == (9000,)
        leaked = "SELECT count(*) FROM person_want w JOIN person_have h ON w.mail = h.mail OR w.token = h.token"
        assert conn.execute(leaked.encode()).fetchone() == (0,)
