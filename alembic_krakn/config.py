"""Gather the settings: flags, environment and settings files go in, one frozen value that knows its origins comes out.

The first that says anything about a setting wins: a flag, then the environment (`KRAKN_PROD_URL`), then a file:
`[tool.krakn]` in pyproject.toml or `[krakn]` in alembic.ini. Both files may be used, but they must not contradict
each other. In both, `${NAME}` stands for an environment variable, put in as it is, so that passwords stay out of files:

    [tool.krakn]
    prod_url = "postgresql://reader:${PROD_PASSWORD}@db.example.org/shop"
    exclude_schemas = ["audit"]
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator

from .config_files import Found, in_files, settled
from .errors import SettingsError
from .names import split

logger = logging.getLogger(__name__)

# Variables of krakn that are no settings: the secret of the masks, and the server that the tests run on.
_OTHER_VARIABLES = frozenset({"KRAKN_MASK_KEY", "KRAKN_TEST_SERVER"})
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

    def url(self, side: str) -> str:
        """Give the URL of a database, with its password, or say how to set it; `side` is prod, test or scratch."""
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
        **in_files(folder / "pyproject.toml", ini or folder / "alembic.ini", ini_section, Settings.model_fields),
        **_environment(environ),
        **{name: Found(flags[name], flag(name)) for name in Settings.model_fields if flags.get(name) is not None},
    }
    values = {name: settled(name, one, environ) for name, one in found.items()}
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


def _environment(environ: Mapping[str, str]) -> dict[str, Found]:
    variables = {variable(name): name for name in Settings.model_fields}
    for name in sorted(environ):
        # Others may have variables of this prefix; only what looks like a slip is worth a remark.
        if name.startswith("KRAKN_") and name not in variables and name not in _OTHER_VARIABLES:
            near = difflib.get_close_matches(name, variables, 1, cutoff=0.85)
            if near:
                logger.warning("%s is not a setting of krakn; did you mean %s?", name, near[0])
    return {name: Found(environ[key], key) for key, name in variables.items() if environ.get(key)}


def _plain(message: str) -> str:
    """Turn pydantic's message into one that goes on after a colon."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
