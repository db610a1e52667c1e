"""`python -m dystream_ros.nodes.audio_file`"""

import sys

from dystream_ros.nodes.audio_file.node import AudioFileNode
from dystream_ros.nodes.common.executable import run


def main(argv: list[str] | None = None) -> int:
    """Play the files; returns the exit status."""
    return run(AudioFileNode, argv, "Plays audio files of a conversation into the audio topics.")


if __name__ == "__main__":
    sys.exit(main())
