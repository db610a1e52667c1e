"""Back-pressure of a queue of audio: a warning before audio is lost, and the amount of lost audio."""

from dystream_ros.audio.block import AudioBlock, AudioRejected

# Shares of the limit at which the warning is given, and below which it may be given again.
HIGH = 0.8
LOW = 0.6
# Audio that arrives in real time for this long and always waits for that long is said late for as long as it goes on.
LATE_AFTER = 10.0  # s
LATE_BY = 3.0  # s
_PAUSE = 1.0  # s without audio, after which the watch begins again
_PACE = 0.1  # by which the pace may differ from real time


class Backlog:
    """Monitors the length of a queue.

    Args:
        limit: seconds of audio that may be queued.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._warned = False
        self._lost_samples = 0
        self._lost_seconds = 0.0
        self._unreported = False
        self._watch: tuple[float, float, float] | None = None  # its begin; seconds delivered; least that waited
        self._latest_arrival = 0.0
        self._late = False

    def rejection(self, block: AudioBlock, waiting: float) -> AudioRejected:
        """The error for a block beyond the limit; its audio is added to the lost audio.

        Args:
            waiting: seconds of queued audio before the block.
        """
        self._lost_samples += block.frames
        self._lost_seconds += block.seconds
        self._unreported = True
        return AudioRejected(
            "queue_full",
            f"{waiting:.1f} s of audio wait, queue_limit is {self._limit:g} s; {self._lost} lost so far: send later or "
            "raise queue_limit",
        )

    def warning(self, waiting: float) -> str:
        """A message when the queue has become nearly full, else ""."""
        if waiting < LOW * self._limit:
            self._warned = False
        if self._warned or waiting < HIGH * self._limit:
            return ""
        self._warned = True
        return (
            f"the queue is nearly full: {waiting:.1f} s of audio wait, queue_limit is {self._limit:g} s; audio beyond "
            "it is lost: wait until `queued` in the status falls, or raise queue_limit"
        )

    def lateness(self, arrival: float, seconds: float, waiting: float) -> str:
        """A message when audio that arrives in real time is said late, once until that is over; else "".

        After the head stood still, everything that was sent meanwhile waits before what is sent now.

        Args:
            arrival: steady time of a block, s.
            seconds: its duration.
            waiting: seconds of queued audio, with this block.
        """
        if self._watch is None or arrival - self._latest_arrival > _PAUSE:
            self._watch = (arrival, 0.0, waiting)
        self._latest_arrival = arrival
        begun, delivered, least = self._watch
        self._watch = (begun, delivered + seconds, min(least, waiting))
        if arrival - begun < LATE_AFTER:
            return ""
        self._watch = None
        before, self._late = self._late, least > LATE_BY
        live = abs(delivered / (arrival - begun) - 1) < _PACE
        if before or not (live and self._late):
            return ""
        return (
            f"the audio arrives in real time and waits for {least:.1f} s, so it is said late: the head stood still, or "
            "the source was ahead; ~/interrupt drops what waits, and a microphone needs the mode live"
        )

    def loss(self, waiting: float) -> str:
        """A message with the amount of lost audio, once the queue has fallen below the warning level; else ""."""
        if not self._unreported or waiting >= HIGH * self._limit:
            return ""
        self._unreported = False
        return f"{self._lost} were lost in total, because more than queue_limit ({self._limit:g} s) of audio waited"

    @property
    def _lost(self) -> str:
        return f"{self._lost_seconds:.1f} s ({self._lost_samples} samples)"
