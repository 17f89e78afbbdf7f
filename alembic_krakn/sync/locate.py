"""The query of a table that failed on prod goes in; the number of the row that fails comes out."""

from __future__ import annotations

import psycopg
from psycopg import sql

from ..connect import ReadOnlyConnection
from ..names import verbatim

_CURSOR = sql.Identifier("krakn_row")


def failing_row(prod: ReadOnlyConnection, query: str, search_path: str, arrived: int) -> int | None:
    """Give the number of the first row of `query` that prod cannot compute, or None where all can be read now.

    `arrived` rows came before it; the last ones before a failure stay with the driver, so they are read again, one by
    one, in the snapshot that the rows were read in.
    """
    number = arrived
    try:
        with prod.driver.transaction():
            prod.take_path(search_path)
            prod.driver.execute(sql.SQL("DECLARE {} NO SCROLL CURSOR FOR {}").format(_CURSOR, verbatim(query)))
            prod.driver.execute(sql.SQL("MOVE FORWARD {} IN {}").format(sql.Literal(arrived), _CURSOR))
            while prod.driver.execute(sql.SQL("FETCH 1 FROM {}").format(_CURSOR)).rowcount:
                number += 1
    except psycopg.DataError:
        return number + 1
    return None
