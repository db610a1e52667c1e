"""The figures that the demo prints."""

import json

import pytest

from dystream_ros.cli.demo.load import Load
from dystream_ros.cli.demo.report import Report

HEADER = "stamp,frame,generation,processing_ms,latency_ms\n"
QUIET = Load(cores=2, average=0.1, busy=0.4, others=0.03)


def report(tmp_path, rows, status=None, load=QUIET):
    motion = tmp_path / "motion.csv"
    motion.write_text(HEADER + "".join(f"{stamp},{frame},0,{time},{time + 100}\n" for stamp, frame, time in rows))
    path = tmp_path / "status.json"
    if status:
        path.write_text(json.dumps(status))
    return Report.read(motion, path, load)


def steady(count=100, processing=12.0):
    return [(k * 0.04, k, processing) for k in range(count)]


def test_frames_rate_and_gaps_come_from_the_motion(tmp_path):
    made = report(tmp_path, [(10.00, 5, 12.0), (10.04, 6, 14.0), (10.16, 9, 16.0)])
    assert (made.frames, made.dropped) == (3, 2)
    assert made.frame_rate == pytest.approx(2 / 0.16)
    assert made.latency.tolist() == [112.0, 114.0, 116.0]


def test_figures_stand_beside_what_is_wanted(tmp_path):
    status = {"images_dropped": 4, "stages_ms": {"engine": [5.0, 6.0, 7.0]}}
    lines = [line.split() for line in report(tmp_path, steady(), status).text().splitlines()]
    assert lines[0] == ["measured", "wanted"]
    assert ["frames", "per", "second", "25.00", "25.00"] in lines
    assert ["motion", "frames", "dropped", "0", "0"] in lines
    assert ["images", "dropped", "4", "<=", "1%"] in lines
    assert ["cores", "used", "by", "all", "programs", "40%"] in lines
    assert ["cores", "used", "by", "other", "programs", "3%", "<", "25%"] in lines
    assert ["processing,", "whole", "conversation", "12.0", "12.0", "12.0", "p95", "<", "40"] in lines
    assert ["latency,", "whole", "conversation", "112.0", "112.0", "112.0"] in lines
    assert ["engine,", "last", "10", "s", "5.0", "6.0", "7.0"] in lines


def test_no_two_rows_have_one_name(tmp_path):
    times = [1.0, 2.0, 3.0]
    status = {"images_dropped": 0, "stages_ms": dict.fromkeys(("engine", "processing", "image"), times)}
    table = report(tmp_path, steady(), status).text()
    names = [line[:34].strip() for line in table.splitlines() if line[34:].strip()]
    assert len(names) == len(set(names))
    assert {"processing, whole conversation", "processing, last 10 s"} < set(names)


def test_a_quiet_machine_gives_nothing_unusual(tmp_path):
    made = report(tmp_path, steady(), {"images_dropped": 0})
    assert made.unusual() == []
    assert "unusual" not in made.text()


def test_a_busy_machine_and_its_consequences_are_named(tmp_path):
    rows = [(k * 0.05, k + (k > 50), 70.0) for k in range(100)]
    load = Load(cores=2, average=5.3, busy=1.0, others=0.62)
    text = report(tmp_path, rows, {"images_dropped": 91}, load).text()
    assert "unusual:" in text
    assert (
        "The machine was busy with other work: it used 62% of the 2 cores (load average before the demo: 5.3)" in text
    )
    assert "91 of 101 images were dropped" in text
    assert "1 motion frames were dropped" in text
    assert "20.00 frames per second instead of 25" in text
    assert "Processing took more than 70 ms for 5 % of the frames; wanted are at most 40 ms" in text


def test_a_machine_that_is_busy_with_the_demo_itself_is_too_slow(tmp_path):
    [sentence] = report(tmp_path, steady(), load=Load(cores=2, average=0.2, busy=0.97, others=0.05)).unusual()
    assert "too slow for these settings" in sentence


def test_drawing_without_opengl_is_named(tmp_path):
    [sentence] = report(tmp_path, steady(), {"counters": {"rendering_fallback": 1}}).unusual()
    assert "apt install libegl1" in sentence


def test_figures_that_the_head_did_not_send_are_marked(tmp_path):
    lines = [line.split() for line in report(tmp_path, steady()).text().splitlines()]
    assert ["images", "dropped", "?", "<=", "1%"] in lines


def test_a_head_without_motion_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="made no motion"):
        report(tmp_path, [])
