"""A process that records the messages of a head and their arrival times, for the live measurement."""

import argparse
import json
import time
from pathlib import Path

from dystream_ros.msg import FaceMotion, StreamStatus
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode, run
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds


class Watcher(RunnableNode):
    """Records the times of each motion and image, and each status; writes them as JSON at the end."""

    def __init__(self, output: Path) -> None:
        super().__init__("watcher")
        self.reports = Reports(self.get_logger())
        self._output = output
        self._motions: list[tuple[int, ...]] = []
        self._images: list[tuple[int, int]] = []
        self._statuses: list[dict] = []
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.recording())
        self.create_subscription(Image, "image", self._on_image, qos.image(reliable=True))
        self.create_subscription(StreamStatus, "status", self._on_status, qos.status())

    def _on_motion(self, motion: FaceMotion) -> None:
        times = (nanoseconds(motion.header.stamp), nanoseconds(motion.latency), nanoseconds(motion.processing))
        self._motions.append((*times, motion.frame, motion.generation, motion.audio_missing, time.time_ns()))

    def _on_image(self, image: Image) -> None:
        self._images.append((nanoseconds(image.header.stamp), time.time_ns()))

    def _on_status(self, status: StreamStatus) -> None:
        stages = zip(status.stages, status.stage_p50, status.stage_p95, status.stage_p99, strict=True)
        parties = {
            name: {key: getattr(party, key) for key in ("samples", "gap", "late", "overlap", "rejected")}
            for name, party in (("self", status.self_audio), ("other", status.other_audio))
        }
        self._statuses.append(
            {
                "at": time.time_ns(),
                "frames": status.frames,
                "frames_dropped": status.frames_dropped,
                "images_dropped": status.images_dropped,
                "stages": {name: [p50, p95, p99] for name, p50, p95, p99 in stages},
                "parties": parties,
                "counters": dict(zip(status.counters, status.counts, strict=True)),
            }
        )

    def stop(self) -> None:
        """Write the records."""
        content = {"motions": self._motions, "images": self._images, "statuses": self._statuses}
        self._output.write_text(json.dumps(content, default=int))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    return run(lambda: Watcher(args.output), [], "Records the messages of a head.")


if __name__ == "__main__":
    raise SystemExit(main())
