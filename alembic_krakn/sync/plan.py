"""Two catalogs, the profile and the renames in; a plan with an answer for every table and column of test out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from ..catalog import Catalog, Constraint
from ..errors import ProfileError
from .answers import Answers
from .column_plans import Ground
from .fills import Filler
from .mismatched import mismatched_masks
from .missing import Missing
from .namesakes import namesakes
from .order import Order
from .pairing import Pairing
from .profile import Profile
from .profile_text import table_line_for
from .queries import Shape
from .roots import is_partitioned, roots_of
from .tainted import tainted
from .values import Origin, Relation, SyncPlan, TablePlan, shown


def plan_sync(
    prod: Catalog,
    test: Catalog,
    order: Order,
    shapes: Mapping[Relation, Shape] = MappingProxyType({}),
    filler: Filler | None = None,
    *,
    replaces: bool = True,
) -> SyncPlan:
    """Plan where every row and column of test comes from, or tell all that is missing.

    `shapes` are those of the profile's queries, by the tables of test that they fill. A `filler` finds values where
    there are none. A sync that `replaces` the rows of test empties what refers to them and has no rows on prod.
    """
    profile, key = order.profile, order.key
    pairing = Pairing(prod, test, order, shapes)
    ground = Ground(
        prod,
        test,
        profile,
        key,
        renamed=pairing.column_renamed,
        auto=filler is not None,
        labels=order.renames.labels,
        filled_from={want: have for have, want in pairing.pairs if want not in shapes},
    )
    emptied = _emptied(test, {want for _, want in pairing.pairs}, pairing.only_test) if replaces else []
    missing, remarks = [*pairing.missing], []
    tables: list[TablePlan] = []
    unfilled: dict[Relation, Mapping[str, str]] = {}
    for have, want in pairing.pairs:
        shape = shapes.get(want)
        answers = Answers(ground, have, want, shape.columns if shape else None)
        table = _table(ground, answers, have, want)
        missing += [*answers.missing, *_without_columns(table, answers, profile)]
        remarks += answers.remarks
        unfilled[want] = answers.unfilled
        tables.append(table)
    if filler and not missing:
        tables = filler.settle(tables, unfilled, set(emptied))
        missing += filler.missing
    missing += mismatched_masks(test, tables, profile)
    missing += tainted(prod, test, tables, profile)
    doubtful = namesakes(prod, test, tables, profile, order.made)
    if missing:
        raise refusal(profile, missing, doubtful)
    masked = any(column.masker for table in tables for column in table.columns)
    return SyncPlan(
        tables=tuple(tables),
        skipped=tuple(pairing.skipped),
        kept=tuple(relation for relation in pairing.only_test if relation not in emptied),
        emptied=tuple(emptied),
        retired=tuple(pairing.only_prod),
        remarks=(*remarks, *doubtful, *map(_remark_emptied, emptied)),
        key_fingerprint=key.fingerprint if key and masked else None,
    )


def _table(ground: Ground, answers: Answers, have: Relation, want: Relation) -> TablePlan:
    """Plan one table; what its columns lack, the answers tell."""
    columns = answers.columns()
    rule = ground.profile.rule_for(*want)
    return TablePlan(
        prod=have,
        test=want,
        columns=columns,
        where=rule.where,
        from_query=rule.from_,
        only=not is_partitioned(ground.prod, have),
        partitioned=is_partitioned(ground.test, want),
        own_sql=bool(rule.where or rule.from_ or any(column.expr for column in rule.columns.values())),
        retired=answers.retired(columns),
    )


def _without_columns(table: TablePlan, answers: Answers, profile: Profile) -> Iterator[Missing]:
    """Tell of a table that would get rows without one value of prod in them."""
    computed = all(column.origin is Origin.GENERATED for column in table.columns)
    if not (computed or table.sent or answers.unfilled or answers.missing):
        source = "the query" if profile.rule_for(*table.test).from_ else f"prod's {shown(table.prod)}"
        line = table_line_for(table.test, "skip: true")
        yield Missing(f"{shown(table.test)}: no column of {source} fits it", line)


def refusal(profile: Profile, missing: list[Missing], noticed: Sequence[str] = ()) -> ProfileError:
    """Make one error out of all that is missing, and what was noticed beside."""
    told = [str(one) for one in missing]
    if len(told) == 1 and "\n" not in told[0] and not noticed:
        return ProfileError(told[0])
    count = "one thing stands" if len(told) == 1 else f"{len(told)} things stand"
    lines = "; the indented lines, under `tables:`, would settle it" if any(one.line for one in missing) else ""
    return ProfileError(
        "\n".join([f"{profile.source}: {count} in the way of a sync{lines}", *(f"  {t}" for t in [*told, *noticed])])
    )


def _remark_emptied(relation: Relation) -> str:
    return (
        f"{shown(relation)} is only in test and refers to tables that are filled anew, so it is emptied;"
        f" to keep its rows, say {table_line_for(relation, 'skip: true')}"
    )


def _emptied(test: Catalog, filled: set[Relation], waiting: Sequence[Relation]) -> list[Relation]:
    """List the waiting tables that refer to filled ones, or to others on this list."""
    roots = roots_of(test)
    children: dict[Relation, set[Relation]] = {}
    for key in test.of(Constraint):
        if key.references in roots:
            children.setdefault(roots[key.references], set()).add(roots[key.schema, key.table])
    reached, queue = set(filled), list(filled)
    while queue:
        for child in children.get(queue.pop(), set()) & set(waiting) - reached:
            reached.add(child)
            queue.append(child)
    return sorted(reached - filled)
