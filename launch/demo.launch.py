"""A conversation from audio files through the head into a video; ends with the conversation.

The arguments of the head begin with head_, those of the player with audio_file_, those of the recorder with recorder_.
Without audio_file_file, audio_file_self_file and audio_file_other_file the shipped conversation is played.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction, SetLaunchConfiguration, Shutdown
from launch.substitutions import LaunchConfiguration

from dystream_ros.assets import demo_conversation
from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities

# Each audio topic has two subscribers, head and recorder: nothing is played before both of them are there.
PLAYER = NodeLaunch("audio_file", parameters={"subscribers": 2})


def generate_launch_description() -> LaunchDescription:
    recorder = NodeLaunch("recorder", node_options={"on_exit": Shutdown(reason="the recording has ended")})
    play_shipped = OpaqueFunction(function=_play_shipped_conversation)
    return LaunchDescription(launch_entities([NodeLaunch("head"), PLAYER, recorder], play_shipped))


def _play_shipped_conversation(context: LaunchContext) -> list[SetLaunchConfiguration]:
    files = [PLAYER.argument(name) for name in ("file", "self_file", "other_file")]
    if any(LaunchConfiguration(file).perform(context) for file in files):
        return []
    return [SetLaunchConfiguration(files[0], str(demo_conversation()))]
