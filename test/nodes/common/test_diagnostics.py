"""The diagnostics of every node say what is wrong and what to do; logs are limited in rate."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from dystream_ros.msg import FaceMotion
from sensor_msgs.msg import Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.reports import SHOWN_SECONDS, Reports

WARN, ERROR = DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Log:
    def error(self, message): ...

    warning = error


def test_the_last_failure_is_shown_for_a_while_and_errors_come_first():
    now = [0.0]
    reports = Reports(Log(), lambda: now[0])
    assert reports.recent() is None
    reports.error("broken", "it broke; mend it")
    now[0] = 1.0
    for _ in range(3):
        reports.warning("odd", "it is odd; look at it")
    assert reports.recent() == (True, "it broke; mend it")
    now[0] = SHOWN_SECONDS
    assert reports.recent() == (False, "it is odd; look at it")
    now[0] = SHOWN_SECONDS + 1.0
    assert reports.recent() is None


@pytest.fixture(scope="module")
def health(graph):
    """Waits for a state of a node."""
    messages = graph.listen("/diagnostics", DiagnosticArray)

    def until(node, level, says):
        def found(all_):
            statuses = [status for message in list(all_) for status in message.status]
            return any(s.name == f"/{node}: state" and s.level == level and says in s.message for s in statuses)

        messages.until(found, f"level {level!r} of {node}: {says}")

    return until


@pytest.mark.parametrize(
    ("node", "parameters", "level", "says", "log"),
    [
        (
            "attention",
            {"enabled": True},
            WARN,
            "start a face tracker",
            "on; people from ",
        ),
        ("audio_file", {"self_file": "a.wav", "subscribers": 1}, WARN, "activate a head", "a.wav to /self/audio, pace"),
        ("bag_recorder", {"output": "bags/one"}, WARN, "no message has arrived; activate", "recording to "),
        ("actuators", {"calibration": "nowhere.yaml"}, ERROR, "set calibration to a file", "nowhere.yaml"),
    ],
)
def test_a_node_that_lacks_something_says_what_to_do(graph, health, tmp_path, node, parameters, level, says, log):
    if "output" in parameters:
        parameters = parameters | {"output": str(tmp_path / "one")}
    process = graph.start(node, **parameters)
    health(node, level, says)
    assert log in process.log
    process.stop()


def test_images_that_a_head_does_not_draw_are_missed_in_one_line(graph):
    head = graph.start("head", images=False)
    log = head.until_log("[head]: active: model compact")
    assert "no pictures, time paced, self audio queued" in log
    images = graph.listen("image", Image, qos.image(False))
    head.until_log("set it to true, then clean up and configure the head again")
    graph.listen("motion", FaceMotion).next(3)
    assert head.log.count("draws no images") == 1
    assert "[ERROR]" not in head.log
    assert not images
    assert "images is false: set it to true" in head.log
