"""An animatronic head: audio of both parties in, joint commands and the sound that belongs to them out.

The arguments of the head begin with head_, those of the joints with actuators_, those of the loudspeaker with speaker_.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    speaker = NodeLaunch("speaker", topics={"audio": "self/audio_aligned"})
    return LaunchDescription(launch_entities([NodeLaunch("head"), NodeLaunch("actuators"), speaker]))
