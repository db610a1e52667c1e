"""`python -m dystream_ros.nodes.microphone [--list-devices]`"""

import sys

from dystream_ros.nodes.microphone.node import MicrophoneNode
from dystream_ros.nodes.sound_device.node import run_or_list_devices


def main(argv: list[str] | None = None) -> int:
    """Publish a capture device until stopped; returns the exit status."""
    return run_or_list_devices(MicrophoneNode, "input", argv, "Publishes the audio of a capture device.")


if __name__ == "__main__":
    sys.exit(main())
