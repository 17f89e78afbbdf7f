"""Rules for what extends PostgreSQL itself: base types, languages, access methods, transforms and conversions."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from ...catalog import AccessMethod, BaseType, Conversion, Fact, Language, ShellType, Transform
from ...names import Name, comma, verbatim
from .base import Rule, Sides, Work
from .types import TypeRule

# What ALTER TYPE ... SET can say.
_ALTERABLE = frozenset({"RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "SUBSCRIPT", "STORAGE"})


class BaseTypeRule(TypeRule[BaseType]):
    """CREATE TYPE with its functions, and ALTER TYPE ... SET for what can be altered."""

    def definition(self, fact: BaseType, members: Sequence[Fact]) -> list[sql.Composable]:
        said = sql.SQL(",\n    ").join(verbatim(f"{name} = {value}") for name, value in fact.parameters)
        return [sql.SQL("CREATE TYPE {} (\n    {}\n)").format(Name(fact.schema, fact.name), said)]

    def alter(self, have: BaseType, want: BaseType, sides: Sides) -> Work | None:
        before, after = dict(have.parameters), dict(want.parameters)
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not _ALTERABLE.issuperset(changed) or ("STORAGE" in changed and after["STORAGE"] == "plain"):
            return None
        said = comma(verbatim(f"{name} = {after.get(name, 'NONE')}") for name in changed)
        return Work([sql.SQL("ALTER TYPE {} SET ({})").format(Name(want.schema, want.name), said)])


class ShellTypeRule(Rule[ShellType]):
    """CREATE TYPE of a name alone."""

    keyword = "TYPE"

    def create(self, fact: ShellType, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("CREATE TYPE {}").format(Name(fact.schema, fact.name))])


class LanguageRule(Rule[Language]):
    """CREATE LANGUAGE, and CREATE OR REPLACE for all that can change."""

    keyword = "LANGUAGE"

    def create(self, fact: Language, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([_language(fact, "CREATE")])

    def alter(self, have: Language, want: Language, sides: Sides) -> Work:
        return Work([_language(want, "CREATE OR REPLACE")])


def _language(fact: Language, verb: str) -> sql.Composed:
    said = f" HANDLER {fact.handler}"
    said += f" INLINE {fact.inline}" if fact.inline else ""
    said += f" VALIDATOR {fact.validator}" if fact.validator else ""
    lead = sql.SQL("{}{} LANGUAGE {}").format(verbatim(verb), verbatim(" TRUSTED" * fact.trusted), Name(fact.name))
    return lead + verbatim(said)


class AccessMethodRule(Rule[AccessMethod]):
    """CREATE ACCESS METHOD; nothing of it can be altered."""

    keyword = "ACCESS METHOD"

    def create(self, fact: AccessMethod, members: Sequence[Fact], sides: Sides) -> Work:
        lead = sql.SQL("CREATE ACCESS METHOD {}").format(Name(fact.name))
        return Work([lead + verbatim(f" TYPE {fact.type} HANDLER {fact.handler}")])


class TransformRule(Rule[Transform]):
    """CREATE TRANSFORM, and CREATE OR REPLACE for its functions."""

    keyword = "TRANSFORM"

    def create(self, fact: Transform, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([self._transform(fact, "CREATE")])

    def alter(self, have: Transform, want: Transform, sides: Sides) -> Work:
        return Work([self._transform(want, "CREATE OR REPLACE")])

    def address(self, fact: Transform) -> sql.Composable:
        return sql.SQL("FOR {} LANGUAGE {}").format(verbatim(fact.type), Name(fact.language))

    def _transform(self, fact: Transform, verb: str) -> sql.Composed:
        ways = [("FROM", fact.from_sql), ("TO", fact.to_sql)]
        said = comma(verbatim(f"{way} SQL WITH FUNCTION {function}") for way, function in ways if function)
        return sql.SQL("{} TRANSFORM {} ({})").format(verbatim(verb), self.address(fact), said)


class ConversionRule(Rule[Conversion]):
    """CREATE CONVERSION; nothing of it can be altered."""

    keyword = "CONVERSION"

    def create(self, fact: Conversion, members: Sequence[Fact], sides: Sides) -> Work:
        statement = sql.SQL("CREATE {}CONVERSION {} FOR {} TO {} FROM {}")
        default = sql.SQL("DEFAULT " if fact.default else "")
        encodings = (sql.Literal(fact.source), sql.Literal(fact.target))
        return Work([statement.format(default, self.address(fact), *encodings, verbatim(fact.function))])
