"""Which source of a topic is heard: one at a time, the first while it lives."""

from dystream_ros.audio.block import AudioBlock


class SourceChoice:
    """Keeps to one stream of a topic and lets another take over when it is gone.

    A stream is gone when it said end_of_stream, or sent nothing for `timeout` seconds. Driven time knows no arrival:
    there it is gone when another stream brought `timeout` seconds of audio without a block of it.

    Attributes:
        current: stream that is heard; None before the first.
    """

    def __init__(self, timeout: float) -> None:
        self.current: int | None = None
        self._timeout = timeout
        self._heard = 0.0
        self._ended = False
        self._waiting: dict[int, float] = {}

    def admits(self, block: AudioBlock, arrival: float | None) -> bool:
        """Whether this block is of the source to hear.

        Args:
            block: the block.
            arrival: seconds on a steady clock, None in driven time.
        """
        if block.stream_id == self.current:
            self._waiting.clear()
        elif self.current is None or self._ended or self._gone(block, arrival):
            self.current = block.stream_id
            self._waiting.clear()
        else:
            return False
        self._ended = block.end_of_stream
        self._heard = arrival if arrival is not None else 0.0
        return True

    def release(self) -> None:
        """Let any other stream take over at once."""
        self._ended = True

    def _gone(self, block: AudioBlock, arrival: float | None) -> bool:
        if arrival is not None:
            return arrival - self._heard >= self._timeout
        waited = self._waiting.get(block.stream_id, 0.0)
        self._waiting[block.stream_id] = waited + block.seconds
        return waited >= self._timeout
