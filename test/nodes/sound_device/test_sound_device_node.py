"""What a node with a sound device reports while its device loses audio, and when it stops."""

import sys
import textwrap

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

# A stand-in for a device: a sound server cannot be made to overrun on demand.
SCRIPT = """
    import sys
    import time
    from pathlib import Path

    from dystream_ros.nodes.common.executable import run
    from dystream_ros.nodes.parameters import MicrophoneSettings
    from dystream_ros.nodes.sound_device import server_connection
    from dystream_ros.nodes.sound_device.node import SoundDeviceNode
    from dystream_ros.nodes.sound_device.server import ServerDevice
    from dystream_ros.nodes.sound_device.stream import DeviceStream

    FOLDER = Path(__file__).parent


    def devices(direction):
        # Those of a sound server, which moves the stream to the first one that is left.
        names = ["monitor"] if (FOLDER / "unplug").exists() else ["stand-in", "monitor"]
        return [ServerDevice(index, name, name, 1, 16000) for index, name in enumerate(names)]


    server_connection.server_devices = devices
    server_connection.device_in_use = lambda direction: devices(direction)[0]


    class Stream(DeviceStream):
        direction = "input"

        def __init__(self):
            super().__init__({"index": 0, "name": "stand-in"})

        def __exit__(self, *_):
            pass


    class StandIn(SoundDeviceNode):
        def __init__(self):
            super().__init__("stand_in", MicrophoneSettings, "capturing from", "overruns")

        def open_device(self):
            return Stream()

        def serve(self, stream):
            self.stopping.wait(0.01)
            if (FOLDER / "fail").exists():
                (FOLDER / "fail").unlink()
                raise ValueError("the driver is confused")
            if (FOLDER / "lose").exists():
                (FOLDER / "lose").unlink()
                stream.xruns += 3
            if not (FOLDER / "stop").exists():
                stream._served = time.monotonic()

        def device_values(self):
            return {}


    sys.exit(run(StandIn, None, "A node with a stand-in for a device."))
"""


def started(graph, tmp_path, retry):
    script = tmp_path / "stand_in.py"
    script.write_text(textwrap.dedent(SCRIPT))
    node = graph.run([sys.executable, str(script)], device="stand-in", watchdog=0.2, retry=retry)
    node.until_log("capturing from 'stand-in'")
    return node


@pytest.fixture
def node(graph, tmp_path):
    node = started(graph, tmp_path, retry=0.1)
    yield node
    assert node.stop() == 0


@pytest.fixture
def waiting(graph, tmp_path):
    """The node, which waits for long before it opens a device again."""
    node = started(graph, tmp_path, retry=30.0)
    yield node
    assert node.stop() == 0


@pytest.fixture
def health(graph):
    messages = graph.listen("/diagnostics", DiagnosticArray)
    yield messages
    graph.forget(messages)


def newest(health):
    return health[-1].status[0] if health else DiagnosticStatus(level=DiagnosticStatus.STALE)


def test_lost_audio_is_a_warning_while_it_lasts(node, health, tmp_path):
    health.until(lambda all_: newest(all_).level == DiagnosticStatus.OK, "a healthy device")
    (tmp_path / "lose").touch()
    health.until(lambda all_: newest(all_).level == DiagnosticStatus.WARN, "a warning")
    assert "'stand-in' lost audio, overruns: 3; raise latency_ms" in newest(health).message
    assert {each.key: each.value for each in newest(health).values}["overruns"] == "3"
    health.until(lambda all_: newest(all_).level == DiagnosticStatus.OK, "a healthy device again")
    assert "'stand-in' lost audio, overruns: 3" in node.log


def test_a_device_that_stops_is_opened_again(graph, node, tmp_path):
    (tmp_path / "stop").touch()
    node.until_log("'stand-in' transferred no audio for 0.2 s (watchdog); reopening it")
    (tmp_path / "stop").unlink()
    graph.until(lambda: node.log.count("capturing from 'stand-in'") > 1, "the device to be opened again")
    (tmp_path / "fail").touch()
    node.until_log("the sound device failed: ValueError: the driver is confused; opening it again in 0.1 s")
    graph.until(lambda: node.log.count("capturing from 'stand-in'") > 2, "the device to be opened after the failure")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("stop", "no device: 'stand-in' transferred no audio for 0.2 s (watchdog); reopening it"),
        ("unplug", "no device: 'stand-in' is gone, and the sound server moved the stream to 'monitor'; it is closed"),
    ],
)
def test_the_diagnostics_tell_why_the_device_was_closed_until_it_is_open_again(
    waiting, health, tmp_path, fault, reason
):
    health.until(lambda all_: newest(all_).level == DiagnosticStatus.OK, "a healthy device")
    (tmp_path / fault).touch()
    health.until(lambda all_: newest(all_).message.startswith("no device"), "the device to be closed")
    assert newest(health).message.startswith(reason)
