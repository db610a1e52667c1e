"""Heads on one core: sessions of compact that one thread steps at 25 frames per second."""

import time

import numpy as np

from dystream_ros.cli.measuring import quantiles
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

FRAME_MS = 40.0
_WARM_UP = 5  # frames


def measure(seconds: float = 10.0, largest: int = 64) -> dict[str, object]:
    """Steps growing batches of sessions over noise, until a step of 95 % of the frames no longer ends within 40 ms.

    Args:
        seconds: of audio that each batch steps over.
        largest: size at which the search ends.

    Returns:
        `sessions_at_25_fps`, the largest batch that keeps up, and `step_ms`: quantiles by size of the batch.
    """
    network = load_model("compact", Runtime()).network
    sound = (0.1 * np.random.default_rng(0).standard_normal((2, 25 * 640))).astype(np.float32)
    kept, times = 0, {}
    for size in (1, *range(4, largest + 1, 4)):
        batch, taken = network.sessions(list(range(size))), []
        for frame in range(round(seconds * 25) + _WARM_UP):
            start = frame % 25 * 640
            new = np.repeat(sound[:, None, start : start + 640], size, axis=1)
            begun = time.perf_counter()
            batch.step(new[0], new[1])
            taken.append(1e3 * (time.perf_counter() - begun))
        times[str(size)] = quantiles(np.array(taken[_WARM_UP:]))
        if times[str(size)]["p95"] > FRAME_MS:
            break
        kept = size
    return {"sessions_at_25_fps": kept, "step_ms": times}
