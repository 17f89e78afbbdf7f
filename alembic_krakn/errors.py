"""The problems that krakn explains to a person, as one small tree.

    KraknError                  could not run (exit code 2)
    +-- SettingsError           a flag, a variable or a settings file is wrong
    +-- ConnectError            a database cannot be reached, or must not be used
    +-- PlanError               the changes cannot be put in an order that runs
    +-- RevisionError           Alembic's part: revisions, env.py, the file to write
    +-- ProfileError            the sync profile does not fit the databases, or itself
    +-- SyncError               rows could not be moved; test is as it was
        +-- ValidationFailed    the rows arrived, but a check says they are not right (exit code 1)
        +-- Interrupted         somebody stopped it (exit code 130)

A message says what was found, what was expected, where it came from and what to do. It holds
names and counts, never a password, a key or the value of a row.
"""

from __future__ import annotations


class KraknError(Exception):
    """Tell a person why krakn could not go on."""

    exit_code = 2


class SettingsError(KraknError):
    """A flag, an environment variable or a settings file is wrong."""


class ConnectError(KraknError):
    """A database cannot be reached, or must not be used for this."""


class PlanError(KraknError):
    """The changes cannot be put in an order that runs."""


class RevisionError(KraknError):
    """Alembic's part went wrong: revisions, env.py or the file to write."""


class ProfileError(KraknError):
    """The sync profile does not fit the databases, or itself."""


class SyncError(KraknError):
    """Rows could not be moved; the test database is as it was."""


class ValidationFailed(SyncError):
    """The rows arrived, but a check says that they are not right; the test database is as it was."""

    exit_code = 1


class Interrupted(SyncError):
    """Somebody stopped the sync; the test database is as it was."""

    exit_code = 130
