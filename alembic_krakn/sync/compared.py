"""How a column is read on prod and what it is in test go in; what the checksum takes on either side comes out."""

from __future__ import annotations

from psycopg import sql

from ..catalog import Catalog, Column
from ..names import Ident, verbatim
from .types import base, is_string, knows, path_of

# Types whose own hash function is the same on every server, and takes a fraction of the time that their text does.
_HASHED = frozenset(
    """
    boolean,smallint,integer,bigint,real,double precision,numeric,text,character varying,bytea,date,
    timestamp without time zone,timestamp with time zone,uuid,jsonb,inet,cidr,macaddr
    """.replace("\n    ", "").split(",")
)

# Their text has what is in them in the order of its bytes, which is another one in another encoding.
_SORTED = frozenset({"jsonb", "tsvector"})


def hashed(want: Column) -> bool:
    """Tell whether the checksum takes a column of test as it is, and not its text."""
    return want.builtin and want.type_kind == "b" and base(want) in _HASHED


def checks(
    select: sql.Composable, want: Column, column: sql.Composable, prod: Catalog, test: Catalog, *, changed: bool
) -> tuple[sql.Composable, sql.Composable] | tuple[None, None]:
    """Compose what the checksum takes on prod and on test; None where the two need not be equal."""
    target = base(want)
    if target.startswith(("reg", "oid", "xid", "cid", "tid")):
        return None, None
    # An enum of prod may lack a label that test has, and its text is the same on both sides.
    labels = want.type_kind == "e" or Ident("enum", path_of(target.removesuffix("[]"))) in prod.facts
    known = knows(prod, want) and want.type_kind != "d" and not labels
    if changed and not (known or labels or is_string(want)):
        return None, None  # its text may be another than the one that prod has
    on_prod = verbatim("({})::{}").format(select, verbatim(want.type)) if known else select
    recoded = prod.encoding != test.encoding
    if recoded and (target.removesuffix("[]") in _SORTED or not (want.builtin or labels or is_string(want))):
        return None, None
    if hashed(want) and not (recoded and is_string(want)):
        # A nondeterministic collation would hash as the server's own ICU sorts.
        tail = verbatim(' COLLATE "C"' if want.collation else "")
        return on_prod + tail, column + tail
    text = "pg_catalog.convert_to(({})::text, 'UTF8')" if recoded else "({})::text"
    return verbatim(text).format(on_prod), verbatim(text).format(column)
