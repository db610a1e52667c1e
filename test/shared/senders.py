"""A text-to-speech node whose chunks a timeline reads, for the tests of queued speech."""

import numpy as np

from dystream_ros.audio.block import AudioBlock, AudioRejected

RATE = 16_000
EPOCH = 1_000_000_000_000  # stamp of media sample 0


class Sender:
    """A text-to-speech node: sends chunks of 100 ms to a timeline that is read in real time.

    Attributes:
        aligned: what the timeline gave back with its frames.
        refused: short names of the reasons of refused chunks.
    """

    def __init__(self, reader) -> None:
        self.reader = reader
        self.now = float(RATE)
        self.aligned: list[AudioBlock] = []
        self.refused: list[str] = []

    def wait(self, seconds: float) -> None:
        end = self.now + seconds * RATE
        while self.now < end:
            self.now = min(self.now + 640, end)
            self.reader.run_to(self.now)
            self.aligned += self.reader.timeline.shown(self.reader.timeline.cursor)

    def send(self, samples, stream=1, index=0, stamp=None, end=False, size=1600, every=0.005, counts=True):
        """Send `samples` from `index` on, one chunk `every` so many seconds; a source that does not count stays there.

        Args:
            stamp: media sample at which the first chunk is to be heard; None for no stamps.
        """
        for at in range(0, len(samples), size):
            part = samples[at : at + size]
            stamp_ns = None if stamp is None else EPOCH + round((stamp + at) * 62_500)
            last = end and at + size >= len(samples)
            block = AudioBlock(stream, index + at * counts, RATE, 1, stamp_ns, part, last)
            self.push(block)
            self.wait(every)

    def push(self, block: AudioBlock) -> None:
        try:
            self.reader.push(block, self.now)
        except AudioRejected as refusal:
            self.refused.append(refusal.reason)

    def interrupt(self) -> None:
        self.reader.timeline.interrupt()

    @property
    def counters(self) -> dict[str, int]:
        return self.reader.timeline.statistics.counters

    def ends(self) -> list[int]:
        return [block.stream_id for block in self.aligned if block.end_of_stream]

    def played(self, stream: int | None = None) -> np.ndarray:
        """The samples of the aligned audio, as the speaker gets them."""
        parts = [block.data.reshape(-1) for block in self.aligned if stream in (None, block.stream_id)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
