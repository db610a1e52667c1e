"""A function that is called at a rate in a thread of its own."""

import threading
import time

from patience import PATIENCE

from dystream_ros.nodes.common.beat import Beat


class Calls:
    """Instants of the calls, and what each of them does."""

    def __init__(self, act=lambda number: None):
        self.instants = []
        self.failures = []
        self.act = act
        self.changed = threading.Condition()

    def __call__(self):
        with self.changed:
            self.instants.append(time.monotonic())
            self.changed.notify_all()
        self.act(len(self.instants))

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.instants) >= count, PATIENCE), self.instants


def test_calls_keep_their_rate_although_each_of_them_takes_time():
    calls = Calls(lambda _: time.sleep(0.01))
    begun = time.monotonic()
    beat = Beat(20.0, calls, calls.failures.append, "beat")
    calls.wait(20)
    beat.close()
    # Calls 1 to 20 are due after 0.05 to 1 s. They come later on a busy machine, never earlier.
    for number, instant in enumerate(calls.instants, start=1):
        assert instant - begun >= 0.05 * number - 1e-3


def test_after_a_long_call_the_calls_that_were_missed_are_left_out():
    calls = Calls(lambda number: time.sleep(0.55) if number == 1 else None)
    begun = time.monotonic()
    beat = Beat(20.0, calls, calls.failures.append, "beat")
    calls.wait(4)
    beat.close()
    # The first ends after 0.6 s, the others follow at the instants of the rate: 0.65, 0.7 and 0.75 s.
    assert calls.instants[3] - begun >= 0.7 - 1e-3


def test_an_exception_is_passed_on_and_the_calls_go_on():
    def fail(number):
        if number == 1:
            raise RuntimeError("no servo")

    calls = Calls(fail)
    beat = Beat(100.0, calls, calls.failures.append, "beat")
    calls.wait(3)
    beat.close()
    assert [str(error) for error in calls.failures] == ["no servo"]


def test_after_close_nothing_is_called_also_when_a_call_closes():
    calls = Calls(lambda number: beat.close() if number == 2 else None)
    beat = Beat(100.0, calls, calls.failures.append, "beat")
    calls.wait(2)
    beat._thread.join(PATIENCE)
    assert len(calls.instants) == 2
    assert not beat._thread.is_alive()
