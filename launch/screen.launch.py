"""A head, and a display that shows its face on a screen.

The arguments of the head begin with head_, those of the display with display_. Escape ends the display only: the head
goes on and moves the robot.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launch_entities([NodeLaunch("head"), NodeLaunch("display")]))
