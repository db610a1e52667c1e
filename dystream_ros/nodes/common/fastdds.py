"""The Fast DDS profile of a process that publishes images: its segments of shared memory hold a whole image."""

import os
import shutil
from collections.abc import MutableMapping
from pathlib import Path

from dystream_ros.nodes.common.share import share_folder

# Fast DDS 2 (Jazzy) reads the first, Fast DDS 3 (Lyrical) the second.
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")

# Five processes with segments of 16 MiB do not fit the 64 MiB that Docker gives a container: Fast DDS then uses sockets
# and logs nothing.
LARGE = 128 * 2**20


def image_profile(shared_memory: Path = Path("/dev/shm")) -> Path:
    """The profile file for this machine: the small one if less than 128 MiB are free in `shared_memory`."""
    free = shutil.disk_usage(shared_memory).free if shared_memory.is_dir() else 0
    return share_folder() / "config" / ("fastdds.xml" if free >= LARGE else "fastdds_small.xml")


def use_image_profile(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the profile in the environment of a process, before it imports rclpy.

    A profile of the user and another middleware than Fast DDS leave the environment unchanged.
    """
    fast_dds = "fastrtps" in environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp")
    if fast_dds and not any(environment.get(variable) for variable in PROFILE_VARIABLES):
        environment.update(dict.fromkeys(PROFILE_VARIABLES, str(image_profile())))
