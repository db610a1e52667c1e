"""A node whose receiving thread waits for ever, for a lock or in a file that was replaced, starts anew."""

import ctypes
import importlib.util
import os
import sys
import time
from pathlib import Path

import pytest
from patience import PATIENCE
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common import deafness

_SEIZE, _INTERRUPT, _DETACH, _ALL_THREADS = 0x4206, 0x4207, 17, 0x40000000  # of ptrace and waitpid
_ASKED_AGAIN = 5.0  # s
PROGRAM = importlib.util.find_spec("talking_node").origin


@pytest.fixture
def talking(graph):
    return lambda forgotten: graph.run([sys.executable, PROGRAM, str(forgotten), "3"])


def receiving(process):
    """Numbers of the queues that a process reads."""
    names = [(task / "comm").read_text().strip() for task in Path(f"/proc/{process.pid}/task").iterdir()]
    return [name.removeprefix("dds.shm.") for name in names if name.startswith("dds.shm.") and "wdog" not in name]


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


def asked(graph, client, spin=lambda: None):
    """Wait for an answer, and ask again where there is none.

    A client finds a service as soon as the service has found it for requests. An answer that the service sends before
    it has found the client for answers as well is lost, in ROS 2 as such: rmw_fastrtps waits 0.1 s for that.
    """
    answers = []

    def answered():
        if not answers or time.monotonic() > asked_at + _ASKED_AGAIN:
            ask()
        spin()
        return any(answer.done() for answer in answers)

    def ask():
        nonlocal asked_at
        asked_at = time.monotonic()
        answers.append(client.call_async(Trigger.Request()))

    asked_at = 0.0
    graph.until(answered, "an answer of the new run")


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


def test_a_node_whose_queue_another_process_made_anew_starts_anew(graph, talking):
    process = talking(20.0)
    heard = graph.listen("talk", String)
    heard.until(bool, "the node")
    # Fast DDS takes a queue for that of a dead process when the lock beside it is free: the next process removes the
    # queue and makes a new one. The lock is found by its name, whose place another file can take.
    for lock in [Path(f"/dev/shm/fastrtps_port{number}_el") for number in receiving(process)]:
        lock.unlink()
        lock.touch()
    with graph.stranger() as node:
        client = node.create_client(Trigger, "talking/ask")
        graph.until(client.service_is_ready, "the node to be found")
        client.call_async(Trigger.Request())
        process.until_log("waits in a file of shared memory that was replaced or removed", PATIENCE)
    graph.until(lambda: process.log.count("[talking]: talking") == 2, "a new run")
    graph.until(lambda: graph.node.count_publishers("talk") == 1, "the former run to be forgotten, after its lease")
    with graph.stranger() as node:
        client = node.create_client(Trigger, "talking/ask")
        graph.until(client.service_is_ready, "the new run to be found")
        executor = SingleThreadedExecutor(context=node.context)
        executor.add_node(node)
        asked(graph, client, lambda: executor.spin_once(timeout_sec=0.05))
        executor.shutdown()
    client = graph.node.create_client(Trigger, "talking/ask")
    graph.until(client.service_is_ready, "the new run to be found")
    asked(graph, client)
    have = len(heard)
    heard.until(lambda all_: len(all_) >= have + 5, "the node to be heard again")
    assert process.log.count("[talking]: talking") == 2
    assert process.stop() == 0


class Files:
    """The files of /proc of a process, and a folder of queues."""

    def __init__(self, folder):
        self.folder, self.shared = folder / "self", folder / "shm"
        for each in (self.folder / "task", self.shared):
            each.mkdir(parents=True)
        self.maps()

    def thread(self, task, name, switches):
        (self.folder / "task" / task).mkdir(exist_ok=True)
        (self.folder / "task" / task / "comm").write_text(f"{name}\n")
        (self.folder / "task" / task / "status").write_text(
            f"Name:\t{name}\nvoluntary_ctxt_switches:\t{switches}\nnonvoluntary_ctxt_switches:\t7\n"
        )

    def queue(self, number):
        path = self.shared / f"fastrtps_port{number}"
        path.touch()
        return path

    def maps(self, *queues):
        lines = ["7f0000000000-7f0000010000 r-xp 00000000 08:01 77 /usr/lib/libc.so.6"]
        lines += [f"7f1000000000-7f100000d000 rw-s 00000000 00:1a {inode}    {name}" for inode, name in queues]
        (self.folder / "maps").write_text("\n".join(lines) + "\n")


def test_only_a_receiving_thread_that_stands_still_is_noticed(tmp_path):
    files = Files(tmp_path)
    files.thread("10", "python", 5)
    files.thread("11", "dds.shm.7411", 5)
    files.thread("12", "dds.shm.7412", 5)
    watch = deafness.Deafness(files.folder, period=3600)
    for look in range(deafness.LOOKS + 1):
        files.thread("12", "dds.shm.7412", 5 + look)
        watch.look()
        assert bool(watch.reason) == (look == deafness.LOOKS)
    assert watch.reason.startswith("dds.shm.7411 waits for a lock")
    files.thread("11", "dds.shm.7411", 6)
    watch.look()
    assert watch.reason == ""
    watch.close()


@pytest.mark.parametrize("replaced", [True, False])
def test_a_queue_that_others_do_not_see_is_noticed(tmp_path, replaced):
    files, looks = Files(tmp_path), iter(range(1000))
    own = files.queue(7411)
    inode = own.stat().st_ino
    written = (1, f"{files.queue(7413)} (deleted)")  # of another process: this one only writes into it
    files.maps((inode, str(own)), written)
    watch = deafness.Deafness(files.folder, period=3600)

    def look():
        files.thread("11", "dds.shm.7411", next(looks))
        watch.look()
        return watch.reason

    assert not any(look() for _ in range(2 * deafness.REPLACED_LOOKS))
    own.rename(tmp_path / "old")  # kept, so that no other file gets its inode
    if replaced:
        files.queue(7411)
    files.maps((inode, f"{own} (deleted)"), written)
    reasons = [look() for _ in range(deafness.REPLACED_LOOKS)]
    assert not any(reasons[:-1])
    assert reasons[-1].startswith("dds.shm.7411 waits in a file")
    # It has opened the new file, as after a suspension; the old one is still mapped for a moment.
    files.maps((inode, f"{own} (deleted)"), (files.queue(7411).stat().st_ino, str(own)), written)
    assert look() == ""
    watch.close()
