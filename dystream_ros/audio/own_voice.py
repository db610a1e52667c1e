"""Whether channels of the partner's microphone carry what the robot itself plays."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np
import soxr
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock, check_block

Samples = NDArray[np.float32]

_RATE = 4_000  # Hz: enough to recognise a voice
_WINDOW = 1.5  # s of played sound that is looked for
_EARLIEST, _LATEST = -0.4, 1.0  # s after its publication that a played sound is heard; another player may be earlier
_KEPT = _WINDOW + _LATEST - _EARLIEST + 0.5  # s
_QUIET = 10 ** (-50.0 / 20)  # root mean square, after the emphasis
_EMPHASIS = 0.9  # flattens the spectrum of speech, whose loud low tones resemble those of any other voice
# Two voices resemble each other by up to 0.1 somewhere, at any delay; a loopback by 1, an echo in a room by 0.2.
_ALIKE = 0.12
_TIMES, _SPREAD = 3, 0.012  # windows, and s between their delays

PLAYBACK_HEARD = "playback_heard"


@dataclass(frozen=True)
class _Find:
    """Where a channel resembles the played sound most: correlation (0 to 1) and delay in s."""

    likeness: float
    delay: float


class OwnVoice:
    """Compares each channel of a source with what the robot plays. May be used by several threads.

    Times are those of one steady clock, in s.

    Args:
        channel: the channel that is used; None for the mean of all.
    """

    def __init__(self, channel: int | None) -> None:
        self._channel = channel
        self._lock = Lock()
        self._played: deque[tuple[float, AudioBlock]] = deque()
        self._heard: deque[tuple[float, AudioBlock]] = deque()
        self._stream = (0, 0, 0)
        self._finds: list[list[_Find]] = []
        self._reported = False

    def play(self, block: AudioBlock, time: float) -> None:
        """Audio of the own party, with its stamp, that was handed to the loudspeaker at this time."""
        with self._lock:
            self._played.append((time, block))
            _forget(self._played, time)

    def hear(self, block: AudioBlock, time: float) -> None:
        """Audio of the partner's source that arrived at this time."""
        check_block(block)
        if not block.frames:
            return
        with self._lock:
            stream = (block.stream_id, block.sample_rate, block.channels)
            if stream != self._stream:
                self._stream, self._reported = stream, False
                self._finds = [[] for _ in range(block.channels)]
                self._heard.clear()
            self._heard.append((time, block))
            _forget(self._heard, time)

    def check(self, now: float) -> str:
        """A message if the robot hears itself, once for each stream of the source, else ""; to be called every second.

        Takes about 1 ms for each channel while the robot speaks, and nothing otherwise.
        """
        with self._lock:
            played, heard, stream = list(self._played), list(self._heard), self._stream
        if self._reported or not played or not heard:
            return ""
        begin = now - _LATEST - _WINDOW
        reference = _by_stamps(played, begin)
        reference = _flat(reference)
        if float(np.sqrt(np.mean(reference**2))) < _QUIET:
            return ""
        channels = _by_index(heard, begin + _EARLIEST)
        for finds, samples in zip(self._finds, channels):
            finds.append(_find(reference, _flat(samples)))
            del finds[:-_TIMES]
        with self._lock:
            if stream != self._stream:
                return ""
            self._reported = bool(message := self._verdict())
        return message

    def _verdict(self) -> str:
        carrying = {channel: finds[-1] for channel, finds in enumerate(self._finds) if _sure(finds)}
        count = len(self._finds)
        used = range(count) if self._channel is None else [self._channel]
        if not set(used) & set(carrying):
            return ""
        channel = max((each for each in used if each in carrying), key=lambda each: carrying[each].likeness)
        found = carrying[channel]
        what = f"(correlation {found.likeness:.2f}, {1e3 * found.delay:.0f} ms after self/audio_aligned)"
        free = [each for each in range(count) if each not in carrying]
        if count > 1 and free:
            return (
                f"channel {channel} of its {count} channels carries what the robot itself plays {what}; choose one "
                f"without it: other_channel:={free[0]}"
            )
        return f"the robot hears its own voice in it {what}; cancel the echo, see docs/audio.md"


def _forget(blocks: deque[tuple[float, AudioBlock]], now: float) -> None:
    while blocks[0][0] < now - _KEPT:
        blocks.popleft()


def _by_stamps(played: list[tuple[float, AudioBlock]], begin: float) -> Samples:
    """`_WINDOW` of the mean of the channels at `_RATE` from the time `begin` on, placed by the stamps of the blocks."""
    # A stamp is that of the first sample; how long ago it was handed over is the same for all blocks.
    offset = float(np.median([time - (block.stamp_ns or 0) / 1e9 for time, block in played]))
    rate = played[-1][1].sample_rate
    line = np.zeros(round(_WINDOW * rate), np.float32)
    for first, samples in _runs([block for _, block in played if block.sample_rate == rate]):
        at = round(((first.stamp_ns or 0) / 1e9 + offset - begin) * rate)
        _put(line, at, samples.mean(axis=1))
    return _resampled(line, rate)


def _by_index(heard: list[tuple[float, AudioBlock]], begin: float) -> list[Samples]:
    """Each channel at `_RATE` from the time `begin` on, as long as it can hold the window, placed by running index."""
    time, last = heard[-1]
    rate, end = last.sample_rate, last.first_sample + last.frames
    lines = np.zeros((round((_WINDOW + _LATEST - _EARLIEST) * rate), last.channels), np.float32)
    for first, samples in _runs([block for _, block in heard]):
        _put(lines, round((time - begin) * rate) - (end - first.first_sample), samples)
    return [_resampled(np.ascontiguousarray(line), rate) for line in lines.T]


def _put(line: Samples, at: int, samples: Samples) -> None:
    first, last = max(0, at), min(len(line), at + len(samples))
    if first < last:
        line[first:last] = samples[first - at : last - at]


def _runs(blocks: list[AudioBlock]) -> Iterator[tuple[AudioBlock, Samples]]:
    """The first block and the samples, float32 (n, channels), of each run of blocks that follow one another."""
    end: tuple[object, ...] = ()
    run: list[AudioBlock] = []
    for block in blocks:
        if block.frames:
            kind = (block.stream_id, block.channels, block.data.dtype)
            if run and end != (*kind, block.first_sample):
                yield run[0], _floats(run)
                run = []
            run.append(block)
            end = (*kind, block.first_sample + block.frames)
    if run:
        yield run[0], _floats(run)


def _floats(run: list[AudioBlock]) -> Samples:
    data = np.concatenate([block.data.reshape(-1) for block in run])
    scale = np.float32(1 / 32768 if data.dtype == np.int16 else 1.0)
    return np.asarray(data.reshape(-1, run[0].channels) * scale, np.float32)


def _resampled(line: Samples, rate: int) -> Samples:
    return np.asarray(soxr.resample(line, rate, _RATE, quality="QQ"), np.float32)


def _flat(samples: Samples) -> Samples:
    return np.asarray(samples[1:] - _EMPHASIS * samples[:-1], np.float32)


def _find(reference: Samples, heard: Samples) -> _Find:
    """The delay, relative to the time at which it was played, at which `heard` resembles `reference` most."""
    size = 1 << (len(heard) + len(reference) - 1).bit_length()
    places = len(heard) - len(reference) + 1
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(reference, size)), size)[:places]
    power = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    energy = power[len(reference) :][:places] - power[:places]
    floor = 1e-9 * len(reference)
    likeness = product / np.sqrt((energy + floor) * (float(np.sum(reference.astype(np.float64) ** 2)) + floor))
    # What an echo canceller leaves is the same voice, but too soft to matter.
    likeness[energy < len(reference) * _QUIET**2] = 0.0
    best = int(likeness.argmax())
    return _Find(float(likeness[best]), best / _RATE + _EARLIEST)


def _sure(finds: list[_Find]) -> bool:
    delays = [find.delay for find in finds]
    alike = len(finds) == _TIMES and min(find.likeness for find in finds) > _ALIKE
    return alike and max(delays) - min(delays) < _SPREAD
