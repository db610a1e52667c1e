"""A process that was suspended for longer than the lease of DDS is found again."""

import ctypes
import importlib.util
import os
import signal
import sys
import textwrap
import time

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.common.suspension import Suspension

# The lease of the node only: the observer forgets it, and it does not forget the observer.
PROFILE = """
    <profiles xmlns="http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles">
      <participant profile_name="short" is_default_profile="true">
        <rtps><builtin><discovery_config>
          <leaseDuration><sec>1</sec></leaseDuration>
          <leaseAnnouncement><sec>0</sec><nanosec>300000000</nanosec></leaseAnnouncement>
        </discovery_config></builtin></rtps>
      </participant>
    </profiles>
"""
PROGRAM = importlib.util.find_spec("talking_node").origin


@pytest.fixture
def talking(graph, tmp_path):
    (tmp_path / "lease.xml").write_text(textwrap.dedent(PROFILE).strip())
    profiles = dict.fromkeys(
        ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"), str(tmp_path / "lease.xml")
    )
    return graph.run([sys.executable, PROGRAM, "1.5"], overlay=profiles)


def open_files(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def test_after_sigstop_beyond_the_lease_a_node_starts_anew_and_is_found(graph, talking):
    heard = graph.listen("talk", String)
    heard.until(bool, "the node")
    files = open_files(talking)
    os.kill(talking.pid, signal.SIGSTOP)
    begin = time.monotonic()
    forgotten = lambda: graph.node.count_publishers("talk") == 0 and time.monotonic() - begin > 2.5  # noqa: E731
    graph.until(forgotten, "the node to be forgotten")
    have = len(heard)
    os.kill(talking.pid, signal.SIGCONT)
    heard.until(lambda all_: len(all_) >= have + 5, "the node to be heard again")
    assert graph.call("talking/ask", Trigger, Trigger.Request()) is not None
    log = talking.log
    assert log.count("[talking]: talking") == 2
    assert "other processes have forgotten it; it starts anew" in log
    assert open_files(talking) <= files + 1, "no file of the first run is left"
    assert talking.stop() == 0


def test_a_library_that_keeps_pythons_lock_is_no_stop():
    suspension = Suspension(0.5)
    time.sleep(0.2)  # the thread has begun to wait
    ctypes.PyDLL(None).sleep(2)
    time.sleep(1.0)
    assert suspension.seconds == 0.0
    suspension.continued()
    assert suspension.seconds > 1.0
    suspension.close()


def test_a_short_stop_changes_nothing(graph, talking):
    heard = graph.listen("talk", String)
    heard.until(bool, "the node")
    os.kill(talking.pid, signal.SIGSTOP)
    os.kill(talking.pid, signal.SIGCONT)
    heard.next(5)
    assert talking.log.count("[talking]: talking") == 1
    assert talking.stop() == 0
