"""A live head: the microphone of each party, and the head between them.

The arguments of the microphones begin with self_microphone_ and other_microphone_; those of the head are the ones of
head.launch.py.
A robot that speaks with a synthetic voice has no microphone of its own: microphones:=other.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PythonExpression

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities

PARTIES = ("self", "other")


def generate_launch_description() -> LaunchDescription:
    which = DeclareLaunchArgument(
        "microphones", default_value="both", choices=["both", *PARTIES], description="Whose microphones there are."
    )
    return LaunchDescription(launch_entities([*map(_microphone, PARTIES), NodeLaunch("head")], which))


def _microphone(party: str) -> NodeLaunch:
    present = PythonExpression(["'", LaunchConfiguration("microphones"), f"' in ('both', '{party}')"])
    return NodeLaunch(
        "microphone",
        name=f"{party}_microphone",
        prefix=f"{party}_microphone_",
        topics={"audio": f"{party}/audio"},
        node_options={"condition": IfCondition(present)},
    )
