"""Random schemas of every kind of object: a choice of numbered things goes in, DDL that always runs comes out.

A schema is a mapping of keys, such as `("index", 2)`, to picks, a few small numbers. The first pick chooses a line of
the kind's entry in `KINDS`, the others fill its slots: `{table}` is a table that there is, `{table.int}` a column of
it, `{key.owner}` what a thing is part of. A thing for which a slot cannot be filled is left out, so every choice is
valid; a slot stays with what it has as long as that is there, so two schemas whose choices are alike are alike themselves.

What stands before a colon says what a thing can be used as (its kind alone, if nothing does), and what it needs:
`15+` a version, `plain?` an owner that can be used as that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from hypothesis import strategies as st

ROLES = (f"krakn random {os.getpid()}", f"krakn_random_{os.getpid()}")

# In the order in which they are created: number of things, owners (one each, in turn), lines.
KINDS: Mapping[str, tuple[int, str, str]] = {
    "schema": (
        2,
        "",
        """
        create schema {me}
        create schema {me}; comment on schema {me} is {text}; grant usage on schema {me} to {role}
        """,
    ),
    "default privilege": (
        2,
        "",
        """
        alter default privileges grant select on tables to {role}
        alter default privileges in schema {schema} grant select, insert on tables to {role} with grant option
        alter default privileges grant usage on sequences to {role}
        alter default privileges revoke execute on functions from public
        alter default privileges in schema {schema} grant execute on functions to {role}
        alter default privileges grant usage on types to {role}
        """,
    ),
    "extension": (
        1,
        "",
        """
        : do $$ begin if exists (select from pg_available_extensions where name = 'citext') then create extension citext; create table {me} (a citext unique, b citext[] default '{{a}}'); end if; end $$
        : do $$ begin if exists (select from pg_available_extensions where name = 'hstore') then create extension hstore; create table {me} (a hstore, b hstore); create index on {me} using gin (a); end if; end $$
        : do $$ begin if exists (select from pg_available_extensions where name = 'vector') then create extension vector; create table {me} (a vector(3), b vector); end if; end $$
        """,
    ),
    "collation": (
        1,
        "",
        """
        create collation {me} from "C"
        create collation {me} (provider = libc, locale = 'POSIX')
        create collation {me} (lc_collate = 'C', lc_ctype = 'POSIX')
        """,
    ),
    "enum": (
        2,
        "",
        """
        create type {me} as enum ('a', 'b')
        create type {me} as enum ('a', 'x', 'b', 'it''s :y 100%')
        create type {me} as enum ('b', 'a', 'Größe')
        create type {me} as enum ('a')
        """,
    ),
    "domain": (
        2,
        "",
        """
        create domain {me} as text constraint {name} check (value <> {text})
        create domain {me} as text collate "C" default {text}
        create domain {me} as text not null default 'x' check (length(value) < 9) check (value in ('x', 'y'))
        create domain {me} as varchar(70)
        """,
    ),
    "composite": (
        2,
        "",
        """
        create type {me} as (a int, b text)
        create type {me} as (a bigint, b text collate "C")
        create type {me} as (a int, b {enum}, {name} numeric(8,2)[])
        create type {me} as (b text)
        create type {me} as (a {domain}, b {enum}[])
        """,
    ),
    "range": (
        1,
        "",
        """
        create type {me} as range (subtype = float8, subtype_diff = float8mi)
        create type {me} as range (subtype = text, collation = "C")
        """,
    ),
    "sequence": (
        2,
        "",
        """
        create sequence {me}
        create sequence {me} as smallint increment -2 minvalue -100 maxvalue -1 start -5 cache 7 cycle
        15+: create unlogged sequence {me} start 50
        """,
    ),
    "fn": (
        3,
        "",
        """
        create function {me}(int) returns int language sql immutable as 'select $1 + 1'
        create function {me}(a int) returns int language plpgsql immutable strict parallel safe cost 5 as {body.a}
        create function {me}(a int) returns int language sql immutable return a * 2
        create function {me}(a int) returns int language sql immutable begin atomic select a; select a + 3; end
        create function {me}(int) returns int language sql immutable set search_path = pg_catalog, 'a b' as 'select 7'
        create function {me}(int) returns bigint language sql immutable as 'select 8::bigint'
        """,
    ),
    "code": (
        3,
        "",
        """
        create procedure {me}(inout a int, b text default {text}) language plpgsql as {body}
        create function {me}(a {enum}, variadic b int[]) returns setof text language plpgsql as {body}
        create function {me}(out a int, out b {enum}) language plpgsql security definer leakproof as {body}
        create function {me}() returns table (a int, b text) language plpgsql stable rows 7 as {body}
        create function {me}(a int default {fn}(3)) returns {domain} language plpgsql as {body.null}
        create aggregate {me}(int) (sfunc = int4pl, stype = int, initcond = '0')
        create aggregate {me}(float8) (sfunc = float8_accum, stype = float8[], finalfunc = float8_avg, initcond = '{{0,0,0}}')
        create function {me}(a {range}) returns boolean language plpgsql as {body.null}
        """,
    ),
    "cast": (
        1,
        "",
        """create function {me}(a {composite}) returns text language plpgsql as {body.null}; create cast ({composite} as text) with function {me}({composite}) as assignment""",
    ),
    "operator": (
        1,
        "",
        """create function {me}(a {composite}, b {composite}) returns boolean language plpgsql as {body.null}; create operator public.=== (leftarg = {composite}, rightarg = {composite}, function = {me}, commutator = operator(public.===))""",
    ),
    "tfn": (
        2,
        "",
        """
        create function {me}() returns trigger language plpgsql as {body.new}
        create function {me}() returns trigger language plpgsql security definer set lock_timeout = '1s' as {body.new}
        """,
    ),
    "table": (
        4,
        "",
        """
        rel plain logged solid parental keyable: create table {me} ({id} int)
        rel plain logged solid single keyable: create table {me} ({id} bigint not null) with (fillfactor = 70, toast.autovacuum_enabled = false)
        rel plain single: create unlogged table {me} ({id} int)
        rel plain logged solid parental keyable: create table {me} ({id} int); alter table {me} enable row level security; alter table {me} force row level security
        rel plain logged solid single keyable: create table {me} ({id} int generated always as identity (start 5 increment 2))
        rel plain logged solid single keyable: create table {me} ({id} int); alter table {me} replica identity full
        rel plain logged solid single keyable: create table {me} ({id} int); alter table {me} replica identity nothing; alter table {me} set (autovacuum_enabled = off)
        """,
    ),
    "part": (
        2,
        "",
        """
        rel logged keyable spread ranged: create table {me} ({id} int) partition by range ({id})
        rel logged keyable spread listed: create table {me} ({id} int) partition by list ({id})
        rel logged keyable hashed: create table {me} ({id} int) partition by hash ({id})
        rel logged: create table {me} ({id} int) partition by range (({id} + 1), {id} int4_ops)
        """,
    ),
    "leaf": (
        4,
        "",
        """
        : create table {me} partition of {ranged} for values from ({n}0) to ({n}9)
        : create table {me} partition of {ranged} for values from ({n}0) to ({n}8) with (fillfactor = 50)
        : create table {me} partition of {listed} for values in ({n}, {n}00)
        : create table {me} partition of {hashed} for values with (modulus 4, remainder {n})
        listed: create table {me} partition of {ranged} for values from ({n}0) to ({n}9) partition by list ({id})
        : create table {me} ({id} int)
        : create unlogged table {me} partition of {listed} for values in ({n}7)
        """,
    ),
    "rest": (2, "part", "spread? : create table {me} partition of {owner} default"),
    "heir": (2, "table", "rel parental?: create table {me} ({id} int) inherits ({owner})"),
    "child": (1, "table", "rel parental?: create table {me} () inherits ({owner})"),
    "fixed": (1, "", "create type {me} as (a int, b text)"),
    "typed": (1, "", "create table {me} of {fixed}"),
    "column": (
        24,
        "table part heir child",
        """
        text: alter table {owner} add {name} text
        text: alter table {owner} add {name} varchar(60) collate "C" not null default {text}
        text: alter table {owner} add {name} varchar(70) default {text}
        text: alter table {owner} add {name} text collate {collation}
        int: alter table {owner} add {name} int
        int: alter table {owner} add {name} bigint not null default 7
        int: alter table {owner} add {name} smallint default -1
        int: alter table {owner} add {name} int default {fn}(4)
        single? int: alter table {owner} add {name} int generated by default as identity (increment 5 cycle maxvalue 1000)
        single? int: alter table {owner} add {name} bigint generated always as identity
        number: alter table {owner} add {name} numeric(10,2) default 1.50
        number: alter table {owner} add {name} float8
        number: alter table {owner} add {name} bigint generated always as ({owner.int} * 2) stored
        number: alter table {owner} add {name} bigint generated always as ({owner.int} * 3) stored
        number: alter table {owner} add {name} bigint generated always as ({fn}({owner.int}::int)) stored
        18+: alter table {owner} add {name} bigint generated always as ({owner.int} + 2) virtual
        enumed: alter table {owner} add {name} {enum} default 'a'
        : alter table {owner} add {name} {enum}[] not null default '{{a}}'
        : alter table {owner} add {name} {domain}
        : alter table {owner} add {name} {composite}
        : alter table {owner} add {name} {composite}[]
        : alter table {owner} add {name} {range}
        span: alter table {owner} add {name} int4range
        span: alter table {owner} add {name} tstzrange default '[2020-01-01,)'
        json: alter table {owner} add {name} jsonb default '{{"a": "100% :x"}}'
        : alter table {owner} add {name} timestamptz(3) default now()
        : alter table {owner} add {name} uuid default gen_random_uuid()
        : alter table {owner} add {name} text[] default array['a', {text}]
        : alter table {owner} add {name} bytea; alter table {owner} alter {name} set storage external
        text: alter table {owner} add {name} text; alter table {owner} alter {name} set statistics 500; alter table {owner} alter {name} set (n_distinct = -0.5)
        text: alter table {owner} add {name} text compression pglz
        int: alter table {owner} add {name} int default nextval({sequence.lit})
        single? int: alter table {owner} add {name} serial
        """,
    ),
    "key": (
        6,
        "table part",
        """
        keyable? target named: alter table {owner} add constraint {name} primary key ({owner.id})
        keyable? target named: alter table {owner} add constraint {name} unique ({owner.id})
        plain? named: alter table {owner} add constraint {name} primary key ({owner.id}) deferrable initially deferred
        plain? named: alter table {owner} add constraint {name} primary key ({owner.id}, {owner.int})
        keyable? target named: alter table {owner} add constraint {name} primary key ({owner.id}) include ({owner.text}) with (fillfactor = 60)
        15+ keyable? target named: alter table {owner} add constraint {name} unique nulls not distinct ({owner.id})
        plain? keyable? target named: alter table {owner} add constraint {name} primary key ({owner.id}); alter table {owner} cluster on {name}
        plain? target keyable?: create unique index {name} on {owner} ({owner.id}); alter table {owner} alter {owner.id} set not null; alter table {owner} replica identity using index {name}
        """,
    ),
    "constraint": (
        6,
        "",
        """
        : alter table {rel} add constraint {name} check ({rel.int} > {n})
        : alter table {rel} add constraint {name} check ({rel.text} in ('a', {text}) or {rel.text} like '%:x\\%')
        : alter table {rel} add constraint {name} check ({fn}({rel.int}::int) between 1 and 9)
        : alter table {table} add constraint {name} check ({table.int} > 0) no inherit
        : alter table {table} add constraint {name} check ({table.text} <> {text}) not valid
        : alter table {rel} add constraint {name} check ({rel.enumed} <> 'a')
        18+: alter table {table} add constraint {name} check ({table.int} > 0) not enforced
        : alter table {table} add constraint {name} unique ({table.int}, {table.text})
        : alter table {table} add constraint {name} unique ({table.int}) include ({table.text}) deferrable
        15+: alter table {table} add constraint {name} unique nulls not distinct ({table.text})
        : alter table {table} add constraint {name} exclude using gist ({table.span} with &&)
        : alter table {table} add constraint {name} exclude using btree ({table.int} with =) where ({table.int} > 0) deferrable initially deferred
        18+: alter table {rel} alter {rel.text} drop not null; alter table {rel} add constraint {name} not null {rel.text}
        """,
    ),
    "fk": (
        4,
        "",
        """
        : alter table {rel} add constraint {name} foreign key ({rel.id}) references {target.owner} ({target.owner.id})
        : alter table {rel} add constraint {name} foreign key ({rel.int}) references {target.owner} ({target.owner.id}) on delete cascade
        : alter table {table} add constraint {name} foreign key ({table.int}) references {target.owner} ({target.owner.id}) match full deferrable initially deferred
        : alter table {rel} add constraint {name} foreign key ({rel.int}) references {target.owner} ({target.owner.id}) on delete set null on update set default deferrable
        """,
    ),
    "index": (
        6,
        "",
        """
        : create index {name} on {rel} ({rel.int})
        : create index {name} on {rel} ({rel.text} desc nulls last, {rel.id})
        : create unique index {name} on {table} ({table.int}) include ({table.text}) where {table.int} > {n}
        : create index {name} on {rel} (lower({rel.text}) text_pattern_ops, ({rel.int} + 1) desc)
        : create index {name} on {table} using hash ({table.text})
        : create index {name} on {rel} using gin ({rel.json} jsonb_path_ops) with (fastupdate = off)
        : create index {name} on {rel} using brin ({rel.int}) with (pages_per_range = 4)
        : create index {name} on {table} using gist ({table.span}, {table.span} range_ops) with (fillfactor = 50)
        : create index {name} on {rel} ({fn}({rel.int}::int)); alter index {rel.schema}.{name} alter column 1 set statistics 99
        : create index {name} on {rel} ({rel.text} collate "POSIX") where {rel.text} in ('a', {text})
        : create index {name} on {rel} ({rel.enumed}) where {rel.enumed} = 'a'
        : create index {name} on {table} ({table.id}); alter table {table} cluster on {name}
        15+: create unique index {name} on {table} ({table.text}) nulls not distinct
        : create index {name} on {leaf} ({leaf.id})
        """,
    ),
    "view": (
        4,
        "",
        """
        query: create view {me} as select {rel.id} as id, {rel.text} as x from {rel}
        query: create view {me} as select {rel.id} as id, {rel.text} as x, {rel.int} as y from {rel} where {rel.text} <> {text}
        query: create view {me} with (security_barrier, check_option = local) as select {table.id} as id, {table.text} as x from {table} where {table.id} > 0
        15+ query: create view {me} with (security_invoker) as select id, id + 1 as "Größe 100%" from {query}
        query: create view {me} as select * from {query}; comment on column {me}.id is {text}
        query: create view {me} as with w as (select {rel.int} as a from {rel}) select a as id, row_number() over (order by a) as x from w
        query: create view {me} as select {target.owner.id} as id, {target.owner.int} as x from {target.owner} group by {target.owner.id}, {target.owner.int}
        query: create view {me} as select a.id, b.{rel.text} as x from {query} a left join {rel} b on a.id = b.{rel.id}
        query: create view {me} as select {fn}(1) as id, {text}::text as x; alter view {me} alter x set default {text}
        query: create view {me} as select {rel.id} as id, {rel.enumed} as x from {rel} where {rel.enumed} in ('a')
        query: create view {me} as select r.{rel.id} as id, r as x from {rel} r
        """,
    ),
    "matview": (
        2,
        "",
        """
        query: create materialized view {me} as select {rel.id} as id, {rel.text} as x from {rel}; create index {name.i} on {me} (id)
        query: create materialized view {me} with (fillfactor = 50) as select id from {query}; create unique index {name.i} on {me} (id); alter materialized view {me} cluster on {name.i}
        : create materialized view {me} as select 1 as a, {text}::text as b with no data; alter materialized view {me} alter b set storage plain
        """,
    ),
    "rule": (
        2,
        "",
        """
        : create rule {name} as on delete to {rel} do also notify "a :x"
        : create rule {name} as on update to {view} do instead nothing
        : create rule {name} as on insert to {view} do instead insert into {table} ({table.id}) values (new.id); comment on rule {name} on {view} is {text}
        """,
    ),
    "trigger": (
        3,
        "",
        """
        : create trigger {name} before insert or update on {rel} for each row execute function {tfn}()
        : create trigger {name} after update of {rel.text}, {rel.id} on {rel} for each row when (old.{rel.text} is distinct from {text}) execute function {tfn}('a', {text})
        : create constraint trigger {name} after delete on {table} deferrable initially deferred for each row execute function {tfn}()
        : create trigger {name} after insert on {table} referencing new table as fresh for each statement execute function {tfn}()
        : create trigger {name} instead of insert on {view} for each row execute function {tfn}()
        : create trigger {name} after truncate on {table} execute function {tfn}(); alter table {table} disable trigger {name}
        : create trigger {name} before delete on {rel} for each row execute function {tfn}(); alter table {rel} enable always trigger {name}
        """,
    ),
    "policy": (
        2,
        "",
        """
        : create policy {name} on {rel} using ({rel.id} > 0)
        : create policy {name} on {rel} as restrictive for update to {role}, public using ({rel.text} = {text}) with check ({fn}({rel.id}::int) > 0)
        : create policy {name} on {rel} for insert to {role} with check ({rel.id} in (select id from {query}))
        """,
    ),
    "statistics": (
        2,
        "",
        """
        : create statistics {me} (ndistinct, mcv) on {rel.int}, {rel.text} from {rel}
        : create statistics {me} on ({rel.int} + 1), {rel.id} from {rel}; alter statistics {me} set statistics 44
        """,
    ),
    "search": (
        2,
        "",
        """
        : create text search dictionary {me} (template = simple, stopwords = english, accept = false); create text search configuration {me} (copy = german); alter text search configuration {me} alter mapping for word, asciiword with {me}, simple
        : create text search configuration {me} (copy = english)
        : create text search configuration {me} (parser = default); alter text search configuration {me} add mapping for email with simple
        """,
    ),
    "publication": (
        2,
        "",
        """
        : create publication {name} for table {logged}
        : create publication {name} for all tables with (publish = 'insert, delete')
        : create publication {name} with (publish_via_partition_root)
        15+: create publication {name} for tables in schema {schema}
        15+: create publication {name} for table {solid} ({solid.id}) where ({solid.id} > 3) with (publish = 'insert')
        """,
    ),
    "event trigger": (
        1,
        "",
        """
        : create function {me}() returns event_trigger language plpgsql as {body}; create event trigger {name} on ddl_command_end when tag in ('CREATE TABLE', 'DROP VIEW') execute function {me}()
        : create function {me}() returns event_trigger language plpgsql as {body}; create event trigger {name} on sql_drop execute function {me}(); alter event trigger {name} disable
        """,
    ),
    "grant": (
        4,
        "",
        """
        : grant select, insert on {rel} to {role}
        : grant select ({rel.id}), update ({rel.text}) on {rel} to {role} with grant option
        : grant select on {query} to public
        : revoke all on function {fn}(int) from public; grant execute on function {fn}(int) to {role}
        : grant usage on sequence {sequence} to {role}
        : revoke usage on type {enum} from public
        : grant usage on domain {domain} to {role} with grant option
        : grant all on schema {schema} to {role}
        : revoke insert on {rel} from current_user
        """,
    ),
    "comment": (
        8,
        "",
        """
        : comment on table {rel} is {text}
        : comment on column {rel}.{rel.text} is {text}
        : comment on column {rel}.{rel.id} is {text}
        : comment on view {view} is {text}
        : comment on function {fn}(int) is {text}
        : comment on type {enum} is {text}
        : comment on domain {domain} is {text}
        : comment on type {composite} is {text}
        : comment on column {composite}.b is {text}
        : comment on sequence {sequence} is {text}
        : comment on constraint {named} on {named.owner} is {text}
        : comment on materialized view {matview} is {text}
        : comment on statistics {statistics} is {text}
        : comment on collation {collation} is {text}
        : comment on type {range} is {text}
        : comment on publication {publication} is {text}
        : comment on schema {schema} is {text}
        """,
    ),
}
BARE = frozenset(
    (
        *("schema", "column", "key", "constraint", "fk", "index", "rule", "trigger", "policy", "publication"),
        *("comment", "default privilege", "grant"),
    )
)
TEXTS = (
    "x",
    "it's",
    "100% :x %s %(a)s %%",
    "back\\slash \\: \\",
    'a"b',
    " $$ $krakn$ $_$ ",
    "Größe ☃ 名",
    "tab\there, spaces  \nand\n\n  lines\r\n",
    "",
    "-- no /* comment",
    "a; b; COMMIT",
    "{a} {{b}} ${c}",
)
NAMES = (
    "{}",
    "Größe {}",
    'a"b {}',
    "100% {}",
    ":{} \\:x",
    "{}" + "ü" * 30,
    "select.{}",
    "it's {} {{1}}",
)

Key = tuple[str, int]
Picks = tuple[int, ...]
Choice = Mapping[Key, Picks]
UNIVERSE: tuple[Key, ...] = tuple((kind, n) for kind, (count, _, _) in KINDS.items() for n in range(count))


class Line(NamedTuple):
    """One way to make a thing."""

    tags: tuple[str, ...]  # what it can be used as
    owner: tuple[str, ...]  # what its owner must be usable as
    since: int  # the major version that knows it
    ddl: str


def _line(kind: str, text: str) -> Line:
    head, _, ddl = text.partition(": ") if re.match(r"[\w?+ ]*: ", text) else ("", "", text)
    words = head.split()
    tags = tuple(word for word in words if word[-1] not in "?+")
    return Line(
        (kind, *tags),
        tuple(word[:-1] for word in words if word.endswith("?")),
        max((int(word[:-1]) for word in words if word.endswith("+")), default=0),
        ddl,
    )


LINES = {
    kind: tuple(_line(kind, text.strip()) for text in lines.strip().splitlines())
    for kind, (_, _, lines) in KINDS.items()
}
OWNERS = {
    kind: tuple(key for owner in owners.split() for key in UNIVERSE if key[0] == owner)
    for kind, (_, owners, _) in KINDS.items()
}


@dataclass(frozen=True)
class Made:
    """A thing that the DDL has made."""

    key: Key
    tags: tuple[str, ...]
    name: str
    ref: str
    schema: str
    owner: Made | None


class Cannot(Exception):
    """A slot cannot be filled."""


class Writer:
    """Write the DDL of one choice."""

    def __init__(self, choice: Choice, style: int, version: int) -> None:
        self.choice, self.style, self.version = choice, style, version
        self.made: dict[Key, Made] = {}

    def script(self) -> str:
        """Give the DDL of all that can be made."""
        return ";\n".join(filter(None, map(self._statement, UNIVERSE))) + ";\n"

    def _statement(self, key: Key) -> str:
        if key not in self.choice:
            return ""
        kind, _ = key
        picks = self.choice[key]
        lines = [line for line in LINES[kind] if line.since <= self.version]
        line = lines[picks[0] % len(lines)]
        try:
            thing = self._named(key, line, picks)
            said = self._filled(line.ddl, thing, picks[1:])
        except Cannot:
            return ""
        self.made[key] = thing
        return said

    def _named(self, key: Key, line: Line, picks: Picks) -> Made:
        kind, number = key
        owner = None
        if owners := OWNERS[kind]:
            owner = self.made.get(owners[number % len(owners)])
            if owner is None or not set(line.owner) <= set(owner.tags):
                raise Cannot
            if kind in BARE:  # columns of several tables may have the same names
                number //= len(owners)
            kind = f"{kind}_of_{owner.key[0]}" if owner.key[0] in ("heir", "child") else kind
        short = kind.replace("default privilege", "dp").replace(" ", "_")
        name = self.quoted(f"{short}{number}")
        if kind == "key" and owner:
            name = self.quoted(f"{owner.key[0]}{owner.key[1]}_key")
        schema = "public"
        if key[0] not in BARE and picks[-1] >= 7:
            schema = self._one("schema", picks[-1], lambda _: True).ref
        return Made(key, line.tags, name, name if key[0] in BARE else f"{schema}.{name}", schema, owner)

    def quoted(self, name: str) -> str:
        """Give a name in the style of this schema, in quotes."""
        style = NAMES[self.style]
        return name if style == "{}" else '"' + style.format(name).replace('"', '""') + '"'

    def _filled(self, ddl: str, thing: Made, picks: Picks) -> str:
        found: dict[str, Made] = {}

        def value(slot: str, attribute: str | None, number: int) -> str:
            pick = picks[number % len(picks)] + 10 * (number // len(picks))
            match slot:
                case "me":
                    return thing.ref
                case "name":
                    return (
                        thing.name.replace('"', '"' + attribute, 1)
                        if attribute and '"' in thing.name
                        else (attribute or "") + thing.name
                    )
                case "id":
                    return self.quoted("id")
                case "n":
                    return str(thing.key[1])
                case "text":
                    return "E'" + TEXTS[pick % len(TEXTS)].replace("\\", "\\\\").replace("'", "''") + "'"
                case "body":
                    text = TEXTS[pick % len(TEXTS)].replace("'", "''")
                    code = f"begin\n  raise notice 'a%', '{text}';\n  return {attribute or ''};\nend "
                    return "'" + code.replace("'", "''") + "'"
                case "role":
                    return '"' + ROLES[pick % len(ROLES)] + '"'
            if slot == "owner":
                assert thing.owner
                base = thing.owner
            else:
                base = found.setdefault(slot, self._one(slot, pick, lambda made: made.key != thing.key))
            for part in attribute.split(".") if attribute else ():
                if part == "owner":
                    assert base.owner
                    base = base.owner
                elif part == "schema":
                    return base.schema
                elif part == "lit":
                    return "'" + base.ref.replace("'", "''") + "'"
                elif part == "id":
                    return self.quoted("id")
                else:
                    return self._one(part, pick, lambda made, of=base: made.owner == of).ref  # type: ignore[misc]
            return base.ref

        parts: list[str] = []
        numbers: dict[str, int] = {}
        last = 0
        for match in re.finditer(r"\{(\w+)(?:\.([\w.]+))?\}|\{\{|\}\}", ddl):
            parts.append(ddl[last : match.start()])
            last = match.end()
            parts.append(
                match[0][0]
                if match[1] is None
                else value(match[1], match[2], numbers.setdefault(match[0], len(numbers)))
            )
        return "".join([*parts, ddl[last:]])

    def _one(self, tag: str, pick: int, fits) -> Made:  # type: ignore[no-untyped-def]
        """Choose one thing, the same one as long as it is there, whatever comes or goes beside it."""
        there = [made for made in self.made.values() if tag in made.tags and fits(made)]
        if not there:
            raise Cannot
        return min(there, key=lambda made: crc32(f"{pick} {made.key}".encode()))


def ddl(choice: Choice, style: int = 0, version: int = 15) -> str:
    """Give the DDL of a choice for a major version of PostgreSQL."""
    return Writer(choice, style, version).script()


@dataclass(frozen=True)
class Pair:
    """Two schemas, of which the second is mostly the first one after some changes."""

    have: Choice
    want: Choice
    style: int

    def scripts(self, version: int) -> tuple[str, str]:
        """Give the DDL of both sides."""
        return ddl(self.have, self.style, version), ddl(self.want, self.style, version)


_PICKS = st.tuples(st.integers(0, 40), *[st.integers(0, 9)] * 4)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Make pairs of schemas: one, and what becomes of it when things come, go and change."""
    keys = st.sampled_from(UNIVERSE)
    have = draw(st.dictionaries(keys, _PICKS, min_size=draw(st.sampled_from((0, 20, 60, 90))), max_size=len(UNIVERSE)))
    changes = draw(st.dictionaries(keys, st.none() | _PICKS, min_size=1, max_size=40))
    want = {key: picks for key, picks in {**have, **changes}.items() if picks is not None}
    return Pair(have, want, draw(st.integers(0, len(NAMES) - 1)))
