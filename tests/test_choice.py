"""What is not chosen stays as prod has it, and what only prod has can be kept; both ways still lead there and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
from databases import Databases
from stories import catalog_of, run, said

from alembic_krakn.catalog import Catalog, Fact, View
from alembic_krakn.cli import main
from alembic_krakn.diff import choose, keep, plan
from alembic_krakn.diff.patterns import Pattern, parse, refuse_unmatched, written
from alembic_krakn.errors import PlanError, SettingsError
from alembic_krakn.names import Ident
from alembic_krakn.renames import Renames

Captured = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Case:
    """`have` becomes what is chosen of `want` by `steps`, and comes back."""

    name: str
    have: str
    want: str
    steps: tuple[str, ...]
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    given: str = ""

    def __str__(self) -> str:
        return self.name


def there_and_back(url: str, have: Catalog, want: Catalog) -> None:
    run(url, plan(have, want))
    assert without_view_columns(catalog_of(url)) == without_view_columns(want)
    run(url, plan(want, have))
    assert catalog_of(url).facts == have.facts


def without_view_columns(catalog: Catalog) -> dict[Ident, Fact]:
    """Leave out what a kept view's columns are, which nobody knows before it is there."""
    return {
        ident: replace(fact, columns=()) if isinstance(fact, View) else fact for ident, fact in catalog.facts.items()
    }


TWO = "create table a (id int, n int); create table b (id int, n int);"
CHOSEN = [
    Case(
        "a table is chosen with its parts",
        TWO,
        TWO + "create index a_n on a (n); comment on column a.n is 'n'; create index b_n on b (n);"
        "alter table a add check (n > 0), add m text default 'x'; grant select on a to public",
        only=("table:public.a",),
        steps=(
            "create column public.a.m",
            "create constraint public.a.a_n_check",
            "create index public.a_n",
            "create comment on column public.a.n",
            "create privileges of PUBLIC on table public.a",
        ),
    ),
    Case(
        "one kind is chosen",
        TWO,
        TWO + "create index a_n on a (n); alter table a add m text; create index b_n on b (n)",
        only=("index",),
        steps=("create index public.a_n", "create index public.b_n"),
    ),
    Case(
        "what is excluded stays, with its parts",
        TWO,
        "create table a (id bigint, n int); create index a_n on a (n);",
        exclude=("public.b", "index:*"),
        steps=("alter column public.a.id",),
    ),
    Case(
        "privileges are left out",
        TWO + "grant select on a to public",
        TWO + "grant select on b to public; grant insert (n) on b to public; alter table b drop id",
        exclude=("privileges",),
        steps=("drop column public.b.id",),
    ),
    Case(
        "a part goes with its whole, chosen or not",
        TWO + "comment on table a is 'a'",
        "create table b (id int, n int)",
        exclude=("comment",),
        steps=("drop table public.a",),
    ),
    Case(
        "a serial column is chosen with its sequence",
        "",
        "create table a (id serial); create sequence other",
        only=("table:*",),
        steps=("create sequence public.a_id_seq", "create table public.a", "create sequence ownership public.a_id_seq"),
    ),
    Case(
        "partitions have what a chosen table has",
        "create table a (id int) partition by range (id); create table a1 partition of a for values from (1) to (2)",
        "create table a (id int, n int default 1) partition by range (id);"
        "create table a1 partition of a for values from (1) to (2);"
        "create index a_n on a (n); create index own on a1 (n)",
        only=("public.a",),
        steps=("create column public.a.n", "create index public.a_n"),
    ),
    Case(
        "a pattern matches part by part",
        'create schema audit; create schema "Audit"; create table audit.log (); create table public.log (by int)',
        'create schema audit; create schema "Audit"; create table audit.log (n int); create table public.log ();'
        'create table "Audit"."L.g" ()',
        only=('"Audit".*', "*.lo?"),
        exclude=("*.*.by",),
        steps=('create table "Audit"."L.g"', "create column audit.log.n"),
    ),
]


@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_what_is_chosen_changes(case: Case, new_database: Databases) -> None:
    url = new_database(case.have)
    have, want = catalog_of(url), new_database.catalog(case.want)
    chosen = choose(have, want, parse(case.only, "--only"), parse(case.exclude, "--exclude"), Renames())
    assert sorted(said(plan(have, chosen))) == sorted(case.steps)
    there_and_back(url, have, chosen)


@pytest.mark.parametrize(
    ("have", "want", "only", "message"),
    [
        (
            "",
            "create table a (id int); create view v as select id from a",
            "view",
            "view public.v needs table public.a, which is not chosen; choose both, as with --only 'table:public.a',"
            " or neither, as with --exclude 'view:public.v'",
        ),
        (
            "create table a (id int); create view v as select id from a",
            "",
            "table",
            "view public.v is not chosen and stays, but needs .*public.a.*, which goes; choose both, as with --only"
            " 'view:public.v'",
        ),
        (
            "create view a as select 1 as id",
            "create table a (id int)",
            "table:*",
            "table public.a and view public.a cannot be there at once: they have one relation name",
        ),
        (
            "create table a (id int constraint x primary key, n int not null)",
            "create table a (id int not null, n int constraint y primary key)",
            "*.*.y",
            "one primary key",
        ),
    ],
)
def test_what_cannot_be_chosen_alone_is_an_error(
    have: str, want: str, only: str, message: str, new_database: Databases
) -> None:
    catalogs = [new_database.catalog(script) for script in (have, want)]
    with pytest.raises(PlanError, match=message):
        choose(catalogs[0], catalogs[1], parse([only], "--only"), (), Renames())


def test_a_rename_is_chosen_by_either_name(new_database: Databases) -> None:
    have = new_database.catalog("create table a (id int); create table b ()")
    want = new_database.catalog("create table c (id int); create table d ()")
    renames = Renames.of({("public", "a"): ("public", "c")})
    for name in ("public.a", "public.c"):
        chosen = choose(have, want, parse([name], "--only"), (), renames)
        assert {ident for ident in chosen.facts if ident.kind == "table"} == {
            Ident("table", ("public", "b")),
            Ident("table", ("public", "c")),
        }


@pytest.mark.parametrize(
    ("pattern", "ident"),
    [
        ("table", Ident("table", ("public", "a"))),
        ("table:*", Ident("table", ("public", "a"))),
        ("public.a", Ident("index", ("public", "a"))),
        ('public."a.b"', Ident("table", ("public", "a.b"))),
        ("public.Orders", Ident("table", ("public", "Orders"))),
        ("function:public.add(integer, numeric[])", Ident("function", ("public", "add", "integer, numeric[]"))),
        ("public.add*", Ident("function", ("public", "add", "integer, public.mood"))),
        ("comment:public.a.id", Ident("comment", ("column", "public", "a", "id"))),
        ("privileges:public.*", Ident("privileges", ("table", "public", "a", "bob"))),
        ("extension:citext", Ident("extension", ("citext",))),
    ],
)
def test_patterns_name_things(pattern: str, ident: Ident) -> None:
    assert Pattern.parse(pattern, "--only").matches(ident)
    assert Pattern.parse(written(ident), "--only").matches(ident)


@pytest.mark.parametrize(
    ("pattern", "ident"),
    [
        ("table", Ident("index", ("public", "a"))),
        ("*.audit_*", Ident("column", ("public", "a", "audit_by"))),
        ("public", Ident("table", ("public", "a"))),
        ("view:public.a", Ident("table", ("public", "a"))),
    ],
)
def test_patterns_do_not_name_others(pattern: str, ident: Ident) -> None:
    assert not Pattern.parse(pattern, "--only").matches(ident)


def test_a_pattern_that_names_nothing_says_what_is_near() -> None:
    idents = [Ident("table", ("public", "orders")), Ident("index", ("public", "orders_at"))]
    with pytest.raises(SettingsError, match=r"^--only 'public.oders' names nothing, .*; the nearest are public.orders"):
        refuse_unmatched(parse(["public.oders"], "--only"), idents)
    with pytest.raises(SettingsError, match=r"the nearest are index:public.orders_at$"):
        refuse_unmatched(parse(["index:public.orders_a"], "--only"), idents)
    with pytest.raises(SettingsError, match=r"^KRAKN_ONLY 'tabel:x': there is no kind 'tabel'; did you mean table\?$"):
        parse(["tabel:x"], "KRAKN_ONLY")


KEPT = [
    Case(
        "what only prod has stays",
        "create table a (id int, hot int not null default 7 check (hot > 0)); create index a_hot on a (hot);"
        "create table own (id int primary key); create view v as select hot from a; comment on table a is 'hot';"
        "grant select on a to public; create function f() returns int language sql as 'select 1'",
        "create table a (id bigint, more text)",
        steps=("alter column public.a.id", "create column public.a.more"),
    ),
    Case(
        "what both have follows test",
        "create table a (id int not null default 1, n int default 2); create view v as select id from a",
        "create table a (id int default 3, n int); create view v as select id + 1 as id from a",
        steps=("alter column public.a.id", "alter default public.a.id", "alter view public.v"),
    ),
    Case(
        "a view on a column whose type changes is rebuilt around it",
        "create table a (id int); create view v as select id from a; create index a_id on a (id)",
        "create table a (id bigint)",
        steps=("drop view public.v", "alter column public.a.id", "create view public.v"),
    ),
    Case(
        "a primary key is replaced",
        "create table a (id int not null, n int not null); alter table a add constraint old primary key (id)",
        "create table a (id int not null, n int not null); alter table a add constraint new primary key (n)",
        steps=("drop constraint public.a.old", "create constraint public.a.new"),
    ),
    Case(
        "labels stand where they stood",
        "create type mood as enum ('a', 'hot', 'b', 'last')",
        "create type mood as enum ('a', 'b', 'c')",
        steps=("alter enum public.mood",),
    ),
    Case(
        "members of other things stay",
        "create domain d as int constraint hot check (value > 0); create type c as (a int, hot int);"
        "create table a (); create table b (); grant select, insert on a to public",
        "create domain d as int constraint cold check (value < 9); create type c as (a int, b int);"
        "create table a (); create table b (); grant select, update on a to public",
        steps=(
            "create domain constraint public.d.cold",
            "alter composite type public.c",
            "alter privileges of PUBLIC on table public.a",
        ),
    ),
    Case(
        "a partition that only prod has gets its parent's columns",
        "create table a (id int) partition by range (id); create table a1 partition of a for values from (1) to (2);"
        "create table a2 partition of a for values from (2) to (3)",
        "create table a (id int, n int default 1) partition by range (id);"
        "create table a1 partition of a for values from (1) to (2)",
        steps=("create column public.a.n",),
    ),
    Case(
        "a partition that only prod has counts with its parent",
        "create table a (id int generated always as identity, at int) partition by range (at);"
        "create table a1 partition of a for values from (1) to (2)",
        "create table a (id int generated always as identity, at int, n int) partition by range (at)",
        steps=("create column public.a.n",),
    ),
    Case(
        "an heir that only prod has follows its parent's types, in columns of its own, too",
        "create type e as enum ('x'); create table a (id int, e e); create table b (id int, e e) inherits (a)",
        "create domain d as bigint; create table a (id d, e text)",
        steps=("create domain public.d", "alter column public.a.e", "alter column public.a.id"),
    ),
    Case(
        "a column that test calls otherwise stays, with the name of its NOT NULL",
        "create table a (slug text not null)",
        "create table a (slug text not null); alter table a rename slug to handle",
        steps=("create column public.a.handle",),
    ),
]


@pytest.mark.parametrize("case", KEPT, ids=str)
def test_what_only_prod_has_is_kept(case: Case, new_database: Databases) -> None:
    url = new_database(case.have)
    have, want = catalog_of(url), new_database.catalog(case.want)
    kept = keep(have, want)
    assert sorted(said(plan(have, kept.want))) == sorted(case.steps)
    there_and_back(url, have, kept.want)


def test_it_says_what_is_kept_and_what_cannot_be(new_database: Databases) -> None:
    have = new_database.catalog(
        "create table a (id int constraint old primary key, n int unique); create type mood as enum ('x', 'y');"
        "create table b (id int references a); create table own (id int primary key)"
    )
    want = new_database.catalog(
        "create table a (id int not null, n int constraint new primary key); create table b (id int);"
        "create type mood as enum ('x')"
    )
    kept = keep(have, want)
    assert list(map(str, kept.kept)) == [
        "constraint public.a.a_n_key",
        "label public.mood.y",
        "table public.own",
    ]
    new = "constraint public.a.new"
    assert [(str(ident), str(by)) for ident, by in kept.replaced] == [
        ("constraint public.a.old", new),
        ("constraint public.b.b_id_fkey", new),
    ]


def test_a_name_that_test_uses_for_another_kind_is_an_error(new_database: Databases) -> None:
    have = new_database.catalog("create view a as select 1 as id")
    want = new_database.catalog("create table a (id int)")
    with pytest.raises(
        PlanError, match=r"view public.a is in prod alone and cannot be kept, as test has table public.a"
    ):
        keep(have, want)


class TestCommand:
    @pytest.fixture
    def urls(self, new_database: Databases) -> list[str]:
        have = "create table a (id int, n int); create index hot on a (n); create table b (x int, y int, z int)"
        want = "create table a (id bigint, n int); create table b (z int, extra int, x int, y int); create table c ()"
        return ["--prod", new_database(have), "--test", new_database(want)]

    def test_the_diff_says_what_was_chosen_and_kept(self, urls: list[str], capsys: Captured) -> None:
        main(["diff", *urls, "--exclude", "public.b, public.c", "--keep-prod-only"])
        out = capsys.readouterr().out
        assert "+ table" not in out
        assert "1 difference: 1 changed\n" in out
        assert "chosen: without public.b, public.c; all else stays as prod has it\n" in out
        assert "kept because only prod has it: 1 index\n" in out

    def test_json_says_it_too(self, urls: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KRAKN_KEEP_PROD_ONLY", "yes")
        main(["diff", *urls, "--only", "public.a", "--format", "json", "--column-order"])
        document = json.loads(capsys.readouterr().out)
        assert [change["path"] for change in document["changes"]] == [["public", "a", "id"]]
        assert document["choice"] == {
            "only": ["public.a"],
            "exclude": [],
            "keep_prod_only": True,
            "kept": [{"kind": "index", "path": ["public", "hot"]}],
            "replaced": [],
        }
        assert document["column_order"] == []

    def test_the_order_of_columns_is_shown_on_request(self, urls: list[str], capsys: Captured) -> None:
        main(["diff", *urls])
        assert "order" not in capsys.readouterr().out
        main(["diff", *urls, "--column-order"])
        assert "column order of table public.b: x, y, z -> z, x, y\n" in capsys.readouterr().out
        main(["diff", *urls, "--column-order", "--format", "json"])
        assert json.loads(capsys.readouterr().out)["column_order"] == [
            {"table": ["public", "b"], "have": ["x", "y", "z"], "want": ["z", "x", "y"]}
        ]

    def test_a_pattern_that_names_nothing_ends_with_2(self, urls: list[str], capsys: Captured) -> None:
        assert main(["diff", *urls, "--only", "public.aa"]) == 2
        assert "krakn: --only 'public.aa' names nothing" in capsys.readouterr().err

    def test_nothing_is_left(self, urls: list[str], capsys: Captured) -> None:
        assert main(["diff", *urls, "--only", "index", "--keep-prod-only", "--exit-code"]) == 0
        assert "No differences in what was chosen" in capsys.readouterr().out
