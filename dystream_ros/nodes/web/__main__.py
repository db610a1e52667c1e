"""`python -m dystream_ros.nodes.web`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.web.node import WebNode


def main(argv: list[str] | None = None) -> int:
    """Serve the page until the node is stopped; returns the exit status."""
    return run(WebNode, argv, "Serves a page to talk with the face, to be it, and to operate it.")


if __name__ == "__main__":
    sys.exit(main())
