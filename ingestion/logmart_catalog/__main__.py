"""The command `logmart-catalog`, or `python -m logmart_catalog`."""

import signal
import sys

from logmart_catalog.command import cli


def main() -> None:
    """Run the command of this process."""
    # When a reader such as `head` closes the pipe, the command ends without a traceback.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
