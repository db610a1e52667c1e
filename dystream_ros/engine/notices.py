"""Unusual events of a conversation, counted and kept for the log."""

NOTICES_KEPT = 100


class Notices:
    """Counts unusual events by name and keeps the newest messages about them. Not thread-safe.

    Attributes:
        counts: number of occurrences of each event.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._kept: list[tuple[str, str]] = []

    def add(self, name: str, text: str) -> None:
        """Count an event and keep its message; the newest 100 messages are kept."""
        self.counts[name] = self.counts.get(name, 0) + 1
        self._kept.append((name, text))
        del self._kept[:-NOTICES_KEPT]

    def take(self) -> list[tuple[str, str]]:
        """The messages since the last call, as (name, message)."""
        taken, self._kept = self._kept, []
        return taken
