"""`python -m harness` is the command `tapstack`."""

import os
import sys

from harness.cli import main

os.umask(0o077)  # what is built, stored and reported is for nobody else
sys.exit(main())
