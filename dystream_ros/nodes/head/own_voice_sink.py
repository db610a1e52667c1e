"""Shows the self audio of each frame to what looks for it in the partner's audio."""

import time

from dystream_ros.audio.own_voice import OwnVoice
from dystream_ros.engine.frame import Frame


class OwnVoiceSink:
    """The self audio of each frame, at the time at which it goes to the loudspeaker.

    Args:
        wanted: whether the audio is heard while the partner is recorded.
    """

    name = "own voice"
    failure_counter = "own_voice_failures"

    def __init__(self, own_voice: OwnVoice, wanted: bool) -> None:
        self._own_voice = own_voice
        self.wanted = wanted

    def show(self, frame: Frame) -> None:
        """Remember the audio of a frame."""
        for block in frame.self_audio:
            if block.frames:
                self._own_voice.play(block, time.monotonic())

    def close(self) -> None:
        """Nothing is left open."""
