"""A new column of test that refers to a table in; the query that finds its values on prod, if prod knows them, out.

Where a table was referred to by one of its keys and is now by another, each row of prod says which row it refers to.
"""

from __future__ import annotations

from psycopg import sql

from ..catalog import Column, Constraint
from ..names import Ident, Name, text_of
from .column_plans import Ground
from .lineage import references
from .values import Relation


def lookup(column: Column, child: Relation, ground: Ground) -> str | None:
    """Compose the query for the key of the row to which `child`, prod's table, refers by other columns."""
    for key, target in references(ground.test, column):
        relation = (target.schema, target.table)
        parent = ground.filled_from.get(relation)
        if parent is None or parent == child or len(key.columns) > 1:
            continue
        name = ground.column_of_prod(relation, target.name)
        for other in ground.prod.parts(Ident("table", child), Constraint):
            if name and other.references == parent:
                pairs = zip(other.referenced_columns, other.columns, strict=True)
                same = [sql.SQL("{} = {}").format(Name(*parent, up), Name(*child, own)) for up, own in pairs]
                query = sql.SQL("(SELECT {} FROM {} WHERE {})")
                return text_of(query.format(Name(name), Name(*parent), sql.SQL(" AND ").join(same)))
    return None


__all__ = ["lookup"]
