"""Load the team's revision files without any database: a project in; all its revisions, also broken ones, out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.script import Script, ScriptDirectory, revision
from alembic.script.revision import RevisionMap
from alembic.util import CommandError

from ..errors import KraknError, RevisionError
from .failures import explain
from .refusing import databases_refused, undisturbed

if TYPE_CHECKING:
    from alembic.config import Config


def scripts_of(config: Config) -> ScriptDirectory:
    """Load every revision file of a project.

    A file that cannot be imported, because it needs a database or an application that is not there, is loaded
    statement by statement; what is missing then fails when it is used.
    """
    with undisturbed(), databases_refused():
        directory = ScriptDirectory.from_config(config)
        try:
            found = list(_scripts(directory))
            directory.revision_map = RevisionMap(lambda: found)
            directory.get_heads()  # puts them in order
        except (CommandError, revision.RevisionError) as exc:
            raise RevisionError(f"the revisions in {folders_of(directory)} cannot be put in order: {exc}") from None
        except KeyError as exc:
            raise RevisionError(
                f"a revision in {folders_of(directory)} stands on {exc.args[0]!r}, which is in none of the files there;"
                " pull, or put its file back"
            ) from None
    return directory


def files_of(directory: ScriptDirectory) -> dict[Path, None]:
    """List the files that revisions are in, each once."""
    return {
        path.resolve(): None
        for location in directory._version_locations
        if location.exists()
        for path in Script._list_py_dir(directory, location)
    }


def folders_of(directory: ScriptDirectory) -> str:
    """Say where a project's revisions are."""
    return ", ".join(directory.version_locations or [f"{directory.dir}/versions"])


def _scripts(directory: ScriptDirectory) -> Iterator[Script]:
    for path in files_of(directory):
        try:
            script = Script._from_path(directory, path)
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # SystemExit too: a revision is the team's code, and may end a process
            script = _in_pieces(path, exc)
        if script:
            yield script


def _in_pieces(path: Path, problem: BaseException) -> Script:
    """Run the statements of a revision file one by one, past those that fail."""
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError):
        raise RevisionError(f"{path} cannot be read: {explain(problem)}") from None
    module.__doc__ = ast.get_docstring(tree)
    for statement in tree.body:
        try:
            exec(compile(ast.Module([statement], []), str(path), "exec"), vars(module))
        except KeyboardInterrupt:
            raise
        except BaseException as exc:
            for name in _names(statement):
                setattr(module, name, _Missing(name, exc))
    if isinstance(getattr(module, "revision", None), str):
        return Script(module, module.revision, path)
    raise RevisionError(f"{path} says no revision, and cannot be imported: {explain(problem)}")


def _names(statement: ast.stmt) -> Iterator[str]:
    """Give the names that a statement would have set."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


class _Missing:
    """Stand for what could not be imported."""

    def __init__(self, name: str, problem: BaseException) -> None:
        self.__dict__["said"] = (name, problem)

    def _fail(self, *_arguments: Any, **_options: Any) -> NoReturn:
        name, problem = self.__dict__["said"]
        why = str(problem) if isinstance(problem, KraknError) else explain(problem)
        raise RevisionError(f"it uses {name}, which could not be loaded: {why}")

    __getattr__ = __call__ = __getitem__ = __iter__ = __len__ = __bool__ = _fail
