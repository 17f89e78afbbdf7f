"""Run one command from its options to its exit code, and explain to a person what went wrong."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from .. import config
from ..errors import KraknError
from ..report import diff_text
from .project import Project
from .. import api


def run(name: str, options: argparse.Namespace, find_project: Callable[[], Project], *, failed: str) -> int:
    project = find_project()
    settings = config.load(vars(options), environ=os.environ, folder=project.folder, ini=project.ini)
    result = api.diff(settings, project=project.config)
    print("\n".join(diff_text.lines(result)))
    return 0
