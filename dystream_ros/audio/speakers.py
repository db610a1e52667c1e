"""Who speaks: the voice activity of both parties, without what one channel picks up from the other."""

from collections.abc import Container

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.crosstalk import Crosstalk


class Speakers:
    """The voice activity of two parties on one clock, fed in parts of any length.

    Args:
        parties: their names.
        floor_dbfs: sound below this level is not speech.
    """

    def __init__(self, parties: tuple[str, str], floor_dbfs: float) -> None:
        self._activity = {party: VoiceActivity(floor_dbfs) for party in parties}
        self._crosstalk = Crosstalk(parties)

    def add(self, samples: dict[str, NDArray[np.float32]]) -> None:
        """Add the next samples of both parties, float32 (n,) at 16 kHz."""
        foreign = self._crosstalk.add(samples)
        for party, activity in self._activity.items():
            activity.add(samples[party], foreign[party])

    def skip(self, count: int, waiting: Container[str]) -> None:
        """Let time pass without audio.

        Args:
            count: samples at 16 kHz.
            waiting: parties whose audio moves later by as much; that of the others is silence.
        """
        for party, activity in self._activity.items():
            if party in waiting:
                activity.delay(count)
            else:
                activity.add(np.zeros(count, np.float32))
        self._crosstalk.forget()

    def speaking(self, party: str, start: int, end: int) -> bool:
        """As `VoiceActivity.speaking`."""
        return self._activity[party].speaking(start, end)

    def voice(self, party: str) -> bool | None:
        """As `VoiceActivity.voice`."""
        return self._activity[party].voice

    def soft_voice(self, party: str) -> float | None:
        """As `VoiceActivity.soft_voice`."""
        return self._activity[party].soft_voice()
