"""The status of a head as lines of text, and its last status as a file."""

import json

import pytest
from builtin_interfaces.msg import Duration
from dystream_ros.msg import FaceMotion, PartyStatus, StreamStatus

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.terminal.node import status_line

STATUS = StreamStatus(
    frames=100,
    frames_dropped=2,
    images_dropped=3,
    frame_rate=25.0,
    self_audio=PartyStatus(receiving=False, rms_dbfs=float("-inf"), sample_rate=16_000, gap=160),  # too little to show
    other_audio=PartyStatus(receiving=True, rms_dbfs=-41.4, sample_rate=16_000, gap=1_600, late=3_200),
    stages=["engine"],
    stage_p50=[1.0],
    stage_p95=[2.0],
    stage_p99=[3.0],
    counters=["gaps"],
    counts=[4],
)


@pytest.mark.parametrize(
    ("speaking", "voice"), [(0, "silence"), (1, "self"), (2, "other"), (3, "both")], ids=lambda value: str(value)
)
def test_the_line_names_who_speaks(speaking, voice):
    motion = FaceMotion(frame=7, speaking=speaking, latency=Duration(nanosec=150_000_000))
    assert f"voice: {voice} " in status_line(motion, None)
    assert status_line(motion, None).startswith("frame 7 ")
    assert status_line(motion, STATUS).endswith(
        "latency 150 ms   25.0 frames/s   self no audio, other -41 dB (0.3 s lost)   dropped 2 frames, 3 images"
    )


def test_into_a_file_it_prints_lines_and_writes_the_last_status_at_its_end(graph, tmp_path):
    motion = graph.node.create_publisher(FaceMotion, "motion", qos.motion())
    status = graph.node.create_publisher(StreamStatus, "status", qos.status())
    terminal = graph.start("terminal", period=0.1, status_file="~/status.json", overlay={"HOME": str(tmp_path)})
    terminal.until_log("waiting for a head")

    def printed():
        motion.publish(FaceMotion(frame=7))
        status.publish(STATUS)
        return "25.0 frames/s" in terminal.log

    graph.until(printed, "a line with the status")
    assert "\r" not in terminal.log
    assert terminal.stop() == 0
    assert json.loads((tmp_path / "status.json").read_text()) == {
        "frames": 100,
        "frames_dropped": 2,
        "images_dropped": 3,
        "stages_ms": {"engine": [1.0, 2.0, 3.0]},
        "counters": {"gaps": 4},
    }
