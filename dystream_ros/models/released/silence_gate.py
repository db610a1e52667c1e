"""Silence of a party made true silence, so that hiss and hum cannot move the mouth.

Only the party's own track is muted: the network goes on, so the face still breathes, blinks and listens.
"""

import numpy as np

from dystream_ros.audio.activity import STEP, VoiceActivity

RAMP = 80  # samples, 5 ms: a switch without a click


class SilenceGate:
    """Mutes a party where its voice detector hears no speech.

    Args:
        muting: whether to mute at all; the detector runs either way, the encoder's statistics follow it.
        floor_dbfs: quieter than this is no speech.
    """

    def __init__(self, muting: bool = True, floor_dbfs: float = -50.0) -> None:
        self._muting = muting
        self._activity = VoiceActivity(floor_dbfs)
        self._heard = 0
        self._open = False

    def hear(self, samples: np.ndarray) -> tuple[np.ndarray, bool]:
        """Take the next samples, float32 and a whole number of 10 ms; return them gated, and whether there is speech.

        One voiced step opens the gate for all of the given samples, so that an onset within them is not cut.
        """
        self._activity.add(samples)
        steps = range(self._heard, self._heard + len(samples), STEP)
        self._heard += len(samples)
        speaking = any(self._activity.speaking(step, step + STEP) for step in steps)
        if not self._muting:
            return samples, speaking
        before, self._open = self._open, speaking
        if before and speaking:
            return samples, speaking
        gain = np.full(len(samples), float(speaking), np.float32)
        ramp = min(RAMP, len(samples))
        gain[:ramp] = np.linspace(float(before), float(speaking), ramp, dtype=np.float32)
        return samples * gain, speaking
