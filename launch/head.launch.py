"""One head, or several in one process: audio of both parties in, motion and images out. Its arguments begin with head_.

With head_count:=3 the heads are in the namespaces robot_1 to robot_3.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities

COUNT = "head_count"


def generate_launch_description() -> LaunchDescription:
    count = DeclareLaunchArgument(
        COUNT, default_value="1", description="Number of heads in the process; with 2 or more each has a namespace."
    )
    head = NodeLaunch("head", node_options={"arguments": ["--heads", LaunchConfiguration(COUNT)]})
    return LaunchDescription(launch_entities([head], count))
