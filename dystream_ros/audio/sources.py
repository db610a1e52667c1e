"""Which source of a topic is heard: one at a time, the first while it lives."""

from dystream_ros.audio.block import AudioBlock, AudioRejected


class SourceChoice:
    """Keeps to one stream of a topic and lets another take over when it is gone.

    A stream is gone when it said end_of_stream, was interrupted, or sent nothing for `timeout` seconds. Driven time has
    no arrival: there it is gone when another stream brought `timeout` seconds of audio without a block of it.
    """

    def __init__(self, timeout: float) -> None:
        self._current: int | None = None
        self._interrupted: int | None = None
        self._timeout = timeout
        self._heard = 0.0
        self._ended = False
        self._waiting: dict[int, float] = {}

    def choose(self, block: AudioBlock, arrival: float | None) -> None:
        """Take note of a block.

        Args:
            block: the block.
            arrival: seconds on a steady clock, None in driven time.

        Raises:
            AudioRejected: it is not of the source to hear.
        """
        if block.stream_id == self._interrupted:
            self._interrupted = None if block.end_of_stream else self._interrupted
            raise AudioRejected("interrupted", f"the rest of stream {block.stream_id} is dropped: interrupted")
        if self._current not in (None, block.stream_id) and not self._ended and not self._gone(block, arrival):
            raise AudioRejected(
                "second_source",
                f"stream {block.stream_id} sends to a topic on which stream {self._current} is heard: "
                "stop one of the two sources",
            )
        self._current, self._interrupted, self._ended = block.stream_id, None, block.end_of_stream
        self._heard = arrival if arrival is not None else 0.0
        self._waiting.clear()

    def interrupt(self) -> None:
        """Refuse the rest of the stream that is heard; any other may take over at once."""
        self._interrupted, self._ended = self._current, True

    def _gone(self, block: AudioBlock, arrival: float | None) -> bool:
        if arrival is not None:
            return arrival - self._heard >= self._timeout
        waited = self._waiting.get(block.stream_id, 0.0)
        self._waiting[block.stream_id] = waited + block.seconds
        return waited >= self._timeout
