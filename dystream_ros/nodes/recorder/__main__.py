"""`python -m dystream_ros.nodes.recorder`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.recorder.node import RecorderNode


def main(argv: list[str] | None = None) -> int:
    """Record until the conversation ends or the node is stopped; returns the exit status."""
    return run(RecorderNode, argv, "Records a conversation as a video with sound, and its motion as a table.")


if __name__ == "__main__":
    sys.exit(main())
