"""One head: audio of both parties in, motion and images out. Its arguments begin with head_."""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launch_entities([NodeLaunch("head")]))
