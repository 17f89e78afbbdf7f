"""Make the facts that belong to others: rows and addresses in; parents, types, comments and privileges out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..names import Ident
from . import facts as f
from .making import Address, Answer, Row


def address_of(row: Row) -> Address:
    return row["classid"], row["objid"], row["objsubid"]


def inheritances(tables: Sequence[f.Table]) -> list[f.Inheritance]:
    """Make the facts that say what a table is under, of what the tables' own query told."""
    return [
        f.Inheritance(
            schema=table.schema,
            table=table.name,
            partition_of=table.partition_of,
            bound=table.bound,
            inherits=table.inherits,
        )
        for table in tables
        if table.partition_of or table.inherits
    ]


def typings(tables: Sequence[f.Table]) -> list[f.Typing]:
    """Make the facts that say which type a table is of, of what the tables' own query told."""
    return [f.Typing(schema=each.schema, table=each.name, type=each.of_type) for each in tables if each.of_type]


def comments(answer: Answer, places: Mapping[Address, Ident]) -> Iterator[f.Comment]:
    """Make the comments whose object is a fact, or a column of one that is a view."""
    for row in answer.named():
        if (found := _annotated(row, places)) is not None:
            on, holder = found
            if row["of_index"]:
                on = Ident("index", (holder.path[0], holder.path[2]))
            if row["of_identity"]:
                on = Ident("identity", holder.path)
            if row["constraint"] is not None:
                kind = "domain constraint" if holder.kind == "domain" else "constraint"
                on = Ident(kind, (*holder.path[:2], row["constraint"]))
            yield f.Comment(on=on, text=row["text"], holder=holder)


def grants(answer: Answer, places: Mapping[Address, Ident]) -> Iterator[f.Grant]:
    """Make the privileges on what is a fact, on a column of one that is a view, and on what an extension has made."""
    for row in answer.named():
        if (found := _granted(row, places)) is not None:
            on, holder = found
            yield f.Grant(
                on=on,
                grantee="<owner>" if row["owned"] else row["grantee"],
                privileges=tuple(row["privileges"]),
                usual=tuple(row["usual"]),
                type=row["type"],
                role=row["grantee"],
                holder=holder,
                handed_on=tuple(row["handed_on"]),
            )


def _granted(row: Row, places: Mapping[Address, Ident]) -> tuple[Ident, Ident | None] | None:
    """Give what a privilege is on, and the fact that it goes away with; a language of PostgreSQL's own stays."""
    if row["named"] is not None:
        on = Ident(row["type"].lower(), tuple(row["named"]))
        return on, Ident(f.Extension.kind, (row["extension"],)) if row["extension"] else None
    found = _annotated(row, places)
    if found is not None and row["of_identity"]:
        return Ident("identity", found[1].path), found[1]
    return found


def _annotated(row: Row, places: Mapping[Address, Ident]) -> tuple[Ident, Ident] | None:
    """Give what a comment or a privilege is on, and the fact that it goes away with."""
    holder = at(places, address_of(row))
    if holder is None:
        return None
    if row["subname"] is not None and holder.kind != "column":
        return Ident("column", (*holder.path, row["subname"])), holder
    return holder, holder


def at(places: Mapping[Address, Ident], address: Address) -> Ident | None:
    """Give the fact at an address, or the one whose part that address is (a column of a view)."""
    found = places.get(address)
    return places.get((*address[:2], 0)) if found is None and address[2] else found
