"""Turn the text of a PostgreSQL type into SQLAlchemy's type of the same meaning, or into nothing where it has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ..catalog import Catalog, Domain, Enum
from ..names import Name, text_of
from .text import plain

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    Type = TypeEngine[Any]

_SAYS_PUBLIC: ContextVar[bool] = ContextVar("_SAYS_PUBLIC", default=False)

# format_type() of a type without modifiers, and what makes the SQLAlchemy type that comes back as the same text.
_SIMPLE: dict[str, Callable[[], Type]] = {
    "bigint": sa.BigInteger,
    "bit varying": lambda: pg.BIT(varying=True),
    "boolean": sa.Boolean,
    "bytea": sa.LargeBinary,
    "character varying": sa.String,
    "cidr": pg.CIDR,
    "date": sa.Date,
    "daterange": pg.DATERANGE,
    "double precision": sa.Double,
    "inet": pg.INET,
    "int4range": pg.INT4RANGE,
    "int8range": pg.INT8RANGE,
    "integer": sa.Integer,
    "json": pg.JSON,
    "jsonb": pg.JSONB,
    "macaddr": pg.MACADDR,
    "macaddr8": pg.MACADDR8,
    "money": pg.MONEY,
    "numeric": sa.Numeric,
    "numrange": pg.NUMRANGE,
    "oid": pg.OID,
    "real": sa.REAL,
    "regclass": pg.REGCLASS,
    "smallint": sa.SmallInteger,
    "text": sa.Text,
    "tsquery": pg.TSQUERY,
    "tsrange": pg.TSRANGE,
    "tstzrange": pg.TSTZRANGE,
    "tsvector": pg.TSVECTOR,
    "uuid": sa.UUID,
}
_CHARACTER = re.compile(r"character( varying)?\((\d+)\)")
_NUMERIC = re.compile(r"numeric\((\d+),(-?\d+)\)")
_BIT = re.compile(r"bit( varying)?\((\d+)\)")
_TIME = re.compile(r"(time|timestamp)(?:\((\d)\))? (with|without) time zone")
_INTERVAL = re.compile(r"interval( [a-z]+(?: to [a-z]+)?)?(?:\((\d)\))?")
_COLLATION = re.compile(r'(?:pg_catalog\.)?(?:"([A-Za-z0-9_.@-]+)"|([a-z_][a-z0-9_]*))')


def sqlalchemy_type(text: str, collation: str | None, catalog: Catalog) -> Type | None:
    """Give the type that means `text` (and the collation), or None; enums and domains are looked up in the catalog."""
    if collation:
        name = _COLLATION.fullmatch(collation)
        found = _builtin(text) if name else None
        # A bare name is looked for in pg_catalog first. The collation of an array would stand in the wrong place.
        if not name or not isinstance(found, (sa.String, sa.Text)):
            return None
        found.collation = name[1] or name[2]
        return found
    if text.endswith("[]"):
        item = sqlalchemy_type(text.removesuffix("[]"), None, catalog)
        return pg.ARRAY(item) if item is not None else None
    return _builtin(text) or _named(text, catalog)


def _builtin(text: str) -> Type | None:
    if make := _SIMPLE.get(text):
        return make()
    if found := _CHARACTER.fullmatch(text):
        return (sa.String if found[1] else sa.CHAR)(length=int(found[2]))
    if found := _NUMERIC.fullmatch(text):
        return sa.Numeric(precision=int(found[1]), scale=int(found[2]))
    if found := _BIT.fullmatch(text):
        return pg.BIT(length=int(found[2]), varying=bool(found[1]))
    if found := _TIME.fullmatch(text):
        return _time(found[1], found[2], zone=found[3] == "with")
    if found := _INTERVAL.fullmatch(text):
        fields = found[1].strip().upper() if found[1] else None
        return pg.INTERVAL(fields=fields, precision=int(found[2]) if found[2] else None)
    return None


def _time(name: str, precision: str | None, *, zone: bool) -> Type:
    if precision is None:
        return sa.Time(timezone=zone) if name == "time" else sa.DateTime(timezone=zone)
    return (pg.TIME if name == "time" else pg.TIMESTAMP)(timezone=zone, precision=int(precision))


def _named(text: str, catalog: Catalog) -> Type | None:
    """Give a type that somebody created: it exists already when the column is made, hence create_type=False."""
    types: list[Enum | Domain] = [*catalog.of(Enum), *catalog.of(Domain)]
    found = next((each for each in types if text == text_of(Name(each.schema, each.name))), None)
    if found is None or not plain(found.schema, found.name):
        return None
    schema = schema_argument(found.schema)
    if isinstance(found, Enum):
        return pg.ENUM(*found.labels, name=found.name, schema=schema, create_type=False)
    under = sqlalchemy_type(found.type, None, catalog)
    return pg.DOMAIN(found.name, under, schema=schema, create_type=False) if under is not None else None


def schema_argument(schema: str) -> str | None:
    """Give what Alembic's schema= says; public is left out, as people do, unless names lead elsewhere without it."""
    return None if schema == "public" and not _SAYS_PUBLIC.get() else schema


@contextmanager
def saying_public(says: bool) -> Iterator[None]:
    """Say the schema public as well, for as long as operations are made."""
    token = _SAYS_PUBLIC.set(says)
    try:
        yield
    finally:
        _SAYS_PUBLIC.reset(token)
