"""Priority of threads: set where the system allows it, and a sentence with what to change where it does not."""

import os
import subprocess
import sys
import threading

import pytest

from dystream_ros.nodes.common import priority


def in_a_thread(call):
    """The result of a call in a thread of its own, whose priority ends with it."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def test_a_thread_that_gives_way_leaves_the_others_as_they_are():
    before = priority.niceness()

    def give_way():
        priority.set_niceness(before + 3)
        return priority.niceness()

    assert in_a_thread(give_way) == before + 3
    assert priority.niceness() == before


def test_threads_of_the_process_are_listed():
    assert threading.get_native_id() in priority.threads()
    assert in_a_thread(lambda: threading.get_native_id() in priority.threads())


def test_a_thread_that_has_ended_is_passed_over():
    ended = in_a_thread(threading.get_native_id)
    priority.set_niceness(priority.niceness(), [ended])
    priority.set_realtime(0, [ended])


@pytest.mark.parametrize("chosen", [os.SCHED_IDLE, os.SCHED_BATCH])
def test_a_program_that_was_started_for_idle_time_stays_so(chosen):
    def begin():
        os.sched_setscheduler(0, chosen, os.sched_param(0))
        priority.set_realtime(0)
        return os.sched_getscheduler(0)

    assert in_a_thread(begin) == chosen


@pytest.fixture
def refusing(monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", refuse)


@pytest.mark.usefixtures("refusing")
def test_a_refusal_says_what_to_change():
    with pytest.raises(priority.PriorityRefused, match="LimitNICE=-10"):
        priority.set_niceness(-10)
    with pytest.raises(priority.PriorityRefused, match="rtprio 10"):
        priority.set_realtime(10)


UNPRIVILEGED = """
import os, resource
from dystream_ros.nodes.common import priority
for limit in (resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO):
    resource.setrlimit(limit, (0, 0))
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
for call, value in ((priority.set_niceness, -10), (priority.set_realtime, 10), (priority.set_session_niceness, -10)):
    try:
        call(value)
        print("allowed")
    except priority.PriorityRefused:
        print("refused")
"""


def test_a_user_without_rights_is_refused_by_the_system_itself():
    command = [sys.executable, "-c", UNPRIVILEGED]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, check=False)
    expected = ["refused", "refused", "refused" if priority._SESSION.exists() else "allowed"]
    assert done.stdout.split() == expected, done.stderr
