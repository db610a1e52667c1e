"""A node on a machine without a folder for logs, or with too few file handles."""

import sys

# A recorder without an output ends at once, after it has reported what it found.
COMMAND = [sys.executable, "-m", "dystream_ros.nodes.recorder"]


def test_without_a_folder_for_logs_a_node_logs_on_the_console(graph):
    nowhere = {"HOME": "/proc/nowhere", "ROS_HOME": "", "ROS_LOG_DIR": ""}
    recorder = graph.run(COMMAND, output="", overlay=nowhere)
    few = graph.run(["prlimit", "--nofile=24:24", *COMMAND], output="")
    raised = graph.run(["prlimit", "--nofile=24:4096", *COMMAND], output="")
    assert recorder.wait() == 2
    assert "logs go to the console only: /proc/nowhere/.ros/log cannot be written" in recorder.log
    assert "'' cannot be recorded to" in recorder.log
    assert few.wait() == 2
    assert "a node may open only 24 files here and needs 64" in few.log
    assert raised.wait() == 2
    assert "'' cannot be recorded to" in raised.log
    assert not any("Traceback" in process.log for process in (recorder, few, raised))
