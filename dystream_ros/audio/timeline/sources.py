"""Selects the source of a topic whose audio is used: one at a time."""

from dataclasses import dataclass, replace
from typing import NoReturn, Protocol

from dystream_ros.audio.block import AudioBlock, AudioRejected

# A first_sample that jumps by more than this does not continue the utterance before it.
INDEX_JUMP_SECONDS = 0.25
# An interrupted stream without a pause is used again once it has kept the pace of real time, within `PACE_SECONDS`, for
# this many timeouts: it is a microphone, not the rest of an utterance.
LIVE_TIMEOUTS = 4
PACE_SECONDS = 0.25
# A stream that returns this many times, each within the timeout, shows that two sources send at the same time.
RIVAL_RETURNS = 2


class SourceChoice(Protocol):
    """Decides for each block whether its stream is used."""

    def choose(self, block: AudioBlock, arrival: float | None) -> None:
        """Register a block; returns if its stream is used.

        Args:
            block: the block.
            arrival: seconds on a steady clock; None in driven time.

        Raises:
            AudioRejected: another stream is in use (`second_source`), or this one was interrupted (`interrupted`).
        """
        ...

    def interrupt(self, now: float) -> None:
        """Refuse the rest of the streams in use; any other stream may take over at once.

        Args:
            now: seconds on the clock of `arrival`.
        """
        ...


def source_choice(mode: str, timeout: float) -> SourceChoice:
    """The rule of a timeline's mode: "queued", or "live" and "driven".

    Args:
        timeout: seconds after which a silent stream is considered gone.
    """
    return QueuedSources(timeout) if mode == "queued" else ExclusiveSources(timeout)


class ExclusiveSources:
    """Live and driven audio: uses the first stream of a topic until it is gone.

    A stream is gone when it sent end_of_stream, was interrupted, or sent nothing for `timeout` seconds. In driven time,
    which has no arrival times, it is gone once another stream has delivered `timeout` seconds of audio meanwhile.
    """

    def __init__(self, timeout: float) -> None:
        self._current: int | None = None
        self._interrupted: int | None = None
        self._timeout = timeout
        self._latest_arrival = 0.0
        self._ended = False
        self._waiting: dict[int, float] = {}

    def choose(self, block: AudioBlock, arrival: float | None) -> None:
        if block.stream_id == self._interrupted:
            self._interrupted = None if block.end_of_stream else self._interrupted
            _refuse_interrupted(block)
        if self._current not in (None, block.stream_id) and not self._ended and not self._gone(block, arrival):
            _refuse_second(block, self._current)
        self._current, self._interrupted, self._ended = block.stream_id, None, block.end_of_stream
        self._latest_arrival = arrival if arrival is not None else 0.0
        self._waiting.clear()

    def interrupt(self, now: float) -> None:
        if not self._ended:
            self._interrupted, self._ended = self._current, True

    def _gone(self, block: AudioBlock, arrival: float | None) -> bool:
        if arrival is not None:
            return arrival - self._latest_arrival >= self._timeout
        waited = self._waiting.get(block.stream_id, 0.0)
        self._waiting[block.stream_id] = waited + block.seconds
        return waited >= self._timeout


@dataclass(frozen=True)
class _Latest:
    """The latest block of a stream.

    Attributes:
        first, end: its running indices.
        stamp_ns: its stamp; None or 0 without one.
        seconds: its duration.
        arrival: its arrival, s, or the time of an interruption after it.
    """

    first: int
    end: int
    stamp_ns: int | None
    seconds: float
    arrival: float

    def jumps_to(self, block: AudioBlock, timeout: float) -> bool:
        """Whether first_sample or the stamp jumps from this block to the next one."""
        tolerance = INDEX_JUMP_SECONDS * block.sample_rate
        if block.first_sample > self.end + tolerance or block.first_sample < self.first - tolerance:
            return True
        if block.first_sample == 0 < self.first:
            return True
        if not block.stamp_ns or not self.stamp_ns:
            return False
        # Stamps advance with the audio, or by less where a burst is stamped with the time at which it is sent.
        advance = (block.stamp_ns - self.stamp_ns) / 1e9
        return advance >= self.seconds + timeout or advance <= -timeout


def _latest(block: AudioBlock, arrival: float) -> _Latest:
    end = block.first_sample + block.frames
    return _Latest(block.first_sample, end, block.stamp_ns, block.seconds, arrival)


class _Rest:
    """The rest of an interrupted stream.

    Args:
        latest: latest block of the stream; the attribute of this name is kept up to date.
    """

    def __init__(self, latest: _Latest) -> None:
        self.latest = latest
        # The section at the pace of real time: its start, and seconds of audio since then.
        self._since: float | None = None
        self._delivered = 0.0

    def is_over(self, block: AudioBlock, arrival: float, timeout: float) -> bool:
        """Whether a block of this stream is new audio; False for the rest of the interrupted utterance."""
        if not block.frames:
            return False
        if arrival - self.latest.arrival >= timeout or self.latest.jumps_to(block, timeout):
            return True
        self._delivered += block.seconds
        if self._since is None or abs(self._delivered - (arrival - self._since)) > PACE_SECONDS:
            self._since, self._delivered = arrival, 0.0
        self.latest = _latest(block, arrival)
        return arrival - self._since >= LIVE_TIMEOUTS * timeout


class QueuedSources:
    """Queued speech: successive streams are queued one after the other.

    - A stream that begins after another is its successor, however soon it begins.
    - Two streams that send alternately are two sources. The older one is used; the other is refused for as long as the
      older one sends. Two blocks of the other are used before this is detected.
    - The rest of an interrupted stream is refused until it ends, until it pauses for `timeout` after the interruption,
      until its first_sample or stamp jumps, or until it proves to be live: it keeps the pace of real time for
      `LIVE_TIMEOUTS` times `timeout`.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._current: int | None = None
        self._latest_arrival = 0.0
        self._ended = True
        # Streams that have not ended: their latest blocks, and how often they returned after another stream.
        self._open: dict[int, _Latest] = {}
        self._returns: dict[int, int] = {}
        self._rivals: set[int] = set()
        self._rests: dict[int, _Rest] = {}

    def choose(self, block: AudioBlock, arrival: float | None) -> None:
        now = arrival or 0.0
        self._refuse_rest(block, now)
        if self._ended or now - self._latest_arrival >= self._timeout:
            self._forget_others()
        elif block.stream_id != self._current:
            if block.stream_id in self._rivals:
                _refuse_second(block, self._current)
            self._note_change(block.stream_id, now)
        self._current, self._latest_arrival, self._ended = block.stream_id, now, block.end_of_stream
        self._open[block.stream_id] = _latest(block, now)
        if block.end_of_stream:
            del self._open[block.stream_id]

    def interrupt(self, now: float) -> None:
        self._rests |= {stream_id: _Rest(replace(latest, arrival=now)) for stream_id, latest in self._open.items()}
        self._ended = True
        self._forget_others()

    def restarted(self, now: float) -> "QueuedSources":
        """After an interruption, the same refusals on a clock that begins at `now`."""
        sources = QueuedSources(self._timeout)
        for stream_id, rest in self._rests.items():
            sources._rests[stream_id] = _Rest(replace(rest.latest, arrival=rest.latest.arrival - now))
        return sources

    def _forget_others(self) -> None:
        self._open.clear()
        self._returns.clear()
        self._rivals.clear()

    def _refuse_rest(self, block: AudioBlock, now: float) -> None:
        """Raise `AudioRejected` when a block belongs to the rest of an interrupted stream."""
        rest = self._rests.get(block.stream_id)
        over = rest is None or rest.is_over(block, now, self._timeout)
        if over or block.end_of_stream:
            self._rests.pop(block.stream_id, None)
        # A stream that was silent for the timeout has nothing left to refuse.
        self._rests = {key: kept for key, kept in self._rests.items() if now - kept.latest.arrival < self._timeout}
        if not over:
            _refuse_interrupted(block)

    def _note_change(self, stream_id: int, now: float) -> None:
        """Register a change of stream: to a successor, or to a second source once both streams continue."""
        self._open = {key: latest for key, latest in self._open.items() if now - latest.arrival < self._timeout}
        if stream_id not in self._open:
            self._returns.pop(stream_id, None)
            return
        self._returns[stream_id] = self._returns.get(stream_id, 0) + 1
        if self._returns[stream_id] >= RIVAL_RETURNS:
            self._rivals = set(self._open) - {stream_id}


def _refuse_interrupted(block: AudioBlock) -> NoReturn:
    raise AudioRejected("interrupted", f"the rest of the interrupted stream {block.stream_id} is dropped")


def _refuse_second(block: AudioBlock, used: int | None) -> NoReturn:
    raise AudioRejected(
        "second_source",
        f"stream {block.stream_id} sends on the topic of stream {used}, which is in use: stop one of the two sources",
    )
