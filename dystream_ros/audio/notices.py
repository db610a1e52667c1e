"""Unusual events, counted and kept for the log."""

from dystream_ros.audio.block import AudioBlock

NOTICES_KEPT = 100


class Notices:
    """Counts unusual events by name and keeps the newest messages about them. Not thread-safe.

    Attributes:
        counts: number of occurrences of each event.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._kept: list[tuple[str, str]] = []

    def add(self, name: str, message: str) -> None:
        """Count an event and keep its message; the newest 100 messages are kept."""
        self.counts[name] = self.counts.get(name, 0) + 1
        self._kept.append((name, message))
        del self._kept[:-NOTICES_KEPT]

    def about(self, name: str, block: AudioBlock, message: str) -> None:
        """Add an event of a block; the message names the block."""
        self.add(name, f"stream {block.stream_id}, sample {block.first_sample}: {message}")

    def take(self) -> list[tuple[str, str]]:
        """Remove and return the messages as (name, message), the oldest first."""
        taken, self._kept = self._kept, []
        return taken
