"""A node that talks, has a service and may start anew, as a program: python talking_node.py SECONDS [LOOKS].

SECONDS: `RunnableNode.forgotten_after`. LOOKS: after how many looks a receiving thread that stands still is noticed.
"""

import sys

from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common import deafness
from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.common.reports import Reports


class Talking(RunnableNode):
    """Says "here" ten times per second."""

    forgotten_after = float(sys.argv[1])

    def __init__(self) -> None:
        super().__init__("talking")
        self.reports = Reports(self.get_logger())
        output = self.create_publisher(String, "talk", 10)
        self.create_service(Trigger, "~/ask", lambda _, response: response)
        self.create_timer(0.1, lambda: output.publish(String(data="here")))
        self.get_logger().info("talking")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2].isdigit():
        deafness.LOOKS = int(sys.argv[2])
    sys.exit(run(Talking, [], "A node that talks."))
