"""Rules for views and materialized views."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import ColumnSetting, Fact, MaterializedView, View, ViewColumn
from ...names import Name, text_of, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work, change_options, options
from .definitions import STORAGE


class ViewRule(Rule[View]):
    """CREATE VIEW; CREATE OR REPLACE where the new columns begin with the old ones, RENAME COLUMN where they may."""

    keyword = "VIEW"

    def create(self, fact: View, members: Sequence[Fact], sides: Sides) -> Work:
        made = [_view(fact, "CREATE")]
        if re.search(rf"(?<![\w$\".]){re.escape(text_of(Name(fact.schema, fact.name)))}(?![\w$\"])", fact.definition):
            made = [_view(look_alike(fact), "CREATE"), _view(fact, "CREATE OR REPLACE")]  # it reads itself
        return Work([*made, *_defaults(fact)])

    def alter(self, have: View, want: View, sides: Sides) -> Work | None:
        lead = sql.SQL("ALTER VIEW {}").format(Name(want.schema, want.name))
        called = _renamed_columns(have, want)
        statements: list[sql.Composable] = [
            sql.SQL("{} RENAME COLUMN {} TO {}").format(lead, Name(was), Name(now)) for was, now in called.items()
        ]
        have = replace(
            have, columns=tuple(replace(each, name=called.get(each.name, each.name)) for each in have.columns)
        )
        before = [replace(column, default=None) for column in have.columns]
        after = [replace(column, default=None) for column in want.columns]
        if after[: len(before)] != before:
            return None
        if have.definition != want.definition:
            # CREATE OR REPLACE takes the options it is given and forgets all others
            statements.append(_view(want, "CREATE OR REPLACE"))
        else:
            statements.extend(change_options(lead, have.options, want.options))
        defaults = {column.name: column.default for column in have.columns}
        for column in want.columns:
            if defaults.get(column.name) != column.default:
                change = verbatim(f"SET DEFAULT {column.default}") if column.default else sql.SQL("DROP DEFAULT")
                statements.append(sql.SQL("{} ALTER COLUMN {} {}").format(lead, Name(column.name), change))
        return Work(statements)


def look_alike(view: View) -> View:
    """Give a view with the same columns, which needs nothing but their types."""
    return replace(view, definition="SELECT " + ",\n    ".join(map(_empty, view.columns)), options=())


def _empty(column: ViewColumn) -> str:
    collation = f" COLLATE {column.collation}" if column.collation else ""
    return f"NULL::{column.type}{collation} AS {text_of(Name(column.name))}"


def _renamed_columns(have: View, want: View) -> dict[str, str]:
    """Map the columns that have another name at the same place, which no other column has or had."""
    old, new = ({column.name for column in view.columns} for view in (have, want))
    pairs = zip(have.columns, want.columns, strict=False)
    return {was.name: now.name for was, now in pairs if was.name not in new and now.name not in old}


def _view(view: View, verb: str) -> sql.Composed:
    settings = sql.SQL(" WITH ({})").format(options(view.options)) if view.options else sql.SQL("")
    return sql.SQL("{} VIEW {}{} AS\n{}").format(
        verbatim(verb), Name(view.schema, view.name), settings, verbatim(view.definition)
    )


def _defaults(view: View) -> list[sql.Composable]:
    lead = sql.SQL("ALTER VIEW {}").format(Name(view.schema, view.name))
    return [
        sql.SQL("{} ALTER COLUMN {} SET DEFAULT {}").format(lead, Name(column.name), verbatim(column.default))
        for column in view.columns
        if column.default
    ]


class MaterializedViewRule(Rule[MaterializedView]):
    """CREATE MATERIALIZED VIEW; a changed query means a new one, with its indexes."""

    keyword = "MATERIALIZED VIEW"

    def create(self, fact: MaterializedView, members: Sequence[Fact], sides: Sides) -> Work:
        parts: list[sql.Composable] = [sql.SQL("CREATE MATERIALIZED VIEW {}").format(Name(fact.schema, fact.name))]
        if fact.method:
            parts.append(sql.SQL(" USING {}").format(Name(fact.method)))
        if fact.options:
            parts.append(sql.SQL(" WITH ({})").format(options(fact.options)))
        if fact.tablespace:
            parts.append(sql.SQL(" TABLESPACE {}").format(Name(fact.tablespace)))
        parts.append(verbatim(f" AS\n{fact.definition}\nWITH {'' if fact.populated else 'NO '}DATA"))
        return Work([sql.Composed(parts), *_settings(replace(fact, settings=()), fact)])

    def alter(self, have: MaterializedView, want: MaterializedView, sides: Sides) -> Work | None:
        if have.definition != want.definition or (have.method != want.method and sides.have.version < 150000):
            return None
        lead = sql.SQL("ALTER MATERIALIZED VIEW {}").format(Name(want.schema, want.name))
        anew = Hazard(HazardKind.REWRITE, f"{want.ident} is written anew, under an ACCESS EXCLUSIVE lock")
        moved: list[sql.Composable] = []
        if have.method != want.method:
            moved.append(sql.SQL("{} SET ACCESS METHOD {}").format(lead, Name(want.method or "heap")))
        if have.tablespace != want.tablespace:
            moved.append(sql.SQL("{} SET TABLESPACE {}").format(lead, Name(want.tablespace or "pg_default")))
        statements = change_options(lead, have.options, want.options)
        return Work([*statements, *_settings(have, want), *moved], [anew] if moved else [])


def _settings(have: MaterializedView, want: MaterializedView) -> Iterator[sql.Composable]:
    """Compose what turns the settings of one's columns into the other's."""
    before, after = ({each.name: each for each in view.settings} for view in (have, want))
    for name in sorted(before.keys() | after.keys()):
        then, now = (side.get(name, ColumnSetting(name=name)) for side in (before, after))
        column = sql.SQL("ALTER MATERIALIZED VIEW {} ALTER COLUMN {}").format(Name(want.schema, want.name), Name(name))
        lead = column + sql.SQL(" SET ")
        if then.storage != now.storage:
            yield lead + verbatim(f"STORAGE {STORAGE[now.storage or then.own_storage]}")
        if then.compression != now.compression:
            yield lead + verbatim("COMPRESSION " + (now.compression or "default"))
        if then.statistics != now.statistics:
            yield lead + verbatim(f"STATISTICS {-1 if now.statistics is None else now.statistics}")
        yield from change_options(column, then.options, now.options)
