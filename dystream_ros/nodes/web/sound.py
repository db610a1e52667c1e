"""The sound of a party by its stamps, and listeners that read it steadily. Needs no ROS.

All of it is used in the thread of the server's event loop.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np
import soxr
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock, check_block, to_mono
from dystream_ros.nodes.web.binary_frames import SOUND_RATE

SECOND = 1_000_000_000
BLOCK = SOUND_RATE // 50  # 20 ms
_LENGTH = 4 * SOUND_RATE  # kept, past and future
_JOINED = SOUND_RATE // 200  # a block whose stamp is this near to the end of the one before continues it
_SPARE_NS = 3_000_000  # by which sound arrives before it is read
_OUTLIERS = 50  # one arrival in so many may be too late
LONGEST_NS = 600_000_000  # delay
_SLACK_WINDOW_NS = 10 * SECOND
# Sound goes ahead of its picture by half of what a loudspeaker usually adds (20 to 40 ms): not every browser makes
# up for it.
_LOUDSPEAKER_NS = 15_000_000
_FASTER_NS = 50_000_000  # per second by which a delay that is too long shrinks


def position_of(stamp_ns: int) -> int:
    """The index of a ROS time at `SOUND_RATE`."""
    return stamp_ns * SOUND_RATE // SECOND


def stamp_of(position: int) -> int:
    """The ROS time of an index, ns."""
    return position * SECOND // SOUND_RATE


class PartySound:
    """The newest sound of a party at `SOUND_RATE`, mono, by ROS time; silence where nothing has arrived."""

    def __init__(self) -> None:
        self.end = 0  # position after the newest sample
        self._samples: NDArray[np.float32] = np.zeros(_LENGTH, np.float32)
        self._arrived = 0  # position after the newest block
        self._source: tuple[int, int] | None = None
        self._resampler: soxr.ResampleStream | None = None

    def add(self, block: AudioBlock, now_ns: int) -> int:
        """Add a block; returns the position of its first sample.

        Args:
            now_ns: ROS time, for a block without a stamp.

        Raises:
            AudioRejected: the block is invalid.
        """
        check_block(block)
        stamp_ns = block.stamp_ns or now_ns - round(block.seconds * SECOND)
        first = position_of(stamp_ns)
        source = (block.stream_id, block.sample_rate)
        # The resampler holds some samples back: `end` is behind what has arrived.
        joined = source == self._source and self._resampler is not None and abs(first - self._arrived) <= _JOINED
        self._arrived = first + block.frames * SOUND_RATE // block.sample_rate
        if self._resampler is None or not joined:
            self._source = source
            self._resampler = soxr.ResampleStream(block.sample_rate, SOUND_RATE, 1, dtype="float32", quality="LQ")
        start = self.end if joined else first
        self._write(start, self._resampler.resample_chunk(to_mono(block)))
        if block.end_of_stream:
            self._write(self.end, self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            self._resampler = None
        return first

    def cut(self, position: int) -> None:
        """Drop the sound from a position on."""
        if position < self.end:
            self.end = position
            self._resampler = None

    def read(self, position: int, count: int = BLOCK) -> NDArray[np.float32]:
        """Float32 (count,) from a position on."""
        result = np.zeros(count, np.float32)
        last = min(position + count, self.end)
        first = max(position, self.end - _LENGTH)
        if last > first:
            result[first - position : last - position] = self._samples[self._indices(first, last)]
        return result

    def _write(self, start: int, samples: NDArray[np.float32]) -> None:
        samples = samples[-_LENGTH:]
        if start > self.end:  # silence between
            gap = range(max(self.end, start - _LENGTH), start)
            self._samples[self._indices(gap.start, gap.stop)] = 0.0
        self._samples[self._indices(start, start + samples.size)] = samples
        self.end = start + samples.size

    def _indices(self, first: int, last: int) -> NDArray[np.int64]:
        return np.arange(first, last) % _LENGTH


class Delay:
    """How long after its stamp a sample is read: as short as the arrivals of the sound allow, as long as the pictures.

    Attributes:
        ns: the present delay.
    """

    def __init__(self, first_ns: int) -> None:
        self.ns = first_ns
        self._pictures: deque[tuple[int, int]] = deque()
        self._slack: deque[tuple[int, int]] = deque()

    def sound_arrived(self, slack_ns: int, now_ns: int) -> None:
        """Sound arrived this long before it is read; negative: too late."""
        self._slack.append((now_ns, slack_ns - _SPARE_NS))

    def picture_sent(self, late_ns: int, now_ns: int) -> None:
        """A picture was sent this long after its stamp."""
        self._pictures.append((now_ns, late_ns))

    def lengthen(self, ns: int) -> None:
        """Delay by this time at least, from now on."""
        change = max(0, ns - self.ns)
        self.ns += change
        self._slack = deque((at, slack + change) for at, slack in self._slack)

    def advance(self, now_ns: int, elapsed_ns: int) -> None:
        """Adapt the delay; `elapsed_ns` since the last call."""
        for entries in (self._slack, self._pictures):
            while entries and now_ns - entries[0][0] > _SLACK_WINDOW_NS:
                entries.popleft()
        wanted = self.ns
        if self._slack:
            slack = sorted(each for _, each in self._slack)
            wanted = self.ns - slack[len(slack) // _OUTLIERS]
        if self._pictures:
            # The sound waits for the pictures: what is sent at the same time is shown at the same time.
            late = sorted(late for _, late in self._pictures)
            with_pictures = late[len(late) // 2] - _LOUDSPEAKER_NS
            wanted = max(wanted, with_pictures) if self._slack else with_pictures
        step = min(wanted, LONGEST_NS) - self.ns
        # A longer delay comes at once, as sound is missing; a shorter one unnoticed.
        change = step if step > 0 else max(step, -_FASTER_NS * elapsed_ns // SECOND)
        self.ns += change
        self._slack = deque((at, slack + change) for at, slack in self._slack)


class Listener:
    """Reads the sound of parties in blocks of 20 ms at a steady pace.

    Args:
        parties: mixed.
        now_ns: ROS time.
    """

    def __init__(self, parties: Iterable[PartySound], now_ns: int, delay_ns: int = 120_000_000) -> None:
        self.parties = tuple(parties)
        self.delay = Delay(delay_ns)
        self.cursor = position_of(now_ns - delay_ns)  # of the next block
        self._last_ns = now_ns

    @property
    def due_ns(self) -> int:
        """ROS time at which the next block is read."""
        return stamp_of(self.cursor) + self.delay.ns

    def arrived(self, first: int, now_ns: int) -> None:
        """Sound arrived, whose first sample has this position."""
        block = self.cursor + (first - self.cursor) // BLOCK * BLOCK
        needed_ns = now_ns - stamp_of(block)
        if block < self.cursor and needed_ns <= LONGEST_NS and len(self.parties) == 1:
            # Silence was read in its place: it is played a little later rather than lost. Of two parties the other one
            # would be heard twice.
            self.cursor = block
            self.delay.lengthen(needed_ns)
        self.delay.sound_arrived(stamp_of(block) + self.delay.ns - now_ns, now_ns)

    def read(self, now_ns: int) -> tuple[int, NDArray[np.int16]]:
        """Stamp of the next block in ns, and its samples, int16 (960,).

        After a pause of this process the blocks that are long overdue are left out.
        """
        self.delay.advance(now_ns, max(0, now_ns - self._last_ns))
        self._last_ns = now_ns
        overdue = now_ns - self.due_ns
        if not -SECOND < overdue < SECOND // 5:
            self.cursor = position_of(now_ns - self.delay.ns)
        stamp_ns = stamp_of(self.cursor)
        mixed = sum((party.read(self.cursor) for party in self.parties), np.zeros(BLOCK, np.float32))
        self.cursor += BLOCK
        return stamp_ns, np.clip(np.rint(mixed * 32767), -32768, 32767).astype(np.int16)
