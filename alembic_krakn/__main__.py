"""Run krakn: `python -m alembic_krakn`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
