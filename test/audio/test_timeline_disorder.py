"""A timeline survives any source: each accepted sample is heard once, and the level stays as it was sent."""

from contextlib import suppress

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.timeline.party_timeline import PartyTimeline

EPOCH = 10**15
RATES = (8_000, 16_000, 44_100, 48_000)


class WildSource:
    """Blocks with leaping indices, stamps, rates and streams, of 1 sample to 3 s, in bursts and after pauses."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.now, self.index, self.stream, self.stamp_error = 0.0, 0, 1, 0.0
        self.rate = int(self.random.choice(RATES))
        self.stamped = self.random.random() < 0.6

    def block(self) -> AudioBlock:
        random, rate = self.random, self.rate
        happening = random.random()
        if happening < 0.03:
            self.index = max(0, int(random.choice([0, self.index + 5 * rate, self.index - rate, self.index - 100])))
        elif happening < 0.035:
            self.index = 2**63
        elif happening < 0.05:
            self.stream += 1
        elif happening < 0.06:
            self.now += 16_000 * random.choice([0.1, 1, 61])
        elif happening < 0.07:
            self.stamp_error += random.choice([-1e6, 1e6, 5e7, -8000])
        elif happening < 0.075:
            self.rate = rate = int(random.choice(RATES))
        size = int(random.choice([1, rate // 100, rate // 50, rate // 3, 3 * rate], p=[0.1, 0.5, 0.2, 0.15, 0.05]))
        duration = size * 16_000 / rate
        self.now += duration if random.random() < 0.7 else 0
        stamp = EPOCH + round((self.now - duration + self.stamp_error + random.normal() * 30) * 62_500)
        samples = np.full(size, 0.1, np.float32)
        block = AudioBlock(
            self.stream, self.index, rate, 1, max(0, stamp) if self.stamped else None, samples, random.random() < 0.01
        )
        self.index += size
        return block


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", ["live", "queued", "driven"])
def test_disorder_is_survived_and_each_sample_is_accounted_for(mode, seed):
    source = WildSource(seed)
    timeline = PartyTimeline(mode, keep_blocks=True, queue_limit=10)
    timeline.stamps.epoch_ns = EPOCH
    shown = 0

    def read() -> int:
        heard = timeline.read(640, 640)
        assert np.abs(heard.samples).max() < 0.25
        return sum(block.frames for block in timeline.shown(timeline.cursor))

    for _ in range(200):
        block = source.block()
        for _ in range(1 + (source.random.random() < 0.03)):
            with suppress(AudioRejected):
                timeline.push(block, round(source.now * 62_500), None if mode == "driven" else source.now)
        while (
            timeline.cursor + 640 + 240 <= source.now
            if mode != "driven"
            else (timeline.available_until() >= timeline.cursor + 640 and timeline.cursor < timeline.last_position)
        ):
            shown += read()
    while timeline.cursor < timeline.last_position:
        shown += read()
    assert shown == timeline.statistics.samples > 0
