"""The facts of a schema: one frozen value for each thing that PostgreSQL can create, alter or drop by itself.

Two facts of one identity are "the same" when they are equal; a field with `compare=False` tells a
reader something but is no difference. Fields hold what the catalog query of the same kind
(`sql/<kind>.sql`) selects under that name. Types, expressions and definitions are PostgreSQL's own
deparsed text, read with an empty search_path, so every name in them is qualified.
"""

from __future__ import annotations

from .access import DefaultPrivilege, Grant, Policy
from .base import Fact
from .code import Function, MaterializedView, Trigger, View, ViewColumn
from .databases import Comment, Extension, Schema
from .tables import Clustering, Column, Constraint, Default, Identity, Index, IndexKey, ReplicaIdentity, Table
from .types import Domain, Enum, Ownership, Sequence

__all__ = [
    "Clustering",
    "Column",
    "Comment",
    "Constraint",
    "Default",
    "DefaultPrivilege",
    "Domain",
    "Enum",
    "Extension",
    "Fact",
    "Function",
    "Grant",
    "Identity",
    "Index",
    "IndexKey",
    "MaterializedView",
    "Ownership",
    "Policy",
    "ReplicaIdentity",
    "Schema",
    "Sequence",
    "Table",
    "Trigger",
    "View",
    "ViewColumn",
]
