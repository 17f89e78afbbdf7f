"""Turn the steps of a plan into Alembic's own operations where one says all of a statement, else into op.execute()."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from alembic.operations import ops

from ..catalog import Catalog, Column, Constraint, Index, Ownership, Table
from ..diff import Hazard, Plan, Step, Verb
from ..names import Ident
from .altering import altered
from .constraints import add_constraint
from .create import add_column, create_index, create_table
from .render import Alone, Remark, Statement
from .serials import Serials

Operation = ops.MigrateOperation

_ADD_VALUE = re.compile(r"ALTER TYPE .+ ADD VALUE (?P<label>'(?:[^']|'')*')(?: (?:BEFORE|AFTER) .+)?", re.DOTALL)


def operations(plan: Plan, want: Catalog, *, lost: Collection[Ident] = ()) -> list[Operation]:
    """Give the operations of a plan in its order, each step's hazards as remarks above it.

    `want` is the catalog that the plan leads to, `lost` the tables and columns that come back without what
    they held. The steps' statements are the truth: an operation takes the place of one only where both are known
    to say the same.
    """
    found: list[Operation] = []

    def add(operation: Operation) -> None:
        if not (found and _joined(found[-1], operation)):
            found.append(operation)

    serials = Serials(plan, want)
    tables = {step.ident: made for step in plan.steps if (made := _table(step, want, serials))}
    implied = {each for table in serials.columns.keys() & tables.keys() for each in serials.made_by(table)}
    steps = [step for step in plan.steps if step.verb is not Verb.CREATE or step.ident not in implied]
    at_once = committed_at_once(steps)
    for step in steps:
        if step.verb is Verb.CREATE and step.ident in lost:
            add(Remark(f"data-loss: {step.ident} comes back empty, what it held was dropped"))
        for hazard in step.hazards:
            add(Remark(remark(hazard)))
        for number, statement in enumerate(step.statements):
            made = _created(step, want, tables) if number == 0 else []
            if not made and (other := altered(step, statement, want)):
                made = [other]
            for operation in made or _executed(statement, at_once=statement in at_once):
                add(operation)
    return found


def remark(hazard: Hazard) -> str:
    """Say a hazard, and what prod said to it, in a comment that stays when prod has changed."""
    said = f"; when this was written, {hazard.answer}" if hazard.answer else ""
    return f"{hazard.kind.value}: {hazard.message}{said}"


def committed_at_once(steps: Sequence[Step]) -> frozenset[str]:
    """Give the statements that add an enum label which is used afterwards, as their own transaction may not do."""
    statements = [statement for step in steps for statement in step.statements]
    adding = {place: found for place, each in enumerate(statements) if (found := _ADD_VALUE.fullmatch(each))}
    return frozenset(
        statements[place]
        for place, found in adding.items()
        if any(found["label"] in statements[later] for later in range(place, len(statements)) if later not in adding)
    )


def _executed(statement: str, *, at_once: bool) -> list[Operation]:
    if not at_once:
        return [Statement(statement)]
    why = "committed at once, with all above it: the transaction that adds a label to an enum cannot use it"
    return [Remark(why), Alone([Statement(statement)])]


def _table(step: Step, want: Catalog, serials: Serials) -> list[Operation]:
    """Give the operations for the first statement of a step that creates a table."""
    if step.verb is not Verb.CREATE or not isinstance(step.want, Table):
        return []
    return create_table(step.want, step.members, want, serial=serials.columns.get(step.ident))


def _created(step: Step, want: Catalog, tables: Mapping[Ident, list[Operation]]) -> list[Operation]:
    """Give the operations for the first statement of a step that creates something."""
    if step.verb is not Verb.CREATE:
        return []
    made: Operation | None = None
    match step.want:
        case Table():
            return tables.get(step.ident, [])
        case Column() as column if _said_whole(column, step):
            made = add_column(column, step.members, want)
        case Constraint() as constraint:
            made = add_constraint(constraint)
        case Index() as index:
            made = create_index(index, concurrently=step.concurrently)
    return [made] if made else []


def _said_whole(column: Column, step: Step) -> bool:
    """Say whether the first statement adds the column as it shall be, and no later one gives it its values.

    What a sequence comes with, by SERIAL, no operation can say.
    """
    first = step.statements[0]
    if any(isinstance(member, Ownership) for member in step.members):
        return False
    return " ADD COLUMN " in first and (column.generated is not None or " GENERATED ALWAYS AS (" not in first)


def _joined(before: Operation, operation: Operation) -> bool:
    """Let one alter_column() say what two say one after the other, where it says that in the same order."""
    if not (isinstance(before, ops.AlterColumnOp) and isinstance(operation, ops.AlterColumnOp)):
        return False
    if before.modify_name or operation.modify_name:  # the name is another one then
        return False
    places = [(each.schema, each.table_name, each.column_name) for each in (before, operation)]
    if places[0] != places[1] or max(_said(before)) >= min(_said(operation)):
        return False
    for name in ("modify_nullable", "modify_server_default", "modify_comment", "existing_comment"):
        usual = getattr(_NOTHING, name)
        if getattr(operation, name) is not usual:
            setattr(before, name, getattr(operation, name))
    return True


_NOTHING = ops.AlterColumnOp("", "")


def _said(operation: ops.AlterColumnOp) -> list[int]:
    """Give the places of what an alter_column() says, in the order in which Alembic carries it out."""
    names = ("modify_type", "modify_nullable", "modify_server_default", "modify_comment")
    return [place for place, name in enumerate(names) if getattr(operation, name) is not getattr(_NOTHING, name)]


def dropped(plan: Plan) -> Iterator[Ident]:
    """Give the tables and columns that a plan drops, with what they hold."""
    for step in plan.steps:
        if step.verb is Verb.DROP and isinstance(step.have, Table | Column) and not _foreign(step.have):
            yield step.ident


def _foreign(fact: Table | Column) -> bool:
    return fact.server is not None if isinstance(fact, Table) else fact.of_foreign
