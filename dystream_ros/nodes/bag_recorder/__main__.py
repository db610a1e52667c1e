"""`python -m dystream_ros.nodes.bag_recorder`"""

import sys

from dystream_ros.nodes.bag_recorder.node import BagRecorderNode
from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Record until stopped; returns the exit status."""
    return run(BagRecorderNode, argv, "Records motion and audio of a head into bags.")


if __name__ == "__main__":
    sys.exit(main())
