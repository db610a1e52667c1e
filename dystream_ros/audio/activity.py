"""Causal voice activity: whether a party speaks in a frame, from its own audio."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.level import dbfs
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.voice_detectors import VoiceDetector, best_detector

HANGOVER = 0.2  # s: a stop consonant or a breath within a word does not end speech
# A voice below the minimum level is reported after about this much of it, net of a quarter of the pauses.
SOFT_SECONDS = 1.5
SOFT_RANGE = 25.0  # dB below the minimum level; the detectors find no voice further down
SETTLED = 0.5  # s of such silence after which a detector is not asked until sound begins


class VoiceActivity:
    """A voice detector with a minimum level and a hangover, fed in parts of any length.

    Args:
        floor_dbfs: a step below this level is not speech.
        detector: decides on each step; default: the best one installed.
    """

    def __init__(self, floor_dbfs: float = -50.0, detector: VoiceDetector | None = None) -> None:
        self._floor = floor_dbfs
        self._detector = detector or best_detector()
        self._size = self._detector.step
        self._hangover_steps = round(HANGOVER * MEDIA_RATE / self._size)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._foreign: NDArray[np.bool_] = np.zeros(0, np.bool_)  # of the rest
        self._start = 0  # sample of the first step that is kept
        self._speech: list[bool] = []
        self._settled_steps = round(SETTLED * MEDIA_RATE / self._size)
        self._quiet = 0
        self._voiced = 0
        self._hangover = 0
        self._soft_sound = True  # the newest step
        self._possible = 0  # steps for which a voice that may have been heard still counts
        self._soft = 0.0
        self._soft_power = 0.0

    def add(self, samples: NDArray[np.float32], foreign: NDArray[np.bool_] | None = None) -> None:
        """Add the next float32 samples at 16 kHz.

        Args:
            foreign: bool (n,), samples that are known to come from somebody else; a step with a majority of them is
                not speech.
        """
        foreign = np.zeros(len(samples), np.bool_) if foreign is None else foreign
        samples = np.concatenate([self._rest, samples])
        foreign = np.concatenate([self._foreign, foreign])
        for start in range(0, len(samples) - self._size + 1, self._size):
            step = slice(start, start + self._size)
            self._speech.append(self._step(samples[step], 2 * int(foreign[step].sum()) > self._size))
        left = len(samples) - len(samples) % self._size
        self._rest, self._foreign = samples[left:], foreign[left:]

    def delay(self, count: int) -> None:
        """Move all audio so far later by a number of samples; nothing before it is asked for."""
        self._start += count

    def speaking(self, start: int, end: int) -> bool:
        """Whether at least half of samples [start, end) is speech; sample 0 is the first one that was added.

        The decision is on whole steps that overlap the samples, as far as they were added. Samples before `start` are
        forgotten.
        """
        first, last = (start - self._start) // self._size, -(-(end - self._start) // self._size)
        forget = min(max(0, first), len(self._speech))
        del self._speech[:forget]
        self._start += forget * self._size
        steps = self._speech[: max(0, last - forget)]
        return 2 * sum(steps) >= last - first if steps else False

    @property
    def voice(self) -> bool | None:
        """Whether the newest sound may be a voice; None below the minimum level, where only a foreign one is certain.

        Unlike `speaking` it takes a voice at once, and rather takes other sound for one than a voice for other sound.
        """
        return None if self._soft_sound and not self._possible else self._possible > 0

    def soft_voice(self) -> float | None:
        """Level, dBFS, of a lasting voice below the minimum level; None without one. Each is returned once."""
        if self._soft * self._size < SOFT_SECONDS * MEDIA_RATE:
            return None
        level = dbfs(self._soft_power**0.5)
        self._soft = 0.0
        return level

    def _note_soft(self, voiced: bool, power: float, level: float) -> None:
        """Count the steps with a voice below the minimum level; each with speech above it undoes five."""
        if voiced and level >= self._floor:
            self._soft = max(0.0, self._soft - 5)
        elif voiced and level >= self._floor - SOFT_RANGE:
            self._soft += 1
            self._soft_power += (power - self._soft_power) / self._soft  # the mean of these steps
        else:
            self._soft = max(0.0, self._soft - 0.25)

    def _step(self, samples: NDArray[np.float32], foreign: bool) -> bool:
        mean = float(samples.mean())  # the offset that some microphones add
        power = max(0.0, float(samples @ samples) / len(samples) - mean * mean)
        level = dbfs(power**0.5)
        # A detector finds no voice further down, and asking it costs as much as the rest of this class twice over.
        self._soft_sound = level < self._floor and not foreign
        self._quiet = self._quiet + 1 if level < self._floor - SOFT_RANGE else 0
        asked = self._quiet <= self._settled_steps
        voiced = asked and self._detector.voiced(samples) and not foreign
        possible = asked and self._detector.possible and not foreign
        self._possible = self._hangover_steps if possible else max(0, self._possible - 1)
        self._note_soft(voiced, power, level)
        voiced = voiced and level >= self._floor
        self._voiced = self._voiced + 1 if voiced else 0
        if self._voiced >= self._detector.onset:
            self._hangover = self._hangover_steps
        elif not voiced:
            self._hangover = max(0, self._hangover - 1)
        return self._hangover > 0
