"""When `audio_file` sends a chunk."""

import threading

from patience import PATIENCE

from dystream_ros.nodes.audio_file import pace
from dystream_ros.nodes.audio_file.pace import HeadPace

SECOND = 1_000_000_000


def test_a_late_repetition_does_not_delay_the_chunks_after_it(monkeypatch):
    now = 5_000_000_000
    monkeypatch.setattr(pace.time, "monotonic_ns", lambda: now)
    waited = []
    stopped = threading.Event()
    monkeypatch.setattr(stopped, "wait", waited.append)
    real_time = pace.RealTimePace()
    real_time.begin(1_000_000_000)
    real_time.wait(1_010_000_000, stopped)
    now += 10_000_000 + 7_000_000  # opening the file again took 7 ms
    real_time.begin(1_010_000_000)
    real_time.wait(1_020_000_000, stopped)
    assert waited == [0.010, 0.003]


class Stopping(threading.Event):
    """Set after so many looks at it, so that a wait that would last for ever returns."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def is_set(self):
        self.looks -= 1
        return self.looks < 0


def test_a_chunk_waits_until_the_motion_is_at_most_ahead_behind_it():
    head = HeadPace(ahead=1.0)
    head.begin(10 * SECOND)
    stopping = Stopping(looks=1)
    head.wait(11 * SECOND, stopping)
    assert stopping.looks == 1, "the first second needs no motion"
    head.wait(11 * SECOND + 1, stopping)
    assert stopping.looks < 0, "the next sample waits for motion"
    stopping = Stopping(looks=1)
    head.motion_received(10 * SECOND + 1)
    head.motion_received(10 * SECOND)
    head.wait(11 * SECOND + 1, stopping)
    assert stopping.looks == 1, "an older motion does not take the newer one back"


def test_a_motion_wakes_a_chunk_that_waits():
    head = HeadPace(ahead=1.0)
    head.begin(0)
    sender = threading.Thread(target=head.wait, args=(2 * SECOND, threading.Event()))
    sender.start()
    head.motion_received(SECOND)
    sender.join(PATIENCE)
    assert not sender.is_alive()


def test_repetitions_that_are_shorter_than_ahead_wait_for_motion_too():
    head = HeadPace(ahead=1.0)
    stopping = Stopping(looks=1)
    for repetition in range(4):
        begin_ns = 10 * SECOND + repetition * SECOND // 4
        head.begin(begin_ns)
        head.wait(begin_ns + SECOND // 4, stopping)
    assert stopping.looks == 1, "the first second needs no motion"
    head.begin(11 * SECOND)
    head.wait(11 * SECOND + SECOND // 4, stopping)
    assert stopping.looks < 0, "the fifth repetition waits for motion"
