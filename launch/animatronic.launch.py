"""An animatronic head: audio of both parties in, joint commands and the sound that belongs to them out.

The arguments of the head begin with head_, those of the joints with actuators_, those of the loudspeaker with speaker_.
speaker_enabled:=false and so on leave a part out, for a robot that has its own. simulated_head_enabled:=true takes the
place of the robot and its controllers.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    # 100 ms and the 20 ms of the sound system are the 120 ms of sound_delay: time for the servos to follow.
    delayed = {"buffer_ms": 100.0}
    head, actuators = NodeLaunch("head", enabled=True), NodeLaunch("actuators", enabled=True)
    speaker = NodeLaunch("speaker", enabled=True, parameters=delayed, topics={"audio": "self/audio_aligned"})
    simulated = NodeLaunch("simulated_head", enabled=False)
    return LaunchDescription(launch_entities([head, actuators, simulated, speaker]))
