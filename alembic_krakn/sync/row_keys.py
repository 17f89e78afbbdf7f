"""Planned tables in; the key by which the rows of each are told apart in a sync that does not replace all, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from ..connect import WritableConnection
from ..errors import ProfileError, SyncError
from ..mask import CallMask
from ..names import Name, verbatim
from .history import History
from .profile import Profile
from .profile_text import table_line_for
from .values import Relation, SyncPlan, TablePlan, as_arrays, shown

# What keeps two rows of a table apart, with the operators of the index that does: those of another schema as well. Two
# rows with a key WITHOUT OVERLAPS differ in equality, too, as ranges that are not empty overlap where they are equal.
_UNIQUE = """
    SELECT n.nspname AS schema, c.relname AS table, i.indisprimary AS primary,
           array_agg(a.attname::text ORDER BY k.nth) AS columns,
           array_agg(ARRAY[os.nspname::text, o.oprname::text] ORDER BY k.nth) AS operators
    FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name)
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid
         AND i.indpred IS NULL AND i.indexprs IS NULL
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = x.relam
    LEFT JOIN pg_constraint AS p ON p.conindid = i.indexrelid AND p.contype IN ('p', 'u') AND p.conexclop IS NOT NULL
    CROSS JOIN ROWS FROM (unnest(i.indkey), unnest(i.indclass)) WITH ORDINALITY AS k (attnum, class, nth)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
    JOIN pg_opclass AS oc ON oc.oid = k.class
    LEFT JOIN pg_amop AS am ON m.amname = 'btree' AND am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
         AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
    JOIN pg_operator AS o ON o.oid = coalesce(am.amopopr, CASE
        WHEN k.nth < i.indnkeyatts THEN p.conexclop[k.nth]
        WHEN p.oid IS NOT NULL AND oc.opcintype = 'anyrange'::regtype THEN '=(anyrange,anyrange)'::regoperator
        WHEN p.oid IS NOT NULL THEN '=(anymultirange,anymultirange)'::regoperator
    END)
    JOIN pg_namespace AS os ON os.oid = o.oprnamespace
    WHERE k.nth <= i.indnkeyatts AND (m.amname = 'btree' OR p.oid IS NOT NULL)
    GROUP BY 1, 2, 3, x.relname
    HAVING bool_and(a.attnotnull)
    ORDER BY 1, 2, i.indisprimary DESC, x.relname
"""
_FINGERPRINT = "SELECT key_fingerprint FROM {} WHERE test = current_database() ORDER BY began DESC LIMIT 1"


@dataclass(frozen=True)
class Key:
    """What tells the rows of a table of test apart."""

    columns: tuple[str, ...]
    operators: tuple[tuple[str, str], ...]  # schema and name of each column's equality

    def same(self, one: str, other: str) -> sql.Composable:
        """Compose that a row of one alias and a row of another have the same key."""
        return sql.SQL(" AND ").join(
            verbatim("{}.{} OPERATOR({}.{}) {}.{}").format(
                Name(one), Name(column), Name(schema), verbatim(operator), Name(other), Name(column)
            )
            for column, (schema, operator) in zip(self.columns, self.operators, strict=True)
        )


def keys_of(test: WritableConnection, plan: SyncPlan, profile: Profile, mode: str) -> Mapping[Relation, Key | None]:
    """Find the key of every table, or say which tables have none that krakn can go by."""
    found: dict[Relation, list[Mapping[str, Any]]] = {}
    for row in test.fetch(_UNIQUE, as_arrays(table.test for table in plan.tables)):
        found.setdefault((row["schema"], row["table"]), []).append(row)
    keys: dict[Relation, Key | None] = {}
    refused = []
    for table in plan.tables:
        usable = [row for row in found.get(table.test, ()) if _usable(row["columns"], table, profile)]
        if not table.columns:
            refused.append(f"{shown(table.test)} has no columns at all; {table_line_for(table.test, 'skip: true')}")
        elif profile.rule_for(*table.test).mode == "replace":
            keys[table.test] = None
        elif usable:
            operators = tuple((schema, name) for schema, name in usable[0]["operators"])
            keys[table.test] = Key(tuple(usable[0]["columns"]), operators)
        else:
            why = _why(found.get(table.test), table, profile)
            refused.append(f"{shown(table.test)} {why}; {table_line_for(table.test, 'mode: replace')}")
    if refused:
        raise ProfileError(
            "\n  ".join(
                [
                    f"{profile.source}: --mode {mode} tells rows apart by their keys, which it cannot do everywhere;"
                    " the line at the end of each would replace that table as a whole, or leave it as it is; nothing"
                    " was changed:",
                    *refused,
                ]
            )
        )
    return keys


def _usable(columns: Sequence[str], table: TablePlan, profile: Profile) -> bool:
    """Tell whether the same row of prod has the same key in test every time."""
    sent = {column.name for column in table.sent}
    return not table.numbered and set(columns) <= sent and not _called(columns, table, profile)


def _called(columns: Sequence[str], table: TablePlan, profile: Profile) -> list[str]:
    """List the columns that a function of the profile's author masks; nobody knows what it makes of one next time."""
    rules = profile.rule_for(*table.test).columns
    return [name for name in columns if name in rules and isinstance(rules[name].mask, CallMask)]


def _why(keys: Sequence[Mapping[str, Any]] | None, table: TablePlan, profile: Profile) -> str:
    if not keys:
        return "has neither a primary key nor a unique index of columns that are NOT NULL"
    columns = keys[0]["columns"]
    if called := _called(columns, table, profile):
        return f"has a key of which a function masks {', '.join(called)}"
    if made := sorted(set(columns) - {column.name for column in table.sent}):
        return f"has a key that test makes itself ({', '.join(made)})"
    return "has a column that --fill auto numbers, in every row another way as soon as rows come or go"


def refuse_other_secret(
    test: WritableConnection, plan: SyncPlan, keys: Mapping[Relation, Key | None], history: History
) -> None:
    """Refuse masked keys that are masked otherwise than before: every row would be there twice."""
    masked = [
        shown(table.test)
        for table in plan.tables
        if (key := keys[table.test]) and any(c.mask and c.name in key.columns for c in table.columns)
    ]
    if not (masked and history.exists):
        return
    before = [row["key_fingerprint"] for row in test.fetch(sql.SQL(_FINGERPRINT).format(Name(*history.table)))]
    if any(before) and before != [plan.key_fingerprint]:
        raise SyncError(
            f"the mask key is another one than that of the last sync, and the keys of {', '.join(masked)} are masked,"
            " so that every row would be there twice; use that key, or add --delete-vanished; nothing was changed"
        )


__all__ = ["Key", "keys_of", "refuse_other_secret"]
