"""`python -m dystream_ros.nodes.display`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.display.node import DisplayNode


def main(argv: list[str] | None = None) -> int:
    """Show the face until Escape is pressed or the node is stopped; returns the exit status."""
    return run(DisplayNode, argv, "Shows the face on a screen; Escape ends the node.")


if __name__ == "__main__":
    sys.exit(main())
