"""One chunk of the audio of one party as a source delivered it, and the error for audio that cannot be used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM_RATE = 8_000
MAXIMUM_RATE = 96_000
MAXIMUM_CHANNELS = 32
MAXIMUM_SECONDS = 60.0
# Positions on the media clock are 64-bit numbers.
LAST_SAMPLE = 2**62


class AudioRejected(ValueError):
    """Audio that cannot be used.

    Attributes:
        reason: name of the cause, which is also the name of its counter.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class AudioBlock:
    """A chunk of audio with its place in its source.

    Attributes:
        stream_id: identifies one run of one source; a restarted source has another.
        first_sample: running index, in the source's own rate, of the first sample here.
        sample_rate: Hz, 8000 to 96000.
        channels: 1 to 32.
        stamp_ns: ROS time of the first sample in nanoseconds; None or 0 when the source has none.
        data: int16 or float32 (full scale 1.0), interleaved (frames * channels,) or (frames, channels).
        end_of_stream: nothing follows in this stream; `data` may be empty then.
    """

    stream_id: int
    first_sample: int
    sample_rate: int
    channels: int
    stamp_ns: int | None
    data: NDArray[np.int16] | NDArray[np.float32]
    end_of_stream: bool = False

    @property
    def frames(self) -> int:
        """Samples of each channel."""
        return self.data.size // self.channels

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.sample_rate


def check_block(block: AudioBlock) -> None:
    """Raise `AudioRejected` when a block is invalid in itself, independent of earlier blocks."""
    if not MINIMUM_RATE <= block.sample_rate <= MAXIMUM_RATE:
        raise AudioRejected(
            "sample_rate",
            f"a sample rate of {block.sample_rate} Hz was declared; accepted are {MINIMUM_RATE} to {MAXIMUM_RATE} Hz: "
            "correct sample_rate in the source",
        )
    if not 1 <= block.channels <= MAXIMUM_CHANNELS:
        raise AudioRejected(
            "channels",
            f"{block.channels} channels were declared; accepted are 1 to {MAXIMUM_CHANNELS}: "
            "correct channels in the source",
        )
    if not 0 <= block.first_sample <= LAST_SAMPLE:
        raise AudioRejected(
            "first_sample",
            f"first_sample is {block.first_sample}; it counts up from 0, and accepted is up to 2^62: begin each stream "
            "near 0",
        )
    data = block.data
    if data.dtype not in (np.int16, np.float32):
        raise AudioRejected("sample_type", f"samples are {data.dtype}; accepted are int16 and float32")
    if data.ndim not in (1, 2) or (data.ndim == 2 and data.shape[1] != block.channels):
        raise AudioRejected(
            "shape",
            f"the data of {block.channels} channels has shape {data.shape}: give (n,) or (n, channels)",
        )
    if data.size % block.channels:
        raise AudioRejected(
            "odd_size",
            f"{data.size} samples do not divide into {block.channels} channels: correct one of the two numbers in the "
            "source",
        )
    if data.size == 0 and not block.end_of_stream:
        raise AudioRejected("empty", "the chunk is empty; send nothing instead, or set end_of_stream")
    if block.seconds > MAXIMUM_SECONDS:
        raise AudioRejected(
            "too_long",
            f"the chunk lasts {block.seconds:.1f} s; accepted are up to {MAXIMUM_SECONDS:.0f} s: send shorter chunks",
        )
    if data.dtype == np.float32 and not np.isfinite(data).all():
        raise AudioRejected("not_finite", "the samples hold NaN or infinity: the source is damaged")


def to_mono(block: AudioBlock, channel: int | None = None) -> NDArray[np.float32]:
    """Float32 (frames,) of one channel, or the mean of all when `channel` is None; int16 is scaled by 1/32768.

    Raises:
        AudioRejected: the block has no such channel.
    """
    data = block.data.reshape(-1, block.channels)
    if channel is not None and channel >= block.channels:
        raise AudioRejected(
            "no_such_channel",
            f"channel {channel} is selected, but the source has {block.channels} (counted from 0): choose another",
        )
    scale = np.float32(1 / 32768) if data.dtype == np.int16 else np.float32(1)
    if channel is not None or block.channels == 1:
        return data[:, channel or 0].astype(np.float32) * scale
    return data.astype(np.float32).mean(axis=1, dtype=np.float32) * scale
