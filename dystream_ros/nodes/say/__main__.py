"""`python -m dystream_ros.nodes.say`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.say.node import SayNode


def main(argv: list[str] | None = None) -> int:
    """Speak until asked to stop; returns the exit status."""
    return run(SayNode, argv, "Says texts: text to speech on self/audio.")


if __name__ == "__main__":
    sys.exit(main())
