"""Time of an engine step: audio of both parties to motion, on one thread."""

import time

import numpy as np
import soxr

from benchmarks.quantiles import quantiles


def measure(seconds: float = 40.0) -> dict[str, object]:
    """Steps a session over the shipped conversation as fast as it goes; milliseconds a step."""
    import torch

    from dystream_ros.assets import demo_conversation
    from dystream_ros.audio.files import open_audio
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model

    torch.set_num_threads(1)
    with open_audio(demo_conversation()) as file:
        sound = np.concatenate(list(file.parts))
        if sound.dtype == np.int16:
            sound = sound.astype(np.float32) / 2**15
        audio = np.ascontiguousarray(soxr.resample(sound, file.sample_rate, 16_000).T)
    loaded = load_model()
    session = Session(loaded.network)
    times, position = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count = session.samples_needed
        if position + count > audio.shape[1]:
            position = 0
        begun = time.perf_counter()
        session.step(audio[0, position : position + count], audio[1, position : position + count])
        times.append(1e3 * (time.perf_counter() - begun))
        position += count
    warm = np.array(times[25:])
    return {"frames": len(warm), "step_ms": quantiles(warm), "weights_sha256": loaded.weights_sha256[:12]}
