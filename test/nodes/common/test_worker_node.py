"""A node whose work runs in a thread of its own."""

import sys
import textwrap

import pytest

FAILING = """
    import sys

    from dystream_ros.nodes.common.executable import run
    from dystream_ros.nodes.common.worker_node import WorkerNode
    from dystream_ros.nodes.parameters import TerminalSettings


    class Failing(WorkerNode):
        def __init__(self):
            super().__init__("failing", TerminalSettings)

        def work(self):
            raise ValueError("no ink")


    sys.exit(run(Failing, None, "A node that fails."))
"""


def test_an_exception_in_the_work_is_logged_and_ends_the_node_with_status_2(graph, tmp_path):
    script = tmp_path / "failing.py"
    script.write_text(textwrap.dedent(FAILING))
    node = graph.run([sys.executable, str(script)])
    assert node.wait() == 2
    assert "the failing node failed: ValueError: no ink" in node.log
    assert "Traceback" not in node.log


@pytest.mark.parametrize("node", ["microphone", "speaker"])
def test_a_node_that_cannot_open_its_device_goes_on_until_it_is_stopped(graph, node):
    graph.environment["PULSE_SERVER"] = "unix:/dev/null"
    process = graph.start(node, device="parrot", retry=0.1)
    process.until_log("trying again every 0.1 s")
    assert process.running
    assert process.stop() == 0
