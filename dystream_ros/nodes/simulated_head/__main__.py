"""`python -m dystream_ros.nodes.simulated_head`"""

import sys

from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Simulate until stopped; returns the exit status."""
    try:
        from dystream_ros.nodes.simulated_head.node import SimulatedHeadNode
    except ModuleNotFoundError as missing:
        if missing.name != "mujoco":
            raise
        sys.stderr.write(
            "the simulated head needs the package mujoco: `make setup PARTS=robot`, or pip install mujoco\n"
        )
        return 2
    return run(SimulatedHeadNode, argv, "Simulates the research head with its controllers, in MuJoCo.")


if __name__ == "__main__":
    sys.exit(main())
