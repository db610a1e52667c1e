"""Joins blocks of one source that arrived together: one block costs a timeline as much as ten."""

import dataclasses

import numpy as np

from dystream_ros.audio.block import LAST_SAMPLE, MAXIMUM_CHANNELS, MAXIMUM_RATE, MINIMUM_RATE, AudioBlock

LONGEST_SECONDS = 0.1  # of a joined block
_STAMPS_AGREE_NS = 20_000_000  # farther apart, the clock of the source has jumped


class Joining:
    """Blocks that follow each other without a gap, to be joined."""

    def __init__(self) -> None:
        self._blocks: list[AudioBlock] = []

    def fits(self, block: AudioBlock) -> bool:
        """Whether a block continues those that were added."""
        if not self._blocks:
            return True
        first, last = self._blocks[0], self._blocks[-1]
        if (
            not (_joinable(first) and _joinable(block))
            or last.end_of_stream
            or _kind(block) != _kind(first)
            or block.first_sample != last.first_sample + last.frames
            or bool(block.stamp_ns) != bool(first.stamp_ns)
        ):
            return False
        ahead = (block.first_sample - first.first_sample) / block.sample_rate
        if ahead + block.seconds > LONGEST_SECONDS:
            return False
        return not block.stamp_ns or abs(self._shift_ns(block)) <= _STAMPS_AGREE_NS

    def add(self, block: AudioBlock) -> None:
        """Add a block that fits."""
        self._blocks.append(block)

    def take(self) -> AudioBlock | None:
        """Remove the blocks that were added, and return them as one; its stamp is the mean of what theirs say."""
        blocks = self._blocks
        if len(blocks) < 2:
            self._blocks = []
            return blocks[0] if blocks else None
        first, last = blocks[0], blocks[-1]
        stamp_ns = first.stamp_ns
        if stamp_ns:
            stamp_ns += round(sum(map(self._shift_ns, blocks)) / len(blocks))
        self._blocks = []
        return dataclasses.replace(
            first,
            stamp_ns=stamp_ns,
            data=np.concatenate([block.data for block in blocks]),
            end_of_stream=last.end_of_stream,
        )

    def _shift_ns(self, block: AudioBlock) -> int:
        """Time by which the stamp of a block is later than that of the first one says."""
        first = self._blocks[0]
        ahead_ns = (block.first_sample - first.first_sample) * 1_000_000_000 // block.sample_rate
        return (block.stamp_ns or 0) - (first.stamp_ns or 0) - ahead_ns


def _joinable(block: AudioBlock) -> bool:
    """Whether a block is surely accepted by itself: with one that is refused, those beside it would be refused."""
    return (
        block.data.dtype == np.int16
        and block.data.size > 0
        and MINIMUM_RATE <= block.sample_rate <= MAXIMUM_RATE
        and 1 <= block.channels <= MAXIMUM_CHANNELS
        and block.data.size % block.channels == 0
        and 0 <= block.first_sample <= LAST_SAMPLE
    )


def _kind(block: AudioBlock) -> tuple[object, ...]:
    return block.stream_id, block.sample_rate, block.channels, block.data.shape[1:]
