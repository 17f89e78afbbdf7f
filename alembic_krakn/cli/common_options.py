"""What people type for every command: databases, timeouts, and how much is said."""

from __future__ import annotations

import argparse


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
