"""Rules for text search configurations and dictionaries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from psycopg import sql

from ...catalog import Fact, SearchConfiguration, SearchDictionary
from ...names import Name, verbatim
from .base import Rule, Sides, Work

# One option as pg_ts_dict has it: a name, quoted where it must be, and a number or a text.
_OPTION = re.compile(r"""("(?:[^"]|"")+"|[^\s=,]+) = (E?'(?:[^']|'')*'|[^\s,]+)""")


class SearchDictionaryRule(Rule[SearchDictionary]):
    """CREATE TEXT SEARCH DICTIONARY, and ALTER for its options."""

    keyword = "TEXT SEARCH DICTIONARY"

    def create(self, fact: SearchDictionary, members: Sequence[Fact], sides: Sides) -> Work:
        said = ", ".join(filter(None, [f"TEMPLATE = {fact.template}", fact.options]))
        return Work([sql.SQL("CREATE TEXT SEARCH DICTIONARY {} ").format(self.address(fact)) + verbatim(f"({said})")])

    def alter(self, have: SearchDictionary, want: SearchDictionary, sides: Sides) -> Work | None:
        if have.template != want.template:
            return None
        before, after = (dict(_OPTION.findall(each.options or "")) for each in (have, want))
        said = [f"{name} = {value}" for name, value in after.items() if before.get(name) != value]
        said += [name for name in before if name not in after]
        lead = sql.SQL("ALTER TEXT SEARCH DICTIONARY {} ").format(self.address(want))
        return Work([lead + verbatim(f"({', '.join(said)})")] if said else [])


class SearchConfigurationRule(Rule[SearchConfiguration]):
    """CREATE TEXT SEARCH CONFIGURATION, and ALTER for the dictionaries of each token type."""

    keyword = "TEXT SEARCH CONFIGURATION"

    def create(self, fact: SearchConfiguration, members: Sequence[Fact], sides: Sides) -> Work:
        create = sql.SQL("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})")
        first = create.format(Name(fact.schema, fact.name), verbatim(fact.parser))
        return Work([first, *(_mapping(fact, "ADD", *mapping) for mapping in fact.mappings)])

    def alter(self, have: SearchConfiguration, want: SearchConfiguration, sides: Sides) -> Work | None:
        if have.parser != want.parser:
            return None
        before, after = dict(have.mappings), dict(want.mappings)
        statements: list[sql.Composable] = []
        for token in before.keys() - after.keys():
            lead = sql.SQL("ALTER TEXT SEARCH CONFIGURATION {} DROP MAPPING FOR {}")
            statements.append(lead.format(Name(want.schema, want.name), Name(token)))
        for token, dictionaries in want.mappings:
            if before.get(token) != dictionaries:
                statements.append(_mapping(want, "ALTER" if token in before else "ADD", token, dictionaries))
        return Work(statements)


def _mapping(fact: SearchConfiguration, verb: str, token: str, dictionaries: str) -> sql.Composed:
    return sql.SQL("ALTER TEXT SEARCH CONFIGURATION {} {} MAPPING FOR {} WITH {}").format(
        Name(fact.schema, fact.name), verbatim(verb), Name(token), verbatim(dictionaries)
    )
