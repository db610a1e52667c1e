"""`python -m dystream_ros.nodes.terminal`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.terminal.node import TerminalNode


def main(argv: list[str] | None = None) -> int:
    """Tell until stopped; returns the exit status."""
    return run(TerminalNode, argv, "Tells on the terminal how a head is doing.")


if __name__ == "__main__":
    sys.exit(main())
