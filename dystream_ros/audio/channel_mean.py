"""Whether the mean of the channels of a source is a usable signal."""

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.level import dbfs

SECONDS = 1.0  # of audio that is not silent, for a verdict
_QUIET_DBFS = -50.0
# Of two channels of which one is silent, the mean is 6 dB softer; of six channels of one sound in noise, up to 8 dB.
LARGEST_LOSS = 12.0  # dB
_ARRAY = 3  # channels
_CHOOSE = "choose one with self_channel or other_channel"
_AVERAGED = "{} channels are averaged; those of a microphone array are processed, raw and played-back audio: " + _CHOOSE
_CANCELLED = (
    "the mean of its {} channels is {:.0f} dB softer than channel {}: they cancel each other, or most are silent; "
    + _CHOOSE
)


class ChannelMean:
    """Watches a source whose channels are averaged, and describes what is wrong with the mean, once per stream."""

    def __init__(self) -> None:
        self._stream = (0, 0)
        self._watched = 0.0
        self._reported = False
        self._energy: np.ndarray = np.zeros(0)

    def add(self, block: AudioBlock) -> list[tuple[str, str]]:
        """Problems that became clear with this valid block, as (counter, message)."""
        found = []
        stream = (block.stream_id, block.channels)
        if stream != self._stream:
            self._stream, self._watched, self._reported = stream, 0.0, block.channels < 2
            self._energy = np.zeros(block.channels + 1)
            if block.channels >= _ARRAY:
                found.append(("channels_averaged", _AVERAGED.format(block.channels)))
        if self._reported or not block.frames:
            return found
        scale = 1 / 32768 if block.data.dtype == np.int16 else 1.0
        data = block.data.reshape(-1, block.channels) * np.float32(scale)
        energy = np.array([*np.mean(data * data, axis=0), np.mean(np.mean(data, axis=1) ** 2)])
        if dbfs(float(energy.max()) ** 0.5) >= _QUIET_DBFS:
            self._energy += block.seconds * energy
            self._watched += block.seconds
        if self._watched < SECONDS:
            return found
        self._reported = True
        levels = [dbfs(float(value / self._watched) ** 0.5) for value in self._energy]
        loudest = int(np.argmax(levels[:-1]))
        loss = levels[loudest] - max(levels[-1], -120.0)
        if loss > LARGEST_LOSS:
            found.append(("channels_cancel", _CANCELLED.format(block.channels, loss, loudest)))
        return found
