"""The connected pages. Used in the thread of the event loop."""

from collections.abc import Iterable, Iterator

from dystream_ros.nodes.web.connected_page import Page
from dystream_ros.nodes.web.protocol import Json


class Pages:
    """The connected pages in the order of their connection, and the names of those that lost theirs a moment ago."""

    def __init__(self) -> None:
        self._connected: dict[int, Page] = {}
        self._names: dict[int, str] = {}

    def __iter__(self) -> Iterator[Page]:
        return iter(list(self._connected.values()))

    def __len__(self) -> int:
        return len(self._connected)

    def get(self, number: int | None) -> Page | None:
        """The page with this number; None if it is not connected."""
        return self._connected.get(number) if number is not None else None

    def add(self, page: Page) -> None:
        """A page has connected."""
        self._connected[page.number] = page
        self._names[page.number] = page.name

    def remove(self, page: Page) -> bool:
        """A connection has ended; returns False when the page has a newer one."""
        if self._connected.get(page.number) is not page:
            return False
        del self._connected[page.number]
        return True

    def forget(self, number: int) -> None:
        """A page that is not connected will not come back."""
        self._names.pop(number, None)

    def name_of(self, number: int | None) -> str:
        """The name of a page, also of one that has just lost its connection; empty when it is unknown."""
        return self._names.get(number, "") if number is not None else ""

    def tell(self, message: Json, to: Iterable[Page] | None = None) -> None:
        """Send a message to these pages; None: to all."""
        for page in self if to is None else to:
            page.outbox.send(message)
