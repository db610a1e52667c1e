"""A slow sink has a thread of its own: the newest frame is shown, and the thread that makes frames never waits."""

import threading
import time

import numpy as np
import pytest
from patience import PATIENCE

from dystream_ros.engine.frame import Frame
from dystream_ros.face.motion import MotionFrame
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.sink_thread import SinkThread

PERIOD = 40_000_000


class Log:
    def __init__(self):
        self.lines = []

    def error(self, message):
        self.lines.append(message)

    warning = error


class GatedSink:
    """Shows a frame once the test lets it."""

    name, failure_counter = "image", "rendering_failures"

    def __init__(self):
        self.wanted = True
        self.begun, self.gate = threading.Semaphore(0), threading.Semaphore(0)
        self.shown, self.threads = [], set()
        self.failing = False

    def show(self, frame):
        self.begun.release()
        assert self.gate.acquire(timeout=PATIENCE)
        self.threads.add(threading.current_thread().name)
        if self.failing:
            raise RuntimeError("out of paint")
        self.shown.append(frame.motion.frame)

    def close(self):
        pass


def frame(number):
    motion = MotionFrame(number, np.zeros(52, np.float32), np.zeros(6, np.float32))
    return Frame(motion, 0, number * PERIOD, 0, 0, 0, (), True)


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def start(log):
    """Starts a thread with a gated sink; all gates open at the end."""
    started = []

    def make(every_frame=False, **options):
        sink, reports = GatedSink(), Reports(log)
        thread = SinkThread("pictures", every_frame, reports, **options)
        thread.connect(sink)
        started.append((thread, sink))
        return thread, sink, reports

    yield make
    for thread, sink in started:
        sink.gate.release(1000)
        thread.close()
    assert "pictures" not in {each.name for each in threading.enumerate()}


def test_the_newest_frame_is_shown_and_older_ones_are_counted(start):
    thread, sink, _ = start()
    thread.offer(frame(0), PERIOD)
    assert sink.begun.acquire(timeout=PATIENCE)
    begun = time.monotonic()
    for number in range(1, 6):
        thread.offer(frame(number), PERIOD)
    assert time.monotonic() - begun < PATIENCE / 2, "the thread that offers does not wait"
    sink.gate.release(10)
    thread.drain()
    assert sink.shown == [0, 5]
    assert thread.skipped == 4
    assert sink.threads == {"pictures"}


def test_in_driven_time_every_frame_is_shown(start):
    thread, sink, _ = start(every_frame=True)
    offering = threading.Thread(target=lambda: [thread.offer(frame(number), PERIOD) for number in range(20)])
    offering.start()
    sink.gate.release(20)
    offering.join(PATIENCE)
    thread.drain()
    assert sink.shown == list(range(20))
    assert thread.skipped == 0


def test_nothing_is_shown_or_counted_without_receivers(start):
    thread, sink, _ = start()
    sink.wanted = False
    for number in range(5):
        thread.offer(frame(number), PERIOD)
    thread.drain()
    assert (sink.shown, thread.skipped) == ([], 0)


def test_the_last_frame_is_shown_before_draining_ends_even_while_pictures_are_thinned(start):
    thread, sink, _ = start()
    sink.gate.release(1000)
    for number in range(200):
        # Late motion: only every sixth picture is shown.
        thread.offer(frame(number), PERIOD, 10 * PERIOD)
    thread.drain()
    assert sink.shown[-1] == 199
    assert len(sink.shown) + thread.skipped == 200
    assert thread.skipped > 100


def test_a_failure_is_reported_and_counted_and_the_next_frame_is_shown(start, log):
    thread, sink, reports = start()
    sink.failing = True
    sink.gate.release(10)
    thread.offer(frame(0), PERIOD)
    thread.drain()
    sink.failing = False
    thread.offer(frame(1), PERIOD)
    thread.drain()
    assert sink.shown == [1]
    assert thread.skipped == 1
    assert reports.counts() == {"rendering_failures": 1}
    assert log.lines == ["no image of this frame: RuntimeError: out of paint"]


def test_jobs_run_in_the_same_thread_and_give_their_result_or_exception(start):
    thread, _, _ = start()
    assert thread.run(lambda: threading.current_thread().name).result(PATIENCE) == "pictures"
    with pytest.raises(ZeroDivisionError):
        thread.run(lambda: 1 // 0).result(PATIENCE)


def test_closing_finishes_the_jobs_and_cancels_later_ones(start):
    thread, sink, _ = start()
    thread.offer(frame(0), PERIOD)
    assert sink.begun.acquire(timeout=PATIENCE)
    pending = thread.run(lambda: "done")
    sink.gate.release()
    thread.close()
    assert pending.result(PATIENCE) == "done"
    assert thread.run(lambda: None).cancelled()


def test_the_new_thread_begins_with_its_own_set_up(start):
    names = []
    thread, _, _ = start(begin=lambda: names.append(threading.current_thread().name))
    thread.run(lambda: None).result(PATIENCE)
    assert names == ["pictures"]
