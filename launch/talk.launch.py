"""A page in the browser to talk with the face: head, web server and speech, each of which can be left out.

The arguments of the head begin with head_, those of the server with web_, those of speech with say_. The address of the
page is in the log. web_host:=0.0.0.0 lets other machines in, with a token and TLS; web_camera:=<topic> shows them what
the robot sees. For telepresence (the microphone of the page is the voice of the face) use head_self_mode:=live.
"""

from launch import LaunchDescription

from dystream_ros.nodes.common.launching import NodeLaunch, launch_entities


def generate_launch_description() -> LaunchDescription:
    nodes = [NodeLaunch(name, enabled=True) for name in ("head", "say", "web")]
    return LaunchDescription(launch_entities(nodes))
