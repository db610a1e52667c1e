"""The figures that the demo prints."""

import json

import pytest

from dystream_ros.cli.demo.report import Report

HEADER = "stamp,frame,generation,processing_ms,latency_ms\n"


def report(tmp_path, rows, status=None):
    motion = tmp_path / "motion.csv"
    motion.write_text(HEADER + "".join(f"{stamp},{frame},0,{time},{time + 100}\n" for stamp, frame, time in rows))
    path = tmp_path / "status.json"
    if status:
        path.write_text(json.dumps(status))
    return Report.read(motion, path)


def test_frames_rate_and_gaps_come_from_the_motion(tmp_path):
    made = report(tmp_path, [(10.00, 5, 12.0), (10.04, 6, 14.0), (10.16, 9, 16.0)])
    assert (made.frames, made.dropped) == (3, 2)
    assert made.frame_rate == pytest.approx(2 / 0.16)
    assert made.latency.tolist() == [112.0, 114.0, 116.0]


def test_the_table_says_dropped_frames_images_and_percentiles(tmp_path):
    status = {"images_dropped": 4, "stages_ms": {"engine": [5.0, 6.0, 7.0]}}
    table = report(tmp_path, [(k * 0.04, k, 12.0) for k in range(100)], status).table()
    assert "frames 100   25.00 frames/s   dropped: 0 frames, 4 images" in table
    assert [line.split() for line in table.splitlines()[2:]] == [
        ["milliseconds", "p50", "p95", "p99"],
        ["latency", "112.0", "112.0", "112.0"],
        ["processing", "12.0", "12.0", "12.0"],
        ["engine", "5.0", "6.0", "7.0"],
    ]


def test_what_the_head_did_not_say_is_marked(tmp_path):
    assert "? images" in report(tmp_path, [(0.0, 0, 1.0)]).table()


def test_a_head_without_motion_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="made no motion"):
        report(tmp_path, [])
