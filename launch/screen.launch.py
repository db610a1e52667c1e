"""A head, and its face on a screen.

The arguments of the display begin with screen_; those of the head are the ones of head.launch.py. Escape ends the
display only: the head goes on to move the robot.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launch_entities([NodeLaunch("head"), NodeLaunch("display", prefix="screen_")]))
