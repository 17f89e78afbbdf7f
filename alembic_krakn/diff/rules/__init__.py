"""One rule for each kind of thing: how it is created, dropped and altered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...catalog import (
    AccessMethod,
    Aggregate,
    BaseType,
    Cast,
    Clustering,
    Collation,
    Column,
    Comment,
    Composite,
    Constraint,
    Conversion,
    Default,
    DefaultPrivilege,
    Domain,
    DomainConstraint,
    Enum,
    EventTrigger,
    Extension,
    ForeignServer,
    Function,
    Grant,
    Index,
    Inheritance,
    Language,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Owner,
    Ownership,
    Policy,
    Publication,
    Range,
    ReplicaIdentity,
    RewriteRule,
    Schema,
    SearchConfiguration,
    SearchDictionary,
    SearchParser,
    SearchTemplate,
    Sequence,
    ShellType,
    Statistics,
    Table,
    Transform,
    Trigger,
    TriggerState,
    Typing,
    UserMapping,
    View,
    Wrapper,
)
from .access import DefaultPrivilegeRule, GrantRule, OwnerRule, gets_sequence, unwanted
from .base import Rule, Sides, Work, inputs
from .collations import CollationRule
from .columns import ColumnRule
from .constraints import ConstraintRule
from .databases import CommentRule, ExtensionRule, SchemaRule
from .domains import DomainConstraintRule, DomainRule
from .extending import (
    AccessMethodRule,
    BaseTypeRule,
    ConversionRule,
    LanguageRule,
    ShellTypeRule,
    TransformRule,
)
from .foreign import ServerRule, UserMappingRule, WrapperRule
from .functions import AggregateRule, FunctionRule, TriggerRule, TriggerStateRule
from .indexes import ClusteringRule, IndexRule, ReplicaIdentityRule
from .inheritance import InheritanceRule
from .operators import OperatorClassRule, OperatorFamilyRule, OperatorRule
from .policies import PolicyRule
from .rarer import (
    CastRule,
    EventTriggerRule,
    ParametersRule,
    PublicationRule,
    RewriteRuleRule,
    StatisticsRule,
)
from .relations import relation_names
from .searching import SearchConfigurationRule, SearchDictionaryRule
from .sequences import OwnershipRule, SequenceRule
from .serials import comes_by_serial
from .tables import DefaultRule, TableRule
from .typed import TypingRule
from .types import CompositeRule, EnumRule, RangeRule
from .views import MaterializedViewRule, ViewRule

RULES: Mapping[str, Rule[Any]] = {
    Schema.kind: SchemaRule(),
    Extension.kind: ExtensionRule(),
    Enum.kind: EnumRule(),
    Domain.kind: DomainRule(),
    DomainConstraint.kind: DomainConstraintRule(),
    Composite.kind: CompositeRule(),
    Range.kind: RangeRule(),
    Collation.kind: CollationRule(),
    ShellType.kind: ShellTypeRule(),
    BaseType.kind: BaseTypeRule(),
    Language.kind: LanguageRule(),
    AccessMethod.kind: AccessMethodRule(),
    Transform.kind: TransformRule(),
    Conversion.kind: ConversionRule(),
    Sequence.kind: SequenceRule(),
    Wrapper.kind: WrapperRule(),
    ForeignServer.kind: ServerRule(),
    UserMapping.kind: UserMappingRule(),
    Ownership.kind: OwnershipRule(),
    Table.kind: TableRule(),
    Inheritance.kind: InheritanceRule(),
    Typing.kind: TypingRule(),
    Column.kind: ColumnRule(),
    Default.kind: DefaultRule(),
    Constraint.kind: ConstraintRule(),
    Index.kind: IndexRule(),
    ReplicaIdentity.kind: ReplicaIdentityRule(),
    Clustering.kind: ClusteringRule(),
    Function.kind: FunctionRule(),
    Aggregate.kind: AggregateRule(),
    Operator.kind: OperatorRule(),
    OperatorFamily.kind: OperatorFamilyRule(),
    OperatorClass.kind: OperatorClassRule(),
    Cast.kind: CastRule(),
    View.kind: ViewRule(),
    MaterializedView.kind: MaterializedViewRule(),
    Trigger.kind: TriggerRule(),
    TriggerState.kind: TriggerStateRule(),
    EventTrigger.kind: EventTriggerRule(),
    Statistics.kind: StatisticsRule(),
    RewriteRule.kind: RewriteRuleRule(),
    SearchParser.kind: ParametersRule("TEXT SEARCH PARSER"),
    SearchTemplate.kind: ParametersRule("TEXT SEARCH TEMPLATE"),
    SearchDictionary.kind: SearchDictionaryRule(),
    SearchConfiguration.kind: SearchConfigurationRule(),
    Publication.kind: PublicationRule(),
    Policy.kind: PolicyRule(),
    Grant.kind: GrantRule(),
    DefaultPrivilege.kind: DefaultPrivilegeRule(),
    Owner.kind: OwnerRule(),
    Comment.kind: CommentRule(),
}

__all__ = ["RULES", "Rule", "Sides", "Work", "comes_by_serial", "gets_sequence", "inputs", "relation_names", "unwanted"]
