"""A table of test in; whether code of test's own runs when rows come in, which looks for names where its author did."""

from __future__ import annotations

from ..catalog import Catalog, Default
from ..names import Ident
from .values import Relation


def calls_own(test: Catalog, relation: Relation) -> bool:
    """Tell whether a default, a check, a generated column, an index or a type of a table calls a function of test's.

    A default that names a sequence as text, as nextval('s'::text) does, looks for it as well.
    """
    seen: set[Ident] = set()
    queue = list(test.closure([Ident("table", relation)]))
    while queue:
        ident = queue.pop()
        if ident in seen:
            continue
        seen.add(ident)
        fact = test.facts.get(ident)
        by_text = isinstance(fact, Default) and "nextval(" in fact.expression and "::regclass" not in fact.expression
        if ident.kind == "function" or by_text:
            return True
        wanted = test.needs.get(ident, frozenset())
        queue += [need for need in wanted if need.kind in ("function", "type")]
        for domain in (need for need in wanted if need.kind == "domain"):
            queue += test.closure([domain])
    return False


__all__ = ["calls_own"]
