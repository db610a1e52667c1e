"""Where the calibrations of heads are that the package brings."""

from pathlib import Path

from dystream_ros.nodes.common.share import share_folder


def calibration_path(name: str) -> Path:
    """The file of a shipped calibration, or the path itself."""
    path = Path(name).expanduser()
    if path.suffix or path.exists():
        return path
    return share_folder() / "config" / "actuators" / f"{name}.yaml"
