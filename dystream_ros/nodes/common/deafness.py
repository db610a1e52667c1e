"""Notices that this process no longer hears what other processes send by shared memory.

A process that is killed while it writes into the queue of another one leaves the lock of this queue behind: locks of
Fast DDS 2 there are not robust (eProsima/Fast-DDS#5469). The thread that receives then waits for the lock for ever: the
node publishes on, and hears neither audio nor services. A thread that only waits for messages wakes three times per
second, by the timeout of its queue, and Linux counts that.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

_THREADS = "dds.shm."  # names of the threads that receive
_PERIOD = 1.0  # s between two looks
LOOKS = 15  # in a row without a sign of life; a busy machine lets a thread wait for some seconds
_COUNTS = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")


class Deafness:
    """A thread that looks at the receiving threads of this process; where Linux shows none, nothing is noticed.

    Args:
        tasks: folder with the threads of the process, as in /proc.
        period: s between two looks.
    """

    def __init__(self, tasks: Path = Path("/proc/self/task"), period: float = _PERIOD) -> None:
        self._tasks = tasks
        self._period = period
        self._seen: dict[str, int] = {}
        self._still: dict[str, int] = {}
        self._thread = ""
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="deafness", daemon=True).start()

    @property
    def thread(self) -> str:
        """Name of a receiving thread that stands still; "" while all live."""
        return self._thread

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def look(self) -> None:
        """Compare the threads with the last look."""
        now = dict(self._switches())
        # A thread that has ended is forgotten; so is its number of looks.
        self._still = {task: self._still.get(task, 0) + 1 for task in now if now[task] == self._seen.get(task)}
        self._seen = now
        stuck = [task for task, looks in self._still.items() if looks >= LOOKS]
        self._thread = self._name(stuck[0]) if stuck else ""

    def _watch(self) -> None:
        while not self._closed.wait(self._period):
            self.look()

    def _switches(self) -> Iterator[tuple[str, int]]:
        """Context switches of each receiving thread, by its id."""
        for task in self._tasks.iterdir() if self._tasks.is_dir() else ():
            if self._name(task.name).startswith(_THREADS):
                lines = (line.partition(":") for line in _read(task / "status").splitlines())
                yield task.name, sum(int(value) for name, _, value in lines if name in _COUNTS)

    def _name(self, task: str) -> str:
        return _read(self._tasks / task / "comm").strip()


def _read(path: Path) -> str:
    """The text of a file; "" if its thread has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
