"""Two heads that talk to each other: each hears what the other says, when the other's lips say it.

The nodes of the heads are in the namespaces left and right, and their arguments begin with left_head_, right_display_
and so on. The voices are the two parties of the shipped conversation, or of the files that the arguments audio_file_
name. With audio_file_enabled:=false they are left/self/audio and right/self/audio, from two text-to-speech nodes.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities, shipped_conversation

SIDES = ("left", "right")
PLAYER = NodeLaunch(
    "audio_file", enabled=True, topics={"self/audio": "left/self/audio", "other/audio": "right/self/audio"}
)


def generate_launch_description() -> LaunchDescription:
    nodes = [node for side, other in (SIDES, SIDES[::-1]) for node in _robot(side, other)]
    return LaunchDescription(launch_entities([*nodes, PLAYER], shipped_conversation(PLAYER)))


def _robot(side: str, other: str) -> list[NodeLaunch]:
    # The aligned audio, not self/audio: a voice that arrives in bursts is there in real time.
    heard = {"other/audio": f"{other}/self/audio_aligned"}
    spoken = {"audio": f"{side}/self/audio_aligned"}
    return [
        NodeLaunch("head", f"{side}_head", side, topics=heard),
        NodeLaunch("display", f"{side}_display", side, enabled=True, parameters={"fullscreen": False}),
        NodeLaunch("speaker", f"{side}_speaker", side, enabled=True, topics=spoken),
    ]
