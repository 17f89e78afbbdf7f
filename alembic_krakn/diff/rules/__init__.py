"""One rule for each kind of thing: how it is created, dropped and altered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...catalog import (
    Clustering,
    Column,
    Comment,
    Constraint,
    Default,
    DefaultPrivilege,
    Domain,
    Enum,
    Extension,
    Function,
    Grant,
    Index,
    MaterializedView,
    Ownership,
    Policy,
    ReplicaIdentity,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)
from .access import DefaultPrivilegeRule, GrantRule, PolicyRule, unwanted
from .base import Rule, Sides, Work
from .columns import ColumnRule
from .constraints import ConstraintRule, IndexRule
from .databases import CommentRule, ExtensionRule, SchemaRule
from .functions import FunctionRule, TriggerRule
from .sequences import OwnershipRule, SequenceRule
from .tables import ClusteringRule, DefaultRule, ReplicaIdentityRule, TableRule
from .types import DomainRule, EnumRule
from .views import MaterializedViewRule, ViewRule

RULES: Mapping[str, Rule[Any]] = {
    Schema.kind: SchemaRule(),
    Extension.kind: ExtensionRule(),
    Enum.kind: EnumRule(),
    Domain.kind: DomainRule(),
    Sequence.kind: SequenceRule(),
    Ownership.kind: OwnershipRule(),
    Table.kind: TableRule(),
    Column.kind: ColumnRule(),
    Default.kind: DefaultRule(),
    Constraint.kind: ConstraintRule(),
    Index.kind: IndexRule(),
    ReplicaIdentity.kind: ReplicaIdentityRule(),
    Clustering.kind: ClusteringRule(),
    Function.kind: FunctionRule(),
    View.kind: ViewRule(),
    MaterializedView.kind: MaterializedViewRule(),
    Trigger.kind: TriggerRule(),
    Policy.kind: PolicyRule(),
    Grant.kind: GrantRule(),
    DefaultPrivilege.kind: DefaultPrivilegeRule(),
    Comment.kind: CommentRule(),
}

__all__ = ["RULES", "Rule", "Sides", "Work", "unwanted"]
