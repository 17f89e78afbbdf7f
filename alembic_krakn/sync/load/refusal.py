"""An account of rows that break constraints in; the sentence with which a sync refuses them, and what to do, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...catalog import Column, Constraint, Index
from ..lineage import UniqueKey, key_of
from ..missing import example
from ..prepare import Ready
from ..problems import AS_IT_WAS
from ..profile_text import line_for
from ..rejects import Account, Offence
from ..values import TablePlan, one_line, shown

_WAYS = "change them, let the profile say `fill`, `map`, `expr` or `where`, or sync with --on-violation quarantine"
_FOLLOWING = "rows that refer to tables above, and may fit once those do:"
_NOTICED = "what was noticed about these tables:"


def refusal(broken: Sequence[str], account: Account, ready: Ready) -> str:
    """Tell, by table and constraint, how many rows are against it: the causes first, then what follows from them."""
    following = account.following()
    causes, effects = (
        list(account.told([each for each in account.broken if (each in following) is late], lambda o: _why(o, ready)))
        for late in (False, True)
    )
    ways = "" if ready.keep.wanted or not account else f"; {_WAYS}"
    lines = sorted({*broken, *causes})
    lines += [_FOLLOWING] * bool(effects) + effects
    if noticed := _noticed(account, ready):
        lines += [_NOTICED, *noticed]
    return "\n  ".join([f"rows do not fit into test{ways}; {AS_IT_WAS}:", *lines])


def _noticed(account: Account, ready: Ready) -> list[str]:
    """Give the remarks on the tables whose rows do not fit, or whose rows are missed."""
    tables = {shown(table) for each in account.broken for table in (each.table, each.parent) if table}
    starts = tuple(f"{table}{end}" for table in tables for end in (".", " "))
    return [remark for remark in ready.plan.remarks if remark.startswith(starts)]


def _why(offence: Offence, ready: Ready) -> str:
    """Say what made rows break a key that they do not break on prod, where the profile did."""
    if offence.constraint.endswith(" NOT NULL"):
        return _fill(offence, ready)
    fact = ready.test.get(Constraint, *offence.table, offence.constraint)
    planned = {table.test: table for table in ready.plan.tables}
    if fact and fact.references:
        parent = planned.get(fact.references)
        if parent and parent.where:
            name = shown(fact.references)
            return f", as `where` leaves rows of {name} out; give {shown(offence.table)} a `where` that fits it"
        return _same_everywhere(planned.get(offence.table), fact.columns)
    index = ready.test.get(Index, offence.table[0], offence.constraint)
    key = key_of(fact) if fact and fact.type in ("p", "u") else key_of(index) if index else UniqueKey()
    columns = planned[offence.table].columns
    masked = [f"{column.name} ({column.mask})" for column in columns if column.mask and key.reads(column.name)]
    if masked:
        return f", where {', '.join(masked)} is masked"
    return _same_everywhere(planned.get(offence.table), key.columns)


def _same_everywhere(table: TablePlan | None, columns: Iterable[str | None]) -> str:
    """Say which columns of a key the profile gives one value, and what gives each row a value that fits."""
    columns = set(columns)
    found = table.columns if table else ()
    names = [column.name for column in found if column.name in columns and column.text is not None]
    if not names:
        return ""
    are = "is" if len(names) == 1 else "are"
    return (
        f", where {', '.join(names)} {are} the same in every row; give each row its own by `expr`,"
        " or leave the rule out and let --fill auto find what fits"
    )


def _fill(offence: Offence, ready: Ready) -> str:
    """Write the line of a profile that lets no value be NULL."""
    column = ready.test.get(Column, *offence.table, offence.constraint.removesuffix(" NOT NULL"))
    if column is None:
        return ""
    if column.generated:
        return f", which test computes as {one_line(column.generated)}"
    return "\n      " + line_for(offence.table, column.name, f"fill: {example(column, ready.test)}")


__all__ = ["refusal"]
