"""Durations of the parts of the work on a frame, over the last ten seconds."""

import threading
from collections import deque

import numpy as np

# Parts of the work on a frame, in order. `processing` is the time from the arrival of the last sample to the
# publication of the motion; `image` is the time from that arrival to the publication of the image.
STAGES = ("waiting", "engine", "publishing", "rendering", "image_publishing", "processing", "image")

_FRAMES = 250  # 10 s
_PERCENTILES = (50, 95, 99)


class StageTimes:
    """Percentiles of the durations of each stage; filled in one thread, read in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, deque[int]] = {stage: deque(maxlen=_FRAMES) for stage in STAGES}

    def add(self, stage: str, nanoseconds: int) -> None:
        """Record the duration of a stage of `STAGES`."""
        with self._lock:
            self._times[stage].append(nanoseconds)

    def percentiles(self) -> dict[str, tuple[float, float, float]]:
        """p50, p95 and p99 of each stage in milliseconds; zeros for a stage without durations."""
        with self._lock:
            copies = {stage: np.array(times, np.float64) for stage, times in self._times.items()}
        return {
            stage: tuple(np.percentile(times, _PERCENTILES) / 1e6) if times.size else (0.0, 0.0, 0.0)
            for stage, times in copies.items()
        }
