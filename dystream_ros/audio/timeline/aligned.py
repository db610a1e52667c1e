"""The audio of a party in its original format, cut at the boundaries of frames; published on `self/audio_aligned`."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from dystream_ros.audio.block import AudioBlock

# Number of streams whose end is remembered, so that it is not published twice.
ENDS_REMEMBERED = 64


def piece(block: AudioBlock, first: int, end: int, stamp_ns: int | None) -> AudioBlock:
    """The samples [first, end) of a block with their stamp; the last sample of the block carries its end of stream."""
    return replace(
        block,
        first_sample=first,
        stamp_ns=stamp_ns,
        data=block.data.reshape(-1, block.channels)[first - block.first_sample : end - block.first_sample],
        end_of_stream=block.end_of_stream and end == block.first_sample + block.frames,
    )


def end_of(block: AudioBlock, first_sample: int, stamp_ns: int | None) -> AudioBlock:
    """The end of a block's stream, as a block without samples."""
    return replace(block, first_sample=first_sample, stamp_ns=stamp_ns, data=np.zeros(0, np.int16), end_of_stream=True)


class AlignedAudio:
    """Parts of the audio with their media positions, and each end of a stream exactly once.

    An end is either carried by the last part of its stream (`accept`), or a part of its own without samples (`end`).
    """

    def __init__(self) -> None:
        self._parts: list[tuple[float, AudioBlock]] = []
        self._ended: deque[int] = deque(maxlen=ENDS_REMEMBERED)

    def accept(self, stream_id: int, carries_end: bool) -> None:
        """Register that audio of a stream was accepted, and whether the stream ends with it."""
        if stream_id in self._ended:
            self._ended.remove(stream_id)
        if carries_end:
            self._ended.append(stream_id)

    def end(self, position: float, block: AudioBlock) -> None:
        """Add the end of a stream, without samples, unless the stream has ended already."""
        if block.stream_id not in self._ended:
            self._ended.append(block.stream_id)
            self._parts.append((position, block))

    def add(self, position: float, block: AudioBlock) -> None:
        """Add a part that was read."""
        self._parts.append((position, block))

    def take(self, until: float) -> tuple[AudioBlock, ...]:
        """Remove and return the parts before a media position, in order."""
        taken = sorted((part for part in self._parts if part[0] < until), key=lambda part: part[0])
        self._parts = [part for part in self._parts if part[0] >= until]
        return tuple(block for _, block in taken)

    def delay(self, samples_at: Callable[[float], int], sample_ns: int) -> None:
        """Move the parts later, with their stamps.

        Args:
            samples_at: delay at a media position, in media samples.
            sample_ns: duration of a media sample.
        """
        self._parts = [
            (position, block)
            if position == -np.inf
            else (
                position + (moved := samples_at(position)),
                block if block.stamp_ns is None else replace(block, stamp_ns=block.stamp_ns + moved * sample_ns),
            )
            for position, block in self._parts
        ]

    def discard(self, until: float) -> None:
        """Drop the audio before a media position; the ends in it remain."""
        self._parts = [
            (position, block if position >= until else end_of(block, block.first_sample + block.frames, block.stamp_ns))
            for position, block in self._parts
            if position >= until or block.end_of_stream
        ]

    def cut(self, waiting: Iterable[tuple[float, AudioBlock]], force_ends: bool, stamp_ns: int) -> int:
        """Drop all parts; the ends among them and in `waiting` are due at once. Returns the number of samples dropped.

        Args:
            waiting: audio that was accepted and not yet added, with its media positions.
            force_ends: also end the streams that are cut before their end.
            stamp_ns: of the ends.
        """
        utterances: list[AudioBlock] = []  # the first dropped block of each
        unended: dict[int, int] = {}
        for _, block in sorted((*waiting, *self._parts), key=lambda part: part[0]):
            if block.stream_id not in unended:
                unended[block.stream_id] = len(utterances)
                utterances.append(block)
            if block.end_of_stream:
                del unended[block.stream_id]
        for stream_id in unended if force_ends else ():
            self.accept(stream_id, carries_end=True)
        dropped = sum(block.frames for _, block in self._parts)
        kept_open = () if force_ends else unended.values()
        self._parts = [
            (-np.inf, end_of(block, block.first_sample, stamp_ns))
            for number, block in enumerate(utterances)
            if number not in kept_open
        ]
        return dropped
