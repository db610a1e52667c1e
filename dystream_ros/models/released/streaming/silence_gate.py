"""Mutes a party where it does not speak, so that hiss and hum cannot move the mouth.

Only the track of that party is muted. The network runs on, so the face still moves, blinks and reacts to the partner.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.level import dbfs
from dystream_ros.audio.voice_detectors import WebRtcDetector

STEP = WebRtcDetector.step  # its short steps open the gate within an onset
RAMP = 80  # samples, 5 ms: switches without a click
MEMORY_STEPS = 400  # 4 s: speech has pauses within them, hiss has not
SMOOTHING_STEPS = 4  # levels are means of 40 ms, since shorter levels of hiss vary too much
ABOVE_DB = 11.0  # speech is louder than the quietest level in the memory by more than this
UNKNOWN_STEPS = 20  # 200 ms without a known floor, in which all sound passes: a word at the very start is not cut
HANGOVER_STEPS = 20  # 200 ms, as in the voice detector: the soft end of a word passes


class NoiseFloor:
    """Detects sound that exceeds a steady noise: the voice detector alone sometimes classifies loud hiss as speech."""

    def __init__(self) -> None:
        self._powers: deque[float] = deque(maxlen=SMOOTHING_STEPS)
        self._levels: deque[float] = deque(maxlen=MEMORY_STEPS)
        self._hangover = 0

    def stands_out(self, samples: NDArray[np.float32]) -> bool:
        """Whether the next 10 ms, or the 200 ms before them, are louder than the quietest of the last seconds.

        Digital silence gives no estimate of the noise after it, so all sound after it stands out for 200 ms.
        """
        power = float(np.mean(np.square(samples)))
        if power == 0:
            self._powers.clear()
            self._levels.clear()
        else:
            self._powers.append(power)
            self._levels.append(dbfs(float(np.sqrt(np.mean(self._powers)))))
        above = 0 < len(self._levels) <= UNKNOWN_STEPS or (
            power > 0 and self._levels[-1] > min(self._levels) + ABOVE_DB
        )
        self._hangover = HANGOVER_STEPS if above else max(0, self._hangover - 1)
        return self._hangover > 0


class SilenceGate:
    """Mutes a party where there is no voice, or only a steady noise.

    Args:
        muting: whether to mute; the detector runs either way, since the encoder's statistics depend on it.
        floor_dbfs: level below which audio is not speech, -90 to 0.
    """

    def __init__(self, muting: bool = True, floor_dbfs: float = -50.0) -> None:
        self._muting = muting
        self._activity = VoiceActivity(floor_dbfs, WebRtcDetector())
        self._noise = NoiseFloor()
        self._samples = 0
        self._open = False

    def gate(self, samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], bool]:
        """The next samples, float32 (160 n,), gated, and whether there is speech in them.

        One voiced 10 ms opens the gate for all of the given samples, so that an onset within them is not cut.
        """
        self._activity.add(samples)
        speaking = False
        for step in samples.reshape(-1, STEP):
            loud = self._noise.stands_out(step)
            speaking |= loud and self._activity.speaking(self._samples, self._samples + STEP)
            self._samples += STEP
        if not self._muting:
            return samples, speaking
        before, self._open = self._open, speaking
        if before and speaking:
            return samples, speaking
        gain = np.full(len(samples), float(speaking), np.float32)
        ramp = min(RAMP, len(samples))
        gain[:ramp] = np.linspace(float(before), float(speaking), ramp, dtype=np.float32)
        return samples * gain, speaking
