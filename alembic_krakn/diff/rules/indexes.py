"""Rules for indexes, and for what a table uses one of them for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from psycopg import sql

from ...catalog import Clustering, Constraint, Fact, Index, IndexKey, ReplicaIdentity
from ...names import Ident, Name, comma, names, verbatim
from ..changes import Asks, Doubt, Hazard, HazardKind
from .attached import goes_with_parent, held_by_parent, made_by_parent, needs_name, rename
from .base import Rule, Sides, Work, change_options, options


class IndexRule(Rule[Index]):
    """CREATE INDEX and DROP INDEX; ALTER INDEX for parameters, tablespace and statistics."""

    keyword = "INDEX"

    def create(self, fact: Index, members: Sequence[Fact], sides: Sides) -> Work:
        if made_by_parent(fact, sides):
            return Work([*([rename(fact)] if needs_name(fact, sides) else []), *_own_settings(fact, sides)])
        statements: list[sql.Composable] = [create_index(fact)]
        statements.extend(statistics_targets(fact))
        if fact.parent_index:
            statements.append(attach(fact, fact.parent_index))
        hazards = []
        if fact.parent in sides.have.facts and (fact.valid or not fact.partitioned):  # ON ONLY builds nothing
            on = fact.parent
            hazards.append(Hazard(HazardKind.INDEX_BUILD, f"SHARE on {on} while the index is built: writes wait"))
            if fact.unique:
                doubt = Doubt(Asks.BREAKS, fact.ident)
                hazards.append(Hazard(HazardKind.MAY_FAIL, f"fails when two rows of {on} have the same key", doubt))
        return Work(statements, hazards)

    def drop(self, fact: Index, sides: Sides) -> Work:
        drop = sql.SQL("DROP INDEX {}").format(self.address(fact))
        # keys of partitions that are attached to it can go in no other way
        return Work([drop + sql.SQL(" CASCADE") if _has_keys(fact, sides) else drop])

    def alter(self, have: Index, want: Index, sides: Sides) -> Work | None:
        if have.parent_index != want.parent_index and goes_with_parent(have, sides):
            return None
        bare = [
            replace(index, options=(), tablespace=None, parent_index=None, keys=_without_statistics(index))
            for index in (have, want)
        ]
        if bare[0] != bare[1]:
            return None
        lead = sql.SQL("ALTER INDEX {}").format(Name(want.schema, want.name))
        statements = change_options(lead, _taken_as_set(have, want), want.ordered_options)
        if have.tablespace != want.tablespace:
            statements.append(sql.SQL("{} SET TABLESPACE {}").format(lead, Name(want.tablespace or "pg_default")))
        if want.parent_index and have.parent_index != want.parent_index:
            statements.append(attach(want, want.parent_index))
        for number, (then, now) in enumerate(zip(have.keys, want.keys, strict=True), start=1):
            if then.statistics != now.statistics:
                statements.append(_statistics(want, number, now))
        return Work(statements)

    def around(self, fact: Index, sides: Sides) -> set[Ident]:
        """Give the index above one that is to be attached to it no longer."""
        return held_by_parent(fact, sides)


def _has_keys(fact: Index, sides: Sides) -> bool:
    """Say whether a key is attached to an index of a partitioned table, or to an index that is attached to it."""
    below = (sides.have.facts[ident] for ident in sides.have.needed_by.get(fact.ident, ()) if fact.partitioned)
    return any(
        bool(each.parent_index) if isinstance(each, Constraint) else isinstance(each, Index) and _has_keys(each, sides)
        for each in below
    )


def _taken_as_set(have: Index, want: Index) -> Sequence[str]:
    """Give the parameters that need not be set again: what is set moves behind all others, as PostgreSQL shows."""
    fresh = [option for option in want.ordered_options if option not in have.options]
    stay = [option for option in have.ordered_options if option in want.options]
    if not fresh or (*stay, *fresh) == want.ordered_options:
        return have.options
    return [option for option in have.options if option not in want.options]


def _own_settings(index: Index, sides: Sides) -> Iterator[sql.Composable]:
    """Compose what the index of a partition has otherwise than the one above gave it."""
    above = sides.want.get(Index, *index.parent_index) if index.parent_index else None
    if above:
        yield from change_options(
            sql.SQL("ALTER INDEX {}").format(Name(index.schema, index.name)), above.options, index.options
        )
    yield from statistics_targets(index)


def attach(index: Index | Constraint, parent: tuple[str, str]) -> sql.Composed:
    return sql.SQL("ALTER INDEX {} ATTACH PARTITION {}").format(Name(*parent), Name(index.schema, index.name))


def _without_statistics(index: Index) -> tuple[IndexKey, ...]:
    return tuple(replace(key, statistics=None) for key in index.keys)


def statistics_targets(index: Index) -> Iterator[sql.Composable]:
    """Compose the statistics targets that an index does not have when it has just been built."""
    for number, key in enumerate(index.keys, start=1):
        if key.statistics is not None:
            yield _statistics(index, number, key)


def _statistics(index: Index, number: int, key: IndexKey) -> sql.Composed:
    target = -1 if key.statistics is None else key.statistics
    return sql.SQL("ALTER INDEX {} ALTER COLUMN {} SET STATISTICS {}").format(
        Name(index.schema, index.name), verbatim(str(number)), verbatim(str(target))
    )


def create_index(index: Index, *, concurrently: bool = False) -> sql.Composed:
    """Compose CREATE INDEX, key by key."""
    parts: list[sql.Composable] = [
        sql.SQL("CREATE {}INDEX {}{} ON {}{} USING {} ({})").format(
            sql.SQL("UNIQUE " if index.unique else ""),
            sql.SQL("CONCURRENTLY " if concurrently else ""),
            Name(index.name),
            # not valid as long as partitions have none that is attached to it
            sql.SQL("ONLY " if index.partitioned and not index.valid else ""),
            Name(index.schema, index.table),
            Name(index.method),
            comma(map(_key, index.keys)),
        )
    ]
    if index.include:
        parts.append(sql.SQL(" INCLUDE ({})").format(names(index.include)))
    if index.nulls_not_distinct:
        parts.append(sql.SQL(" NULLS NOT DISTINCT"))
    if index.options:
        parts.append(sql.SQL(" WITH ({})").format(options(index.ordered_options)))
    if index.tablespace:
        parts.append(sql.SQL(" TABLESPACE {}").format(Name(index.tablespace)))
    if index.predicate:
        parts.append(verbatim(f" WHERE {index.predicate}"))
    return sql.Composed(parts)


def _key(key: IndexKey) -> sql.Composable:
    text = key.expression
    if key.collation:
        text += f" COLLATE {key.collation}"
    if key.opclass:
        text += f" {key.opclass}"
    if key.descending:
        text += " DESC" if key.nulls_first else " DESC NULLS LAST"
    elif key.nulls_first:
        text += " NULLS FIRST"
    return verbatim(text)


class ReplicaIdentityRule(Rule[ReplicaIdentity]):
    """ALTER TABLE ... REPLICA IDENTITY."""

    def create(self, fact: ReplicaIdentity, members: Sequence[Fact], sides: Sides) -> Work:
        what: sql.Composable = sql.SQL("FULL" if fact.mode == "f" else "NOTHING")
        if fact.index:
            what = sql.SQL("USING INDEX {}").format(Name(fact.index))
        return Work([sql.SQL("ALTER TABLE {} REPLICA IDENTITY {}").format(Name(fact.schema, fact.table), what)])

    def drop(self, fact: ReplicaIdentity, sides: Sides) -> Work:
        return Work([sql.SQL("ALTER TABLE {} REPLICA IDENTITY DEFAULT").format(Name(fact.schema, fact.table))])

    def alter(self, have: ReplicaIdentity, want: ReplicaIdentity, sides: Sides) -> Work:
        return self.create(want, (), sides)


class ClusteringRule(Rule[Clustering]):
    """ALTER TABLE ... CLUSTER ON and SET WITHOUT CLUSTER; neither moves a row."""

    def create(self, fact: Clustering, members: Sequence[Fact], sides: Sides) -> Work:
        return Work([sql.SQL("{} CLUSTER ON {}").format(self._lead(fact), Name(fact.index))])

    def drop(self, fact: Clustering, sides: Sides) -> Work:
        return Work([sql.SQL("{} SET WITHOUT CLUSTER").format(self._lead(fact))])

    def alter(self, have: Clustering, want: Clustering, sides: Sides) -> Work:
        return self.create(want, (), sides)

    @staticmethod
    def _lead(fact: Clustering) -> sql.Composed:
        keyword = sql.SQL("MATERIALIZED VIEW" if fact.on_view else "TABLE")
        return sql.SQL("ALTER {} {}").format(keyword, Name(fact.schema, fact.table))
