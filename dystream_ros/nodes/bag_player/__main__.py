"""`python -m dystream_ros.nodes.bag_player`"""

import sys

from dystream_ros.nodes.bag_player.node import BagPlayerNode
from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Play the bag; returns the exit status."""
    return run(BagPlayerNode, argv, "Plays the audio of a bag into the audio topics.")


if __name__ == "__main__":
    sys.exit(main())
