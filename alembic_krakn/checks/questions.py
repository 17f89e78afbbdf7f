"""Turn what a plan is in doubt about into questions: counts of the rows that are in the way, and the keys of a few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from psycopg import sql

from ..catalog import Catalog, Column, Constraint, Index, Inheritance, Sequence
from ..diff import Asks, Doubt, Plan, Verb
from ..names import Ident, Name, comma, verbatim
from ..renames import NO_RENAMES, Renames
from .bounds import claimed, key_columns, outside
from .constraints import COUNT, Broken, broken_key, excluding, orphans
from .fit import Fit, breaks_domain, rounded
from .rows import Relation, Rows, Unaskable, needed_columns
from .spelling import INEXACT

FEW = 5  # keys of rows in the way that are shown


@dataclass(frozen=True)
class Question:
    """What to ask prod: a count, and a few keys where there are such rows; or why it cannot be asked."""

    doubt: Doubt
    count: sql.Composed | None = None  # gives one row with `rows`
    keys: sql.Composed | None = None  # gives the values of the key as text
    key: tuple[str, ...] = ()
    reads: tuple[Relation, ...] = ()  # prod's tables
    unaskable: str = ""
    note: str = ""  # how to read the number
    noun: str = "such row"
    tried: bool = False  # a cast of every value, which stops at the first that does not fit


def questions(
    plan: Plan,
    have: Catalog,
    want: Catalog,
    renames: Renames = NO_RENAMES,
    *,
    prod: Catalog | None = None,
    done: Renames = NO_RENAMES,
) -> list[Question]:
    """List the questions of a plan from `have` to `want`, in the plan's order.

    `prod` is what prod has now, where the plan begins only after pending revisions, and `done` what these rename.
    All names are qualified, and every question only reads.
    """
    rows = Rows(have, want, prod or have, renames, done)
    anew = {change.ident for change in plan.changes if change.verb is Verb.REPLACE and change.ident.kind == "table"}
    doubts = dict.fromkeys(hazard.doubt for step in plan.steps for hazard in step.hazards if hazard.doubt)
    return [_question(doubt, rows, anew) for doubt in doubts]


def _question(doubt: Doubt, rows: Rows, anew: set[Ident]) -> Question:
    """Compose one question."""
    try:
        if (table := _table(doubt, rows)) in anew:
            raise Unaskable(f"{table} is created anew, without rows")
        return _COMPOSERS[doubt.asks](doubt, rows)
    except Unaskable as exc:
        return Question(doubt, unaskable=str(exc))


def _table(doubt: Doubt, rows: Rows) -> Ident:
    fact = rows.want.facts[doubt.about]
    return fact.parent or doubt.about


def _where(doubt: Doubt, rows: Rows, columns: list[str], condition: sql.Composable, *, only: bool = False) -> Question:
    """Ask for the rows of the doubt's table that meet a condition on those columns."""
    table = _table(doubt, rows)
    bare, keyed = (
        sql.SQL("{} WHERE {}").format(rows.source(table, columns, keyed=keyed, only=only), condition)
        for keyed in (False, True)
    )
    return _asked(doubt, rows, table, Broken(COUNT.format(bare), keyed))


def _asked(doubt: Doubt, rows: Rows, table: Ident, broken: Broken) -> Question:
    """Ask how many rows there are, and the keys of a few."""
    relation = rows.relation(table)
    names = rows.key_names(table)
    few = sql.SQL("SELECT {} FROM {} ORDER BY {} LIMIT {}").format(
        comma(sql.SQL("{}::text AS {}").format(name, Name(f"value_{n}")) for n, name in enumerate(names)),
        broken.keyed,
        comma(names),
        verbatim(str(FEW)),
    )
    return Question(
        doubt,
        count=broken.count,
        keys=few if names else None,
        key=rows.key(table),
        reads=tuple(dict.fromkeys(filter(None, (relation, *broken.reads)))),
        note=broken.note,
    )


def _any_row(doubt: Doubt, rows: Rows) -> Question:
    found = _where(doubt, rows, [], sql.SQL("true"))
    return replace(found, keys=None, key=(), noun="row")  # every row is in the way, so none is worth naming


def _nulls(doubt: Doubt, rows: Rows) -> Question:
    name = doubt.about.path[-1]
    return _where(doubt, rows, [name], sql.SQL("{} IS NULL").format(Name(name)))


def _breaks(doubt: Doubt, rows: Rows) -> Question:
    fact = rows.want.facts[doubt.about]
    rows.refuse_unknown_functions(fact)
    if isinstance(fact, Constraint) and fact.type == "c":
        condition = verbatim(f"({fact.expression}) IS FALSE")
        columns = list(fact.columns) or needed_columns(fact, rows.want)
        return _where(doubt, rows, columns, condition, only=" NO INHERIT" in fact.definition)
    if isinstance(fact, Constraint) and fact.type == "f":
        broken = orphans(fact, rows)
    elif isinstance(fact, Constraint) and (fact.type == "x" or fact.period):
        broken = excluding(fact, rows)
    elif isinstance(fact, Constraint | Index):
        broken = broken_key(fact, rows)
    else:
        raise Unaskable(f"{doubt.about} says nothing of rows")
    return _asked(doubt, rows, _table(doubt, rows), broken)


def _fit(doubt: Doubt, rows: Rows) -> Question:
    column = rows.want.facts[doubt.about]
    assert isinstance(column, Column)
    was = rows.column(column)
    if was is None:
        raise Unaskable(f"prod has no {doubt.about} yet")
    fit = Fit(rows.want, rows.prod)
    if was.type != column.type:
        try:
            refused = fit.refused(Name(was.name), was.base_type, column.type)
        except Unaskable:
            return _tried(doubt, rows, column)
    elif column.type.removesuffix("[]") in fit.made:  # it is built anew, and its values go there by their texts
        by_text = "text[]" if column.type.endswith("[]") else "text"
        refused = fit.refused(verbatim(f"{{}}::{by_text}").format(Name(was.name)), by_text, column.type, explicit=True)
    else:
        raise Unaskable(f"only the new {column.type} can read the values of the old one")
    inexact = was.category == "S" and rows.prod.version < 160000 and column.base_type in INEXACT
    note = "spellings other than ISO's are counted, too" if inexact else ""
    return _of_column(doubt, rows, was, refused, note=note)


def _tried(doubt: Doubt, rows: Rows, column: Column) -> Question:
    """Let prod cast every value, where only the cast itself knows which ones it takes."""
    source = rows.source(column.parent, [column.name])
    count = sql.SQL("SELECT pg_catalog.count({}) * 0 AS rows FROM {}").format(Name(column.name), source)
    relation = rows.relation(column.parent)
    return Question(doubt, count=count, reads=(relation,) if relation else (), tried=True)


def _of_column(doubt: Doubt, rows: Rows, was: Column, condition: sql.Composable, *, note: str = "") -> Question:
    """Ask for the rows of prod that meet a condition on a column as prod has it, before its type changes."""
    now = Rows(rows.prod, rows.prod, rows.prod)
    bare, keyed = (
        sql.SQL("{} WHERE {}").format(now.source(was.parent, [was.name], keyed=keyed), condition)
        for keyed in (False, True)
    )
    return _asked(doubt, now, was.parent, Broken(COUNT.format(bare), keyed, note=note))


def _rounded(doubt: Doubt, rows: Rows) -> Question:
    was, column = _there(doubt, rows), rows.want.facts[doubt.about]
    assert isinstance(column, Column)
    return _of_column(doubt, rows, was, rounded(Name(was.name), column.type))


def _labels(doubt: Doubt, rows: Rows) -> Question:
    was = _there(doubt, rows)
    labels = comma(map(sql.Literal, doubt.words))
    held = sql.SQL("{}::text = ANY (ARRAY[{}]::text[])")
    if was.category == "A":
        among = sql.SQL("EXISTS (SELECT FROM pg_catalog.unnest({}) AS krakn_value WHERE {})")
        condition = among.format(Name(was.name), held.format(sql.SQL("krakn_value"), labels))
    else:
        condition = held.format(Name(was.name), labels)
    return _of_column(doubt, rows, was, condition)


def _domain(doubt: Doubt, rows: Rows) -> Question:
    was = _there(doubt, rows)
    return _of_column(doubt, rows, was, breaks_domain(Name(was.name), list(doubt.words)))


def _there(doubt: Doubt, rows: Rows) -> Column:
    """Give the doubt's column as prod has it."""
    column = rows.want.facts[doubt.about]
    was = rows.column(column) if isinstance(column, Column) else None
    if was is None:
        raise Unaskable(f"prod has no {doubt.about} yet")
    return was


def _bounds(doubt: Doubt, rows: Rows) -> Question:
    place = rows.want.get(Inheritance, *doubt.about.path)
    assert place is not None
    return _where(doubt, rows, key_columns(rows, place), verbatim(outside(rows, place)))


def _claimed(doubt: Doubt, rows: Rows) -> Question:
    default = rows.want.get(Inheritance, *doubt.about.path)
    assert default is not None
    condition = verbatim(claimed(rows, default, *doubt.words))
    return _where(doubt, rows, key_columns(rows, default), condition)


def _counter(doubt: Doubt, rows: Rows) -> Question:
    sequence = rows.want.facts[doubt.about]
    assert isinstance(sequence, Sequence)
    there = rows.relation(doubt.about)
    if there is None:
        raise Unaskable(f"prod has no {doubt.about} yet")
    end = f"> {sequence.maximum}" if sequence.increment > 0 else f"< {sequence.minimum}"
    beyond = sql.SQL("{} WHERE is_called AND last_value {}").format(Name(*there), verbatim(end))
    count = COUNT.format(beyond)
    return Question(doubt, count=count, reads=(there,), noun="such counter")


_COMPOSERS: dict[Asks, Callable[[Doubt, Rows], Question]] = {
    Asks.ROWS: _any_row,
    Asks.NULLS: _nulls,
    Asks.BREAKS: _breaks,
    Asks.FIT: _fit,
    Asks.ROUNDED: _rounded,
    Asks.LABELS: _labels,
    Asks.DOMAIN: _domain,
    Asks.BOUNDS: _bounds,
    Asks.CLAIMED: _claimed,
    Asks.COUNTER: _counter,
}

__all__ = ["Question", "questions"]
