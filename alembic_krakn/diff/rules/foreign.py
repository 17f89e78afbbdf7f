"""Rules for foreign data: wrappers, servers, user mappings, and the OPTIONS that foreign things have."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from ...catalog import Column, Fact, ForeignServer, Table, UserMapping, Wrapper
from ...names import Name, comma, verbatim
from ..changes import Hazard, HazardKind
from .base import Rule, Sides, Work

Holder = Wrapper | ForeignServer | UserMapping | Table | Column


def foreign_options(fact: Holder) -> sql.Composable:
    """Compose ` OPTIONS (...)` with all that a fact has, or nothing."""
    said = dict(_split(fact))
    if not said:
        return sql.SQL("")
    parts = (sql.SQL("{} {}").format(Name(name), sql.Literal(value)) for name, value in said.items())
    return sql.SQL(" OPTIONS ({})").format(comma(parts))


def change_foreign_options(lead: sql.Composable, have: Holder, want: Holder) -> list[sql.Composable]:
    """Compose `lead OPTIONS (ADD ..., SET ..., DROP ...)`, where a value differs."""
    before, after = dict(_split(have)), dict(_split(want))
    changes: list[sql.Composable] = []
    for name, value in after.items():
        if before.get(name) != value:
            verb = verbatim("SET" if name in before else "ADD")
            changes.append(sql.SQL("{} {} {}").format(verb, Name(name), sql.Literal(value)))
    changes.extend(sql.SQL("DROP {}").format(Name(name)) for name in before if name not in after)
    return [sql.SQL("{} OPTIONS ({})").format(lead, comma(changes))] if changes else []


def _split(fact: Holder) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.partition("=") for each in fact.foreign_options or ())]


def left_out(fact: Holder) -> list[Hazard]:
    """Say which options of a thing that is created somebody must set by hand, as krakn does not read secrets."""
    return [
        Hazard(HazardKind.SECRET, f"{fact.ident} is created without its option {name}, a secret: set it by hand")
        for name in fact.secrets
    ]


class WrapperRule(Rule[Wrapper]):
    """CREATE, ALTER and DROP FOREIGN DATA WRAPPER."""

    keyword = "FOREIGN DATA WRAPPER"

    def create(self, fact: Wrapper, members: Sequence[Fact], sides: Sides) -> Work:
        parts: list[sql.Composable] = [sql.SQL("CREATE FOREIGN DATA WRAPPER {}").format(Name(fact.name))]
        if fact.handler:
            parts.append(verbatim(f" HANDLER {fact.handler}"))
        if fact.validator:
            parts.append(verbatim(f" VALIDATOR {fact.validator}"))
        return Work([sql.Composed([*parts, foreign_options(fact)])], left_out(fact))

    def alter(self, have: Wrapper, want: Wrapper, sides: Sides) -> Work:
        lead = sql.SQL("ALTER FOREIGN DATA WRAPPER {}").format(Name(want.name))
        said = ""
        if have.handler != want.handler:
            said += f" HANDLER {want.handler}" if want.handler else " NO HANDLER"
        if have.validator != want.validator:
            said += f" VALIDATOR {want.validator}" if want.validator else " NO VALIDATOR"
        first = [lead + verbatim(said)] if said else []
        return Work([*first, *change_foreign_options(lead, have, want)])


class ServerRule(Rule[ForeignServer]):
    """CREATE, ALTER and DROP SERVER; a server of another wrapper or type is another server."""

    keyword = "SERVER"

    def create(self, fact: ForeignServer, members: Sequence[Fact], sides: Sides) -> Work:
        parts: list[sql.Composable] = [sql.SQL("CREATE SERVER {}").format(Name(fact.name))]
        if fact.type is not None:
            parts.append(sql.SQL(" TYPE {}").format(sql.Literal(fact.type)))
        if fact.version is not None:
            parts.append(sql.SQL(" VERSION {}").format(sql.Literal(fact.version)))
        parts.append(sql.SQL(" FOREIGN DATA WRAPPER {}").format(Name(fact.wrapper)))
        return Work([sql.Composed([*parts, foreign_options(fact)])], left_out(fact))

    def alter(self, have: ForeignServer, want: ForeignServer, sides: Sides) -> Work | None:
        if (have.wrapper, have.type) != (want.wrapper, want.type):
            return None
        lead = sql.SQL("ALTER SERVER {}").format(Name(want.name))
        version = sql.SQL("NULL") if want.version is None else sql.Literal(want.version)
        first = [sql.SQL("{} VERSION {}").format(lead, version)] if have.version != want.version else []
        return Work([*first, *change_foreign_options(lead, have, want)])


class UserMappingRule(Rule[UserMapping]):
    """CREATE, ALTER and DROP USER MAPPING, all but the secrets."""

    keyword = "USER MAPPING FOR"

    def create(self, fact: UserMapping, members: Sequence[Fact], sides: Sides) -> Work:
        hazards = left_out(fact)
        if fact.foreign_options is None:
            why = "the role that reads this database may not see them: set them by hand"
            hazards = [Hazard(HazardKind.SECRET, f"{fact.ident} is created without its options, as {why}")]
        lead = sql.SQL("CREATE USER MAPPING FOR {}").format(self.address(fact))
        return Work([lead + foreign_options(fact)], hazards)

    def alter(self, have: UserMapping, want: UserMapping, sides: Sides) -> Work:
        lead = sql.SQL("ALTER USER MAPPING FOR {}").format(self.address(want))
        return Work(change_foreign_options(lead, have, want))

    def address(self, fact: UserMapping) -> sql.Composable:
        user = Name(fact.user) if fact.user else sql.SQL("PUBLIC")
        return sql.SQL("{} SERVER {}").format(user, Name(fact.server))
