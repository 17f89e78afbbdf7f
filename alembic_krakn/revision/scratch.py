"""Make a database for one rehearsal, in prod's likeness if that is wanted, and drop it afterwards."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from .. import embedded
from ..catalog import Catalog, Extension, read_catalog
from ..connect import Address, Likeness, Side, WritableConnection, creation, open_test, settle
from ..diff import plan
from ..errors import ConnectError, RevisionError
from ..names import Ident, Name, text_of, verbatim
from .failures import explain

logger = logging.getLogger(__name__)

OTHERWISE = "or use --base prod to place the new revision at prod's own, as a branch"
_DEFAULT_PATH = '"$user", public'


@contextlib.contextmanager
def scratch_database(
    like: Likeness, *, setting: Address | None = None, test: Address | None = None
) -> Iterator[Address]:
    """Give an empty database of its own: on the server of the setting, else on test's, else on the embedded PostgreSQL.

    Test's server is used where its role may create databases.
    """
    with contextlib.ExitStack() as stack:
        if setting is not None:
            server = replace(setting, side=Side.SCRATCH)
        elif test is not None and _may_create(test):
            server = replace(test, side=Side.SCRATCH)
        else:
            server = stack.enter_context(_embedded())
        name = f"krakn_scratch_{secrets.token_hex(6)}"
        with open_test(server) as connection:
            _create(connection, name, like)
        try:
            yield _with_search_path(server.with_database(name), like.search_path)
        finally:
            _drop(server, name)


def _may_create(test: Address) -> bool:
    with open_test(test) as connection:
        (row,) = connection.fetch(
            "SELECT r.rolcreatedb OR r.rolsuper AS may FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user"
        )
    return bool(row["may"])


@contextlib.contextmanager
def _embedded() -> Iterator[Address]:
    folder = Path(tempfile.mkdtemp(prefix="krakn-scratch-"))
    try:
        yield settle(embedded.start(folder / "data", delete=True), Side.SCRATCH, origin="the embedded PostgreSQL")
    except ConnectError as exc:
        raise RevisionError(
            "there is no place for a scratch database: test's role may not create one (CREATEDB), and the embedded"
            f" PostgreSQL did not start ({exc}); grant CREATEDB, set scratch_url, or use --base prod"
        ) from exc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(connection: WritableConnection, name: str, like: Likeness) -> None:
    """Create the database like prod; a server that lacks prod's locale gives it C, then whatever it has."""
    problem: Exception | None = None
    encoding = {"ENCODING": like.encoding}
    for options in (encoding | like.locale, encoding | {"LOCALE": "C"}, {}):
        try:
            connection.execute(creation(name, options))
        except psycopg.Error as exc:
            problem = exc
            logger.debug("a scratch database with %s cannot be created: %s", sorted(options), type(exc).__name__)
        else:
            return
    raise RevisionError(
        f"the scratch database cannot be created on {connection.address.shown} (from {connection.address.origin}):"
        f" {str(problem).splitlines()[0]}; let its role create databases (CREATEDB), set scratch_url,"
        " or use --base prod"
    ) from None


def _drop(server: Address, name: str) -> None:
    try:
        with open_test(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Name(name)))
    except (ConnectError, psycopg.Error) as exc:  # what went wrong before says more
        logger.warning("the scratch database %s on %s is still there: %s", name, server.shown, type(exc).__name__)


def _with_search_path(address: Address, path: str) -> Address:
    """Let every session on the address begin with prod's search_path, which may be set for its database or role."""
    if path == _DEFAULT_PATH:
        return address
    escaped = re.sub(r"([\\\s])", r"\\\1", path)
    options = " ".join(filter(None, [address.parameters.get("options"), f"-c search_path={escaped}"]))
    return replace(address, given=tuple({**dict(address.given), "options": options}.items()))


def build(scratch: WritableConnection, have: Catalog) -> None:
    """Create everything that prod has, in one transaction.

    An extension that the server lacks, or that wants one database for itself, is left out with a warning: what needs it
    says so when it is built, and most often nothing does.
    """
    with scratch.snapshot():
        empty = read_catalog(scratch.ask)
    with scratch.transaction():
        scratch.execute("SET LOCAL check_function_bodies = off")
        scratch.take_own_path()  # every name in a plan is qualified, but not what functions of indexes call
        without: dict[Ident, str] = {}
        for step in plan(empty, have.without_owners()).steps:
            if isinstance(step.want, Extension):
                if (problem := _created(scratch, step.want, step.statements)) is not None:
                    without[step.ident] = problem
                continue
            if step.want is not None and step.want.parent in without:
                continue
            try:
                for statement in step.statements:
                    scratch.execute(verbatim(statement))
            except psycopg.Error as exc:
                more = "".join(f", and {ident} is not there, which failed with {why}" for ident, why in without.items())
                raise RevisionError(
                    f"prod's schema cannot be built on {scratch.address.shown} (from {scratch.address.origin}):"
                    f" {step.ident} failed with {explain(exc)}{more}; give scratch_url a server with prod's extensions"
                    f" and roles, {OTHERWISE}"
                ) from None
    for ident, why in without.items():
        logger.warning(
            "the scratch database on %s is without %s, which failed with %s", scratch.address.shown, ident, why
        )


def _created(scratch: WritableConnection, extension: Extension, statements: Sequence[str]) -> str | None:
    """Create an extension, in the version that the server has where it lacks this one, or say why it cannot be had."""
    version = text_of(sql.SQL(" VERSION {}").format(sql.Literal(extension.version)))
    problem = None
    for wanted in (statements, [each.removesuffix(version) for each in statements]):
        try:
            with scratch.transaction():
                for statement in wanted:
                    scratch.execute(verbatim(statement))
        except psycopg.Error as exc:
            problem = problem or explain(exc)
        else:
            return None
    return problem
