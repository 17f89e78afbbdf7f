"""A new column of test that refers to a table in; the query that finds its values on prod, if prod knows them, out.

Where a table was referred to by one of its keys and is now by another, each row of prod says which row it refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from psycopg import sql

from ..catalog import Catalog, Column, Constraint
from ..names import Ident, Name, text_of
from .lineage import references
from .values import Relation


def lookup(
    column: Column,
    child: Relation,
    prod: Catalog,
    test: Catalog,
    filled_from: Mapping[Relation, Relation],
    column_of_prod: Callable[[Relation, str], str | None],
) -> str | None:
    """Compose the query for the key of the row to which `child`, prod's table, refers by other columns.

    `filled_from` and `column_of_prod` tell which table and which column of prod fill those of test.
    """
    for key, target in references(test, column):
        relation = (target.schema, target.table)
        parent = filled_from.get(relation)
        if parent is None or parent == child or len(key.columns) > 1:
            continue
        name = column_of_prod(relation, target.name)
        for other in prod.parts(Ident("table", child), Constraint):
            if name and other.references == parent:
                pairs = zip(other.referenced_columns, other.columns, strict=True)
                same = [sql.SQL("{} = {}").format(Name(*parent, up), Name(*child, own)) for up, own in pairs]
                query = sql.SQL("(SELECT {} FROM {} WHERE {})")
                return text_of(query.format(Name(name), Name(*parent), sql.SQL(" AND ").join(same)))
    return None


__all__ = ["lookup"]
