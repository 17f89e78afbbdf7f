"""What people type: the options of each command, once for `alembic krakn-diff` and `krakn diff` alike.

Options that are settings too have the setting's name as `dest`, and None where they were not given.
Nothing is imported here but argparse: every `alembic` on the machine comes by.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command: its name in both programs, what `--help` says, and its options."""

    name: str  # of the command of `krakn`
    host_name: str | None  # of the command of `alembic`
    help: str
    description: str
    add_options: Callable[[argparse.ArgumentParser], None]


def add_common(parser: argparse.ArgumentParser, *, compares: bool = True) -> None:
    """Add what every command on two databases takes, and what only those take that compare schemas."""
    group = parser.add_argument_group("databases", "URLs in any spelling that SQLAlchemy or libpq knows")
    group.add_argument("--prod", dest="prod_url", metavar="URL", help="the database that is only read [KRAKN_PROD_URL]")
    group.add_argument(
        "--test", dest="test_url", metavar="URL", help="the database of the newer schema [KRAKN_TEST_URL]"
    )
    if compares:
        group.add_argument(
            "--schemas", metavar="NAMES", help="look at these schemas only, with commas between [KRAKN_SCHEMAS]"
        )
        group.add_argument("--exclude-schemas", metavar="NAMES", help="leave out these schemas [KRAKN_EXCLUDE_SCHEMAS]")
    group.add_argument(
        "--version-table",
        metavar="NAME",
        help="Alembic's own table, which is left out; env.py's word, else alembic_version [KRAKN_VERSION_TABLE]",
    )
    group.add_argument(
        "--lock-timeout", metavar="TIME", help="how long to wait for a lock, as in 30s [KRAKN_LOCK_TIMEOUT]"
    )
    group.add_argument(
        "--statement-timeout", metavar="TIME", help="how long one statement may take [KRAKN_STATEMENT_TIMEOUT]"
    )
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        help="how to say on stderr what happens: for people (default), or one JSON object a line [KRAKN_LOG_FORMAT]",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="explain each step on stderr")
    # Not False: alembic has a -q of its own before the command, whose value must not be overwritten.
    parser.add_argument(
        "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="print results only, no remarks"
    )


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add what shall change, and what shall not."""
    group = parser.add_argument_group(
        "choice",
        "a PATTERN is a kind, a name, or both: table, public.orders, '*.audit_*', 'table:public.order*'; what is not"
        " chosen stays as prod has it",
    )
    group.add_argument(
        "--to",
        choices=("test", "head", "models"),
        help="compare prod with test (default), with what all revisions of the project build, or with the models that"
        " env.py hands to Alembic; the last two in a scratch database, without test [KRAKN_TO]",
    )
    group.add_argument(
        "--only", action="append", metavar="PATTERN", help="change nothing else; may be repeated [KRAKN_ONLY]"
    )
    group.add_argument(
        "--exclude", action="append", metavar="PATTERN", help="do not change these; may be repeated [KRAKN_EXCLUDE]"
    )
    group.add_argument(
        "--keep-prod-only",
        action="store_true",
        default=None,
        help="never drop what only prod has, such as the index of a hotfix [KRAKN_KEEP_PROD_ONLY]",
    )
    group.add_argument(
        "--owners", action="store_true", default=None, help="compare who owns things as well [KRAKN_OWNERS]"
    )


def add_scratch(parser: argparse.ArgumentParser) -> None:
    """Add where pending revisions may be rehearsed."""
    parser.add_argument(
        "--scratch",
        dest="scratch_url",
        metavar="URL",
        help="a server where a database may be made and dropped, to rehearse the pending revisions in;"
        " else test's server, else the embedded PostgreSQL [KRAKN_SCRATCH_URL]",
    )


def add_check_data(parser: argparse.ArgumentParser) -> None:
    """Add whether prod's rows are asked."""
    parser.add_argument(
        "--check-data",
        action="store_true",
        help="ask prod, read-only, how many of its rows are in the way of each change that may fail, and show the keys"
        " of up to five of them; each question may take 30s, or what --statement-timeout says",
    )


def add_names(parser: argparse.ArgumentParser) -> None:
    """Add where former names are said."""
    parser.add_argument(
        "--profile",
        metavar="FILE",
        help="the sync profile, whose rename_from and from tell former names [KRAKN_PROFILE]",
    )


def add_diff(parser: argparse.ArgumentParser) -> None:
    """Add the options of diff."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    parser.add_argument("--exit-code", action="store_true", help="end with 1 when there are differences, else with 0")
    parser.add_argument(
        "--column-order",
        action="store_true",
        default=None,
        help="say which tables have their columns in another order, which is no difference [KRAKN_COLUMN_ORDER]",
    )
    parser.add_argument(
        "--reverse", action="store_true", help="show what would lead from test to prod: swap both sides"
    )
    add_choice(parser)
    add_names(parser)
    add_check_data(parser)
    add_scratch(parser)
    add_common(parser)


def add_migrate(parser: argparse.ArgumentParser) -> None:
    """Add the options of migrate, which are those of `alembic revision` where it has them."""
    parser.add_argument("-m", "--message", help="message of the revision")
    parser.add_argument("--sql", action="store_true", help="print the plan as SQL, and write no file")
    add_check_data(parser)
    parser.add_argument(
        "--online",
        action="store_true",
        help="for a database in use: indexes CONCURRENTLY, constraints NOT VALID first and validated later, timeouts;"
        " as many revisions as that takes",
    )
    parser.add_argument(
        "--reverse", action="store_true", help="with --sql: print what leads from test's schema to prod's"
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="run it in a scratch database, there and back, and compare what comes out; end with 1 where it differs",
    )
    parser.add_argument(
        "--base",
        choices=("head", "prod"),
        help="where the revision stands: on the project's head, after the pending revisions (default),"
        " or on prod's own revision [KRAKN_BASE]",
    )
    parser.add_argument("--head", metavar="REV", help="head revision or <branchname>@head to base the revision on")
    parser.add_argument("--splice", action="store_true", help="allow a non-head revision as the 'head' to splice onto")
    parser.add_argument("--branch-label", metavar="LABEL", help="a branch label to apply to the new revision")
    parser.add_argument("--version-path", metavar="PATH", help="path from the configuration to put the file in")
    parser.add_argument("--rev-id", metavar="ID", help="a revision id instead of a generated one")
    parser.add_argument(
        "--depends-on", metavar="REV", action="append", help="a revision that the new one depends on; may be repeated"
    )
    add_choice(parser)
    add_names(parser)
    add_scratch(parser)
    add_common(parser)


def add_sync(parser: argparse.ArgumentParser) -> None:
    """Add the options of sync."""
    parser.add_argument("--profile", metavar="FILE", help="rules and masks, as YAML, JSON or TOML [KRAKN_PROFILE]")
    parser.add_argument(
        "--fill",
        choices=("none", "auto"),
        help="where test needs a value and prod has none: stop and say so (none, the default), or find one that types,"
        " checks and keys take, and list it (auto) [KRAKN_FILL]",
    )
    parser.add_argument(
        "--mode",
        choices=("replace", "upsert", "append"),
        help="which rows of test change: all of them (replace, the default), the new and changed ones by key (upsert),"
        " or none, and those that test lacks are added (append) [KRAKN_MODE]",
    )
    parser.add_argument(
        "--delete-vanished",
        action="store_true",
        default=None,
        help="with --mode upsert, delete the rows of test that prod does not give [KRAKN_DELETE_VANISHED]",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan and masked sample rows, write nothing")
    parser.add_argument(
        "--yes",
        action="store_true",
        help="replace test's rows without asking; needed where nobody is at a terminal and krakn has never synced test",
    )
    parser.add_argument(
        "--protected",
        metavar="HOSTS",
        help="never write into these: 'db.example.org, *.prod.example.org, 10.0.0.5/shop' [KRAKN_PROTECTED]",
    )
    parser.add_argument(
        "--on-violation",
        choices=("fail", "quarantine"),
        help="what becomes of rows of prod that break a constraint of test: the sync fails and counts them (default),"
        " or they go into the table krakn_rejects of test, with what refers to them [KRAKN_ON_VIOLATION]",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    parser.add_argument(
        "--history",
        type=int,
        nargs="?",
        const=20,
        metavar="N",
        help="show the latest syncs into test (20, or so many) as its krakn_history tells, and do no more",
    )
    parser.add_argument("--report", metavar="FILE", help="write the report to a file, too, as JSON")
    group = parser.add_argument_group("kindness to prod")
    group.add_argument(
        "--max-rate",
        type=float,
        metavar="MB",
        help="read no more megabytes a second from prod, all connections together [KRAKN_MAX_RATE]",
    )
    group.add_argument(
        "--max-snapshot-age",
        metavar="TIME",
        help="stop when prod's snapshot is older, as in 2h: as long as it is open, VACUUM waits for it"
        " [KRAKN_MAX_SNAPSHOT_AGE]",
    )
    group = parser.add_argument_group("swap", "fill a new database beside test, which then takes test's place")
    group.add_argument(
        "--swap",
        action="store_true",
        default=None,
        help="do not load into test, but into a new database on its server; test stays in use until that is filled and"
        " checked, and takes its name [KRAKN_SWAP]",
    )
    group.add_argument(
        "--jobs", type=int, metavar="N", help="how many connections to each side, with --swap (default: 1) [KRAKN_JOBS]"
    )
    group.add_argument(
        "--keep-before",
        type=int,
        metavar="N",
        help="how many former databases stay, as <name>_before_<time> (default: 1) [KRAKN_KEEP_BEFORE]",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on with the tables that an earlier --swap did not finish, if profile, mask key and both schemas are"
        " the same; finished tables keep the rows that prod had then",
    )
    group.add_argument(
        "--rollback", action="store_true", help="put the latest former database in the place of test, and do no more"
    )
    add_common(parser, compares=False)


def add_schema(parser: argparse.ArgumentParser) -> None:
    """Add which document it is about."""
    parser.add_argument(
        "document", nargs="?", choices=("profile", "diff"), default="profile", help="which one (default: profile)"
    )


COMMANDS = (
    Command(
        "diff",
        "krakn-diff",
        "Show what differs between prod's and test's schema.",
        "Show what differs between prod's and test's schema, object by object, with what a reviewer must know: data"
        " loss, table rewrites, locks, and rows of prod that may be in the way. With an Alembic project, every"
        " difference says which pending revision explains it. Nothing is written.",
        add_diff,
    ),
    Command(
        "migrate",
        "krakn-migrate",
        "Write a revision that leads from prod's schema to test's.",
        "Write a revision that leads from prod's schema to test's: one file in the project's versions folder, with"
        " upgrade and downgrade, through the team's env.py and template. What pending revisions do already is not"
        " repeated. Without differences, no file is written. Neither database is changed.",
        add_migrate,
    ),
    Command(
        "sync-data",
        "krakn-sync",
        "Replace test's rows by prod's, masked.",
        "Stream prod's rows into the migrated test database: columns aligned, values masked, constraints honoured, the"
        " result checked. It happens in one transaction: whatever goes wrong, test stays as it was. Masks take"
        " their secret from KRAKN_MASK_KEY.",
        add_sync,
    ),
    Command(
        "schema",
        None,
        "Print the JSON Schema of the sync profile, or of the diff.",
        "Print the JSON Schema of the sync profile, for editors that complete and check it, or of what"
        " `krakn diff --format json` prints, for programs that read it.",
        add_schema,
    ),
)
