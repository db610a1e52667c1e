"""Causal voice activity: whether a party speaks in a frame, from its own audio."""

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from dystream_ros.audio.level import dbfs
from dystream_ros.audio.resample import MEDIA_RATE

STEP = MEDIA_RATE // 100  # WebRTC's detector takes 10 ms at a time
HANGOVER_STEPS = 20  # 200 ms: a stop consonant or a breath within a word does not end speech
ONSET_STEPS = 3  # 30 ms of voice begin speech
# A voice below the minimum level is reported after about this much of it, net of a quarter of the pauses.
SOFT_STEPS = 150
SOFT_RANGE = 25.0  # dB below the minimum level; the detector finds no voice further down


class VoiceActivity:
    """WebRTC's voice detector with a minimum level, fed in parts of any length.

    Args:
        floor_dbfs: a 10 ms step below this level is not speech.
        strictness: aggressiveness of the detector, 0 to 3.
    """

    def __init__(self, floor_dbfs: float = -50.0, strictness: int = 2) -> None:
        self._floor = floor_dbfs
        self._detector = webrtcvad.Vad(strictness)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._first_step = 0
        self._speech: list[bool] = []
        self._voiced = 0
        self._hangover = 0
        self._soft = 0.0
        self._soft_power = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next float32 samples at 16 kHz."""
        samples = np.concatenate([self._rest, samples])
        for start in range(0, len(samples) - STEP + 1, STEP):
            self._speech.append(self._step(samples[start : start + STEP]))
        self._rest = samples[len(samples) - len(samples) % STEP :]

    def delay(self, count: int) -> None:
        """Move all audio so far later by a number of samples, a multiple of 10 ms; nothing before it is asked for."""
        self._first_step += count // STEP

    def speaking(self, start: int, end: int) -> bool:
        """Whether at least half of samples [start, end) is speech; sample 0 is the first one that was added.

        Samples before `start` are forgotten.
        """
        first, last = start // STEP, -(-end // STEP)
        forget = max(0, first - self._first_step)
        del self._speech[:forget]
        self._first_step += forget
        steps = self._speech[: last - self._first_step]
        return 2 * sum(steps) >= last - first if steps else False

    def soft_voice(self) -> float | None:
        """Level, dBFS, of a lasting voice below the minimum level; None without one. Each is returned once."""
        if self._soft < SOFT_STEPS:
            return None
        level = dbfs(self._soft_power**0.5)
        self._soft = 0.0
        return level

    def _note_soft(self, voiced: bool, power: float) -> None:
        """Count the steps with a voice below the minimum level; each with speech above it undoes five."""
        level = dbfs(power**0.5)
        if voiced and level >= self._floor:
            self._soft = max(0.0, self._soft - 5)
        elif voiced and level >= self._floor - SOFT_RANGE:
            self._soft += 1
            self._soft_power += (power - self._soft_power) / self._soft  # the mean of these steps
        else:
            self._soft = max(0.0, self._soft - 0.25)

    def _step(self, samples: NDArray[np.float32]) -> bool:
        pcm = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
        voiced = self._detector.is_speech(pcm.tobytes(), MEDIA_RATE)
        power = float(np.var(samples))  # without the offset that some microphones add
        self._note_soft(voiced, power)
        voiced = voiced and dbfs(power**0.5) >= self._floor
        self._voiced = self._voiced + 1 if voiced else 0
        if self._voiced >= ONSET_STEPS:
            self._hangover = HANGOVER_STEPS
        elif not voiced:
            self._hangover = max(0, self._hangover - 1)
        return self._hangover > 0
