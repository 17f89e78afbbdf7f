"""How values of some types are spelt, for servers before PostgreSQL 16, which cannot say whether a text is one.

What a pattern matches is such a value. The reverse does not hold for dates and times: PostgreSQL reads them in more
spellings than ISO's, and a row of such a spelling is counted as one that does not fit.
"""

from __future__ import annotations

_BLANK = r"[ \t\n\v\f\r]*"
_INTEGER = r"[-+]?\d+"
_NUMERIC = r"(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|[-+]?inf(?:inity)?|nan)"
_UUID = r"[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}"
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    r"(?!0000)(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    rf"|02-(?:0[1-9]|1\d|2[0-8]))|{_LEAP}-02-29)"
)
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_ZONE = r"(?: ?(?:z|[-+](?:0\d|1[0-4])(?::?[0-5]\d)?))?"
_TIMESTAMP = rf"{_DATE}(?:[ t]{_TIME}{_ZONE})?"
_BOOLEAN = r"(?:t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|0|1)"

# To be matched without regard to case.
PATTERNS = {
    **dict.fromkeys(("smallint", "integer", "bigint"), rf"^{_BLANK}{_INTEGER}{_BLANK}$"),
    **dict.fromkeys(("numeric", "real", "double precision"), rf"^{_BLANK}{_NUMERIC}{_BLANK}$"),
    "boolean": rf"^{_BLANK}{_BOOLEAN}{_BLANK}$",
    "uuid": rf"^(?:{_UUID}|\{{{_UUID}\}})$",
    "date": rf"^{_BLANK}{_DATE}{_BLANK}$",
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), rf"^{_BLANK}{_TIMESTAMP}{_BLANK}$"),
}
INEXACT = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
