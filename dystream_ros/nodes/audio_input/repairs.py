"""Repairs of float samples, reported."""

import numpy as np

from dystream_ros.audio.pcm import Samples, repaired
from dystream_ros.nodes.audio_input.described import InputContext


def report_repairs(samples: Samples, context: InputContext) -> Samples:
    """The samples without NaN and infinity, and within full scale; what was changed is counted and logged."""
    if samples.dtype != np.float32:
        return samples
    usable, broken, peak = repaired(samples.astype(np.float32, copy=False))
    if broken:
        context.repaired(
            "not_finite",
            f"{broken} of {samples.size} samples are NaN or infinite; they are silence now: the source is damaged",
        )
    if peak > 1.0:
        context.repaired(
            "clipped",
            f"float samples reach {peak:.3g} and are clipped to full scale, which is 1: lower the gain, or divide by "
            "the full scale of the integers in the source",
        )
    return usable
