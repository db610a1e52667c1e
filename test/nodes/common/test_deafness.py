"""A node whose receiving thread waits for ever, as for a lock that a killed process left behind, starts anew."""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from patience import PATIENCE
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common import deafness

_SEIZE, _INTERRUPT, _DETACH, _ALL_THREADS = 0x4206, 0x4207, 17, 0x40000000  # of ptrace and waitpid
PROGRAM = importlib.util.find_spec("talking_node").origin


@pytest.fixture
def talking(graph):
    return lambda forgotten: graph.run([sys.executable, PROGRAM, str(forgotten), "3"])


def stop_a_receiving_thread(process):
    """Only this thread stands still, as with a lock that nobody releases; returns ptrace's library and the thread."""
    tasks = Path(f"/proc/{process.pid}/task")
    thread = next(
        int(task.name)
        for task in tasks.iterdir()
        if (name := (task / "comm").read_text().strip()).startswith("dds.shm.") and "wdog" not in name
    )
    system = ctypes.CDLL(None, use_errno=True)
    for request in (_SEIZE, _INTERRUPT):
        assert system.ptrace(request, thread, None, None) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(thread, _ALL_THREADS)  # it stands still
    return system, thread


def test_a_deaf_node_says_so_and_starts_anew(graph, talking):
    process = talking(20.0)
    heard = graph.listen("talk", String)
    heard.until(bool, "the node")
    files = len(os.listdir(f"/proc/{process.pid}/fd"))
    _, thread = stop_a_receiving_thread(process)
    process.until_log("no longer hears other processes: dds.shm.", PATIENCE)
    os.waitpid(thread, _ALL_THREADS)  # its end; the new run would wait for that
    have = len(heard)
    heard.until(lambda all_: len(all_) >= have + 5, "the node to be heard again")
    graph.until(lambda: process.log.count("[talking]: talking") == 2, "a new run")
    graph.until(lambda: graph.node.count_publishers("talk") == 1, "the former run to be forgotten, after its lease")
    assert graph.call("talking/ask", Trigger, Trigger.Request()) is not None
    assert len(os.listdir(f"/proc/{process.pid}/fd")) < 1.5 * files, "of the first run only sockets are left"
    assert process.stop() == 0


def test_a_node_that_must_not_start_anew_says_what_to_do(graph, talking):
    process = talking(0.0)
    heard = graph.listen("talk", String)
    heard.until(bool, "the node")
    system, thread = stop_a_receiving_thread(process)
    process.until_log("start it again", PATIENCE)
    have = len(heard)
    heard.until(lambda all_: len(all_) >= have + 5, "the node to go on")
    assert system.ptrace(_DETACH, thread, None, None) == 0
    assert process.log.count("[talking]: talking") == 1
    assert process.stop() == 0


def test_only_a_receiving_thread_that_stands_still_is_noticed(tmp_path):
    def write(task, name, switches):
        (tmp_path / task).mkdir(exist_ok=True)
        (tmp_path / task / "comm").write_text(f"{name}\n")
        (tmp_path / task / "status").write_text(
            f"Name:\t{name}\nvoluntary_ctxt_switches:\t{switches}\nnonvoluntary_ctxt_switches:\t7\n"
        )

    write("10", "python", 5)
    write("11", "dds.shm.7411", 5)
    write("12", "dds.shm.7412", 5)
    watch = deafness.Deafness(tmp_path, period=3600)
    for look in range(deafness.LOOKS + 1):
        write("12", "dds.shm.7412", 5 + look)
        watch.look()
        assert bool(watch.thread) == (look == deafness.LOOKS)
    assert watch.thread == "dds.shm.7411"
    write("11", "dds.shm.7411", 6)
    watch.look()
    assert watch.thread == ""
    watch.close()
