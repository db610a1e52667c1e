"""Notices that this process no longer hears what other processes send by shared memory.

Two states of Fast DDS 2 last for ever, while the node goes on publishing:

- A process that is killed while it writes into the queue of another one leaves the lock of this queue behind: locks
  there are not robust (eProsima/Fast-DDS#5469). The thread that receives then waits for the lock. A thread that only
  waits for messages wakes three times per second, by the timeout of its queue, and Linux counts that.
- Another process takes the queue for that of a dead one, or somebody cleans the shared memory, and the next one makes a
  new file of the same name. The thread that receives waits in the old file, in which nobody writes.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

_THREADS = "dds.shm."  # names of the threads that receive, followed by the number of their queue
_PERIOD = 1.0  # s between two looks
LOOKS = 15  # in a row without a sign of life; a busy machine lets a thread wait for some seconds
# In a row at which the file of a queue is another one. A thread that finds its queue marked as defective, as after a
# suspension, opens the new one.
REPLACED_LOOKS = 5
_COUNTS = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
# A line of /proc/self/maps: inode and path of a queue, of Fast DDS 2 or 3.
_QUEUE = re.compile(r"(\d+)\s+(/\S*/fast(?:rtps|dds)_port(\d+))(?: \(deleted\))?$")


class Deafness:
    """A thread that looks at the receiving threads of this process; where Linux shows none, nothing is noticed.

    Args:
        process: folder of the process, as in /proc.
        period: s between two looks.
    """

    def __init__(self, process: Path = Path("/proc/self"), period: float = _PERIOD) -> None:
        self._tasks, self._maps = process / "task", process / "maps"
        self._period = period
        self._seen: dict[str, int] = {}
        self._still: dict[str, int] = {}
        self._replaced: dict[str, int] = {}
        self._read: dict[str, set[int]] = {}  # inodes that this process has of each queue that it reads
        self._reason = ""
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="deafness", daemon=True).start()

    @property
    def reason(self) -> str:
        """Which thread does not hear, and why; "" while all do."""
        return self._reason

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def look(self) -> None:
        """Compare the threads with the last look, and their queues with those that the other processes see."""
        names = dict(self._names())
        now = {task: self._switches(task) for task in names}
        # A thread that has ended is forgotten; so is its number of looks.
        self._still = {task: self._still.get(task, 0) + 1 for task in now if now[task] == self._seen.get(task)}
        self._seen = now
        queues = {queue for name in names.values() if (queue := name.removeprefix(_THREADS)).isdecimal()}
        self._replaced = {path: self._replaced.get(path, 0) + 1 for path in self._lost(queues)}
        self._reason = self._found(names)

    def _found(self, names: Mapping[str, str]) -> str:
        for task, looks in self._still.items():
            if looks >= LOOKS:
                lock = "a lock in shared memory, which a process that was killed has left behind"
                return f"{names[task]} waits for {lock}"
        for path, looks in self._replaced.items():
            if looks >= REPLACED_LOOKS:
                return (
                    f"{_THREADS}{_queue_of(path)} waits in a file of shared memory that was replaced or removed, {path}"
                )
        return ""

    def _watch(self) -> None:
        while not self._closed.wait(self._period):
            self.look()

    def _lost(self, queues: set[str]) -> list[str]:
        """Paths of the queues that this process reads and others cannot reach: removed, or another file by now.

        Queues that it only writes into are left out: it opens the new file of one when it has something to send.
        """
        lost = [path for path, inodes in self._read.items() if not _is_one_of(path, inodes)]
        # The list of a head's memory has 800 lines and takes 1.4 ms. It is read when it may have changed.
        if lost or {_queue_of(path) for path in self._read} != queues:
            self._read = self._mapped(queues)
            lost = [path for path, inodes in self._read.items() if not _is_one_of(path, inodes)]
        return lost

    def _mapped(self, queues: set[str]) -> dict[str, set[int]]:
        """Inodes of the files in the memory of this process, by path, of these queues."""
        mapped: dict[str, set[int]] = {}
        for line in _text(self._maps).splitlines():
            # The expression alone takes 11 ms for all lines.
            if "_port" in line and (found := _QUEUE.search(line)) and found[3] in queues:
                mapped.setdefault(found[2], set()).add(int(found[1]))
        return mapped

    def _names(self) -> Iterator[tuple[str, str]]:
        """Id and name of each receiving thread."""
        for task in self._tasks.iterdir() if self._tasks.is_dir() else ():
            name = _text(task / "comm").strip()
            if name.startswith(_THREADS):
                yield task.name, name

    def _switches(self, task: str) -> int:
        """Context switches of a thread."""
        lines = (line.partition(":") for line in _text(self._tasks / task / "status").splitlines())
        return sum(int(value) for name, _, value in lines if name in _COUNTS)


def _queue_of(path: str) -> str:
    return path.rpartition("_port")[2]


def _is_one_of(path: str, inodes: set[int]) -> bool:
    """Whether the file of this path has one of these inodes, or cannot be looked at."""
    try:
        return os.stat(path).st_ino in inodes
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _text(path: Path) -> str:
    """The text of a file; "" if its thread has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
