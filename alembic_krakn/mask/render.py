"""Python values as Faker makes them and a PostgreSQL type in, the text that this type reads out."""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from .types import INTEGER_BITS, PgType


class Misfit(ValueError):
    """The type cannot take such a value."""


def render(value: Any, pg_type: PgType) -> str:
    """Write a value as text of a type, or raise Misfit."""
    writer = _text if pg_type.is_text else _WRITERS.get(pg_type.name)
    if writer is None:
        raise Misfit
    try:
        return writer(value, pg_type)
    except (ValueError, TypeError, InvalidOperation):
        raise Misfit from None


def _text(value: Any, _: PgType) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (str, int, float, Decimal, uuid.UUID)) and "\0" not in str(value):
        return str(value)
    raise Misfit


def _boolean(value: Any, _: PgType) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    raise Misfit


def _integer(value: Any, pg_type: PgType) -> str:
    if isinstance(value, (bool, float)):
        raise Misfit
    number = int(value)
    bits = INTEGER_BITS[pg_type.name]
    if not -(2**bits) <= number < 2**bits:
        raise Misfit
    return str(number)


def _numeric(value: Any, pg_type: PgType) -> str:
    if isinstance(value, bool):
        raise Misfit
    number = Decimal(str(value))
    if pg_type.name == "numeric" and pg_type.args:
        precision, scale = (*pg_type.args, 0)[:2]
        number = round(number, scale)
        if abs(number) >= Decimal(10) ** (precision - scale):
            raise Misfit
    return str(number)


def _date(value: Any, pg_type: PgType) -> str:
    if pg_type.name == "date":
        value = value.date() if isinstance(value, datetime) else value
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.isoformat(sep=" ")


def _time(value: Any, _: PgType) -> str:
    return (value if isinstance(value, time) else time.fromisoformat(value)).isoformat()


def _uuid(value: Any, _: PgType) -> str:
    return str(uuid.UUID(str(value)))


def _inet(value: Any, _: PgType) -> str:
    return str(ipaddress.ip_interface(value))


def _mac(value: Any, _: PgType) -> str:
    if re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", value) is None:
        raise Misfit
    return str(value)


def _json(value: Any, _: PgType) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    return json.dumps(value, default=str)


def _bytea(value: Any, _: PgType) -> str:
    return r"\x" + bytes.hex(value)


_WRITERS: dict[str, Callable[[Any, PgType], str]] = {
    "boolean": _boolean,
    **dict.fromkeys(INTEGER_BITS, _integer),
    **dict.fromkeys(("numeric", "real", "double precision"), _numeric),
    **dict.fromkeys(("date", "timestamp without time zone", "timestamp with time zone"), _date),
    "time without time zone": _time,
    "uuid": _uuid,
    "inet": _inet,
    "macaddr": _mac,
    **dict.fromkeys(("json", "jsonb"), _json),
    "bytea": _bytea,
}
