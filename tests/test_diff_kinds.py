"""Stories of the rarer kinds: foreign data, and what extends PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from stories import Story, catalog_of, check

from alembic_krakn.diff import HazardKind, plan

LOSS, REWRITE, LOCK, MAY_FAIL = HazardKind.DATA_LOSS, HazardKind.REWRITE, HazardKind.LOCK, HazardKind.MAY_FAIL
REBUILT, PRIVILEGES, SECRET = HazardKind.REBUILT, HazardKind.PRIVILEGES, HazardKind.SECRET

WRAPPER = "create foreign data wrapper w; create server s foreign data wrapper w;"

STORIES = [
    Story(
        "a wrapper, a server and a mapping come with comments and privileges",
        want="""create foreign data wrapper w options (debug 'true', "Odd one" 'it''s');
                create server s type 'files' version '1.0' foreign data wrapper w options (host 'h', port '5432');
                create user mapping for public server s options ("user" 'reader');
                create user mapping for current_user server s;
                grant usage on foreign data wrapper w to public; grant usage on foreign server s to public;
                comment on foreign data wrapper w is 'a wrapper'; comment on server s is 'a server'""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a wrapper, a server and a mapping change in place",
        given="create function val(text[], oid) returns void language plpgsql as 'begin end'",
        have="""create foreign data wrapper w validator val options (dbname 'a', host 'b');
                create server s version '1' foreign data wrapper w options (host 'h', port '1');
                create user mapping for public server s options ("user" 'a')""",
        want="""create foreign data wrapper w options (dbname 'b', port 'c');
                create server s foreign data wrapper w options (port '2', dbname 'd');
                create user mapping for public server s options ("user" 'b')""",
        steps=(
            "alter foreign data wrapper w",
            "alter foreign server s",
            "alter user mapping of PUBLIC on s",
        ),
    ),
    Story(
        "a server of another type is made anew, with all that stands on it",
        given="create foreign data wrapper w",
        have="""create server s type 'a' foreign data wrapper w; create user mapping for public server s;
                create foreign table f (a int) server s; create view v as select a from f""",
        want="""create server s type 'b' foreign data wrapper w; create user mapping for public server s;
                create foreign table f (a int) server s; create view v as select a from f""",
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "secrets are left out, and the reviewer is told",
        want="""create foreign data wrapper w;
                create server s foreign data wrapper w options (host 'h', api_key 'k', url 'https://me:pw@h/');
                create user mapping for public server s
                    options ("user" 'u', password 'p', password_required 'false')""",
        hazards=frozenset({SECRET}),
    ),
    Story(
        "a foreign table comes with all that it can have",
        given=WRAPPER + "create function g() returns trigger language plpgsql as 'begin return new; end'",
        want="""create foreign table f (id int options (key 'true') not null default 5, a text options (x 'y')
                    collate "C", b int generated always as (id * 2) stored, check (id > 0)) server s
                    options (schema_name 'x', table_name 'y');
                alter foreign table f alter a set statistics 200;
                create trigger t before insert on f for each row execute function g();
                alter table f disable trigger t;
                comment on foreign table f is 'far away'; comment on column f.a is 'a';
                grant select on f to public; grant update (a) on f to public; create view v as select id, a from f""",
        hazards=frozenset({PRIVILEGES}),
    ),
    Story(
        "a foreign table changes in place",
        given=WRAPPER,
        have="""create foreign table f (a int options (x '1', y '2'), b int not null, c text,
                d int default 1, check (a > 0)) server s options (p '1', q '2')""",
        want="""create foreign table f (a bigint options (y '3', z '4'), b int, c text not null,
                e int options (x 'new'), check (a > 1)) server s options (q '3', r '4')""",
        hazards=frozenset(),
    ),
    Story(
        "a text column of a foreign table becomes a number",
        given=WRAPPER,
        have="create foreign table f (a text) server s; create view v as select a from f",
        want="create foreign table f (a int) server s; create view v as select a from f",
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "a foreign table moves to another server",
        given=WRAPPER + "create server s2 foreign data wrapper w",
        have="""create foreign table f (a int) server s; comment on foreign table f is 'x';
                create view v as select a from f""",
        want="""create foreign table f (a int) server s2; comment on foreign table f is 'x';
                create view v as select a from f""",
        steps=(
            "drop view public.v",
            "drop table public.f",
            "create table public.f",
            "create view public.v",
            "create comment on table public.f",
        ),
        hazards=frozenset({REBUILT}),
    ),
    Story(
        "a table becomes a foreign one",
        given=WRAPPER,
        have="create table t (id int primary key, a text default 'x'); comment on table t is 'here'",
        want="""create foreign table t (id int not null, a text default 'x') server s;
                comment on foreign table t is 'there'""",
        hazards=None,
    ),
    Story(
        "foreign tables are partitions and heirs",
        given=WRAPPER + "create table p (id int, at date) partition by range (at); create table q (a int)",
        have="""create foreign table f1 (id int, at date) server s;
                create foreign table f2 (a int) inherits (q) server s""",
        want="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                create foreign table f3 partition of p for values from ('2025-01-01') to ('2026-01-01') server s
                    options (t 'x'); create foreign table f4 (b int) inherits (q) server s;
                create foreign table f2 (a int) server s""",
        hazards=None,
    ),
    Story(
        "columns of a foreign partition have options of their own",
        given=WRAPPER + "create table p (id int, at date) partition by range (at)",
        have="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                alter foreign table f1 alter id options (x '1')""",
        want="""create foreign table f1 partition of p for values from ('2024-01-01') to ('2025-01-01') server s;
                alter foreign table f1 alter id options (x '2');
                create foreign table f2 partition of p for values from ('2025-01-01') to ('2026-01-01') server s;
                alter foreign table f2 alter id options (x '3')""",
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_story(story: Story, new_database: Callable[..., str]) -> None:
    check(story, new_database)


def test_secrets_never_leave_the_server(new_database: Callable[..., str]) -> None:
    url = new_database(
        """create foreign data wrapper w options (secret 'hush-1');
           create server s foreign data wrapper w options (api_key 'hush-2', dsn 'host=h password=hush-3', host 'h');
           create user mapping for public server s options (password 'hush-4', url 'https://me:hush-5@h', "user" 'u');
           create foreign table f (a int options (passwd 'hush-6', key 'true')) server s options (pwd 'hush-7')"""
    )
    far = catalog_of(url)
    way = plan(catalog_of(new_database()), far)
    assert "hush" not in repr(far) + repr(way)
    told = [hazard.message for step in way.steps for hazard in step.hazards if hazard.kind is SECRET]
    assert told[3] == "user mapping of PUBLIC on s is created without its option password, a secret: set it by hand"
    assert len(told) == 7
    left = [text.partition("OPTIONS ")[2] for step in way.steps for text in step.statements if "OPTIONS" in text]
    assert left == ["(host 'h')", "(\"user\" 'u')", "(key 'true')\n) SERVER s"]


def test_options_that_the_role_may_not_see_are_no_difference(new_database: Callable[..., str]) -> None:
    url = new_database(
        WRAPPER
        + "create user mapping for public server s options (\"user\" 'u'); create user mapping for postgres server s"
    )
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create role krakn_kinds_nobody login")
        try:
            seen = catalog_of(make_conninfo(url, user="krakn_kinds_nobody"))
        finally:
            conn.execute("drop role krakn_kinds_nobody")
    whole = catalog_of(url)
    assert seen == replace(whole, uncompared={"unreadable user mappings": 2})
    assert not plan(seen, whole)
    unseen = plan(catalog_of(new_database()), seen)
    assert next(hazard.message for step in unseen.steps for hazard in step.hazards) == (
        "user mapping of PUBLIC on s is created without its options, as the role that reads this database may not see"
        " them: set them by hand"
    )
