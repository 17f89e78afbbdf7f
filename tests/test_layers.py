"""The house stands: a room imports only what is beneath it, and only few rooms know Alembic."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import alembic_krakn

HOUSE = Path(alembic_krakn.__file__).parent

# From the ground up. A room may import those of the floors below, and of its own floor those named after it.
FLOORS: list[dict[str, set[str]]] = [
    {"errors": set(), "names": set(), "progress": set(), "renames": {"names"}},
    {"config": {"config_files"}, "config_files": set(), "connect": set(), "embedded": set(), "addresses": {"connect"}},
    {"catalog": set(), "version_tables": {"catalog"}},
    {"diff": set(), "mask": set(), "checks": {"diff"}, "revision": {"diff"}, "sync": {"diff", "mask", "checks"}},
    {"sides": {"team"}, "team": set(), "report": set(), "api": {"sides", "team"}},
    {"cli": set(), "plugin": {"cli"}, "__main__": {"cli"}},
]
ALEMBIC = {"revision", "plugin"}  # who imports it as soon as they are imported


def test_rooms_import_only_what_is_beneath_them() -> None:
    wrong = [
        f"{path.relative_to(HOUSE.parent)}:{line} imports {room}"
        for path in modules()
        for line, room in krakn_imports(path)
        if not allowed(room_of(path), room)
    ]
    assert wrong == []


def test_every_room_has_a_floor() -> None:
    known = {room for floor in FLOORS for room in floor}
    assert {room_of(path) for path in modules()} - {"__init__"} == known


def test_only_revision_and_plugin_import_alembic_at_once() -> None:
    found = {room_of(path) for path in modules() for _, name in imports(path, at_once=True) if name[0] == "alembic"}
    assert found <= ALEMBIC


def test_only_the_cli_prints() -> None:
    printing = {
        room_of(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {"cli"}


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def allowed(room: str, imported: str) -> bool:
    if imported in ("__init__", room) or room == "__init__":
        return True
    here, there = floor_of(room), floor_of(imported)
    return there < here or (there == here and imported in FLOORS[here][room])


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def krakn_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Give the rooms that a module imports, whenever it does."""
    rooms = {room for floor in FLOORS for room in floor}
    for line, name in imports(path):
        if name[0] == "alembic_krakn":
            yield line, name[1] if len(name) > 1 and name[1] in rooms else "__init__"


def imports(path: Path, *, at_once: bool = False) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give what a module imports at run time, as dotted names in parts; `at_once` leaves out what functions import."""
    package = path.relative_to(HOUSE.parent).with_suffix("").parts[:-1]
    queue: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            queue.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((node.lineno, (*module, alias.name)) for alias in node.names)
        elif not (at_once and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            queue.extend(ast.iter_child_nodes(node))
