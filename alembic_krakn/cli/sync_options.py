"""What people type for the command about rows: sync."""

from __future__ import annotations

import argparse

from .common_options import add_common


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
    _add_kindness(parser)
    _add_swap(parser)
    add_common(parser, compares=False)


def _add_kindness(parser: argparse.ArgumentParser) -> None:
    """Add how much prod has to bear."""
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


def _add_swap(parser: argparse.ArgumentParser) -> None:
    """Add what happens to the databases, where rows go into a new one."""
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
