"""The pace of audio_file: repetitions follow the clock of the first one."""

import threading

from dystream_ros.nodes.audio_file import pace


def test_a_repetition_that_begins_late_does_not_move_what_follows(monkeypatch):
    now = 5_000_000_000
    monkeypatch.setattr(pace.time, "monotonic_ns", lambda: now)
    waited = []
    stopped = threading.Event()
    monkeypatch.setattr(stopped, "wait", waited.append)
    real_time = pace.RealTimePace()
    real_time.begin(1_000_000_000)
    real_time.wait(1_010_000_000, stopped)
    now += 10_000_000 + 7_000_000  # the file was opened anew: 7 ms late
    real_time.begin(1_010_000_000)
    real_time.wait(1_020_000_000, stopped)
    assert waited == [0.010, 0.003]
