"""Silence of a party made true silence, so that hiss and hum cannot move the mouth.

Only the party's own track is muted: the network goes on, so the face still breathes, blinks and listens.
"""

from collections import deque

import numpy as np

from dystream_ros.audio.activity import STEP, VoiceActivity
from dystream_ros.audio.level import dbfs

RAMP = 80  # samples, 5 ms: a switch without a click
MEMORY_STEPS = 400  # 4 s: speech pauses within them, hiss does not
SMOOTHING_STEPS = 4  # levels are means of 40 ms, or hiss would seem to come and go
ABOVE_DB = 11.0  # what is no louder than this over the quietest of those seconds is not speech
UNKNOWN_STEPS = 20  # 200 ms: a word that begins at once is not cut
HANGOVER_STEPS = 20  # 200 ms, as the voice detector has it: a soft ending belongs to its word


class NoiseFloor:
    """Tells what stands out of a steady noise: the voice detector takes loud hiss for speech now and then."""

    def __init__(self) -> None:
        self._powers: deque[float] = deque(maxlen=SMOOTHING_STEPS)
        self._levels: deque[float] = deque(maxlen=MEMORY_STEPS)
        self._hangover = 0

    def stands_out(self, samples: np.ndarray) -> bool:
        """Whether the next 10 ms, or the 200 ms before them, are louder than the quietest of the last seconds.

        Digital silence tells nothing of the noise after it: whatever follows stands out until it is known.
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
    """Mutes a party where there is no speech: no voice, or nothing but a steady noise.

    Args:
        muting: whether to mute at all; the detector runs either way, the encoder's statistics follow it.
        floor_dbfs: quieter than this is no speech.
    """

    def __init__(self, muting: bool = True, floor_dbfs: float = -50.0) -> None:
        self._muting = muting
        self._activity = VoiceActivity(floor_dbfs)
        self._noise = NoiseFloor()
        self._heard = 0
        self._open = False

    def hear(self, samples: np.ndarray) -> tuple[np.ndarray, bool]:
        """Take the next samples, float32 and a whole number of 10 ms; return them gated, and whether there is speech.

        One voiced step opens the gate for all of the given samples, so that an onset within them is not cut.
        """
        self._activity.add(samples)
        speaking = False
        for step in samples.reshape(-1, STEP):
            loud = self._noise.stands_out(step)
            speaking |= loud and self._activity.speaking(self._heard, self._heard + STEP)
            self._heard += STEP
        if not self._muting:
            return samples, speaking
        before, self._open = self._open, speaking
        if before and speaking:
            return samples, speaking
        gain = np.full(len(samples), float(speaking), np.float32)
        ramp = min(RAMP, len(samples))
        gain[:ramp] = np.linspace(float(before), float(speaking), ramp, dtype=np.float32)
        return samples * gain, speaking
