"""A conversation from files through the head into a video; ends when the conversation has.

The arguments of the player begin with play_, those of the recorder with record_; those of the head are the ones of
head.launch.py. Without play_file, play_self_file or play_other_file it plays the conversation that ships.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction, SetLaunchConfiguration, Shutdown
from launch.substitutions import LaunchConfiguration

from dystream_ros.assets import demo_conversation
from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    nodes = [
        NodeLaunch("head"),
        # Each audio topic has two subscribers here: nothing is played before both of them listen.
        NodeLaunch("audio_file", prefix="play_", parameters={"subscribers": 2}),
        NodeLaunch("recorder", prefix="record_", node_options={"on_exit": Shutdown(reason="the recording has ended")}),
    ]
    return LaunchDescription(launch_entities(nodes, OpaqueFunction(function=_play_what_ships)))


def _play_what_ships(context: LaunchContext) -> list[SetLaunchConfiguration]:
    files = [LaunchConfiguration(f"play_{name}").perform(context) for name in ("file", "self_file", "other_file")]
    return [] if any(files) else [SetLaunchConfiguration("play_file", str(demo_conversation()))]
