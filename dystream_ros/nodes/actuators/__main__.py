"""`python -m dystream_ros.nodes.actuators`"""

import sys

from dystream_ros.nodes.actuators.node import ActuatorsNode
from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Command the joints until stopped; returns the exit status."""
    return run(ActuatorsNode, argv, "Commands the joints of an animatronic head from the motion of a face.")


if __name__ == "__main__":
    sys.exit(main())
