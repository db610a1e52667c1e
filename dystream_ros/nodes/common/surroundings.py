"""What a process needs of the machine: a folder for its logs, file handles, shared memory."""

import os
import resource
from pathlib import Path

from dystream_ros.nodes.common.fastdds import avoid_full_shared_memory

LEAST_HANDLES, USUAL_HANDLES = 64, 1024


class Unusable(RuntimeError):
    """The surroundings do not allow a node to run; the message says what to change."""


def prepare() -> tuple[list[str], list[str]]:
    """Adapt this process to the machine, before `rclpy.init`.

    Returns:
        Further ROS arguments, and sentences for the log.

    Raises:
        Unusable: too few file handles.
    """
    _provide_handles()
    arguments, sentences = [], [avoid_full_shared_memory()]
    folder = log_folder()
    if not _writable(folder):
        arguments = ["--ros-args", "--disable-external-lib-logs"]
        sentences.append(
            f"logs go to the console only: {folder} cannot be written; set ROS_LOG_DIR to a folder that can"
        )
    return arguments, [sentence for sentence in sentences if sentence]


def log_folder() -> Path:
    """The folder of ROS's log files, as rcl chooses it."""
    if folder := os.environ.get("ROS_LOG_DIR"):
        return Path(folder)
    home = os.environ.get("ROS_HOME") or os.path.join(os.path.expanduser("~"), ".ros")
    return Path(home) / "log"


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _provide_handles() -> None:
    """Raise the limit of file handles to the usual one, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = USUAL_HANDLES if hard == resource.RLIM_INFINITY else min(hard, USUAL_HANDLES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft != resource.RLIM_INFINITY and soft < LEAST_HANDLES:
        raise Unusable(
            f"a node may open only {soft} files here and needs {LEAST_HANDLES}; raise the limit (`ulimit -n 1024`, or "
            "LimitNOFILE= in a systemd unit)"
        )
