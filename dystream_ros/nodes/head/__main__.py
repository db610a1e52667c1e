"""`python -m dystream_ros.nodes.head`"""

import sys
from functools import partial

from dystream_ros.nodes.common.fastdds import use_image_profile

_DESCRIPTION = "Head: audio of both parties in, motion and images of a face out. Before --ros-args: --heads N or names."


def main(argv: list[str] | None = None) -> int:
    """Run one head, or several with `--heads`, until they are stopped or shut down; returns the exit status."""
    use_image_profile()
    # After the profile: Fast DDS reads it as soon as rclpy is there.
    from dystream_ros.nodes.common.executable import run
    from dystream_ros.nodes.head.node import HeadNode

    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] != ["--heads"]:
        return run(HeadNode, argv, _DESCRIPTION)
    from dystream_ros.nodes.head.several import SeveralHeads, namespaces

    end = next((place for place, each in enumerate(argv) if place and each.startswith("-")), len(argv))
    try:
        wanted = namespaces(argv[1:end])
    except ValueError as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    argv = argv[end:]
    if wanted == ["robot_1"]:
        return run(HeadNode, argv, _DESCRIPTION)
    # The namespace of the process is that of all heads; each has its own below it.
    inside = next((each.removeprefix("__ns:=").rstrip("/") for each in argv if each.startswith("__ns:=")), "")
    return run(partial(SeveralHeads, [f"{inside}/{name}" for name in wanted]), argv, _DESCRIPTION)


if __name__ == "__main__":
    sys.exit(main())
