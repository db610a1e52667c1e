"""`python -m dystream_ros.nodes.terminal`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.terminal.node import TerminalNode


def main(argv: list[str] | None = None) -> int:
    """Print until stopped; returns the exit status."""
    return run(TerminalNode, argv, "Prints the status of a head to the terminal.")


if __name__ == "__main__":
    sys.exit(main())
