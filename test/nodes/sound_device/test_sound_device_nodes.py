"""What `microphone` and `speaker` do alike, on a real sound server without hardware."""

import sys

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sound_server import SoundServer

NODES = [("microphone", "fakemic"), ("speaker", "fakespeaker")]


@pytest.fixture(scope="module")
def server(tmp_path_factory, graph):
    with SoundServer(tmp_path_factory.mktemp("sound")) as server:
        graph.environment.update(server.environment)
        yield server


@pytest.mark.parametrize(("node", "device"), NODES)
def test_the_devices_are_listed_and_the_default_is_marked(graph, server, node, device):
    listing = graph.run([sys.executable, "-m", f"dystream_ros.nodes.{node}", "--list-devices"])
    assert listing.wait() == 0, listing.log
    [line] = [line for line in listing.log.splitlines() if device in line]
    assert "channels, " in line
    assert "Hz)" in line
    assert len([line for line in listing.log.splitlines() if line.startswith("*")]) == 1


@pytest.mark.parametrize(("node", "device"), NODES)
def test_a_missing_device_is_an_error_that_lists_the_devices_found(graph, server, node, device):
    health = graph.listen("/diagnostics", DiagnosticArray)
    process = graph.start(node, device="parrot", retry=0.2)
    log = process.until_log("trying again every 0.2 s")
    [line] = [line for line in log.splitlines() if "device 'parrot': no " in line][:1]
    assert device in line

    def failed(messages):
        statuses = [each.status[0] for each in messages]
        return any(each.name.startswith(f"/{node}:") and each.level == DiagnosticStatus.ERROR for each in statuses)

    health.until(failed, f"an error of the {node} in the diagnostics")
    assert process.stop() == 0
    graph.forget(health)
