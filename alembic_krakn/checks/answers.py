"""Put prod's answers into a plan: each hazard that was in doubt then says what prod said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..diff import Answer, Doubt, Hazard, Plan


def answered(plan: Plan, answers: Mapping[Doubt, Answer]) -> Plan:
    """Give the same plan with the answers to its doubts."""

    def with_answers(hazards: tuple[Hazard, ...]) -> tuple[Hazard, ...]:
        return tuple(
            replace(hazard, answer=answers.get(hazard.doubt)) if hazard.doubt else hazard for hazard in hazards
        )

    return replace(
        plan,
        changes=tuple(replace(change, hazards=with_answers(change.hazards)) for change in plan.changes),
        steps=tuple(replace(step, hazards=with_answers(step.hazards)) for step in plan.steps),
    )
