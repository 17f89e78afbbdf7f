"""A table of test in; what of test's own runs when rows come in, and the sequences that this may count, out."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..catalog import Catalog, Default, Function, Sequence
from ..names import Ident
from .values import Relation


def calls_own(test: Catalog, relation: Relation) -> bool:
    """Tell whether a default, a check, a generated column, an index or a type of a table calls a function of test's.

    A default that names a sequence as text, as nextval('s'::text) does, looks for it as well; it is printed with a
    cast of what stands in brackets: nextval(('s'::text)::regclass).
    """
    seen: set[Ident] = set()
    queue = list(test.closure([Ident("table", relation)]))
    while queue:
        ident = queue.pop()
        if ident in seen:
            continue
        seen.add(ident)
        fact = test.facts.get(ident)
        by_text = isinstance(fact, Default) and ")::regclass" in fact.expression
        if ident.kind == "function" or by_text:
            return True
        wanted = test.needs.get(ident, frozenset())
        queue += [need for need in wanted if need.kind in ("function", "type")]
        for domain in (need for need in wanted if need.kind == "domain"):
            queue += test.closure([domain])
    return False


def counted_by(test: Catalog, columns: Collection[tuple[Relation, str]]) -> list[Relation]:
    """List the sequences whose names stand in the defaults of columns, or in functions that these seem to call."""
    paths = {(*relation, column) for relation, column in columns}
    texts = [default.expression for default in test.of(Default) if default.parent and default.parent.path in paths]
    if not texts:
        return []
    functions = [*test.of(Function)]
    for text in texts:  # which grow by what they call
        called = [function for function in functions if _names(text, function.name)]
        texts += [function.definition for function in called]
        functions = [function for function in functions if function not in called]
    return [(each.schema, each.name) for each in test.of(Sequence) if any(_names(text, each.name) for text in texts)]


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


__all__ = ["calls_own", "counted_by"]
