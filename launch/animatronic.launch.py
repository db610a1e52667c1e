"""An animatronic head: audio of both parties in, joint commands and the sound that belongs to them out.

The arguments of the head begin with head_, those of the joints with actuators_, those of the loudspeaker with speaker_.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    # 100 ms and the 20 ms of the sound system are the 120 ms of sound_delay: time for the servos to follow.
    speaker = NodeLaunch("speaker", parameters={"buffer_ms": 100.0}, topics={"audio": "self/audio_aligned"})
    return LaunchDescription(launch_entities([NodeLaunch("head"), NodeLaunch("actuators"), speaker]))
