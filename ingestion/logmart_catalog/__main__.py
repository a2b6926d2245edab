"""The command `logmart-catalog`, or `python -m logmart_catalog`."""

import signal
import sys

from logmart_catalog.command import cli


def main() -> None:
    """Run the command of this process."""
    # A reader that has seen enough, as `head` does, ends the command quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
