"""A conversation from audio files through the head into a video; ends with the conversation.

The arguments of the head begin with head_, those of the player with audio_file_, those of the recorder with recorder_.
Without audio_file_file, audio_file_self_file and audio_file_other_file the shipped conversation is played.
"""

from launch import LaunchDescription
from launch.actions import Shutdown

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities, shipped_conversation

# Each audio topic has two subscribers, head and recorder: nothing is played before both of them are there.
PLAYER = NodeLaunch("audio_file", parameters={"subscribers": 2})


def generate_launch_description() -> LaunchDescription:
    recorder = NodeLaunch("recorder", node_options={"on_exit": Shutdown(reason="the recording has ended")})
    nodes = [NodeLaunch("head"), PLAYER, recorder]
    return LaunchDescription(launch_entities(nodes, shipped_conversation(PLAYER)))
