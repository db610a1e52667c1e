"""`python -m dystream_ros.nodes.viewer`"""

import sys

from dystream_ros.nodes.executable import run
from dystream_ros.nodes.viewer.node import ViewerNode


def main(argv: list[str] | None = None) -> int:
    """View until stopped; returns the exit status."""
    return run(ViewerNode, argv, "Shows the face in a window, and how the head is doing on the terminal.")


if __name__ == "__main__":
    sys.exit(main())
