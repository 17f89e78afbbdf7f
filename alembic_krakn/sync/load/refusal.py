"""An account of rows that break constraints in; the sentence with which a sync refuses them, and what to do, out."""

from __future__ import annotations

from collections.abc import Sequence

from ...catalog import Column, Constraint, Index
from ..missing import example
from ..prepare import Ready
from ..problems import AS_IT_WAS
from ..profile_text import line_for
from ..rejects import Account, Offence
from ..values import shown

_WAYS = "change them, let the profile say `fill`, `map`, `expr` or `where`, or sync with --on-violation quarantine"


def refusal(broken: Sequence[str], account: Account, ready: Ready) -> str:
    """Tell, by table and constraint, how many rows are against it."""
    lines = sorted({*broken, *account.told(lambda offence: _why(offence, ready))})
    ways = "" if ready.keep.wanted or not account else f"; {_WAYS}"
    return "\n  ".join([f"rows do not fit into test{ways}; {AS_IT_WAS}:", *lines])


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
        return ""
    index = ready.test.get(Index, offence.table[0], offence.constraint)
    columns = fact.columns if fact and fact.type in ("p", "u") else [key.column for key in index.keys] if index else []
    masked = [
        f"{column.name} ({column.mask})"
        for column in planned[offence.table].columns
        if column.mask and column.name in columns
    ]
    return f", where {', '.join(masked)} is masked" if masked else ""


def _fill(offence: Offence, ready: Ready) -> str:
    """Write the line of a profile that lets no value be NULL."""
    column = ready.test.get(Column, *offence.table, offence.constraint.removesuffix(" NOT NULL"))
    if column is None:
        return ""
    return "\n      " + line_for(offence.table, column.name, f"fill: {example(column, ready.test)}")


__all__ = ["refusal"]
