"""`python -m dystream_ros.nodes.head`"""

import sys

from dystream_ros.nodes.common.fastdds import use_image_profile


def main(argv: list[str] | None = None) -> int:
    """Run the head until it is stopped or shut down; returns the exit status."""
    use_image_profile()
    # After the profile: Fast DDS reads it as soon as rclpy is there.
    from dystream_ros.nodes.common.executable import run
    from dystream_ros.nodes.head.node import HeadNode

    return run(HeadNode, argv, "Head: audio of both parties in, motion and images of a face out.")


if __name__ == "__main__":
    sys.exit(main())
