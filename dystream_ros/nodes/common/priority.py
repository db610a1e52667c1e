"""Scheduling priority of the threads of a process, on Linux: niceness, and a real-time class.

Where the kernel groups the processes of a session (autogroup, `man 7 sched`), niceness orders the threads within a
session only, and the session has a niceness of its own.
"""

import os
import resource
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LEVELS = ("normal", "high", "realtime")
_TASKS = Path("/proc/self/task")
_SESSION = Path("/proc/self/autogroup")
_SESSION_PAUSE = 0.15  # s; the kernel accepts ten changes per second, of all users together
_LOWEST = 19
_REALTIME_CLASSES = (os.SCHED_FIFO, os.SCHED_RR) if sys.platform.startswith("linux") else ()


class PriorityRefused(PermissionError):
    """The system does not allow this user to raise a priority; the message says what to change."""


def threads() -> list[int]:
    """Thread ids of this process, the threads of libraries included."""
    return [int(task.name) for task in _TASKS.iterdir()] if _TASKS.is_dir() else []


def niceness(thread: int = 0) -> int:
    """Niceness of a thread, -20 (first) to 19; 0 is the calling thread."""
    return os.getpriority(os.PRIO_PROCESS, thread)


def set_niceness(value: int, of: Iterable[int] = (0,)) -> None:
    """Set the niceness of threads, also that of threads that they start later; 0 is the calling thread.

    Raises:
        PriorityRefused: it is lower than the system allows this user; the threads keep theirs.
    """
    if not sys.platform.startswith("linux"):
        return  # elsewhere the calls concern the whole process
    wanted = max(-20, min(value, _LOWEST))
    try:
        for thread in of:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.setpriority(os.PRIO_PROCESS, thread, wanted)
    except PermissionError as error:
        allowed = 20 - resource.getrlimit(resource.RLIMIT_NICE)[0]
        raise PriorityRefused(
            f"the lowest niceness of this user is {min(allowed, 0)}, and {wanted} is needed (RLIMIT_NICE): allow it "
            f"with LimitNICE={wanted} in a systemd unit, with 'nice {wanted}' in /etc/security/limits.conf, or with "
            "docker run --cap-add SYS_NICE"
        ) from error


def session_niceness() -> int | None:
    """Niceness of the session that this process leads; None when it leads none, or the kernel groups no sessions."""
    if not _SESSION.exists() or os.getsid(0) != os.getpid():
        return None
    return int(_SESSION.read_text().rpartition("nice")[2])


def set_session_niceness(value: int) -> None:
    """Set the niceness of the session that this process leads; does nothing where `session_niceness` is None.

    Raises:
        PriorityRefused: it is lower than the system allows this user.
    """
    value = max(-20, min(value, _LOWEST))
    for _ in range(10):
        if session_niceness() in (None, value):
            return
        try:
            _SESSION.write_text(f"{value}")
        except BlockingIOError:
            time.sleep(_SESSION_PAUSE)
        except PermissionError as error:
            raise PriorityRefused(f"the niceness of the session may not be {value}") from error


def set_realtime(priority: int, of: Iterable[int] = (0,)) -> None:
    """Put threads into the real-time class SCHED_RR, before all threads of normal priority; 0 is the calling thread.

    Args:
        priority: 1 to 99; drivers and motor controllers commonly have 50 and more. 0 returns to the normal class.

    Raises:
        PriorityRefused: the system does not allow it; the threads keep their class.
    """
    # Children begin at normal priority: a thread of a library must not occupy a core by accident.
    policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK if priority else os.SCHED_OTHER
    try:
        for thread in of:
            with suppress(ProcessLookupError):
                # A program that was started for idle time or as a batch stays so.
                if priority or os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK in _REALTIME_CLASSES:
                    os.sched_setscheduler(thread, policy, os.sched_param(priority))
    except PermissionError as error:
        raise PriorityRefused(
            f"this user may not use real-time priority {priority} (RLIMIT_RTPRIO is "
            f"{resource.getrlimit(resource.RLIMIT_RTPRIO)[0]}): allow it with LimitRTPRIO={priority} in a systemd "
            f"unit, with 'rtprio {priority}' in /etc/security/limits.conf, or with docker run --cap-add SYS_NICE "
            f"--ulimit rtprio={priority}"
        ) from error
