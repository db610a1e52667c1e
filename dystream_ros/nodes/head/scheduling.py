"""Priority of the threads of a head: motion and audio first, then pictures, then everything that loads.

| `priority` | inference, executor and threads of the middleware | pictures |
|---|---|---|
| normal | niceness of the process | one more |
| high | niceness of the process - 10 | - 5 |
| realtime | SCHED_RR 10 | niceness of the process - 5 |
"""

from collections.abc import Callable

from dystream_ros.nodes.common import priority

REALTIME_PRIORITY = 10
_FIRST, _PICTURES, _PICTURES_NORMAL = -10, -5, 1


class Scheduling:
    """Sets the priority of the threads of a head.

    Where the system does not allow a level, the next lower one is used.

    Args:
        level: of `priority.LEVELS`.
        base: niceness of the process at its start.
        refused: called once with a message when the system does not allow the level.
    """

    def __init__(self, level: str, base: int, refused: Callable[[str], object]) -> None:
        self.level = level
        self._base = base
        self._refused = refused

    def begin_pictures(self) -> None:
        """Set the priority of the calling thread and of those it will start to that of pictures."""
        if self.level != "normal":
            try:
                priority.set_niceness(self._base + _PICTURES)
            except priority.PriorityRefused:
                pass  # `raise_rest` reports it
            else:
                return
        priority.set_niceness(self._base + _PICTURES_NORMAL)

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
        if level != "realtime":
            try:
                priority.set_niceness(self._base + (_FIRST if level == "high" else 0), first)
            except priority.PriorityRefused as refused:
                level = "normal"
                reasons.append(str(refused))
        if level != self.level:
            self._refused(f"priority is '{self.level}', and the head runs at '{level}': {'; '.join(reasons)}")


def _niceness(thread: int) -> int | None:
    try:
        return priority.niceness(thread)
    except ProcessLookupError:
        return None
