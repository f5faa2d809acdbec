"""`python -m harness` is the command `tapstack`."""

import sys

from harness.cli import main

sys.exit(main())
