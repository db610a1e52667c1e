"""Level of the last second of audio."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE


def dbfs(amplitude: float) -> float:
    """Decibels relative to full scale of an amplitude; minus infinity for digital silence."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else -np.inf


class Level:
    """Root mean square and peak of the last second, from parts of any length."""

    def __init__(self) -> None:
        self._parts: deque[tuple[int, float, float]] = deque()
        self._count = 0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next float32 samples at 16 kHz."""
        if not samples.size:
            return
        self._parts.append((samples.size, float(np.dot(samples, samples)), float(np.abs(samples).max())))
        self._count += samples.size
        while self._count - self._parts[0][0] >= MEDIA_RATE:
            self._count -= self._parts.popleft()[0]

    @property
    def rms_dbfs(self) -> float:
        """Decibels relative to full scale, 0 at most."""
        return dbfs((sum(part[1] for part in self._parts) / max(1, self._count)) ** 0.5)

    @property
    def peak_dbfs(self) -> float:
        """Decibels relative to full scale, 0 at most."""
        return dbfs(max((part[2] for part in self._parts), default=0.0))
