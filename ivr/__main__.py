"""`python -m ivr` is the `ivr` command."""

import sys

from ivr.cli import main

if __name__ == "__main__":
    sys.exit(main())
