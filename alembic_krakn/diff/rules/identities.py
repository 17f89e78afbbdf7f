"""Compose the counters behind keys: identity clauses, sequences' options, and where a new counter begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Identity, Sequence
from ...names import Name, verbatim

BOUNDS = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}


def identity_clause(identity: Identity, type_: str) -> sql.Composed:
    """Compose GENERATED ... AS IDENTITY, with the options that are not the default."""
    clause = sql.SQL("GENERATED {} AS IDENTITY").format(sql.SQL("ALWAYS" if identity.always else "BY DEFAULT"))
    said = sequence_options(identity, type_)
    return clause + sql.SQL(" ({})").format(sql.SQL(" ").join(said)) if said else clause


def sequence_options(sequence: Identity | Sequence, type_: str) -> list[sql.Composable]:
    """Compose the options of a sequence that are not the default ones of its type and direction."""
    low, high = BOUNDS.get(type_, BOUNDS["bigint"])
    up = sequence.increment > 0
    usual_minimum, usual_maximum = (1, high) if up else (low, -1)
    usual_start = sequence.minimum if up else sequence.maximum
    said = [
        (sequence.increment != 1, f"INCREMENT BY {sequence.increment}"),
        (sequence.minimum != usual_minimum, f"MINVALUE {sequence.minimum}"),
        (sequence.maximum != usual_maximum, f"MAXVALUE {sequence.maximum}"),
        (sequence.start != usual_start, f"START WITH {sequence.start}"),
        (sequence.cache != 1, f"CACHE {sequence.cache}"),
        (sequence.cycle, "CYCLE"),
    ]
    return [verbatim(text) for needed, text in said if needed]


def change_identity(lead: sql.Composable, have: Column, want: Column) -> Iterator[sql.Composable]:
    """Compose what gives a column an identity, or turns one into another; never RESTART."""
    if not want.identity:
        return
    if not have.identity:
        yield sql.SQL("{} ADD {}").format(lead, identity_clause(want.identity, want.type))
        yield continue_after(want)
    elif have.identity != want.identity:
        now, then = want.identity, have.identity
        if have.type != want.type and _usual_bounds(then, have.type) and _usual_bounds(now, want.type):
            # the sequence takes the column's new type, and its bounds go with that
            then = replace(then, minimum=now.minimum, maximum=now.maximum)
        if then == now:
            return
        said = [
            (now.always != then.always, f"SET GENERATED {'ALWAYS' if now.always else 'BY DEFAULT'}"),
            (now.increment != then.increment, f"SET INCREMENT BY {now.increment}"),
            (now.minimum != then.minimum, f"SET MINVALUE {now.minimum}"),
            (now.maximum != then.maximum, f"SET MAXVALUE {now.maximum}"),
            (now.start != then.start, f"SET START WITH {now.start}"),
            (now.cache != then.cache, f"SET CACHE {now.cache}"),
            (now.cycle != then.cycle, f"SET {'' if now.cycle else 'NO '}CYCLE"),
        ]
        yield lead + verbatim("".join(f" {text}" for needed, text in said if needed))


def _usual_bounds(identity: Identity, type_: str) -> bool:
    low, high = BOUNDS[type_]
    return (identity.minimum, identity.maximum) == ((1, high) if identity.increment > 0 else (low, -1))


def continue_after(column: Column) -> sql.Composed:
    """Compose the setval() that lets a new sequence go on behind the values which the column already holds."""
    table = Name(column.schema, column.table)
    return sql.SQL(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), max({})) FROM {} HAVING max({}) > 0"
    ).format(sql.Literal(table.as_string(None)), sql.Literal(column.name), Name(column.name), table, Name(column.name))
