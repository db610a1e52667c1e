"""`python -m dystream_ros.nodes.speaker [--list-devices]`"""

import sys

from dystream_ros.nodes.sound_device.node import run_or_list_devices
from dystream_ros.nodes.speaker.node import SpeakerNode


def main(argv: list[str] | None = None) -> int:
    """Play an audio topic until stopped; returns the exit status."""
    return run_or_list_devices(SpeakerNode, "output", argv, "Plays an audio topic on a playback device.")


if __name__ == "__main__":
    sys.exit(main())
