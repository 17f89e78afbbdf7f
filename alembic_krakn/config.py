"""Gather the settings: flags, environment and settings files go in, one frozen value that knows its origins comes out.

The first that says anything about a setting wins: a flag, then the environment (`KRAKN_PROD_URL`), then a file:
`[tool.krakn]` in pyproject.toml or `[krakn]` in alembic.ini. Both files may be used, but they must not contradict
each other. In both, `${NAME}` stands for an environment variable, put in as it is, so that passwords stay out of files:

    [tool.krakn]
    prod_url = "postgresql://reader:${PROD_PASSWORD}@db.example.org/shop"
    exclude_schemas = ["audit"]
"""

from __future__ import annotations

import configparser
import difflib
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator

from .errors import SettingsError
from .names import split

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # not installed on newer Pythons

logger = logging.getLogger(__name__)

# Variables of krakn that are no settings: the secret of the masks, and the server that the tests run on.
_OTHER_VARIABLES = frozenset({"KRAKN_MASK_KEY", "KRAKN_TEST_SERVER"})
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DURATION = re.compile(r"\d+(\.\d+)?\s*(us|ms|s|min|h|d)?")


class Settings(BaseModel):
    """What krakn shall work on and how; URLs are never printed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prod_url: SecretStr | None = None
    test_url: SecretStr | None = None
    scratch_url: SecretStr | None = None  # where databases may be made and dropped
    schemas: tuple[str, ...] = ()  # none named: all
    exclude_schemas: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # patterns of what may change; none: everything
    exclude: tuple[str, ...] = ()  # patterns of what stays as prod has it
    to: Literal["test", "head", "models"] = "test"  # what prod is compared with
    keep_prod_only: bool = False  # never drop what only prod has
    owners: bool = False  # compare who owns things, where `to` is test
    column_order: bool = False  # remark on columns that stand in another order
    version_table: str = "alembic_version"
    profile: Path | None = None  # of krakn-sync
    protected: tuple[str, ...] = ()  # patterns of hosts, or host/database, that are never test
    fill: Literal["none", "auto"] = "none"  # where test needs a value and prod has none: fail, or find one
    on_violation: Literal["fail", "quarantine"] = "fail"  # where rows of prod break a constraint of test
    mode: Literal["replace", "upsert", "append"] = "replace"  # which rows of test a sync changes
    delete_vanished: bool = False  # with upsert: delete the rows of test that prod does not give
    statement_timeout: str | None = None  # None leaves it to the server
    lock_timeout: str = "10s"
    max_rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)  # MB/s that a sync reads from prod
    max_snapshot_age: str | None = None  # of prod's snapshot in a sync
    swap: bool = False  # sync into a new database and put it in the place of test
    jobs: int = Field(default=1, ge=1, le=64)  # with swap: connections to each side
    keep_before: int = Field(default=1, ge=0)  # with swap: how many former databases stay
    log_format: Literal["text", "json"] = "text"  # of what is said on stderr
    base: Literal["head", "prod"] = "head"  # where a new revision stands: on the project's head, or on prod's revision

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    def origin(self, name: str) -> str:
        """Say where a setting came from: '--prod', 'KRAKN_PROD_URL', 'prod_url in pyproject.toml', 'the default'."""
        return self._origins.get(name, "the default")

    def url(self, side: Literal["prod", "test", "scratch"]) -> str:
        """Give the URL of a database, with its password, or say how to set it."""
        name = f"{side}_url"
        secret: SecretStr | None = getattr(self, name)
        if secret is None:
            raise SettingsError(
                f"no URL for {side}: give {flag(name)} URL, set {variable(name)}, or write {name} under [tool.krakn] in"
                " pyproject.toml or under [krakn] in alembic.ini"
            )
        return secret.get_secret_value()

    @field_validator("schemas", "exclude_schemas", "protected", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Let variables and ini files write lists with commas or line breaks."""
        return [part for part in re.split(r"\s*[,\n]\s*", value.strip()) if part] if isinstance(value, str) else value

    @field_validator("only", "exclude", mode="before")
    @classmethod
    def _split_patterns(cls, value: object) -> object:
        """Split lists of patterns, whose functions have commas in parentheses."""
        given = value.splitlines() if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
            return value
        return [part for each in given for part in split(each, ",") if part]

    @field_validator("statement_timeout", "lock_timeout", "max_snapshot_age")
    @classmethod
    def _is_duration(cls, value: str | None) -> str | None:
        if value is not None and not _DURATION.fullmatch(value):
            raise ValueError("a duration is a number and a unit of PostgreSQL's: 500ms, 30s, 5min, 2h, or 0 for none")
        return value


@dataclass(frozen=True)
class _Found:
    """What one place says about one setting."""

    value: Any
    origin: str
    folder: Path | None = None  # of the file, which paths in it start from

    def __repr__(self) -> str:
        return f"<{self.origin}>"


def load(
    flags: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    folder: Path,
    ini: Path | None = None,
    ini_section: str = "krakn",
) -> Settings:
    """Gather the settings of the project in `folder`; its alembic.ini is `ini`, or the one in the folder.

    `flags` go by the names of the settings; None stands for a flag that was not given, other names are not looked at.
    """
    found = {
        **_files(folder / "pyproject.toml", ini or folder / "alembic.ini", ini_section),
        **_environment(environ),
        **{name: _Found(flags[name], flag(name)) for name in Settings.model_fields if flags.get(name) is not None},
    }
    values = {name: _settled(name, one, environ) for name, one in found.items()}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as exc:
        problems = [(str(error["loc"][0]), error["msg"]) for error in exc.errors(include_input=False)]
    else:
        settings._origins.update({name: one.origin for name, one in found.items()})
        return settings
    raise SettingsError("; ".join(f"{found[name].origin}: {_plain(message)}" for name, message in problems))


def flag(name: str) -> str:
    """Give the flag that sets a setting: '--prod' for prod_url, '--lock-timeout' for lock_timeout."""
    return "--" + name.removesuffix("_url").replace("_", "-")


def variable(name: str) -> str:
    """Give the environment variable that sets a setting."""
    return f"KRAKN_{name.upper()}"


def _environment(environ: Mapping[str, str]) -> dict[str, _Found]:
    variables = {variable(name): name for name in Settings.model_fields}
    for name in sorted(environ):
        # Others may have variables of this prefix; only what looks like a slip is worth a remark.
        if name.startswith("KRAKN_") and name not in variables and name not in _OTHER_VARIABLES:
            near = difflib.get_close_matches(name, variables, 1, cutoff=0.85)
            if near:
                logger.warning("%s is not a setting of krakn; did you mean %s?", name, near[0])
    return {name: _Found(environ[key], key) for key, name in variables.items() if environ.get(key)}


def _files(pyproject: Path, ini: Path, section: str) -> dict[str, _Found]:
    """Read both files, which may share the settings between them but not contradict each other."""
    first, second = _pyproject(pyproject), _ini(ini, section)
    for name in sorted(first.keys() & second.keys()):
        if first[name].value != second[name].value:
            raise SettingsError(
                f"{first[name].origin} and {second[name].origin} say different things; remove {name} from one of them"
            )
    return {**second, **first}


def _pyproject(path: Path) -> dict[str, _Found]:
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
    _refuse_unknown(table, path, "[tool.krakn]")
    return {name: _Found(value, f"{name} in {path}", path.parent) for name, value in table.items()}


def _ini(path: Path, section: str) -> dict[str, _Found]:
    # '%' must be doubled and %(here)s is the file's folder, as Alembic has it in this file.
    parser = configparser.ConfigParser({"here": str(path.absolute().parent).replace("%", "%%")})
    problem, name = "", ""
    found = {}
    try:
        parser.read(path, encoding="utf-8")
        if not parser.has_section(section):
            return {}
        names = [name for name in parser[section] if name in Settings.model_fields or name not in parser.defaults()]
        _refuse_unknown(names, path, f"[{section}]")
        for name in names:
            found[name] = _Found(parser[section][name], f"{name} in {path}", path.parent)
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


def _refuse_unknown(names: Iterable[str], path: Path, table: str) -> None:
    for name in names:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(Settings.model_fields)}"
            raise SettingsError(f"{path}: {table} has an unknown key {name!r}; {hint}")


def _settled(name: str, found: _Found, environ: Mapping[str, str]) -> Any:
    """Put the variables into what a file says, and let its paths start from its folder."""
    if found.folder is None or not isinstance(found.value, str):
        return found.value

    def look_up(reference: re.Match[str]) -> str:
        if not environ.get(reference[1]):
            raise SettingsError(f"{found.origin}: the environment variable {reference[1]} is not set, or is empty")
        return environ[reference[1]]

    value = _REFERENCE.sub(look_up, found.value)
    return found.folder / value if name == "profile" else value


def _plain(message: str) -> str:
    """Turn pydantic's message into one that goes on after a colon."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
