"""Write a diff for a program: its result in, a document of plain data out, as docs/json.md describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from ..catalog import Fact
from ..diff import Change, Hazard, Verb, invalid_indexes
from ..names import Ident
from . import diff_document as to
from .differences import arrange
from .summary import summarize

if TYPE_CHECKING:
    from ..api import DiffResult
    from ..diff import ColumnOrder
    from ..sides import Choice
    from ..team import PendingRevision


def document(result: DiffResult) -> to.Document:
    """Give the whole diff."""
    summary = summarize(result, arrange(result))
    return {
        "version": to.VERSION,
        "prod": {"database": result.prod, "revisions": _or_none(result.at)},
        "test": {"database": result.test},
        "to": result.to,
        "reverse": result.reverse,
        "pending": None if result.pending is None else [_revision(each) for each in result.pending],
        "choice": _choice(result.choice),
        "column_order": None if result.column_orders is None else list(map(_order, result.column_orders)),
        "suggestions": [
            {
                "kind": each.have.kind,
                "have": list(each.have.path),
                "want": list(each.want.path),
                "likeness": round(each.likeness, 2),
                "why": each.why,
            }
            for each in result.open
        ],
        "changes": [_change(change, result.explained) for change in result.plan.changes],
        "invalid_indexes": {
            "prod": [list(index.ident.path) for index in invalid_indexes(result.have)],
            "test": [list(index.ident.path) for index in invalid_indexes(result.want)],
        },
        "uncompared": dict(result.plan.uncompared),
        "summary": {
            "differences": summary.differences,
            "added": summary.added,
            "changed": summary.changed,
            "removed": summary.removed,
            "rebuilt": summary.rebuilt,
            "explained": summary.explained,
            "drift": summary.drift,
            "hazards": dict(summary.hazards),
        },
    }


def _change(change: Change, explained: Mapping[Ident, tuple[PendingRevision, ...]] | None) -> to.Change:
    by = None if explained is None else [each.revision for each in explained.get(change.ident, ())]
    return {
        "verb": change.verb.value,
        "kind": change.ident.kind,
        "path": list(change.ident.path),
        "was": list(change.have.ident.path) if change.verb is Verb.RENAME and change.have else None,
        "have": _fact(change.have),
        "want": _fact(change.want),
        "hazards": [_hazard(hazard) for hazard in change.hazards],
        "because": _ident(change.because) if change.because else None,
        "explained_by": by,
    }


def _choice(choice: Choice) -> to.Choice:
    return {
        "only": list(choice.only),
        "exclude": list(choice.exclude),
        "keep_prod_only": choice.keep_prod_only,
        "kept": [_ident(ident) for ident in choice.kept],
        "replaced": [{**_ident(ident), "by": _ident(other)} for ident, other in choice.replaced],
    }


def _order(each: ColumnOrder) -> to.ColumnOrder:
    return {"table": list(each.table.path), "have": list(each.have), "want": list(each.want)}


def _hazard(hazard: Hazard) -> to.Hazard:
    said: to.Hazard = {"kind": hazard.kind.value, "message": hazard.message}
    if answer := hazard.answer:
        said["rows"], said["keys"] = answer.rows, list(answer.keys)
        said["unanswered"], said["note"] = answer.unanswered or None, answer.note or None
    return said


def _revision(each: PendingRevision) -> to.Revision:
    return {"revision": each.revision, "message": each.message}


def _ident(ident: Ident) -> to.Thing:
    return {"kind": ident.kind, "path": list(ident.path)}


def _fact(fact: Fact | None) -> dict[str, Any] | None:
    return None if fact is None else {name: value for name, value in _plain(fact).items() if name not in fact.key}


def _plain(value: Any) -> Any:
    if isinstance(value, Ident):
        return _ident(value)
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _or_none(revisions: tuple[str, ...] | None) -> list[str] | None:
    return None if revisions is None else list(revisions)
