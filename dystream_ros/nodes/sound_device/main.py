"""The command line that the nodes with a sound device share."""

import sys
from collections.abc import Callable

from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.sound_device.devices import SoundUnavailable, describe_devices


def run_with_devices(make_node: Callable[[], RunnableNode], kind: str, argv: list[str] | None, description: str) -> int:
    """Run the node, or list the devices of a kind ("input" or "output") when `--list-devices` is given."""
    if "--list-devices" not in (sys.argv if argv is None else argv):
        return run(make_node, argv, f"{description} With --list-devices: say which devices there are, and leave.")
    try:
        sys.stdout.write(describe_devices(kind) + "\n")
    except SoundUnavailable as unavailable:
        sys.stderr.write(f"{unavailable}\n")
        return 2
    return 0
