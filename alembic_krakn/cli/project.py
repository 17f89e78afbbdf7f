"""Find the Alembic project that a command is about: options go in; its configuration and its files come out."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

_NONE = "krakn works on an Alembic project here; name its alembic.ini or pyproject.toml with -c, or go to its folder"


@dataclass(frozen=True)
class Project:
    """Where the settings are, and Alembic's configuration if there is one."""

    folder: Path  # of pyproject.toml
    ini: Path
    config: Config | None = None

    def needed(self) -> Config:
        """Give Alembic's configuration, or say that there is none."""
        if self.config is None:
            raise SettingsError(f"no Alembic project was found in {self.folder.absolute()}; {_NONE}")
        return self.config


def of_host(config: Config) -> Project:
    """Give the project that the `alembic` program was pointed to."""
    options = config.cmd_opts
    named = bool(options and options.config) or "ALEMBIC_CONFIG" in os.environ
    ini, toml = Path(config.config_file_name or "alembic.ini"), Path(config.toml_file_name or "pyproject.toml")
    return _project(config, toml, ini, named=named)


def of_folder(options: argparse.Namespace) -> Project:
    """Give the project that `krakn` was pointed to, by the rules of alembic, or the one in the current folder."""
    toml, ini = _named(options.config or ())
    named = bool(options.config) or "ALEMBIC_CONFIG" in os.environ
    if not named and not ini.exists() and not toml.exists():
        return Project(toml.parent, ini)
    from alembic.config import Config

    config = Config(file_=str(ini), toml_file=str(toml), ini_section=options.name, cmd_opts=options)
    return _project(config, toml, ini, named=named)


def _named(given: tuple[str, ...] | list[str]) -> tuple[Path, Path]:
    """Give pyproject.toml and alembic.ini: what -c names, else what ALEMBIC_CONFIG names, else the usual ones."""
    found = {False: "alembic.ini", True: "pyproject.toml"}
    if variable := os.environ.get("ALEMBIC_CONFIG"):
        found[Path(variable).name == "pyproject.toml"] = variable
    seen = set()
    for name in given:
        is_toml = Path(name).name == "pyproject.toml"
        if is_toml in seen:
            raise SettingsError(f"-c {name}: only one {'pyproject.toml' if is_toml else 'ini file'} may be named")
        seen.add(is_toml)
        found[is_toml] = name
    return Path(found[True]), Path(found[False])


def _project(config: Config, toml: Path, ini: Path, *, named: bool) -> Project:
    try:
        found = config.get_alembic_option("script_location")
    except Exception as exc:  # the parsers of both kinds of file, and Alembic's own checks
        # The class alone: the message may quote a line of the file.
        raise SettingsError(
            f"{ini} or {toml} cannot be read as Alembic's configuration: {type(exc).__name__}"
        ) from None
    if found:
        return Project(toml.parent, ini, config)
    if named:
        places = " or ".join(str(path) for path in (ini, toml) if path.exists()) or f"{ini} (there is no such file)"
        raise SettingsError(f"no script_location was found in {places}; {_NONE}")
    return Project(toml.parent, ini)
