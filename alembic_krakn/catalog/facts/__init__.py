"""The facts of a schema: one frozen value for each thing that PostgreSQL can create, alter or drop by itself.

Two facts of one identity are "the same" when they are equal; a field with `compare=False` tells a
reader something but is no difference. Fields hold what the catalog query of the same kind
(`sql/<kind>.sql`) selects under that name. Types, expressions and definitions are PostgreSQL's own
deparsed text, read with an empty search_path, so every name in them is qualified.
"""

from __future__ import annotations

from .access import DefaultPrivilege, Grant, Owner, Policy
from .base import Fact
from .code import ColumnSetting, Function, MaterializedView, Trigger, TriggerState, View, ViewColumn
from .databases import Comment, Extension, Schema
from .extending import (
    AccessMethod,
    BaseType,
    Conversion,
    Language,
    OperatorClass,
    OperatorFamily,
    OperatorMember,
    SearchParser,
    SearchTemplate,
    ShellType,
    Transform,
)
from .foreign import ForeignServer, UserMapping, Wrapper
from .indexes import Clustering, Index, IndexKey, ReplicaIdentity
from .rarer import (
    Aggregate,
    Cast,
    Collation,
    EventTrigger,
    Operator,
    Publication,
    Published,
    RewriteRule,
    SearchConfiguration,
    SearchDictionary,
    Statistics,
)
from .tables import Column, Constraint, Default, Identity, Inheritance, Table, Typing
from .types import Attribute, Composite, Domain, DomainConstraint, Enum, Ownership, Range, Sequence

__all__ = [
    "AccessMethod",
    "Aggregate",
    "Attribute",
    "BaseType",
    "Cast",
    "Clustering",
    "Collation",
    "Column",
    "ColumnSetting",
    "Comment",
    "Composite",
    "Constraint",
    "Conversion",
    "Default",
    "DefaultPrivilege",
    "Domain",
    "DomainConstraint",
    "Enum",
    "EventTrigger",
    "Extension",
    "Fact",
    "ForeignServer",
    "Function",
    "Grant",
    "Identity",
    "Index",
    "IndexKey",
    "Inheritance",
    "Language",
    "MaterializedView",
    "Operator",
    "OperatorClass",
    "OperatorFamily",
    "OperatorMember",
    "Owner",
    "Ownership",
    "Policy",
    "Publication",
    "Published",
    "Range",
    "ReplicaIdentity",
    "RewriteRule",
    "Schema",
    "SearchConfiguration",
    "SearchDictionary",
    "SearchParser",
    "SearchTemplate",
    "Sequence",
    "ShellType",
    "Statistics",
    "Table",
    "Transform",
    "Trigger",
    "TriggerState",
    "Typing",
    "UserMapping",
    "View",
    "ViewColumn",
    "Wrapper",
]
