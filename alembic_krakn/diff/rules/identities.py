"""Compose the counters behind keys: identity clauses, sequences' options, and where a new counter begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from ...catalog import Column, Identity, Sequence
from ...names import Name, text_of, verbatim

BOUNDS = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}


def identity_clause(column: Column, identity: Identity) -> sql.Composed:
    """Compose GENERATED ... AS IDENTITY, with the options that are not the default."""
    clause = sql.SQL("GENERATED {} AS IDENTITY").format(sql.SQL("ALWAYS" if identity.always else "BY DEFAULT"))
    said = sequence_options(identity, column.type)
    if column.sequence_is_named:
        said = [sql.SQL("SEQUENCE NAME {}").format(Name(identity.sequence_schema, identity.sequence_name)), *said]
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


def narrow_identity(lead: sql.Composable, have: Column, want: Column) -> Iterator[sql.Composable]:
    """Compose what takes an identity's bounds back into a smaller type of the column before it has that."""
    if not (have.identity and want.identity and want.type in BOUNDS) or _usual_bounds(have.identity, have.type):
        return
    low, high = BOUNDS[want.type]
    if have.identity.minimum < low:
        yield lead + verbatim(f" SET MINVALUE {want.identity.minimum}")
    if have.identity.maximum > high:
        yield lead + verbatim(f" SET MAXVALUE {want.identity.maximum}")


def change_identity(lead: sql.Composable, have: Column, want: Column) -> Iterator[sql.Composable]:
    """Compose what gives a column an identity, or turns one into another; never RESTART."""
    if not want.identity:
        return
    if not have.identity:
        yield sql.SQL("{} ADD {}").format(lead, identity_clause(want, want.identity))
        yield continue_after(want)
    elif have.identity != want.identity:
        now, then = want.identity, have.identity
        if have.type != want.type and _usual_bounds(then, have.type) and _usual_bounds(now, want.type):
            # the sequence takes the column's new type, and its bounds go with that
            then = replace(then, minimum=now.minimum, maximum=now.maximum)
        elif have.type != want.type:
            low, high = BOUNDS[want.type]  # what lies beyond has been set already
            then = replace(
                then,
                minimum=now.minimum if then.minimum < low else then.minimum,
                maximum=now.maximum if then.maximum > high else then.maximum,
            )
        if then == now:
            return
        counter = Name(then.sequence_schema, then.sequence_name)
        moved, _ = into_bounds(counter, (then, want.type), (now, want.type))
        yield from moved
        said = [
            (now.always != then.always, f"SET GENERATED {'ALWAYS' if now.always else 'BY DEFAULT'}"),
            (now.increment != then.increment, f"SET INCREMENT BY {now.increment}"),
            (now.minimum != then.minimum or moved, f"SET MINVALUE {now.minimum}"),
            (now.maximum != then.maximum or moved, f"SET MAXVALUE {now.maximum}"),
            (now.start != then.start, f"SET START WITH {now.start}"),
            (now.cache != then.cache, f"SET CACHE {now.cache}"),
            (now.cycle != then.cycle, f"SET {'' if now.cycle else 'NO '}CYCLE"),
        ]
        if changed := "".join(f" {text}" for needed, text in said if needed):
            yield lead + verbatim(changed)
        if then.sequence_name != now.sequence_name:
            yield sql.SQL("ALTER SEQUENCE {} RENAME TO {}").format(counter, Name(now.sequence_name))


Counter = tuple[Identity | Sequence, str]  # and its type


def into_bounds(name: Name, have_of: Counter, want_of: Counter) -> tuple[list[sql.Composable], int | None]:
    """Compose what moves a counter to where the new bounds begin, or from where it never counted; and where they end.

    PostgreSQL refuses bounds that the counter lies outside of, and a counter outside of bounds.
    """
    (have, have_type), (want, want_type) = have_of, want_of
    up = want.increment > 0
    begins_later = want.minimum > have.minimum if up else want.maximum < have.maximum
    ends_sooner = want.maximum < have.maximum if up else want.minimum > have.minimum
    starts_outside = not want.minimum <= have.start <= want.maximum
    moved: list[sql.Composable] = []
    if begins_later or starts_outside:
        low, high = min(have.minimum, want.minimum), max(have.maximum, want.maximum)
        if (low, high) != (have.minimum, have.maximum):
            wider = want_type if BOUNDS[want_type][1] > BOUNDS[have_type][1] else have_type
            both = verbatim(f" AS {wider} MINVALUE {low} MAXVALUE {high}")
            moved.append(sql.SQL("ALTER SEQUENCE {}").format(name) + both)
        outside = f"last_value < {want.minimum}" if up else f"last_value > {want.maximum}"
        moved.append(
            sql.SQL("SELECT pg_catalog.setval({}, {}, false) FROM {} WHERE {}").format(
                sql.Literal(text_of(name)),
                verbatim(str(want.start)),
                name,
                verbatim(f"{outside} OR NOT (is_called OR last_value BETWEEN {want.minimum} AND {want.maximum})"),
            )
        )
    return moved, (want.maximum if up else want.minimum) if ends_sooner else None


def _usual_bounds(identity: Identity, type_: str) -> bool:
    low, high = BOUNDS[type_]
    return (identity.minimum, identity.maximum) == ((1, high) if identity.increment > 0 else (low, -1))


def continue_after(column: Column) -> sql.Composed:
    """Compose the setval() that lets a new sequence go on behind the values which the column already holds."""
    table = Name(column.schema, column.table)
    return sql.SQL(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), max({})) FROM {} HAVING max({}) > 0"
    ).format(sql.Literal(table.as_string(None)), sql.Literal(column.name), Name(column.name), table, Name(column.name))
