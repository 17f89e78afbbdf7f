"""A plan becomes a revision file that people can read, and that does to prod what the plan says."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from alembic import command
from hypothesis import example, given
from hypothesis import strategies as st
from roles import role
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from teams import TEMPLATES, Project

from alembic_krakn.catalog import Catalog, read_catalog
from alembic_krakn.connect import Side, engine, open_prod, settle
from alembic_krakn.diff import plan
from alembic_krakn.errors import RevisionError
from alembic_krakn.renames import NO_RENAMES, Renames
from alembic_krakn.revision.environment import Ground, TeamOptions
from alembic_krakn.revision.filters import as_the_team_filters, without_version_table
from alembic_krakn.revision.text import escape, source
from alembic_krakn.revision.write import Placement, sql_script, write_revision

NewDatabase = Callable[..., str]
Prove = Callable[..., str]


def catalog(url: str) -> Catalog:
    with open_prod(settle(url, Side.PROD)) as prod, prod.snapshot():
        return without_version_table(read_catalog(prod.ask), TeamOptions())


def write(
    project: Project, prod: str, have: Catalog, want: Catalog, renames: Renames = NO_RENAMES, **arguments: Any
) -> list[Path]:
    address = settle(prod, Side.PROD)
    with engine(address).connect() as connection, project.inside():
        return write_revision(
            project.config,
            plan(have, want, renames),
            plan(want, have, renames.inverse()),
            have=have,
            want=want,
            ground=Ground(connection, address),
            **{"message": "as test", **arguments},
        )


def driver(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture
def prove(tmp_path: Path, new_database: NewDatabase) -> Prove:
    """Write the revision from one schema to another, run it up and down on prod's copy, and give its upgrade()."""

    def run(have_ddl: str, want_ddl: str, *, template: str = "generic", renames: Renames = NO_RENAMES) -> str:
        prod, test = new_database(have_ddl), new_database(want_ddl)
        have, want = catalog(prod), catalog(test)
        project = Project(tmp_path, template, url=driver(prod), second_url=driver(new_database()))
        (path,) = write(project, prod, have, want, renames=renames)
        assert catalog(prod) == have, "writing the file changed prod"
        with project.inside():
            command.upgrade(project.config, "head")
            assert plan(catalog(prod), want).changes == ()
            command.downgrade(project.config, "base")
            assert plan(catalog(prod), have).changes == ()
        name = "_engine1" if template == "multidb" else ""
        text = path.read_text(encoding="utf-8").partition(f"def upgrade{name}()")[2]
        return text.partition(f"def downgrade{name}()")[0]

    return run


TYPES = """
    bigint, integer, smallint, numeric, numeric(10), numeric(10;2), real, double precision, money, boolean, text,
    varchar, varchar(40), char(3), date, time, time(3), timetz, time(2) with time zone, timestamp, timestamp(0),
    timestamptz, timestamptz(3), interval, interval(3), interval year, interval day to second(3), uuid, json, jsonb,
    bytea, inet, cidr, macaddr, macaddr8, bit(3), bit varying, bit varying(9), tsvector, tsquery, int4range, int8range,
    numrange, tsrange, tstzrange, daterange, oid, regclass, text[], integer[], numeric(10;2)[], timestamptz(3)[],
    varchar(10)[], mood, mood[], app.size, email, app.email, email[]
"""
NAMED = (
    "create type mood as enum ('sad', 'o''k', 'a+b(c)'); create schema app; create type app.size as enum ('s', 'l');"
    "create domain email as text check (value ~ '@'); create domain app.email as varchar(90) default 'x' not null;"
)


def test_every_type_that_alembic_can_say_arrives_as_it_is(prove: Prove) -> None:
    columns = ", ".join(f"c{n} {each.strip()}".replace(";", ",") for n, each in enumerate(TYPES.split(",")))
    upgrade = prove(NAMED, f'{NAMED} create table app.t ({columns}, x text collate "C", y varchar(5) collate "POSIX")')
    assert "op.create_table('t'" in upgrade
    assert "op.execute" not in upgrade


def test_types_that_alembic_cannot_say_are_executed(prove: Prove) -> None:
    upgrade = prove("create table t (id int)", "create table t (id int, p point); create table u (x xml, j jsonpath)")
    assert "op.execute('ALTER TABLE public.t ADD COLUMN p point')" in upgrade
    assert "CREATE TABLE public.u" in upgrade


def test_renames_are_operations(prove: Prove) -> None:
    upgrade = prove(
        'create schema app; create table app.users (id int, nick text, "Größe" int);create index i on app.users (nick)',
        'create schema app; create table app.people (id int, handle text, "order" int not null);'
        "create index j on app.people (handle)",
        renames=Renames.of(
            {("app", "users"): ("app", "people")},
            {("app", "users", "nick"): "handle", ("app", "users", "Größe"): "order"},
        ),
    )
    assert (
        "op.alter_column('users', 'nick',\n               new_column_name='handle',\n               schema='app')"
        in upgrade
    )
    assert "new_column_name='order'" in upgrade
    assert "op.rename_table('users', 'people', schema='app')" in upgrade
    assert "op.execute('ALTER INDEX app.i RENAME TO j')" in upgrade
    assert upgrade.index("rename_table") < upgrade.index("nullable=False")


def test_a_new_table_is_one_readable_operation(prove: Prove) -> None:
    upgrade = prove(
        "create table users (id int primary key)",
        """
        create table users (id int primary key);
        create unlogged table orders (
            id bigint generated by default as identity (start with 100 increment by 5 cache 20) primary key,
            number int generated always as identity (minvalue 0 start 0),
            user_id int not null references users on delete cascade on update restrict deferrable initially deferred,
            amount numeric(10,2) not null default 0 check (amount >= 0),
            twice numeric generated always as (amount * 2) stored,
            note text default E'it''s: 100% :x \\\\:y',
            tags text[] default '{}',
            constraint once unique (user_id, number) deferrable,
            constraint noted check (note <> '100% :x' and note not like '%(s)s' and note !~ '^[[:alpha:]]+:')
        );
        create table keyed (id int primary key, other smallint)
        """,
    )
    assert "op.execute" not in upgrade
    assert "sa.Column('id', sa.Integer(), autoincrement=False, nullable=False)" in upgrade
    assert "sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('orders_user_id_fkey')" in upgrade


def test_a_table_that_is_made_anew_is_dropped_first(prove: Prove) -> None:
    plain = "create table p (id serial primary key, a int)"
    upgrade = prove(plain, f"{plain} partition by list (id)")
    assert upgrade.index("op.drop_table('p')") < upgrade.index("CREATE TABLE public.p")


def test_serial_columns_keep_their_sequence(prove: Prove) -> None:
    prove("create table a (id serial)", "create table b (id bigserial primary key, n smallserial)")


def test_a_serial_key_is_what_create_table_makes_by_itself(prove: Prove) -> None:
    upgrade = prove(
        "create schema app; create table old (id serial primary key)",
        """create schema app; create table a (id serial primary key, note text);
        create table app."The b" (id bigserial primary key, a int references a);
        create table c (x int, n smallserial, primary key (x, n));
        create table d (id serial primary key references a)""",
    )
    assert "SEQUENCE" not in upgrade
    assert "nextval" not in upgrade
    assert "sa.Column('id', sa.Integer(), nullable=False)" in upgrade
    assert "sa.Column('n', sa.SmallInteger(), autoincrement=True, nullable=False)" in upgrade


SEQUENCES = {
    "of another name": "create sequence s as int; create table t (id int default nextval('s') primary key);"
    " alter sequence s owned by t.id",
    "that nobody owns": "create sequence t_id_seq as int;"
    " create table t (id int default nextval('t_id_seq') primary key)",
    "with options": "create table t (id serial primary key); alter sequence t_id_seq increment 2",
    "of another type": "create table t (id serial primary key); alter table t alter id type bigint",
    "of two in a key": "create table t (a serial, b serial, primary key (a, b))",
    "that an earlier table needs": "create sequence t_id_seq as int;"
    " create table a (n int default nextval('t_id_seq'));"
    " create table t (id int default nextval('t_id_seq') primary key); alter sequence t_id_seq owned by t.id",
    "of no key": "create table t (id serial)",
}


@pytest.mark.parametrize("want", SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_that_no_serial_key_has_is_made_before_its_table(prove: Prove, want: str) -> None:
    assert "CREATE SEQUENCE" in prove("", want)


def test_what_else_is_said_of_the_sequence_of_a_serial_key_follows(prove: Prove) -> None:
    upgrade = prove(
        "",
        """create table t (id serial primary key); comment on sequence t_id_seq is 'counts';
        grant usage on sequence t_id_seq to public; create table z (n int default nextval('t_id_seq'))""",
    )
    assert "CREATE SEQUENCE" not in upgrade
    assert upgrade.index("create_table('t'") < upgrade.index("COMMENT ON SEQUENCE") < upgrade.index("GRANT")


@pytest.fixture
def owner(server: str) -> Iterator[str]:
    """Give a role that whoever runs revisions is not."""
    with role(server) as name:
        yield name


def test_a_serial_of_an_old_table_belongs_to_whom_the_table_does(owner: str, prove: Prove) -> None:
    given = f"create table t (a int); alter table t owner to {owner}; insert into t values (1), (2)"
    upgrade = prove(
        given,
        f"""{given}; alter table t add id bigserial primary key, add n smallserial;
        comment on sequence t_id_seq is 'counts'; grant usage on sequence t_id_seq to public;
        create table z (n int default nextval('t_id_seq'))""",
    )
    assert "ADD COLUMN id bigserial NOT NULL" in upgrade
    assert "ADD COLUMN n smallserial NOT NULL" in upgrade
    assert upgrade.index("bigserial") < upgrade.index("COMMENT ON SEQUENCE") < upgrade.index("GRANT")


ADDED = {
    "of another name": "create sequence s; alter table t add id bigint not null default nextval('s');"
    " alter sequence s owned by t.id",
    "that nobody owns": "create sequence t_id_seq; alter table t add id bigint not null default nextval('t_id_seq')",
    "with options": "alter table t add id serial; alter sequence t_id_seq cache 5",
    "that was another's name": "drop table t_id_seq; alter table t add id serial",
    "of a column that takes null": "alter table t add id serial; alter table t alter id drop not null",
}


@pytest.mark.parametrize("change", ADDED.values(), ids=ADDED)
def test_a_sequence_that_serial_would_not_make_is_made_before_its_column(prove: Prove, change: str) -> None:
    given = (
        "create table t (a int); create table t_id_seq (a int)" if "drop table" in change else "create table t (a int)"
    )
    assert "CREATE SEQUENCE" in prove(given, f"{given}; {change}")


def test_constraints_that_alembic_cannot_say_follow_the_table(prove: Prove) -> None:
    upgrade = prove(
        "",
        """create table t (id int, r int4range, n int, primary key (id) include (n), exclude using gist (r with &&),
           constraint c check (n > 0) no inherit)""",
    )
    assert "op.create_table('t'" in upgrade
    assert "op.execute('ALTER TABLE public.t ADD CONSTRAINT t_r_excl EXCLUDE USING gist (r WITH &&)')" in upgrade


def test_constraints_and_columns_of_a_table_that_is_there(prove: Prove) -> None:
    upgrade = prove(
        """create schema s; create table s.t (id int not null, a int, b text);
        create table s.u (id int primary key, gone text)""",
        """create schema s; create table s.u (id int primary key);
        create table s.t (id int primary key, a int references s.u match full on delete set null,
        b text unique check (b <> ':x%'), c text not null default 'new')""",
    )
    assert "op.create_primary_key(op.f('t_pkey'), 't', ['id'], schema='s')" in upgrade
    assert "op.create_foreign_key(op.f('t_a_fkey'), 't', 'u', ['a'], ['id'], source_schema='s'" in upgrade
    assert "op.create_check_constraint(op.f('t_b_check'), 't'" in upgrade
    assert "op.create_unique_constraint(op.f('t_b_key'), 't', ['b'], schema='s')" in upgrade
    assert "op.drop_column('u', 'gone', schema='s')" in upgrade
    assert "op.execute" not in upgrade


def test_foreign_tables_are_created_in_words_and_altered_by_operations(prove: Prove) -> None:
    far = "create foreign data wrapper w; create server s foreign data wrapper w;"
    upgrade = prove(
        far + "create foreign table f (a int, b int); create foreign table g (a int)".replace(")", ") server s"),
        far
        + """create foreign table f (a bigint not null, c int, d int options (x 'y')) server s options (k '50%:x');
             comment on foreign table f is 'far'; create foreign table h (a int) server s""",
    )
    assert "op.add_column('f', sa.Column('c', sa.Integer(), nullable=True))" in upgrade
    assert "op.drop_column('f', 'b')" in upgrade
    assert "ADD COLUMN d integer OPTIONS (x 'y')" in upgrade
    assert "COMMENT ON FOREIGN TABLE public.f IS 'far'" in upgrade
    assert "CREATE FOREIGN TABLE public.h" in upgrade
    assert "DROP FOREIGN TABLE public.g" in upgrade
    assert "op.create_table" not in upgrade


def test_indexes_of_every_sort(prove: Prove) -> None:
    table = 'create table t (id int, a text, b text, j jsonb, "Odd Name" int, p point);'
    upgrade = prove(
        table,
        f"""{table}
        create index i1 on t (a);
        create unique index i2 on t (lower(a), b desc nulls last, (id % 10)) include (id) where a like '100%:x';
        create index i3 on t using gin (j jsonb_path_ops) with (fastupdate = off);
        create index i4 on t using hash (b);
        create index i5 on t (a text_pattern_ops, b collate "C" desc, "Odd Name" nulls first) with (fillfactor = 70);
        create index i6 on t using brin (id) where b = E'a\\\\:b';
        create index i7 on t using gist (p);
        """,
    )
    assert upgrade.count("op.create_index(") == 7
    assert "op.execute" not in upgrade


def test_a_column_may_stand_twice_in_an_index_and_in_a_foreign_key(prove: Prove) -> None:
    table = "create table p (x int, y int, primary key (x, y)); create table t (a int, b text);"
    upgrade = prove(
        table,
        f"""{table}
        create index i1 on t (a, a);
        create index i2 on t (b, lower(b), b text_pattern_ops, b, a) include (a);
        create index i3 on t (a) include (b, b);
        alter table t add foreign key (a, a) references p;
        alter table t add exclude using btree (a with =, a with =);
        create table u (a int, foreign key (a, a) references p); create index i4 on u (a, a)
        """,
    )
    assert upgrade.count("op.create_index(") == 4


def test_a_column_that_changes_says_so_once(prove: Prove) -> None:
    upgrade = prove(
        "create table t (id int, a text, b varchar(9) not null default 'x', c int not null)",
        "create table t (id int, a int not null, b text default 'y', c bigint)",
    )
    assert upgrade.count("'t', 'c'") == 1
    assert "type_=sa.BigInteger(),\n               nullable=True)" in upgrade
    assert "postgresql_using='a::integer'" in upgrade
    assert "op.execute" not in upgrade
    assert "    # may-fail: fails when column public.t.a holds a null\n" in upgrade


def test_comments_survive_every_layer(prove: Prove) -> None:
    nasty = r"it''s 100% :x \:y \\ {z} " "q" " %(s)s" + "\n\n    second line\t  \n"
    upgrade = prove(
        "create table t (a int, b int); comment on column t.b is 'goes'; comment on table t is 'old'",
        f"create table t (a int, b int); comment on table t is '{nasty}'; comment on column t.a is '{nasty}';"
        f"create index i on t (a); comment on index i is '{nasty}'",
    )
    assert "op.create_table_comment(" in upgrade
    assert "op.alter_column('t', 'a'," in upgrade


def test_a_comment_that_goes_is_taken_off(prove: Prove) -> None:
    upgrade = prove(
        "create table t (a int); comment on table t is 'a'; comment on column t.a is 'b'", "create table t (a int)"
    )
    assert "op.drop_table_comment(" in upgrade
    assert "comment=None,\n               existing_comment='b'" in upgrade


@pytest.mark.parametrize(
    "name", ['My "table"', "we''ird", "100%", "a:b :c", "lateral", "order", "x.y", "{}", "a\\b", "ünïcode"]
)
def test_names_of_every_sort(name: str, prove: Prove) -> None:
    name = name.replace("''", "'")
    quoted = '"' + name.replace('"', '""') + '"'
    other = '"' + name.replace('"', '""') + '2"'
    prove(
        f"create table {other} (id int primary key, {quoted} text); create table gone ({quoted} int)",
        f"""create table {other} (id int primary key, {quoted} int);
        create table {quoted} ({quoted} int primary key, b int references {other},
            constraint {other} check ({quoted} > 0));
        create index on {quoted} ({quoted}, lower({quoted}::text)); comment on table {quoted} is 'c'""",
    )


BODY = """
begin
    -- keeps its trailing blanks  \x20

\t-- tabs, too
    if a > 1 then
        return ':a ::b \\:c %d %% %(s)s ' || "q".x || $x$ '''\"\"\" $x$;
    end if;
    return 'with x: [[:alpha:]]';
end
"""

# Nothing gets %(s)s through its dialect for asyncpg, as that is how it writes a parameter at first.
TAKES_PLACES = tuple(map(int, re.findall(r"\d+", sqlalchemy.__version__)))[:3] < (2, 0, 55)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_gives_a_file_that_alembic_runs(template: str, prove: Prove) -> None:
    upgrade = prove(
        "create table t (id int)",
        r"""create table t (id int, "n:m" text default E'100% :x \\:y' check ("n:m" <> ':x%'),
            k int not null default 1);
        create function f(a int) returns text language plpgsql as $f$BODY$f$;
        create view v as select id, ':x 100%'::text as s from t where "n:m" like E'%\\:y';
        create function trg() returns trigger language plpgsql as $f$begin return new; end$f$;
        create trigger tr before insert on t for each row when (new."n:m" like '%:x') execute function trg('a:b%');
        """.replace("BODY", BODY.replace("%(s)s", "") if template == "async" and TAKES_PLACES else BODY),
        template=template,
    )
    assert "op.add_column('t', " in upgrade


def test_a_label_that_is_used_at_once_is_committed_first(prove: Prove) -> None:
    upgrade = prove(
        "create type mood as enum ('sad', 'ok'); create table t (m mood)",
        "create type mood as enum ('sad', 'fine', 'ok', 'good'); create table t (m mood default 'fine')",
    )
    block = (
        "    with op.get_context().autocommit_block():\n        op.execute(\"ALTER TYPE public.mood ADD VALUE 'fine'"
    )
    assert block in upgrade
    assert upgrade.count("autocommit_block") == 1
    assert "# committed at once" in upgrade


def test_what_the_downgrade_cannot_bring_back_is_said_there(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database("create table t (id int, old text); create table gone (id int)")
    project = Project(tmp_path)
    (path,) = write(project, prod, catalog(prod), catalog(new_database("create table t (id int)")))
    upgrade, _, downgrade = path.read_text().partition("def downgrade")
    assert "    # data-loss: every row of table public.gone is lost\n    op.drop_table('gone')" in upgrade
    assert (
        "    # data-loss: table public.gone comes back empty, what it held was dropped\n    op.create_table("
        in downgrade
    )
    assert (
        "    # data-loss: column public.t.old comes back empty, what it held was dropped\n    op.add_column("
        in downgrade
    )


def test_the_teams_conventions_hooks_and_names_apply(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database()
    project = Project(tmp_path, url=driver(prod))
    hook = tmp_path / "hook.py"
    hook.write_text("import sys; open(sys.argv[1], 'a').write('\\n# formatted by the team\\n')")
    ini = tmp_path / "alembic.ini"
    text = ini.read_text().replace(
        "[post_write_hooks]",
        "[post_write_hooks]\nhooks = team\nteam.type = exec\n"
        f"team.executable = {sys.executable}\nteam.options = {hook} REVISION_SCRIPT_FILENAME\n",
    )
    ini.write_text(text.replace("[alembic]", "[alembic]\nfile_template = r_%%(rev)s_%%(slug)s", 1))
    project.edit_env(
        (
            "target_metadata = None",
            "import sqlalchemy as sa\n"
            "conventions = {'ck': 'ck_%(table_name)s_%(constraint_name)s', 'pk': 'pk_x'}\n"
            "target_metadata = sa.MetaData(naming_convention=conventions)\n"
            "def directives(context, revision, scripts):\n    scripts[0].rev_id = 'team0001'\n"
            "def render(kind, item, context):\n"
            "    return 'sa.BigInteger()' if kind == 'type' and type(item).__name__ == 'BigInteger' else False\n",
        ),
        (
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata,"
            " process_revision_directives=directives, render_item=render",
        ),
    )
    have, want = (
        catalog(prod),
        catalog(new_database("create table t (id bigint primary key, a int constraint pos check (a > 0))")),
    )
    (path,) = write(project, prod, have, want, message="Like test")
    assert path.name == "r_team0001_like_test.py"
    assert "# formatted by the team" in path.read_text()
    command.upgrade(project.config, "head")
    assert plan(catalog(prod), want).changes == ()


def test_directives_that_take_everything_away_leave_no_file(tmp_path: Path, new_database: NewDatabase) -> None:
    prod, project = new_database(), Project(tmp_path)
    project.edit_env(
        (
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata,"
            " process_revision_directives=lambda context, revision, scripts: scripts.clear()",
        )
    )
    assert write(project, prod, catalog(prod), catalog(new_database("create table t ()"))) == []


def test_a_head_that_is_not_clear_is_an_error_and_no_file(tmp_path: Path, new_database: NewDatabase) -> None:
    prod, project = new_database(), Project(tmp_path)
    project.revision("one", None, "pass")
    project.revision("two", None, "pass")
    want = catalog(new_database("create table t (id int)"))
    with pytest.raises(RevisionError, match="Multiple heads"):
        write(project, prod, catalog(prod), want)
    (path,) = write(
        project,
        prod,
        catalog(prod),
        want,
        at=Placement(head="two", rev_id="three", branch_label="drift", depends_on=["one"]),
    )
    assert "down_revision: Union[str, Sequence[str], None] = 'two'" in path.read_text()


def test_the_file_runs_where_krakn_is_not_installed(tmp_path: Path, new_database: NewDatabase) -> None:
    prod = new_database("create table t (a int)")
    want = catalog(
        new_database("create table t (a bigint); create function f() returns int language sql as 'select 1'")
    )
    project = Project(tmp_path, url=driver(prod))
    (path,) = write(project, prod, catalog(prod), want)
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert imported == {"typing", "alembic", "sqlalchemy"}
    nothing = tmp_path / "nothing" / "alembic_krakn"  # what alembic's entry point asks for, and no more
    nothing.mkdir(parents=True)
    (nothing / "__init__.py").write_text("")
    (nothing / "plugin.py").write_text("def setup(plugin): pass")
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(nothing.parent)},
        check=True,
        capture_output=True,
    )
    assert plan(catalog(prod), want).changes == ()


def test_the_script_of_sql_does_the_same(new_database: NewDatabase) -> None:
    prod = new_database("create type mood as enum ('sad'); create table t (m mood, gone int)")
    want = catalog(
        new_database(
            "create type mood as enum ('sad', 'ok'); create table t (m mood default 'ok', a text default ':x%')"
        )
    )
    script = sql_script(plan(catalog(prod), want))
    assert script.startswith("BEGIN;\n\n")
    assert "-- data-loss: every value of column public.t.gone is lost\nALTER TABLE public.t DROP COLUMN gone;" in script
    with psycopg.connect(prod, autocommit=True) as conn:
        for statement in script.split(";\n"):  # as psql does: one after the other
            conn.execute(statement)
    assert plan(catalog(prod), want).changes == ()


def test_what_env_py_filters_out_is_not_compared(new_database: NewDatabase) -> None:
    have = catalog(
        new_database(
            "create table t (a int, secret int); create table legacy (id int); create schema old create table x ()"
        )
    )
    want = catalog(new_database("create table t (a bigint, b int); create index skipped on t (a)"))
    heard: list[tuple[Any, ...]] = []

    def include_object(_: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        heard.append((kind, name, reflected, compare_to is not None))
        return name not in ("legacy", "secret", "skipped")

    options = TeamOptions(
        include_object=include_object,
        include_name=lambda name, kind, _: (kind, name) != ("schema", "old"),
        include_schemas=True,
    )
    changes = plan(*as_the_team_filters(have, want, options)[:2]).changes
    assert [str(change.ident) for change in changes] == ["column public.t.a", "column public.t.b"]
    assert {("table", "t", False, True), ("table", "legacy", True, False), ("column", "b", False, False)} <= set(heard)


def test_filters_hear_of_keys_with_their_columns_and_refuse_tables_by_name(new_database: NewDatabase) -> None:
    have = catalog(
        new_database("create table p (id int primary key); create table t (a int, b int); create table old ()")
    )
    want = catalog(
        new_database(
            """create schema s; create table s.p (id int primary key); create table p (id int primary key);
            create table t (a int references p, b int constraint far references s.p, constraint once unique (a, b));
            create table old_too (a int unique)"""
        )
    )
    heard: dict[str, list[str]] = {}

    def include_object(item: Any, name: str, kind: str, *_: object) -> bool:
        if kind == "unique_constraint":
            heard[name] = [column.name for column in item.columns]
        if kind == "foreign_key_constraint":
            heard[name] = [f"{key.parent} {key.target_fullname}" for key in item.elements]
        return name != "far"

    options = TeamOptions(
        include_object=include_object,
        include_name=lambda name, kind, _: not (kind == "table" and name.startswith("old")),
    )
    left = as_the_team_filters(have, want, options)
    assert heard == {"once": ["a", "b"], "t_a_fkey": ["t.a p.id"], "far": ["t.b s.p.id"]}
    kinds = {str(change.ident) for change in plan(left.have, left.want).changes}
    assert {"constraint public.t.once", "constraint public.t.t_a_fkey"} <= kinds
    assert not [kind for kind in kinds if "old" in kind or "far" in kind]


def test_what_a_table_owns_and_what_needs_it_is_filtered_with_it(new_database: NewDatabase) -> None:
    """Prod has the one that goes, and keeps it with its sequence; without the one that comes, its view cannot be."""
    have = catalog(
        new_database("create table t (a int); create table goes (id serial); create view w as select a from t")
    )
    want = catalog(
        new_database(
            """create table t (a int, b int); create table comes (id serial primary key, t int);
               create view v as select id from comes; create view vv as select id as n from v;
               create function f(comes) returns int language sql as 'select 1'; create view w as select a from t
               union select id from comes; create table u (n int references comes); create view x as select b from t"""
        )
    )

    def include_object(_item: object, name: str, kind: str, *_: object) -> bool:
        return kind != "table" or name not in ("goes", "comes")

    left = as_the_team_filters(have, want, TeamOptions(include_object=include_object))
    changes = plan(left.have, left.want).changes
    assert [str(change.ident) for change in changes] == [
        "column public.t.b",
        "column public.u.n",
        "table public.u",
        "view public.x",
    ]
    assert [str(ident) for ident in left.along] == [
        "constraint public.u.u_n_fkey",
        "function public.f(public.comes)",
        "view public.v",
        "view public.vv",
        "view public.w",
    ]


def test_a_filter_that_raises_is_named(new_database: NewDatabase) -> None:
    have = catalog(new_database("create table t (a int)"))

    def include_object(*_: object) -> bool:
        raise KeyError("models")

    with pytest.raises(RevisionError, match=r"'include_object' of env.py failed with KeyError: 'models' .* 't'"):
        as_the_team_filters(have, have, TeamOptions(include_object=include_object))


SQL = st.text(st.sampled_from(list("ab_1:\\%'\"\n\t\r ()[]{}=$é\u2028")), max_size=40)


@given(SQL)
@example("x ~ '^[[:alpha:]]+$' and y = :$1")
def test_any_sql_comes_back_from_the_file_as_it_was(sql: str) -> None:
    written = ast.literal_eval(f"({source(sql)})")
    assert written == escape(sql)
    assert str(text(written).compile(dialect=asyncpg.dialect())) == sql
    assert str(text(written).compile(dialect=psycopg_dialect.dialect())).replace("%%", "%") == sql
