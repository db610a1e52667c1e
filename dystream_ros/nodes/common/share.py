"""The folder of launch files, configuration and profiles: the source tree, or the share folder of a ROS build."""

from pathlib import Path


def share_folder() -> Path:
    """The folder that holds `config/` and `launch/`.

    Raises:
        FileNotFoundError: the package is neither in its source tree nor installed by a ROS build.
    """
    source_tree = Path(__file__).parents[3]
    if (source_tree / "package.xml").exists():
        return source_tree
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        return Path(get_package_share_directory("dystream_ros"))
    except PackageNotFoundError as missing:
        raise FileNotFoundError(
            "the share folder of dystream_ros is not found: source install/setup.bash of the workspace it was built in"
        ) from missing
