"""`python -m dystream_ros.nodes.attention`"""

import sys

from dystream_ros.nodes.attention.node import AttentionNode
from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Choose until stopped; returns the exit status."""
    return run(AttentionNode, argv, "Chooses whom a head looks at.")


if __name__ == "__main__":
    sys.exit(main())
