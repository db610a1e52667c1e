"""The Fast DDS profile of a process, by the shared memory there is, and what crashed processes have left in it."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import MutableMapping
from pathlib import Path

from dystream_ros.nodes.common.share import share_folder

# Fast DDS 2 (Jazzy) reads the first, Fast DDS 3 (Lyrical) the second.
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
SHARED_MEMORY = Path("/dev/shm")

# Five processes with segments of 16 MiB do not fit the 64 MiB that Docker gives a container.
LARGE = 128 * 2**20
# A process that publishes images needs 4 MiB with the small profile, another one half a MiB. Fast DDS does not notice
# that a segment cannot be backed by memory: the process ends with a bus error when it writes there.
SMALL, LEAST = 8 * 2**20, 4 * 2**20
_PAGES_OF_LTTNG = 64 * 2**10
_LTTNG = "lttng-ust-wait-*"
_LEFT_BEHIND = 60.0  # s; a younger file may belong to a process that is starting


def image_profile(shared_memory: Path = SHARED_MEMORY) -> Path:
    """The profile file of a process that publishes images: its segments hold a whole image, where they fit.

    The small one if less than 128 MiB are free in `shared_memory`, that without shared memory below 8 MiB. Where there
    is no such folder, Fast DDS uses sockets by itself.
    """
    if not shared_memory.is_dir():
        return _profile("fastdds_small.xml")
    free = shutil.disk_usage(shared_memory).free
    return _profile("fastdds.xml" if free >= LARGE else "fastdds_small.xml" if free >= SMALL else "fastdds_udp.xml")


def use_image_profile(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the profile in the environment of a process, before it imports rclpy.

    A profile of the user and another middleware than Fast DDS leave the environment unchanged.
    """
    if _ours(environment):
        _use(image_profile(), environment)


def end_before_a_bus_error(shared_memory: Path = SHARED_MEMORY) -> None:
    """End the process with a sentence where importing rclpy would end it with a bus error, without a word.

    LTTng, which traces ROS, takes a page of shared memory at the first start after boot, and does not notice that there
    is none. Leftovers of crashed processes are removed first.

    Raises:
        SystemExit: shared memory is full, and LTTng has no page yet.
    """
    if not shared_memory.is_dir() or shutil.disk_usage(shared_memory).free >= _PAGES_OF_LTTNG:
        return
    remove_leftovers(shared_memory)
    if shutil.disk_usage(shared_memory).free < _PAGES_OF_LTTNG and len(list(shared_memory.glob(_LTTNG))) < 2:
        sys.stderr.write(
            f"{shared_memory} is full, and ROS cannot start without a page of it; free it (`df -h {shared_memory}`), "
            "or give a container more (--shm-size=256m)\n"
        )
        raise SystemExit(2)


def avoid_full_shared_memory(
    environment: MutableMapping[str, str] = os.environ, shared_memory: Path = SHARED_MEMORY
) -> str:
    """Remove what crashed processes left in shared memory; where it is full nevertheless, do without it.

    Call this before `rclpy.init`. Returns a sentence for the log, or "".
    """
    if not shared_memory.is_dir() or "fastrtps" not in environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp"):
        return ""
    remove_leftovers(shared_memory)
    own = environment.get(PROFILE_VARIABLES[0]) == str(_profile("fastdds_udp.xml"))
    if shutil.disk_usage(shared_memory).free < LEAST and _ours(environment):
        _use(_profile("fastdds_udp.xml"), environment)
        own = True
    if not own:
        return ""
    return (
        f"{shared_memory} is full, so messages go through sockets, which costs more; free it (`fastdds shm clean`, "
        "`df -h /dev/shm`), or give a container more (--shm-size=256m)"
    )


def remove_leftovers(shared_memory: Path = SHARED_MEMORY) -> int:
    """Remove the segments of Fast DDS whose process was killed; returns their number.

    A living process holds a lock on the file `<segment>_el`, as `fastdds shm clean` relies on, too.
    """
    removed = 0
    for lock in shared_memory.glob("fastrtps_*_el"):
        segment = lock.with_name(lock.name.removesuffix("_el"))
        if segment.name.startswith("fastrtps_port"):
            continue  # ports are shared by the processes of a domain, and small
        try:
            if time.time() - lock.stat().st_mtime < _LEFT_BEHIND or lock.stat().st_uid != os.getuid():
                continue
            with lock.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                segment.unlink(missing_ok=True)
                lock.unlink(missing_ok=True)
        except OSError:
            continue  # a living process, or one of another user
        removed += 1
    return removed


def _ours(environment: MutableMapping[str, str]) -> bool:
    """Whether this process uses Fast DDS without a profile of the user."""
    fast_dds = "fastrtps" in environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp")
    return fast_dds and not any(environment.get(variable) for variable in PROFILE_VARIABLES)


def _use(profile: Path, environment: MutableMapping[str, str]) -> None:
    environment.update(dict.fromkeys(PROFILE_VARIABLES, str(profile)))


def _profile(name: str) -> Path:
    return share_folder() / "config" / name
