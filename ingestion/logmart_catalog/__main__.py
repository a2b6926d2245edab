"""Run as `python -m logmart_catalog`."""

import sys

from logmart_catalog.cli import main

sys.exit(main())
