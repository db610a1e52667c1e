"""`python -m dystream_ros.nodes.microphone [--list-devices]`"""

import sys

from dystream_ros.nodes.microphone.node import MicrophoneNode
from dystream_ros.nodes.sound_device.main import run_with_devices


def main(argv: list[str] | None = None) -> int:
    """Publish a microphone until stopped; returns the exit status."""
    return run_with_devices(MicrophoneNode, "input", argv, "Publishes the sound of a capture device.")


if __name__ == "__main__":
    sys.exit(main())
