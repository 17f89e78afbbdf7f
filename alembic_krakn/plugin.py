"""Join the `alembic` program: Alembic loads this module as a plugin, and `alembic krakn-diff` and its sisters appear.

It must cost next to nothing and break nothing, as every `alembic` on the machine loads it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.config import CommandLine
    from alembic.runtime.plugins import Plugin

logger = logging.getLogger(__name__)

_BROKEN = "the krakn-* commands are not available: alembic-krakn could not join alembic (%s: %s)"


def setup(plugin: Plugin) -> None:  # noqa: ARG001
    """Wait for alembic.config, which cannot be imported yet: Alembic calls this while it is importing itself."""
    try:
        import wrapt

        wrapt.register_post_import_hook(attach, "alembic.config")
    except Exception as exc:  # whatever it is, alembic itself must go on
        logger.warning(_BROKEN, type(exc).__name__, exc)


def attach(module: ModuleType) -> None:
    """Let every command line that alembic.config makes have krakn's commands."""
    try:
        import wrapt

        wrapt.wrap_function_wrapper(module, "CommandLine._generate_args", _generate_args)
    except Exception as exc:  # a later Alembic may have no such method
        logger.warning(_BROKEN, type(exc).__name__, exc)


def _generate_args(
    wrapped: Callable[..., None], instance: CommandLine, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    wrapped(*args, **kwargs)
    try:
        from .cli.host import add_commands

        add_commands(instance.subparsers)
    except Exception as exc:
        logger.warning(_BROKEN, type(exc).__name__, exc)
