"""Read settings files: pyproject.toml and alembic.ini in; what each says about which setting out, with its place.

Nothing of a line is ever quoted, as a line may hold a password.
"""

from __future__ import annotations

import configparser
import difflib
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # not installed on newer Pythons

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Found:
    """What one place says about one setting."""

    value: Any = field(repr=False)
    origin: str
    folder: Path | None = None  # of the file, which paths in it start from


def in_files(pyproject: Path, ini: Path, section: str, known: Collection[str]) -> dict[str, Found]:
    """Read both files, which may share the `known` settings between them but not contradict each other."""
    first, second = (
        {name: one for name, one in said.items() if one.value != ""}  # a place to fill in, as good as none
        for said in (_pyproject(pyproject, known), _ini(ini, section, known))
    )
    for name in sorted(first.keys() & second.keys()):
        if first[name].value != second[name].value:
            raise SettingsError(
                f"{first[name].origin} and {second[name].origin} say different things; remove {name} from one of them"
            )
    return {**second, **first}


def _pyproject(path: Path, known: Collection[str]) -> dict[str, Found]:
    problem = ""
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except FileNotFoundError:
        return {}
    except OSError as exc:
        problem = str(exc.strerror)
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except tomllib.TOMLDecodeError as exc:
        # Nothing but the place: the rest may quote the line, and the line may hold a password.
        place = re.search(r"at line \d+|at end of document", str(exc))
        problem = f"it is not TOML ({place[0]})" if place else "it is not TOML"
    if problem:
        raise SettingsError(f"{path} cannot be read: {problem}")
    table = tool.get("krakn", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: tool.krakn is not a table; write its settings under [tool.krakn]")
    _refuse_unknown(table, path, "[tool.krakn]", known)
    return {name: Found(value, f"{name} in {path}", path.parent) for name, value in table.items()}


def _ini(path: Path, section: str, known: Collection[str]) -> dict[str, Found]:
    # '%' must be doubled and %(here)s is the file's folder, as Alembic has it in this file.
    parser = configparser.ConfigParser({"here": str(path.absolute().parent).replace("%", "%%")})
    problem, name = "", ""
    found = {}
    try:
        parser.read(path, encoding="utf-8")
        if not parser.has_section(section):
            return {}
        names = [name for name in parser[section] if name in known or name not in parser.defaults()]
        _refuse_unknown(names, path, f"[{section}]", known)
        for name in names:
            found[name] = Found(parser[section][name], f"{name} in {path}", path.parent)
    except UnicodeDecodeError:
        problem = "cannot be read: it is not UTF-8"
    except configparser.InterpolationMissingOptionError as exc:
        problem = f"{name} refers to %({exc.reference})s, which is not defined there"
    except configparser.InterpolationError:
        problem = f"{name} has a '%' alone; write it twice: '%%'"
    except configparser.Error as exc:
        # Nothing but the place, for the same reason as above.
        lines = [exc.lineno] if hasattr(exc, "lineno") else [line for line, _ in getattr(exc, "errors", ())]
        problem = f"is no ini file from line {lines[0]} on" if lines else "is no ini file"
    if problem:
        raise SettingsError(f"{path}: {problem}")
    return found


def _refuse_unknown(names: Iterable[str], path: Path, table: str, known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}"
            raise SettingsError(f"{path}: {table} has an unknown key {name!r}; {hint}")


def settled(name: str, found: Found, environ: Mapping[str, str]) -> Any:
    """Put the variables into what a file says, and let its paths start from its folder."""
    if found.folder is None:
        return found.value
    if isinstance(found.value, list):
        return [settled(name, replace(found, value=each), environ) for each in found.value]
    if not isinstance(found.value, str):
        return found.value

    def look_up(reference: re.Match[str]) -> str:
        if not environ.get(reference[1]):
            raise SettingsError(f"{found.origin}: the environment variable {reference[1]} is not set, or is empty")
        return environ[reference[1]]

    value = _REFERENCE.sub(look_up, found.value)
    return found.folder / value if name == "profile" else value
