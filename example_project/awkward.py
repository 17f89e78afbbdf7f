"""Values that have broken copies before: every one of them must arrive as it left."""

from __future__ import annotations

from uuid import UUID

TEXTS = (
    "",
    " ",
    "  two spaces before, a tab behind\t",
    "a\ttab",
    "two\nlines",
    "a line of Windows\r\nand a bare\rreturn",
    "C:\\temp\\new",
    "\\N",
    "\\.",
    "\\",
    "NULL",
    "null",
    "'single' and \"double\" quotes, $$dollars$$",
    "100% :x ; -- no comment",
    "comma, semicolon; {braces}",
    "😀 👩‍👩‍👧 🇪🇺",
    "cafe\u0301 is not café",
    "שלום and 日本語",
    "a bell \x07, a delete \x7f and a line separator \u2028",
    "long " * 20_000,
)
NAMES = ("Seán O'Brien", "Jörg Müller-Lüdenscheidt", "Null", "Nil\tTab", "Björk", "X Æ A-Xii", "李小龙", "")

# Python's own types end where PostgreSQL's do not; so these are written as PostgreSQL reads them.
TIMES = (
    "infinity",
    "-infinity",
    "4713-01-01 00:00:00+00 BC",
    "0044-03-15 12:00:00+00 BC",
    "0001-01-01 00:00:00+00",
    "1883-11-18 12:03:57.999999-05:00:01",
    "9999-12-31 23:59:59.999999+00",
    "294276-12-31 23:59:59.999999+00",
)
DATES = ("infinity", "-infinity", "0044-03-15 BC", "4713-01-01 BC", "5874897-12-31", "1900-02-28", "2000-02-29")
INTERVALS = ("-178000000 years", "1 mon -1 day 00:00:00.000001", "00:00:00", "2147483647:59:59.999999")
NUMERICS = ("NaN", "Infinity", "-Infinity", "0.0000000000000000000000000000000000000001", "9" * 1000, "-0.50", "1e20")
FLOATS = ("NaN", "Infinity", "-Infinity", "-0", "1.7976931348623157e308", "5e-324", "0.1")
BIGINTS = (2**63 - 1, -(2**63), 0, -1)
ARRAYS = (
    "{}",
    '{""}',
    '{NULL,"NULL",null}',
    '{"a\\"b","c\\\\d","{x}",",","tab\there","new\nline",😀}',
    "{{a,b},{c,d}}",
    "[0:1]={book,zero}",
)
JSONS = (
    "null",
    "[]",
    '""',
    '"a\\ttab, a \\\\ and a \\"quote\\""',
    '{"": {"a": [null, true, {"b": []}]}, "emoji": "😀", "escaped": "\\u00e9\\u0001"}',
    '{"big": 123456789012345678901234567890.123456789, "small": 1e-30}',
)
BYTES = (b"", b"\x00", bytes(range(256)), b"\\x41", b"\xff" * 4096)
UUIDS = (UUID(int=0), UUID(int=2**128 - 1))
ADDRESSES = ("::1", "192.168.0.0/16", "2001:db8::8a2e:370:7334", "0.0.0.0")
