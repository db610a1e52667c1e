"""Where the calibrations of heads are that the package brings."""

import os
from pathlib import Path

from dystream_ros.files import user_path
from dystream_ros.nodes.common.share import share_folder


def calibration_path(name: str) -> Path:
    """The file of a shipped calibration, or the path itself."""
    path = user_path(name)
    if path.suffix or os.path.exists(path):
        return path
    return share_folder() / "config" / "actuators" / f"{name}.yaml"
