"""Audio cut into blocks, and timelines read in real time or to their end."""

import numpy as np
import pytest
from senders import Sender

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.timeline.party_timeline import PartyTimeline

RATE = 16_000
EPOCH = 1_000_000_000_000


def speechlike(count: int, rate: int = 16_000, seed: int = 0) -> np.ndarray:
    """Float32 (count,) that starts at zero, has no offset, is never constant and stays below full scale."""
    t = np.arange(count) / rate
    pitch = 1330 + 20 * np.random.default_rng(seed).uniform(0, 6)
    tones = 0.3 * np.sin(2 * np.pi * 220 * t) + 0.2 * np.sin(2 * np.pi * pitch * t)
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


class PacedReader:
    """A timeline read in real time: blocks arrive when their last sample was recorded, frames are read on the hop."""

    def __init__(self, mode="live", epoch_ns=EPOCH, **settings):
        self.timeline = PartyTimeline(mode, budget=0.02, **settings)
        self.timeline.stamps.epoch_ns = epoch_ns
        self.heard = np.zeros(0, np.float32)

    def run_to(self, media: float) -> None:
        """Read everything whose deadline (20 ms after its time) has passed."""
        while self.timeline.cursor + 640 + 320 <= media:
            self.heard = np.append(self.heard, self.timeline.read(640).samples)

    def push(self, block, media: float) -> None:
        self.run_to(media)
        self.timeline.push(block, round(media * 62_500), media)

    def play(self, samples, start: float, *, index=0, size=160, stream=1, stamp_error=0.0, stamped=True, rate=RATE):
        """Blocks of `samples` recorded from media position `start` on."""
        for at in range(0, len(samples), size):
            part = samples[at : at + size]
            place = start + at * RATE / rate
            stamp = EPOCH + round((place + stamp_error) * 62_500) if stamped else 0
            self.push(AudioBlock(stream, index + at, rate, 1, stamp, part), place + len(part) * RATE / rate + 8)


@pytest.fixture
def make_reader():
    return PacedReader


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


@pytest.fixture
def sender(make_reader):
    return Sender(make_reader("queued", keep_blocks=True))
