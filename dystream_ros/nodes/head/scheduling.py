"""Priority of the threads of a head: motion and audio first, then pictures, then everything that loads.

| `priority` | inference, executor and threads of the middleware | pictures | session of the process |
|---|---|---|---|
| normal | niceness of the process | one more | its niceness |
| high | niceness of the process - 10 | - 5 | its niceness - 10 |
| realtime | SCHED_RR 10 | niceness of the process - 5 | its niceness - 10 |
"""

from collections.abc import Callable
from dataclasses import dataclass

from dystream_ros.nodes.common import priority

REALTIME_PRIORITY = 10
_FIRST, _PICTURES, _PICTURES_NORMAL = -10, -5, 1


@dataclass(frozen=True)
class Niceness:
    """Niceness of the process, and of its session where it leads one."""

    process: int
    session: int | None

    @classmethod
    def now(cls) -> "Niceness":
        """That of the calling thread."""
        return cls(priority.niceness(), priority.session_niceness())


class Scheduling:
    """Sets the priority of the threads of a head.

    Where the system does not allow a level, the next lower one is used.

    Args:
        level: of `priority.LEVELS`.
        base: at the start of the process.
        refused: called once with a message when the system does not allow the level.
    """

    def __init__(self, level: str, base: Niceness, refused: Callable[[str], object]) -> None:
        self.level = level
        self._base = base
        self._refused = refused

    def begin_pictures(self) -> None:
        """Set the priority of the calling thread and of those it will start to that of pictures."""
        if self.level != "normal":
            try:
                # Where only the priority of pictures were allowed, they would come before motion.
                priority.set_niceness(self._base.process + _FIRST)
                priority.set_niceness(self._base.process + _PICTURES)
            except priority.PriorityRefused:
                pass  # `raise_rest` reports it
            else:
                return
        priority.set_niceness(self._base.process + _PICTURES_NORMAL)

    def raise_rest(self, pictures: int) -> None:
        """Raise all threads that the process has now, except those of pictures and those that load.

        Args:
            pictures: id of the thread that draws; the threads that it started have its niceness.
        """
        drawing = priority.niceness(pictures)
        first = [thread for thread in priority.threads() if _niceness(thread) not in (drawing, None)]
        level, reasons = self.level, []
        if level == "realtime":
            try:
                priority.set_realtime(REALTIME_PRIORITY, first)
            except priority.PriorityRefused as refused:
                level = "high"
                reasons.append(str(refused))
        else:
            priority.set_realtime(0, first)
        raised = 0 if level == "normal" else _FIRST
        try:
            if level != "realtime":
                priority.set_niceness(self._base.process + raised, first)
            if self._base.session is not None:
                priority.set_session_niceness(self._base.session + raised)
        except priority.PriorityRefused as refused:
            level = "realtime" if level == "realtime" else "normal"
            reasons.append(str(refused))
        if level != self.level:
            self._refused(f"priority is '{self.level}', and the head runs at '{level}': {'; '.join(reasons)}")

    def restore(self) -> None:
        """Return all threads to the priority of the process at its start."""
        threads = [thread for thread in priority.threads() if (_niceness(thread) or 0) < self._base.process]
        priority.set_realtime(0, priority.threads())
        priority.set_niceness(self._base.process, threads)
        if self._base.session is not None:
            priority.set_session_niceness(self._base.session)


def _niceness(thread: int) -> int | None:
    try:
        return priority.niceness(thread)
    except ProcessLookupError:
        return None
