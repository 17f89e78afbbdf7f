"""What SERIAL says of a column in one word: a column and its default in, the sequence that counts for it out.

A sequence that SERIAL makes belongs to whomever the table belongs to; no CREATE SEQUENCE of another role can say that.
https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL
"""

from __future__ import annotations

from psycopg import sql

from ...catalog import Catalog, Column, Default, Ownership, Sequence
from ...names import LONGEST_NAME, Ident, Name, text_of
from .base import Sides
from .identities import BOUNDS

SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


def made_by_serial(column: Column, want: Catalog) -> tuple[Sequence, Ownership] | None:
    """Give the sequence that SERIAL makes for a column, and who owns it, where both and the default are just so."""
    schema, name = column.schema, f"{column.table}_{column.name}_seq"
    if column.type not in BOUNDS or not column.not_null or len(name.encode()) > LONGEST_NAME:
        return None
    counts = Sequence(
        schema=schema,
        name=name,
        type=column.type,
        start=1,
        increment=1,
        minimum=1,
        maximum=BOUNDS[column.type][1],
        cache=1,
        cycle=False,
    )
    owned = Ownership(schema=schema, sequence=name, table_schema=schema, table=column.table, column=column.name)
    default = want.get(Default, *column.ident.path)
    usual = f"nextval({text_of(sql.Literal(text_of(Name(schema, name))))}::regclass)"
    just_so = (
        default and default.expression == usual and all(want.facts.get(each.ident) == each for each in (counts, owned))
    )
    return (counts, owned) if just_so else None


def comes_by_serial(fact: Sequence | Ownership, sides: Sides) -> Ident | None:
    """Give the new column of an old table by whose SERIAL a sequence comes, and its owner; None where it does not."""
    owned = sides.want.get(Ownership, *fact.ident.path)
    column = sides.want.get(Column, owned.table_schema, owned.table, owned.column) if owned else None
    if owned is None or column is None or column.ident in sides.have.facts or column.ident in sides.moved:
        return None
    # where the name is somebody else's, SERIAL chooses another one
    usable = column.parent in sides.have.facts and fact.ident.path not in sides.have_names and not column.of_foreign
    return column.ident if usable and column.not_null_validated and made_by_serial(column, sides.want) else None
