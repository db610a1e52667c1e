"""`python -m dystream_ros.nodes.skills`"""

import sys

from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.skills.node import SkillsNode


def main(argv: list[str] | None = None) -> int:
    """Serve the skills until stopped; returns the exit status."""
    return run(SkillsNode, argv, "Serves ROS4HRI's skills of a face: look_at, set_expression, say.")


if __name__ == "__main__":
    sys.exit(main())
