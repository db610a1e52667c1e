"""The face of one robot: head.launch.py in a namespace, on the topics of this robot, with a portrait.

    ros2 launch examples/robot.launch.py

A file of your own package includes head.launch.py in the same way.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

ARGUMENTS = {
    "face_namespace": "robot",
    "self_audio_topic": "/speech_synthesis/audio",
    "other_audio_topic": "/microphone/audio",
    "face_motion_topic": "face/motion",  # relative: /robot/face/motion
    "head_portrait": "ada",
    "head_jitter_budget": "0.04",
}


def generate_launch_description() -> LaunchDescription:
    head = Path(get_package_share_directory("dystream_ros")) / "launch" / "head.launch.py"
    source = PythonLaunchDescriptionSource(str(head))
    return LaunchDescription([IncludeLaunchDescription(source, launch_arguments=ARGUMENTS.items())])
