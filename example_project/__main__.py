"""Run the demo: `python -m example_project`."""

import sys

from .demo import main

if __name__ == "__main__":
    sys.exit(main())
