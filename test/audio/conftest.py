"""Audio cut into blocks, and a party's timeline read to its end."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock


def speechlike(count: int, rate: int = 16_000, seed: int = 0) -> np.ndarray:
    """Float32 (count,) that starts at zero, is never constant and stays below full scale."""
    t = np.arange(count) / rate
    phase = np.random.default_rng(seed).uniform(0, 6)
    tones = 0.3 * np.sin(2 * np.pi * 220 * t) + 0.2 * (np.sin(2 * np.pi * 1330 * t + phase) - np.sin(phase))
    return tones.astype(np.float32)


def cut(
    samples: np.ndarray, sizes, rate: int = 16_000, stream_id: int = 1, stamp_ns: int | None = None, first: int = 0
):
    """Blocks of the given sizes (the last size repeats); the final block ends the stream."""
    blocks, at, sizes = [], 0, list(sizes)
    while at < len(samples):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        stamp = None if stamp_ns is None else stamp_ns + round(at * 1e9 / rate)
        part = samples[at : at + size]
        blocks.append(AudioBlock(stream_id, first + at, rate, 1, stamp, part, at + size >= len(samples)))
        at += size
    return blocks


@pytest.fixture
def make_speech():
    return speechlike


@pytest.fixture
def cut_blocks():
    return cut


@pytest.fixture
def read_all():
    def read(timeline, hop: int = 640) -> np.ndarray:
        parts = []
        while timeline.cursor < timeline.last_position:
            parts.append(timeline.read(hop).samples)
        return np.concatenate(parts)

    return read
