"""A live head, with a microphone for each party.

The arguments of the head begin with head_, those of the microphones with self_microphone_ and other_microphone_.
head_microphones:=other starts the partner's microphone only, for a robot with a synthetic voice.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PythonExpression

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities

PARTIES = ("self", "other")
MICROPHONES = "head_microphones"


def generate_launch_description() -> LaunchDescription:
    which = DeclareLaunchArgument(
        MICROPHONES,
        default_value="both",
        choices=["both", *PARTIES],
        description="Parties whose microphones are started.",
    )
    return LaunchDescription(launch_entities([*map(_microphone, PARTIES), NodeLaunch("head")], which))


def _microphone(party: str) -> NodeLaunch:
    wanted = PythonExpression(["'", LaunchConfiguration(MICROPHONES), f"' in ('both', '{party}')"])
    return NodeLaunch(
        "microphone",
        name=f"{party}_microphone",
        topics={"audio": f"{party}/audio"},
        node_options={"condition": IfCondition(wanted)},
    )
