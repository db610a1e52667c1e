"""A social robot: microphones, synthetic voice, face tracker, face on a screen, joints; each part is optional.

The robot's own nodes are named by their topics: self_audio_topic:=/tts/audio is the voice, other_audio_topic:=/audio
that of another package's microphone node, which takes the place of ours with microphone_enabled:=false. The arguments
of a node begin with its name; those that start a part or leave it out end with _enabled. Joints need
actuators_enabled:=true; attention_enabled:=true looks at the people whom ros4hri or a detector sees, and
skills_enabled:=true serves the skills of ROS4HRI.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        launch_entities(
            [
                NodeLaunch("microphone", enabled=True, topics={"audio": "other/audio"}),
                NodeLaunch("head", enabled=True),
                NodeLaunch("display", enabled=True),
                NodeLaunch("actuators", enabled=False),
                NodeLaunch("attention", enabled=False),
                NodeLaunch("skills", enabled=False),
                # With its latency of 20 ms this is the sound_delay of the joints.
                NodeLaunch(
                    "speaker", enabled=True, parameters={"buffer_ms": 100.0}, topics={"audio": "self/audio_aligned"}
                ),
            ]
        )
    )
