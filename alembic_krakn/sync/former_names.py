"""Read what the profile says of former names: a profile and both catalogs in, renames out."""

from __future__ import annotations

from ..catalog import Catalog
from ..errors import ProfileError
from ..mask.suggest import nearest
from ..names import Ident, Name, text_of
from ..renames import Renames
from .profile import Profile
from .profile_words import parse_table


def former_names(profile: Profile, have: Catalog, want: Catalog) -> Renames:
    """Give the renames that the profile tells of."""
    said = _of_rules(profile, want)
    back = said.inverse()
    names = {str(ident): ident for ident in want.facts}
    things, labels = dict(said.things), {}
    for text, former in profile.rename_from.items():
        ident = names.get(text)
        if ident is None:
            raise ProfileError(
                f"{profile.source}: rename_from names {text!r}, which test does not have{nearest(text, list(names))};"
                " write kind and name as krakn diff prints them"
            )
        if isinstance(former, dict):
            labels[back.now(ident)] = {was: now for now, was in former.items()}
        else:
            things[_former(back.now(ident), former, have)] = ident
    return Renames(things, labels)


def _of_rules(profile: Profile, want: Catalog) -> Renames:
    """Read the rules of tables and columns; a column that test has beside its origin is a copy, not a rename."""
    tables: dict[tuple[str, str], tuple[str, str]] = {}
    columns: dict[tuple[str, str, str], str] = {}
    for schema, table in profile.named_tables:
        rule = profile.rule_for(schema, table)
        if rule.from_:
            continue  # its columns are those of a query
        was = parse_table(rule.rename_from) if rule.rename_from else (schema, table)
        if rule.rename_from and Ident("table", was) not in want.facts:
            tables[was] = (schema, table)
        for name, column in rule.columns.items():
            origin = column.from_
            if origin and Ident("column", (schema, table, origin)) not in want.facts:
                columns[was[0], was[1], origin] = name
    return Renames.of(tables, columns)


def _former(before: Ident, name: str, have: Catalog) -> Ident:
    """Find the thing that prod has under a name: a bare one in the place of `before`, or all of its path."""
    found = [
        each
        for each in have.facts
        if each.kind == before.kind
        and (text_of(Name(*each.path)) == name or str(each) == f"{each.kind} {name}" or _beside(each, before, name))
    ]
    return found[0] if found else Ident(before.kind, (*before.path[:-1], name))


def _beside(each: Ident, before: Ident, name: str) -> bool:
    """Say whether a thing differs from another one in nothing but its name, which is this one."""
    place = 1 if each.kind in ("function", "aggregate") else len(each.path) - 1
    return each.path == (*before.path[:place], name, *before.path[place + 1 :])
