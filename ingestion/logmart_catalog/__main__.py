"""Run as `python -m logmart_catalog`."""

import signal
import sys

from logmart_catalog.cli import main

# A reader that has seen enough, as `head` does, ends the command quietly.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
sys.exit(main())
