"""What is unusual in a conversation: counted, and kept for a log."""

NOTICES_KEPT = 100


class Notices:
    """Counts unusual events by short name and keeps the newest sentences about them. Not thread-safe.

    Attributes:
        counts: how often each event happened.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._kept: list[tuple[str, str]] = []

    def add(self, name: str, text: str) -> None:
        """Count an event and keep the sentence that describes it; of many sentences the newest 100 are kept."""
        self.counts[name] = self.counts.get(name, 0) + 1
        self._kept.append((name, text))
        del self._kept[:-NOTICES_KEPT]

    def take(self) -> list[tuple[str, str]]:
        """The sentences since the last call, as (short name, sentence)."""
        taken, self._kept = self._kept, []
        return taken
