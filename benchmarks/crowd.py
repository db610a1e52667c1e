"""A process that shows people to `attention`, and counts the frames of heads, for benchmarks/budget.py."""

import argparse
import json
import math
import os
import time
from pathlib import Path

from dystream_ros.msg import FaceMotion
from geometry_msgs.msg import Pose, PoseArray

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.common.reports import Reports


class Crowd(RunnableNode):
    """Three people who walk about, ten times a second; writes the counted frames by topic twice a second."""

    def __init__(self, output: Path, topics: list[str]) -> None:
        super().__init__("crowd")
        self.reports = Reports(self.get_logger())
        self._output = output
        self._frames = dict.fromkeys(topics, 0)
        for topic in topics:
            self.create_subscription(FaceMotion, topic, lambda _, topic=topic: self._count(topic), qos.recording())
        self._people = self.create_publisher(PoseArray, "people", qos.motion())
        self.create_timer(0.1, self._show)
        self.create_timer(0.5, self._write)

    def _count(self, topic: str) -> None:
        self._frames[topic] += 1

    def _show(self) -> None:
        message = PoseArray()
        for place in range(3):
            pose = Pose()
            pose.position.x = 1.5
            pose.position.y = place - 1 + 0.3 * math.sin(0.3 * time.monotonic() + place)
            message.poses.append(pose)
        self._people.publish(message)

    def _write(self) -> None:
        unfinished = Path(f"{self._output}.new")
        unfinished.write_text(json.dumps(self._frames))
        os.replace(unfinished, self._output)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("topics", nargs="+")
    args = parser.parse_args()
    return run(lambda: Crowd(args.output, args.topics), [], "Shows people and counts frames.")


if __name__ == "__main__":
    raise SystemExit(main())
