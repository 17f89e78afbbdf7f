"""What people type for the commands about schemas: diff and migrate."""

from __future__ import annotations

import argparse

from .common_options import add_common


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
