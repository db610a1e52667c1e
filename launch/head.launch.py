"""One head, or several in one process: audio of both parties in, motion and images out. Its arguments begin with head_.

With head_count:=3 the heads are in the namespaces robot_1 to robot_3.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities

COUNT, MOST = "head_count", 16


def generate_launch_description() -> LaunchDescription:
    count = DeclareLaunchArgument(
        COUNT,
        default_value="1",
        description="Number of heads in the process, 1 to 16; with 2 or more each has a namespace.",
    )
    head = NodeLaunch("head", node_options={"arguments": ["--heads", LaunchConfiguration(COUNT)]})
    return LaunchDescription(launch_entities([head], count, OpaqueFunction(function=_check_count)))


def _check_count(context: LaunchContext) -> None:
    """The node also accepts names of namespaces: a word would be one. Raises ValueError."""
    count = LaunchConfiguration(COUNT).perform(context)
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MOST):
        raise ValueError(f"launch argument {COUNT}:={count}: accepted is a whole number, 1 to {MOST}")
